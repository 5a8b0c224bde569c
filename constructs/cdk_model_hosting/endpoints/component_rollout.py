"""How a new version of an inference component replaces the old one: batch by batch, copy by copy."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import aws_cdk as cdk
from aws_cdk import aws_sagemaker as sagemaker

from cdk_model_hosting.arguments import require
from cdk_model_hosting.errors import ConfigurationError
from cdk_model_hosting.limits import EXECUTION_SECONDS, ROLLING_PERCENT
from cdk_model_hosting.rollout.rolling import Rolling
from cdk_model_hosting.rollout.rollout import Rollout
from cdk_model_hosting.tokens import is_token

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cdk_model_hosting.rollout.plan import Step

_COUNT = "INSTANCE_COUNT"
_COPIES = {_COUNT: "COPY_COUNT", "CAPACITY_PERCENT": "CAPACITY_PERCENT"}
_WHOLE = 100
_HALF = 2
_DEFAULT_PERCENT = 50
_DEFAULT_BAKE_MINUTES = 5
# What bringing up a batch takes besides its wait, when the component's own time-outs do not say.
_BRING_UP_SECONDS = 1800


def rolling_plan(rollout: Rollout | None) -> Rolling:
    """The plan of a component's rollout: two batches that bake for five minutes each when none is given.

    Args:
        rollout: What was asked for.

    Raises:
        ConfigurationError: When it is another than rolling.
    """
    if rollout is None:
        bake = cdk.Duration.minutes(_DEFAULT_BAKE_MINUTES)
        rollout = Rollout.rolling(percent=_DEFAULT_PERCENT, bake=bake)
    require("InferenceComponent rollout", rollout, Rollout)
    plan = rollout.plan
    if not isinstance(plan, Rolling):
        raise ConfigurationError(
            f"InferenceComponent rollout must be Rollout.rolling, got {plan.what}: SageMaker replaces the copies of a component "
            "in no other way"
        )
    return plan


def check_rollout(plan: Rolling, fewest: int, most: int) -> None:
    """Refuse batches that SageMaker does not replace, and more waiting than it allows.

    Args:
        plan: The component's rollout.
        fewest: Fewest copies that it may have when it is replaced.
        most: Most copies that it may have then.

    Raises:
        ConfigurationError: When a batch is too large for the fewest or too small for the most copies, or all batches together
            wait for too long.
    """
    size = plan.batch.size
    if plan.batch.measure == _COUNT and not is_token(size):
        if not is_token(fewest) and size * _HALF > fewest:
            raise ConfigurationError(
                f"{plan.what} instances must be at most half of the {fewest} copies that the component can shrink to, got "
                f"{size}: SageMaker replaces at most half of them at a time; give percent instead"
            )
        if not is_token(most) and size * _WHOLE < ROLLING_PERCENT.low * most:
            raise ConfigurationError(
                f"{plan.what} instances must be at least {ROLLING_PERCENT.low:g} % of the {most} copies that the component can "
                f"grow to, got {size}: SageMaker takes no smaller batches; give percent instead"
            )
    _check_waits(plan, most)


def render_rollout(
    plan: Rolling, most: int, start_seconds: int, alarm_names: Sequence[str]
) -> sagemaker.CfnInferenceComponent.InferenceComponentDeploymentConfigProperty:
    """The rollout as the component names it.

    Args:
        plan: The component's rollout.
        most: Most copies that it may have when it is replaced.
        start_seconds: Time-outs that the component sets for its start; 0 when it sets none.
        alarm_names: Alarms that roll back.
    """
    component = sagemaker.CfnInferenceComponent
    alarms = [component.AlarmProperty(alarm_name=name) for name in alarm_names]
    return component.InferenceComponentDeploymentConfigProperty(
        rolling_update_policy=component.InferenceComponentRollingUpdatePolicyProperty(
            maximum_batch_size=_size(plan.batch),
            rollback_maximum_batch_size=None if plan.rollback_batch is None else _size(plan.rollback_batch),
            wait_interval_in_seconds=plan.wait_seconds,
            maximum_execution_timeout_in_seconds=_timeout(plan, most, start_seconds),
        ),
        auto_rollback_configuration=component.AutoRollbackConfigurationProperty(alarms=alarms) if alarms else None,
    )


def _size(step: Step) -> sagemaker.CfnInferenceComponent.InferenceComponentCapacitySizeProperty:
    return sagemaker.CfnInferenceComponent.InferenceComponentCapacitySizeProperty(
        type=_COPIES[step.measure], value=step.size
    )


def _check_waits(plan: Rolling, most: int) -> None:
    size, wait, given = plan.batch.size, plan.wait_seconds, plan.timeout_seconds
    if any(is_token(each) for each in (size, wait, given, most)):
        return
    # Cut evenly: nothing is quicker.
    batches = math.ceil(most / size) if plan.batch.measure == _COUNT else min(math.ceil(_WHOLE / size), most)
    waits, allowed = batches * wait, int(EXECUTION_SECONDS.high or 0) if given is None else given
    if waits < allowed:
        return
    if given is None:
        raise ConfigurationError(
            f"{plan.what} must wait less than {allowed} seconds in all, got {waits} for the {most} copies that the component "
            "can grow to: SageMaker gives a rollout no longer time"
        )
    raise ConfigurationError(
        f"{plan.what} timeout must be more than the {waits} seconds that the rollout waits, got {given}: SageMaker would roll "
        "back every time"
    )


def _timeout(plan: Rolling, most: int, start_seconds: int) -> int:
    """The given time-out, or more than all batches wait for and take to start."""
    if plan.timeout_seconds is not None:
        return plan.timeout_seconds
    longest = int(EXECUTION_SECONDS.high or 0)
    if any(is_token(each) for each in (plan.batch.size, plan.wait_seconds, start_seconds, most)):
        return longest
    if plan.batch.measure == _COUNT:
        batches = math.ceil(most / plan.batch.size)
    else:
        # A share of few copies is rounded in a way that AWS does not say; no batch is smaller than one copy.
        batches = max(math.ceil(n / max(1, n * plan.batch.size // _WHOLE)) for n in range(1, most + 1))
    return min(batches * (plan.wait_seconds + max(_BRING_UP_SECONDS, start_seconds)), longest)
