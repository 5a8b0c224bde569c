"""A whole second fleet beside the first, and traffic that moves over."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from aws_cdk import aws_sagemaker as sagemaker

from cdk_model_hosting.advice import Advice
from cdk_model_hosting.limits import (
    BAKE_SECONDS,
    CANARY_PERCENT,
    LINEAR_PERCENT,
    TERMINATION_WAIT_SECONDS,
    Limit,
)
from cdk_model_hosting.rollout.plan import Plan, Step, auto_rollback

if TYPE_CHECKING:
    from collections.abc import Sequence

    from aws_cdk import aws_cloudwatch as cloudwatch

    from cdk_model_hosting.endpoints.variant import Variant
    from cdk_model_hosting.monitoring.alarm import Alarm


@dataclass(frozen=True, slots=True, kw_only=True)
class AllAtOnce(Plan):
    """All traffic moves together.

    Args:
        final_seconds: Wait before the old fleet goes.
    """

    final_seconds: int

    def __post_init__(self) -> None:
        TERMINATION_WAIT_SECONDS.check(f"{self.what} bake", self.final_seconds)
        super(AllAtOnce, self).__post_init__()

    def bakes(self) -> tuple[int, ...]:
        """The one wait."""
        return (self.final_seconds,)

    def waits(self, variant: Variant) -> tuple[int | None, ...]:  # noqa: ARG002 - the same for every fleet
        """The one wait."""
        return self.bakes()

    def check(self, variants: Sequence[Variant]) -> None:
        """Every fleet can be replaced all at once, in time."""
        super(AllAtOnce, self).check(variants)

    def render(
        self, variants: Sequence[Variant], alarm_names: Sequence[str]
    ) -> sagemaker.CfnEndpoint.DeploymentConfigProperty:
        """The rollout as the endpoint names it."""
        policy = sagemaker.CfnEndpoint.BlueGreenUpdatePolicyProperty(
            traffic_routing_configuration=self.routing(),
            termination_wait_in_seconds=self.final_seconds,
            maximum_execution_timeout_in_seconds=self.timeout(variants),
        )
        return sagemaker.CfnEndpoint.DeploymentConfigProperty(
            blue_green_update_policy=policy, auto_rollback_configuration=auto_rollback(alarm_names)
        )

    def routing(self) -> sagemaker.CfnEndpoint.TrafficRoutingConfigProperty:
        """How traffic is shifted."""
        return sagemaker.CfnEndpoint.TrafficRoutingConfigProperty(type="ALL_AT_ONCE", wait_interval_in_seconds=0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Gradual(AllAtOnce):
    """Traffic moves in steps, with a wait after each.

    Args:
        step: How much moves at a time.
        wait_seconds: Wait after each step.
    """

    step: Step
    wait_seconds: int

    shares: ClassVar[Limit]
    least_instances: ClassVar[Limit | None] = None

    def __post_init__(self) -> None:
        TERMINATION_WAIT_SECONDS.check(f"{self.what} final_bake", self.final_seconds)
        super(Gradual, self).__post_init__()

    def bakes(self) -> tuple[int, ...]:
        """The wait after a step: what goes off only in the last one goes off after all traffic has moved."""
        return (self.wait_seconds,)

    def check(self, variants: Sequence[Variant]) -> None:
        """Refuse steps that SageMaker does not take, and fleets that are too small for steps, or so large that they take too long."""
        # Not before: the same words may be meant for a function, whose traffic CodeDeploy shifts.
        if self.step.measure == "CAPACITY_PERCENT":
            self.shares.check(f"{self.what} percent", self.step.size)
        BAKE_SECONDS.check(f"{self.what} bake", self.wait_seconds)
        for variant in variants:
            self.step.check(self.what, variant, self.least_instances)
        super(Gradual, self).check(variants)

    def _advice_on_alarms(self, rollback_on: Sequence[Alarm | cloudwatch.IAlarm]) -> list[Advice]:
        """Say when there is nothing to watch."""
        if rollback_on:
            return super(Gradual, self)._advice_on_alarms(rollback_on)
        text = f"{self.what} has no alarm to roll back on: it only shifts the traffic later"
        return [Advice("gradualRolloutWithoutAlarm", text)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Canary(Gradual):
    """One small step, then the rest."""

    shares = CANARY_PERCENT

    def waits(self, variant: Variant) -> tuple[int | None, ...]:  # noqa: ARG002 - the same for every fleet
        """One wait for the canary, one at the end."""
        return (self.wait_seconds, self.final_seconds)

    def longest_waits(self, variant: Variant) -> tuple[int | None, ...]:  # noqa: ARG002 - the same for every fleet
        """The same where the second step is watched as long as the first: the guide does not say that it is not."""
        return (self.wait_seconds, self.wait_seconds, self.final_seconds)

    def routing(self) -> sagemaker.CfnEndpoint.TrafficRoutingConfigProperty:
        """How traffic is shifted."""
        return sagemaker.CfnEndpoint.TrafficRoutingConfigProperty(
            type="CANARY", canary_size=self.step.render(), wait_interval_in_seconds=self.wait_seconds
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Linear(Gradual):
    """Steps of one size until all traffic has moved."""

    shares = LINEAR_PERCENT
    least_instances = LINEAR_PERCENT

    def waits(self, variant: Variant) -> tuple[int | None, ...]:
        """One wait a step, one at the end."""
        return self._waits(self.step.count(variant))

    def longest_waits(self, variant: Variant) -> tuple[int | None, ...]:
        """The same for as many steps as it may take: the traffic of a small fleet may be cut finer than its instances."""
        even, rounded = self.step.count(variant), self.step.most(variant)
        return self._waits(None if even is None or rounded is None else max(even, rounded))

    def _waits(self, steps: int | None) -> tuple[int | None, ...]:
        return (None,) if steps is None else (*[self.wait_seconds] * steps, self.final_seconds)

    def routing(self) -> sagemaker.CfnEndpoint.TrafficRoutingConfigProperty:
        """How traffic is shifted."""
        return sagemaker.CfnEndpoint.TrafficRoutingConfigProperty(
            type="LINEAR", linear_step_size=self.step.render(), wait_interval_in_seconds=self.wait_seconds
        )
