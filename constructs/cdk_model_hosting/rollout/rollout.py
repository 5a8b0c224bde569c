"""How traffic moves from the version that serves to the new one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from cdk_model_hosting.durations import seconds
from cdk_model_hosting.errors import ConfigurationError
from cdk_model_hosting.limits import ROLLING_BACK_PERCENT, ROLLING_PERCENT, SHIFT_PERCENT
from cdk_model_hosting.rollout.blue_green import AllAtOnce, Canary, Linear
from cdk_model_hosting.rollout.plan import Plan, Step
from cdk_model_hosting.rollout.rolling import Rolling

if TYPE_CHECKING:
    import aws_cdk as cdk

_DEFAULT_BAKE_SECONDS = 300


@dataclass(frozen=True, slots=True)
class Rollout:
    """How a new version replaces the one that serves: always beside it, and back again when an alarm goes off.

    Made by one of its factories. All of them but `rolling` bring up a whole second fleet: both run, and are paid for, until
    the old one is gone, and the account's quota must hold both.

    SageMaker replaces fleets of Inf1 instances, and containers from the Marketplace, all at once and without baking,
    whatever is asked for.

    The ranges of percentages and times are SageMaker's for endpoints, and CodeDeploy's for functions: what is outside of them is
    refused by the endpoint, or the function, that is to be replaced so. Pods take any.

    See: https://docs.aws.amazon.com/sagemaker/latest/dg/deployment-guardrails.html
    """

    plan: Plan

    @staticmethod
    def all_at_once(*, bake: cdk.Duration | None = None, timeout: cdk.Duration | None = None) -> Rollout:
        """Shift all traffic to the new fleet once it is healthy, and keep the old one ready for a while.

        Args:
            bake: How long alarms are watched before the old fleet goes, 0-60 minutes; 5 when omitted.
            timeout: Longest time for the whole rollout, 10 minutes to 8 hours; computed when omitted.

        Raises:
            ConfigurationError: When a time is outside its range, or the timeout not above the waits.
        """
        what = "Rollout.all_at_once"
        final = seconds(f"{what} bake", bake)
        return Rollout(
            AllAtOnce(
                what=what,
                final_seconds=_DEFAULT_BAKE_SECONDS if final is None else final,
                timeout_seconds=seconds(f"{what} timeout", timeout),
            )
        )

    @staticmethod
    def canary(
        *,
        percent: int | None = None,
        instances: int | None = None,
        bake: cdk.Duration,
        final_bake: cdk.Duration | None = None,
        timeout: cdk.Duration | None = None,
    ) -> Rollout:
        """Shift a small share of the traffic first, watch the alarms, then shift the rest.

        Args:
            percent: Share of the fleet that goes first, 1-50; of a function's traffic, 1-99. Give this or `instances`.
            instances: Instances that go first, at most half the fleet.
            bake: How long alarms are watched before the rest follows, 0-60 minutes; for functions, a minute to two days.
            final_bake: How long they are watched after that before the old fleet goes, 0-60 minutes; 0 when omitted.
            timeout: Longest time for the whole rollout, 10 minutes to 8 hours; computed when omitted.

        Raises:
            ConfigurationError: When a number is outside its range, not exactly one size is given, or the timeout is not
                above the waits.
        """
        what = "Rollout.canary"
        final = seconds(f"{what} final_bake", final_bake)
        return Rollout(
            Canary(
                what=what,
                step=Step.of(what, percent, instances, SHIFT_PERCENT),
                wait_seconds=_required(f"{what} bake", bake),
                final_seconds=0 if final is None else final,
                timeout_seconds=seconds(f"{what} timeout", timeout),
            )
        )

    @staticmethod
    def linear(
        *,
        percent: int | None = None,
        instances: int | None = None,
        bake: cdk.Duration,
        final_bake: cdk.Duration | None = None,
        timeout: cdk.Duration | None = None,
    ) -> Rollout:
        """Shift the traffic in equal steps, and watch the alarms after each.

        Args:
            percent: Share of the fleet that each step shifts, 10-50; of a function's traffic, 1-99. Give this or `instances`.
            instances: Instances that each step shifts, at most half the fleet.
            bake: How long alarms are watched after each step, 0-60 minutes; for functions, a minute to two days from the first
                step to the last.
            final_bake: How long they are watched after the last one before the old fleet goes, 0-60 minutes; 0 when
                omitted.
            timeout: Longest time for the whole rollout, 10 minutes to 8 hours; computed when omitted.

        Raises:
            ConfigurationError: When a number is outside its range, not exactly one size is given, or the waits of all steps
                together are too long.

        See: https://docs.aws.amazon.com/sagemaker/latest/dg/deployment-guardrails-blue-green-linear.html
        """
        what = "Rollout.linear"
        final = seconds(f"{what} final_bake", final_bake)
        return Rollout(
            Linear(
                what=what,
                step=Step.of(what, percent, instances, SHIFT_PERCENT),
                wait_seconds=_required(f"{what} bake", bake),
                final_seconds=0 if final is None else final,
                timeout_seconds=seconds(f"{what} timeout", timeout),
            )
        )

    @staticmethod
    def rolling(
        *,
        percent: int | None = None,
        instances: int | None = None,
        bake: cdk.Duration,
        rollback_percent: int | None = None,
        rollback_instances: int | None = None,
        timeout: cdk.Duration | None = None,
    ) -> Rollout:
        """Replace the fleet batch by batch: for large or scarce instances, whose number cannot be doubled.

        Only for endpoints of one variant. A rollback that fails halfway leaves both versions in service until the next
        deployment.

        Args:
            percent: Share of the fleet in each batch, 5-50. Give this or `instances`.
            instances: Instances in each batch, at most half the fleet.
            bake: How long alarms are watched after each batch, 0-60 minutes.
            rollback_percent: Share of the fleet that a rollback brings back at a time, 5-100; all at once when neither this
                nor `rollback_instances` is given.
            rollback_instances: Instances that a rollback brings back at a time.
            timeout: Longest time for the whole rollout, 10 minutes to 8 hours; computed when omitted.

        Raises:
            ConfigurationError: When a number is outside its range, not exactly one size is given, or the waits of all
                batches together are too long.

        See: https://docs.aws.amazon.com/sagemaker/latest/dg/deployment-guardrails-rolling.html
        """
        what = "Rollout.rolling"
        back = None
        if rollback_percent is not None or rollback_instances is not None:
            back = Step.of(f"{what} rollback", rollback_percent, rollback_instances, ROLLING_BACK_PERCENT)
        return Rollout(
            Rolling(
                what=what,
                batch=Step.of(what, percent, instances, ROLLING_PERCENT),
                rollback_batch=back,
                wait_seconds=_required(f"{what} bake", bake),
                timeout_seconds=seconds(f"{what} timeout", timeout),
            )
        )


def _required(what: str, duration: cdk.Duration) -> int:
    known = seconds(what, duration)
    if known is None:
        raise ConfigurationError(f"{what} must be given, got None: it is the time in which the alarms are watched")
    return known
