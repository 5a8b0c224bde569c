"""Policies on endpoints whose callers do not wait, or that have no instances of their own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

from cdk_model_hosting.durations import literal
from cdk_model_hosting.limits import PROVISIONED_UTILIZATION
from cdk_model_hosting.scaling.pace import render_pace
from cdk_model_hosting.scaling.reach import BACKLOG, COPIES, PROVISIONED_CONCURRENCY
from cdk_model_hosting.scaling.ruled import Ruled
from cdk_model_hosting.scaling.target_tracking import OfEndpoint, Predefined

if TYPE_CHECKING:
    from cdk_model_hosting.scaling.pace import Pace

_WHOLE = 100


class OtherPolicies(Ruled):
    """Policies on asynchronous and serverless endpoints, and on inference components."""

    __slots__ = ()

    @classmethod
    def on_backlog(cls, *, per_instance: float = 5, pace: Pace | None = None) -> Self:
        """Keep the requests that wait for an asynchronous endpoint near a number for each of its instances.

        Args:
            per_instance: Requests that may wait for one instance, above 0; 5 when omitted, as in AWS's example. What one
                instance answers in the time that a request may wait is a better number.
            pace: How fast it may act.

        Raises:
            ConfigurationError: When the number is not above 0; when an endpoint takes it, if that is not asynchronous.

        See: https://docs.aws.amazon.com/sagemaker/latest/dg/async-inference-autoscale.html
        """
        return cls(
            OfEndpoint(
                name="Backlog",
                what="ScalingPolicy.on_backlog",
                argument="per_instance",
                target=per_instance,
                reach=BACKLOG,
                namespace="AWS/SageMaker",
                metric="ApproximateBacklogSizePerInstance",
                statistic="Average",
                **render_pace("ScalingPolicy.on_backlog", pace),
            )
        )

    @classmethod
    def on_provisioned_use(cls, *, percent: float, pace: Pace | None = None) -> Self:
        """Keep the share of a serverless endpoint's provisioned concurrency that is in use near a target.

        Args:
            percent: That share, 1-100 %.
            pace: How fast it may act. AWS's example pauses for a second only, since nothing has to start.

        Raises:
            ConfigurationError: When the share is outside its range or known only at deploy time; when an endpoint takes
                it, if that is not serverless.

        See: https://docs.aws.amazon.com/sagemaker/latest/dg/serverless-endpoints-autoscale.html
        """
        what = "ScalingPolicy.on_provisioned_use"
        PROVISIONED_UTILIZATION.check(f"{what} percent", literal(f"{what} percent", percent))
        return cls(
            Predefined(
                name="ProvisionedUse",
                what=what,
                argument="percent",
                # The metric is a ratio.
                target=percent if percent is None else round(percent / _WHOLE, 6),
                reach=PROVISIONED_CONCURRENCY,
                metric="SageMakerVariantProvisionedConcurrencyUtilization",
                **render_pace(what, pace),
            )
        )

    @classmethod
    def on_concurrency_per_copy(cls, *, per_copy: float, pace: Pace | None = None) -> Self:
        """Keep the requests in flight on one copy of an inference component near a target. Measured every 10 seconds.

        Args:
            per_copy: Requests that one copy should have in flight, above 0.
            pace: How fast it may act.

        Raises:
            ConfigurationError: When the target is not above 0; when taken by anything but an inference component.
        """
        return cls(
            Predefined(
                name="ConcurrencyPerCopy",
                what="ScalingPolicy.on_concurrency_per_copy",
                argument="per_copy",
                target=per_copy,
                reach=COPIES,
                metric="SageMakerInferenceComponentConcurrentRequestsPerCopyHighResolution",
                **render_pace("ScalingPolicy.on_concurrency_per_copy", pace),
            )
        )

    @classmethod
    def on_invocations_per_copy(cls, *, per_copy_per_minute: float, pace: Pace | None = None) -> Self:
        """Keep the requests that one copy of an inference component gets in a minute near a target.

        Args:
            per_copy_per_minute: Requests that one copy should get in a minute, above 0.
            pace: How fast it may act.

        Raises:
            ConfigurationError: When the target is not above 0; when taken by anything but an inference component.
        """
        return cls(
            Predefined(
                name="InvocationsPerCopy",
                what="ScalingPolicy.on_invocations_per_copy",
                argument="per_copy_per_minute",
                target=per_copy_per_minute,
                reach=COPIES,
                metric="SageMakerInferenceComponentInvocationsPerCopy",
                **render_pace("ScalingPolicy.on_invocations_per_copy", pace),
            )
        )
