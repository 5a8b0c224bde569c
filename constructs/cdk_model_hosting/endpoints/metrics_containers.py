"""The metrics of single containers, where a model has several."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cdk_model_hosting.endpoints.metrics import EndpointMetrics
from cdk_model_hosting.errors import ConfigurationError
from cdk_model_hosting.limits import CONTAINER_HOSTNAME
from cdk_model_hosting.monitoring.watched import REQUESTS
from cdk_model_hosting.tokens import is_token

if TYPE_CHECKING:
    import aws_cdk as cdk
    from aws_cdk import aws_cloudwatch as cloudwatch

    from cdk_model_hosting.monitoring.watching import Watching


class ContainerMetrics(EndpointMetrics):
    """Metrics of one container: its latency in a pipeline, and its requests too where containers are invoked directly.

    Raises:
        ConfigurationError: When the endpoint publishes no such metric, or has no such container.

    See: https://docs.aws.amazon.com/sagemaker/latest/dg/multi-container-metrics.html
    """

    watching: Watching

    def metric_container_latency(
        self,
        *,
        container: str,
        variant: str | None = None,
        statistic: str = "Average",
        period: cdk.Duration | None = None,
    ) -> cloudwatch.Metric:
        """Microseconds that the container took to answer."""
        dimensions = self._of_container("container_latency", "ContainerLatency", container, variant)
        return self._metric("ContainerLatency", REQUESTS, dimensions, statistic, period)

    def metric_container_invocations(
        self,
        *,
        container: str,
        variant: str | None = None,
        statistic: str = "Sum",
        period: cdk.Duration | None = None,
    ) -> cloudwatch.Metric:
        """Requests sent to the container."""
        dimensions = self._of_container("container_invocations", "Invocations", container, variant)
        return self._metric("Invocations", REQUESTS, dimensions, statistic, period)

    def metric_container_client_errors(
        self,
        *,
        container: str,
        variant: str | None = None,
        statistic: str = "Sum",
        period: cdk.Duration | None = None,
    ) -> cloudwatch.Metric:
        """Requests that the container answered with a client error (4xx)."""
        dimensions = self._of_container("container_client_errors", "Invocation4XXErrors", container, variant)
        return self._metric("Invocation4XXErrors", REQUESTS, dimensions, statistic, period)

    def metric_container_server_errors(
        self,
        *,
        container: str,
        variant: str | None = None,
        statistic: str = "Sum",
        period: cdk.Duration | None = None,
    ) -> cloudwatch.Metric:
        """Requests that the container answered with a server error (5xx)."""
        dimensions = self._of_container("container_server_errors", "Invocation5XXErrors", container, variant)
        return self._metric("Invocation5XXErrors", REQUESTS, dimensions, statistic, period)

    def metric_container_overhead_latency(
        self,
        *,
        container: str,
        variant: str | None = None,
        statistic: str = "Average",
        period: cdk.Duration | None = None,
    ) -> cloudwatch.Metric:
        """Microseconds that SageMaker added to the container's."""
        dimensions = self._of_container("container_overhead_latency", "OverheadLatency", container, variant)
        return self._metric("OverheadLatency", REQUESTS, dimensions, statistic, period)

    def _of_container(self, method: str, name: str, container: str, variant: str | None) -> dict[str, str]:
        what = f"metric_{method}"
        self.watching.kind.check_metric(what, (REQUESTS, name), "container")
        CONTAINER_HOSTNAME.check(f"{what} container", container)
        dimensions = self._of_variant(variant)
        for watched in self.watching.variants:
            known = watched.containers if watched.variant_name == dimensions["VariantName"] else ()
            if known and container not in known and not any(is_token(each) for each in (container, *known)):
                raise ConfigurationError(
                    f"{what} container must be one of {', '.join(known)}, got {container!r}: variant "
                    f"{watched.variant_name} has no other"
                )
        return {**dimensions, "ContainerName": container}
