"""Policies that change a fleet's size by steps, when a metric passes bounds."""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from cdk_model_hosting.arguments import require
from cdk_model_hosting.durations import literal
from cdk_model_hosting.errors import ConfigurationError
from cdk_model_hosting.limits import ALARM_MINUTES, COOLDOWN_SECONDS
from cdk_model_hosting.scaling.policy import Policy, ScaledFleet, check_name
from cdk_model_hosting.tokens import is_token

if TYPE_CHECKING:
    import aws_cdk as cdk
    from aws_cdk import aws_cloudwatch as cloudwatch
    from constructs import Construct

    from cdk_model_hosting.instances import InstanceType
    from cdk_model_hosting.patterns import Pattern

_FEWEST = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Interval:
    """What happens while a metric lies in a range.

    Args:
        change: Instances to add, or to take away when negative.
        above: Lower end of the range; none when omitted.
        below: Upper end of the range; none when omitted.

    Raises:
        ConfigurationError: When the range has no end, or its ends are not in order.
    """

    change: int
    above: float | None = None
    below: float | None = None

    def __post_init__(self) -> None:
        for what, number in (("above", self.above), ("below", self.below)):
            if number is not None:
                require(f"Interval {what}", number, int, float)
            if number is not None and not math.isfinite(literal(f"Interval {what}", number)):
                raise ConfigurationError(
                    f"Interval {what} must be a finite number, got {number}: leave it out for no end"
                )
        if not is_token(self.change):
            require("Interval change", self.change, int)
        if self.above is None and self.below is None:
            raise ConfigurationError(
                "Interval must have above, below or both, got neither: it says for which values of the metric it holds"
            )
        if self.above is not None and self.below is not None and self.above >= self.below:
            raise ConfigurationError(
                f"Interval above must be less than below, got {self.above} and {self.below}: no value lies between them"
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class StepScaling(Policy):
    """Adds and takes away instances by steps.

    Args:
        name: Name of the policy.
        metric: What is watched.
        intervals: What happens for which values.
        cooldown_seconds: Pause after a step; the service's 300 when None.
        data_points: Data points that must lie in an interval.
    """

    name: str
    metric: cloudwatch.IMetric
    intervals: tuple[Interval, ...]
    cooldown_seconds: int | None
    data_points: int

    def __post_init__(self) -> None:
        check_name("ScalingPolicy.steps", self.name)
        if not hasattr(self.metric, "to_metric_config"):
            raise ConfigurationError(
                f"ScalingPolicy.steps metric must be a CloudWatch metric, got {self.metric!r}: an alarm looks at it"
            )
        COOLDOWN_SECONDS.check("ScalingPolicy.steps cooldown", self.cooldown_seconds)
        ALARM_MINUTES.check("ScalingPolicy.steps data_points", self.data_points)
        if self.intervals and not any(each.change for each in self.intervals):
            raise ConfigurationError(
                "ScalingPolicy.steps intervals must change something, got 0 everywhere: the fleet would keep its size"
            )
        if len(self.intervals) < _FEWEST:
            raise ConfigurationError(
                f"ScalingPolicy.steps intervals must be at least 2, got {len(self.intervals)}: one says when nothing "
                "changes, such as Interval(below=1, change=0)"
            )
        ordered = sorted(self.intervals, key=lambda each: float("-inf") if each.above is None else each.above)
        for lower, upper in pairwise(ordered):
            if upper.above is not None and lower.below is not None and upper.above < lower.below:
                raise ConfigurationError(
                    f"ScalingPolicy.steps intervals must not overlap, got one below {lower.below} and one above "
                    f"{upper.above}: both would hold between them"
                )

    def check(self, machine: InstanceType | None) -> None:
        """Any fleet will do."""

    def check_pattern(self, pattern: Pattern) -> None:
        """Any kind of endpoint will do: the metric is the user's."""

    @property
    def shrinks(self) -> bool:
        """Whether any of its steps takes instances away; also when one that is known at deploy time only may."""
        return any(is_token(each.change) or each.change < 0 for each in self.intervals)

    def bind(
        self,
        scope: Construct,
        construct_id: str,
        target: Any,
        fleet: ScaledFleet,
    ) -> list[cdk.CfnResource]:
        """Make a policy and an alarm for each direction, as CDK's own construct does."""
        import aws_cdk as cdk  # noqa: PLC0415 - loaded with what follows
        from aws_cdk import aws_applicationautoscaling as autoscaling  # noqa: PLC0415 - loaded by those alone who step

        scalable = autoscaling.ScalableTarget.from_scalable_target_attributes(
            scope,
            f":{construct_id}",
            scalable_target_id=target if isinstance(target, str) else cdk.Token.as_string(target),
            scalable_dimension=fleet.dimension,
            service_namespace="sagemaker",
        )
        policy = self._policy(scope, construct_id, scalable)
        return [each for each in policy.node.find_all() if isinstance(each, cdk.CfnResource)]

    def _policy(self, scope: Construct, construct_id: str, scalable: Any) -> Any:
        import aws_cdk as cdk  # noqa: PLC0415 - loaded with what follows
        from aws_cdk import aws_applicationautoscaling as autoscaling  # noqa: PLC0415 - loaded by those alone who step

        try:
            return autoscaling.StepScalingPolicy(
                scope,
                construct_id,
                scaling_target=scalable,
                metric=self.metric,
                scaling_steps=[
                    autoscaling.ScalingInterval(change=each.change, lower=each.above, upper=each.below)
                    for each in self.intervals
                ],
                adjustment_type=autoscaling.AdjustmentType.CHANGE_IN_CAPACITY,
                cooldown=None if self.cooldown_seconds is None else cdk.Duration.seconds(self.cooldown_seconds),
                evaluation_periods=self.data_points,
            )
        except RuntimeError as refusal:
            if "change" not in str(refusal) and "interval" not in str(refusal).lower():
                raise
            shown = ", ".join(f"{each.above} to {each.below}: {each.change:+d}" for each in self.intervals)
            raise ConfigurationError(
                f"ScalingPolicy.steps intervals must meet end to end around one that changes nothing, got {shown}: "
                f"{str(refusal).splitlines()[0]}"
            ) from refusal
