"""The rules that a fleet scales by, under the names that people use."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypedDict

from cdk_model_hosting.arguments import require, require_several
from cdk_model_hosting.durations import literal, seconds
from cdk_model_hosting.errors import ConfigurationError
from cdk_model_hosting.limits import SAFETY_FACTOR, TARGET_VALUE
from cdk_model_hosting.scaling.steps import Interval, StepScaling
from cdk_model_hosting.scaling.target_tracking import Customized, Predefined, Utilization

if TYPE_CHECKING:
    from collections.abc import Sequence

    import aws_cdk as cdk
    from aws_cdk import aws_cloudwatch as cloudwatch

    from cdk_model_hosting.scaling.policy import Policy

_SECONDS_A_MINUTE = 60


class _Rendered(TypedDict):
    out_seconds: int | None
    in_seconds: int | None
    scale_in: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """How fast target tracking may act.

    Args:
        scale_out_cooldown: Pause after growing; 5 minutes when omitted.
        scale_in_cooldown: Pause after shrinking; 5 minutes when omitted.
        scale_in: Whether the fleet may shrink by the policy.

    Raises:
        ConfigurationError: When a time is not a whole number of seconds.
    """

    scale_out_cooldown: cdk.Duration | None = field(default=None, compare=False, repr=False)
    scale_in_cooldown: cdk.Duration | None = field(default=None, compare=False, repr=False)
    scale_in: bool = True
    out_seconds: int | None = field(init=False)
    in_seconds: int | None = field(init=False)

    def __post_init__(self) -> None:
        require("Pace scale_in", self.scale_in, bool)
        object.__setattr__(self, "out_seconds", seconds("Pace scale_out_cooldown", self.scale_out_cooldown))
        object.__setattr__(self, "in_seconds", seconds("Pace scale_in_cooldown", self.scale_in_cooldown))

    def render(self) -> _Rendered:
        """The pace as policies take it."""
        return _Rendered(out_seconds=self.out_seconds, in_seconds=self.in_seconds, scale_in=self.scale_in)


@dataclass(frozen=True, slots=True)
class ScalingPolicy:
    """A rule that changes a fleet's size. Made by one of its factories.

    Several can act on one fleet: the one that asks for most instances wins, and the fleet shrinks when all agree.

    See: https://docs.aws.amazon.com/sagemaker/latest/dg/endpoint-auto-scaling-policy.html
    """

    rule: Policy

    @staticmethod
    def on_invocations(*, per_instance_per_minute: float, pace: Pace | None = None) -> ScalingPolicy:
        """Keep the requests that one instance gets in a minute near a target. `on_load_test` computes one.

        Args:
            per_instance_per_minute: Requests that one instance should get in a minute, above 0.
            pace: How fast it may act.

        Raises:
            ConfigurationError: When the target is not above 0.
        """
        return ScalingPolicy(
            Predefined(
                name="Invocations",
                what="ScalingPolicy.on_invocations",
                argument="per_instance_per_minute",
                target=per_instance_per_minute,
                metric="SageMakerVariantInvocationsPerInstance",
                **_pace("ScalingPolicy.on_invocations", pace),
            )
        )

    @staticmethod
    def on_load_test(
        *, max_requests_per_second: float, safety_factor: float = 0.5, pace: Pace | None = None
    ) -> ScalingPolicy:
        """`on_invocations`, with the target that a load test gives: requests per second x safety factor x 60.

        Args:
            max_requests_per_second: Most requests per second that one instance answered well.
            safety_factor: Share of that to plan for, above 0 to 1; the rest is room for the minutes that growing takes.
            pace: How fast it may act.

        Raises:
            ConfigurationError: When a number is outside its range.

        See: https://docs.aws.amazon.com/sagemaker/latest/dg/endpoint-scaling-loadtest.html
        """
        what = "ScalingPolicy.on_load_test"
        TARGET_VALUE.check(
            f"{what} max_requests_per_second", literal(f"{what} max_requests_per_second", max_requests_per_second)
        )
        SAFETY_FACTOR.check(f"{what} safety_factor", literal(f"{what} safety_factor", safety_factor))
        target = max_requests_per_second * safety_factor * _SECONDS_A_MINUTE
        return ScalingPolicy.on_invocations(per_instance_per_minute=target, pace=pace)

    @staticmethod
    def on_concurrency(*, per_instance: float, pace: Pace | None = None) -> ScalingPolicy:
        """Keep the requests in flight on one instance near a target. Measured every 10 seconds, so it grows sooner.

        Args:
            per_instance: Requests that one instance should have in flight, above 0.
            pace: How fast it may act.

        Raises:
            ConfigurationError: When the target is not above 0.
        """
        return ScalingPolicy(
            Predefined(
                name="Concurrency",
                what="ScalingPolicy.on_concurrency",
                argument="per_instance",
                target=per_instance,
                metric="SageMakerVariantConcurrentRequestsPerModelHighResolution",
                **_pace("ScalingPolicy.on_concurrency", pace),
            )
        )

    @staticmethod
    def on_cpu(*, percent: float, pace: Pace | None = None) -> ScalingPolicy:
        """Keep the CPUs of an instance busy to a target.

        Args:
            percent: Share of all its CPUs together, above 0 to 100.
            pace: How fast it may act.

        Raises:
            ConfigurationError: When the share is outside its range; when bound, if the number of CPUs is not known.
        """
        return _utilization("on_cpu", percent, pace, metric="CPUUtilization", counted="vcpus")

    @staticmethod
    def on_memory(*, percent: float, pace: Pace | None = None) -> ScalingPolicy:
        """Keep the memory of an instance full to a target.

        Args:
            percent: Share of its memory, above 0 to 100.
            pace: How fast it may act.

        Raises:
            ConfigurationError: When the share is outside its range.
        """
        return _utilization("on_memory", percent, pace, metric="MemoryUtilization", counted=None)

    @staticmethod
    def on_gpu(*, percent: float, pace: Pace | None = None) -> ScalingPolicy:
        """Keep the GPUs of an instance busy to a target.

        Args:
            percent: Share of all its GPUs together, above 0 to 100.
            pace: How fast it may act.

        Raises:
            ConfigurationError: When the share is outside its range; when bound, if the fleet has no GPUs.
        """
        return _utilization("on_gpu", percent, pace, metric="GPUUtilization", counted="accelerators")

    @staticmethod
    def on_gpu_memory(*, percent: float, pace: Pace | None = None) -> ScalingPolicy:
        """Keep the GPUs' memory of an instance full to a target.

        Args:
            percent: Share of all its GPUs' memory together, above 0 to 100.
            pace: How fast it may act.

        Raises:
            ConfigurationError: When the share is outside its range; when bound, if the fleet has no GPUs.
        """
        return _utilization("on_gpu_memory", percent, pace, metric="GPUMemoryUtilization", counted="accelerators")

    @staticmethod
    def on_metric(name: str, metric: cloudwatch.Metric, *, target: float, pace: Pace | None = None) -> ScalingPolicy:
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
        return ScalingPolicy(
            Customized(
                name=name,
                what="ScalingPolicy.on_metric",
                argument="target",
                target=target,
                namespace=metric.namespace,
                metric=metric.metric_name,
                dimensions=tuple(sorted((metric.dimensions or {}).items())),
                statistic=statistic,
                unit=None if metric.unit is None else _unit(metric.unit.name),
                home=(metric.account, metric.region),
                **_pace("ScalingPolicy.on_metric", pace),
            )
        )

    @staticmethod
    def steps(
        name: str,
        metric: cloudwatch.IMetric,
        intervals: Sequence[Interval],
        *,
        cooldown: cdk.Duration | None = None,
        data_points: int = 1,
    ) -> ScalingPolicy:
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
        return ScalingPolicy(
            StepScaling(
                name=name,
                metric=metric,
                intervals=tuple(intervals),
                cooldown_seconds=seconds("ScalingPolicy.steps cooldown", cooldown),
                data_points=data_points,
            )
        )


def _pace(what: str, pace: Pace | None) -> _Rendered:
    if pace is None:
        return Pace().render()
    require(f"{what} pace", pace, Pace)
    return pace.render()


def _unit(name: str) -> str:
    """A unit in CloudWatch's words, from CDK's: ``KILOBYTES_PER_SECOND`` is ``Kilobytes/Second``."""
    return "/".join(part.capitalize() for part in name.split("_PER_"))


_STATISTICS = ("Average", "Sum", "Minimum", "Maximum", "SampleCount")


def _utilization(factory: str, percent: float, pace: Pace | None, *, metric: str, counted: str | None) -> ScalingPolicy:
    return ScalingPolicy(
        Utilization(
            name=metric,
            what=f"ScalingPolicy.{factory}",
            argument="percent",
            target=percent,
            metric=metric,
            counted=counted,
            **_pace(f"ScalingPolicy.{factory}", pace),
        )
    )
