"""The rules that a fleet scales by, under the names that people use."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

from cdk_model_hosting.arguments import require, require_several
from cdk_model_hosting.durations import seconds
from cdk_model_hosting.errors import ConfigurationError
from cdk_model_hosting.scaling.instance_policies import InstancePolicies
from cdk_model_hosting.scaling.other_policies import OtherPolicies
from cdk_model_hosting.scaling.pace import render_pace
from cdk_model_hosting.scaling.reach import ANYWHERE
from cdk_model_hosting.scaling.steps import Interval, StepScaling
from cdk_model_hosting.scaling.target_tracking import Customized

if TYPE_CHECKING:
    from collections.abc import Sequence

    import aws_cdk as cdk
    from aws_cdk import aws_cloudwatch as cloudwatch

    from cdk_model_hosting.scaling.pace import Pace

_STATISTICS = ("Average", "Sum", "Minimum", "Maximum", "SampleCount")


class ScalingPolicy(InstancePolicies, OtherPolicies):
    """A rule that changes a fleet's size. Made by one of its factories.

    Several can act on one fleet: the one that asks for most instances wins, and the fleet shrinks when all agree. Each
    says on which kinds of endpoint it can act, and is refused on all others.

    See: https://docs.aws.amazon.com/sagemaker/latest/dg/endpoint-auto-scaling-policy.html
    """

    __slots__ = ()

    @classmethod
    def on_metric(cls, name: str, metric: cloudwatch.Metric, *, target: float, pace: Pace | None = None) -> Self:
        """Keep any metric near a target. It must fall when the fleet grows.

        Args:
            name: Name of the policy, unique on its fleet.
            metric: The metric, of this account and region, with a statistic of ``Average``, ``Sum``, ``Minimum``, ``Maximum``
                or ``SampleCount``. Target tracking looks at single minutes, whatever the metric's period.
            target: Value to keep, above 0.
            pace: How fast it may act.

        Raises:
            ConfigurationError: When it is no single metric, the statistic is another one, or the target not above 0; when
                bound, if it is a metric of another account or region.
        """
        from aws_cdk import aws_cloudwatch as cloudwatch  # noqa: PLC0415 - loaded by those alone who bring a metric

        what = "ScalingPolicy.on_metric"
        require(f"{what} metric", metric, cloudwatch.Metric)
        statistic = metric.statistic
        if statistic not in _STATISTICS:
            raise ConfigurationError(
                f"ScalingPolicy.on_metric statistic must be one of {', '.join(_STATISTICS)}, got {statistic!r}: "
                "target tracking takes no percentile"
            )
        return cls(
            Customized(
                name=name,
                what="ScalingPolicy.on_metric",
                argument="target",
                target=target,
                reach=ANYWHERE,
                namespace=metric.namespace,
                metric=metric.metric_name,
                dimensions=tuple(sorted((metric.dimensions or {}).items())),
                statistic=statistic,
                unit=None if metric.unit is None else _unit(metric.unit.name),
                home=(metric.account, metric.region),
                **render_pace("ScalingPolicy.on_metric", pace),
            )
        )

    @classmethod
    def steps(
        cls,
        name: str,
        metric: cloudwatch.IMetric,
        intervals: Sequence[Interval],
        *,
        cooldown: cdk.Duration | None = None,
        data_points: int = 1,
    ) -> Self:
        """Add and take away instances by steps: for what target tracking reacts to too slowly, or not at all.

        Args:
            name: Name of the rule, unique on its fleet; the policies and alarms that it becomes are named after it.
            metric: What is watched.
            intervals: What happens for which values; at least two, one of which changes nothing. An end belongs to both
                intervals that meet there.
            cooldown: Pause after a step; 5 minutes when omitted.
            data_points: Data points, each as long as the metric's period, that must lie in an interval.

        Raises:
            ConfigurationError: When the intervals overlap, are fewer than two, or never change anything.
        """
        require_several("ScalingPolicy.steps intervals", intervals, Interval)
        return cls(
            StepScaling(
                name=name,
                metric=metric,
                intervals=tuple(intervals),
                cooldown_seconds=seconds("ScalingPolicy.steps cooldown", cooldown),
                data_points=data_points,
            )
        )


def _unit(name: str) -> str:
    """A unit in CloudWatch's words, from CDK's: ``KILOBYTES_PER_SECOND`` is ``Kilobytes/Second``."""
    return "/".join(part.capitalize() for part in name.split("_PER_"))
