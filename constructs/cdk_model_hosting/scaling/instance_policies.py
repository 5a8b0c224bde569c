"""Policies on endpoints that run on instances of their own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

from cdk_model_hosting.durations import literal
from cdk_model_hosting.limits import SAFETY_FACTOR, TARGET_VALUE
from cdk_model_hosting.scaling.explanations import Explanations
from cdk_model_hosting.scaling.pace import render_pace
from cdk_model_hosting.scaling.reach import EXPLAINED, INSTANCES_IN_USE, REQUESTS_OF_INSTANCES
from cdk_model_hosting.scaling.ruled import Ruled
from cdk_model_hosting.scaling.target_tracking import Predefined
from cdk_model_hosting.scaling.utilization import Utilization

if TYPE_CHECKING:
    from cdk_model_hosting.scaling.pace import Pace

_SECONDS_A_MINUTE = 60


class InstancePolicies(Ruled):
    """Policies by requests in flight or in a minute, and by how busy the instances are.

    Those by requests act where instances answer at once; asynchronous endpoints scale by how busy they are too.
    """

    __slots__ = ()

    @classmethod
    def on_invocations(cls, *, per_instance_per_minute: float, pace: Pace | None = None) -> Self:
        """Keep the requests that one instance gets in a minute near a target. `on_load_test` computes one.

        Args:
            per_instance_per_minute: Requests that one instance should get in a minute, above 0.
            pace: How fast it may act.

        Raises:
            ConfigurationError: When the target is not above 0.
        """
        return cls(
            Predefined(
                name="Invocations",
                what="ScalingPolicy.on_invocations",
                argument="per_instance_per_minute",
                target=per_instance_per_minute,
                reach=REQUESTS_OF_INSTANCES,
                metric="SageMakerVariantInvocationsPerInstance",
                **render_pace("ScalingPolicy.on_invocations", pace),
            )
        )

    @classmethod
    def on_load_test(
        cls, *, max_requests_per_second: float, safety_factor: float = 0.5, pace: Pace | None = None
    ) -> Self:
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
            f"{what} max_requests_per_second",
            literal(f"{what} max_requests_per_second", max_requests_per_second),
            optional=False,
        )
        SAFETY_FACTOR.check(f"{what} safety_factor", literal(f"{what} safety_factor", safety_factor), optional=False)
        target = max_requests_per_second * safety_factor * _SECONDS_A_MINUTE
        return cls.on_invocations(per_instance_per_minute=target, pace=pace)

    @classmethod
    def on_concurrency(cls, *, per_instance: float, pace: Pace | None = None) -> Self:
        """Keep the requests in flight on one instance near a target. Measured every 10 seconds, so it grows sooner.

        Args:
            per_instance: Requests that one instance should have in flight, above 0.
            pace: How fast it may act.

        Raises:
            ConfigurationError: When the target is not above 0.
        """
        return cls(
            Predefined(
                name="Concurrency",
                what="ScalingPolicy.on_concurrency",
                argument="per_instance",
                target=per_instance,
                reach=REQUESTS_OF_INSTANCES,
                metric="SageMakerVariantConcurrentRequestsPerModelHighResolution",
                **render_pace("ScalingPolicy.on_concurrency", pace),
            )
        )

    @classmethod
    def on_explanations(cls, *, per_instance_per_minute: float, pace: Pace | None = None) -> Self:
        """Keep the records that one instance explains in a minute near a target: for endpoints with an `Explainer`.

        Args:
            per_instance_per_minute: Records that one instance should explain in a minute, above 0.
            pace: How fast it may act.

        Raises:
            ConfigurationError: When the target is not above 0; when an endpoint takes it, if that explains nothing.

        See: https://docs.aws.amazon.com/sagemaker/latest/dg/endpoint-auto-scaling-add-code-define.html
        """
        what = "ScalingPolicy.on_explanations"
        return cls(
            Explanations(
                name="Explanations",
                what=what,
                argument="per_instance_per_minute",
                target=per_instance_per_minute,
                reach=EXPLAINED,
                **render_pace(what, pace),
            )
        )

    @classmethod
    def on_cpu(cls, *, percent: float, pace: Pace | None = None) -> Self:
        """Keep the CPUs of an instance busy to a target.

        Args:
            percent: Share of all its CPUs together, above 0 to 100.
            pace: How fast it may act.

        Raises:
            ConfigurationError: When the share is outside its range; when bound, if the number of CPUs is not known.
        """
        return cls._utilization("on_cpu", percent, pace, metric="CPUUtilization", counted="vcpus")

    @classmethod
    def on_memory(cls, *, percent: float, pace: Pace | None = None) -> Self:
        """Keep the memory of an instance full to a target.

        Args:
            percent: Share of its memory, above 0 to 100.
            pace: How fast it may act.

        Raises:
            ConfigurationError: When the share is outside its range.
        """
        return cls._utilization("on_memory", percent, pace, metric="MemoryUtilization", counted=None)

    @classmethod
    def on_gpu(cls, *, percent: float, pace: Pace | None = None) -> Self:
        """Keep the GPUs of an instance busy to a target.

        Args:
            percent: Share of all its GPUs together, above 0 to 100.
            pace: How fast it may act.

        Raises:
            ConfigurationError: When the share is outside its range; when bound, if the fleet has no GPUs.
        """
        return cls._utilization("on_gpu", percent, pace, metric="GPUUtilization", counted="accelerators")

    @classmethod
    def on_gpu_memory(cls, *, percent: float, pace: Pace | None = None) -> Self:
        """Keep the GPUs' memory of an instance full to a target.

        Args:
            percent: Share of all its GPUs' memory together, above 0 to 100.
            pace: How fast it may act.

        Raises:
            ConfigurationError: When the share is outside its range; when bound, if the fleet has no GPUs.
        """
        return cls._utilization("on_gpu_memory", percent, pace, metric="GPUMemoryUtilization", counted="accelerators")

    @classmethod
    def _utilization(cls, factory: str, percent: float, pace: Pace | None, *, metric: str, counted: str | None) -> Self:
        return cls(
            Utilization(
                name=metric,
                what=f"ScalingPolicy.{factory}",
                argument="percent",
                target=percent,
                metric=metric,
                counted=counted,
                reach=INSTANCES_IN_USE,
                **render_pace(f"ScalingPolicy.{factory}", pace),
            )
        )
