"""The metrics of an endpoint."""

from __future__ import annotations

from typing import TYPE_CHECKING

import aws_cdk as cdk

from cdk_model_hosting.errors import ConfigurationError

if TYPE_CHECKING:
    from aws_cdk import aws_cloudwatch as cloudwatch

_REQUESTS = "AWS/SageMaker"
_INSTANCES = "/aws/sagemaker/Endpoints"


class EndpointMetrics:
    """Metrics of an endpoint's variants. Each takes the variant's name, which may be omitted where there is just one.

    Latencies are in microseconds. Utilizations are in percent and add up over cores or devices: four GPUs can show 400.

    See: https://docs.aws.amazon.com/sagemaker/latest/dg/monitoring-cloudwatch.html
    """

    endpoint_name: str
    variant_names: tuple[str, ...]

    # Set for endpoints of another account or region.
    _metric_region: str | None = None
    _metric_account: str | None = None

    def metric(
        self,
        name: str,
        *,
        namespace: str = _REQUESTS,
        variant: str | None = None,
        statistic: str = "Sum",
        period: cdk.Duration | None = None,
    ) -> cloudwatch.Metric:
        """Any metric of a variant.

        Args:
            name: The metric's name.
            namespace: Its namespace.
            variant: The variant; the only one when omitted.
            statistic: Such as ``Sum``, ``Average``, ``p99``.
            period: Length of a data point; 1 minute when omitted.

        Raises:
            ConfigurationError: When the endpoint has no such variant, or several and none is named.
        """
        from aws_cdk import aws_cloudwatch as cloudwatch  # noqa: PLC0415 - loaded by those alone who use metrics

        dimensions = {"EndpointName": self.endpoint_name, "VariantName": self._variant(variant)}
        return cloudwatch.Metric(
            namespace=namespace,
            metric_name=name,
            dimensions_map=dimensions,
            statistic=statistic,
            region=self._metric_region,
            account=self._metric_account,
            period=cdk.Duration.minutes(1) if period is None else period,
        )

    def metric_invocations(
        self, *, variant: str | None = None, statistic: str = "Sum", period: cdk.Duration | None = None
    ) -> cloudwatch.Metric:
        """Requests sent to the variant."""
        return self.metric("Invocations", variant=variant, statistic=statistic, period=period)

    def metric_invocations_per_instance(
        self, *, variant: str | None = None, statistic: str = "Sum", period: cdk.Duration | None = None
    ) -> cloudwatch.Metric:
        """Requests that one instance got, on average over the instances."""
        return self.metric("InvocationsPerInstance", variant=variant, statistic=statistic, period=period)

    def metric_client_errors(
        self, *, variant: str | None = None, statistic: str = "Sum", period: cdk.Duration | None = None
    ) -> cloudwatch.Metric:
        """Requests answered with a client error (4xx): their number, or their share as ``Average``."""
        return self.metric("Invocation4XXErrors", variant=variant, statistic=statistic, period=period)

    def metric_server_errors(
        self, *, variant: str | None = None, statistic: str = "Sum", period: cdk.Duration | None = None
    ) -> cloudwatch.Metric:
        """Requests answered with a server error (5xx): their number, or their share as ``Average``."""
        return self.metric("Invocation5XXErrors", variant=variant, statistic=statistic, period=period)

    def metric_model_errors(
        self, *, variant: str | None = None, statistic: str = "Sum", period: cdk.Duration | None = None
    ) -> cloudwatch.Metric:
        """Requests that the model did not answer with a 2xx, time-outs included."""
        return self.metric("InvocationModelErrors", variant=variant, statistic=statistic, period=period)

    def metric_model_latency(
        self, *, variant: str | None = None, statistic: str = "Average", period: cdk.Duration | None = None
    ) -> cloudwatch.Metric:
        """Microseconds that the container took to answer."""
        return self.metric("ModelLatency", variant=variant, statistic=statistic, period=period)

    def metric_overhead_latency(
        self, *, variant: str | None = None, statistic: str = "Average", period: cdk.Duration | None = None
    ) -> cloudwatch.Metric:
        """Microseconds that SageMaker added to the container's."""
        return self.metric("OverheadLatency", variant=variant, statistic=statistic, period=period)

    def metric_concurrent_requests(
        self, *, variant: str | None = None, statistic: str = "Maximum", period: cdk.Duration | None = None
    ) -> cloudwatch.Metric:
        """Requests in flight, published every 10 seconds."""
        return self.metric("ConcurrentRequestsPerModel", variant=variant, statistic=statistic, period=period)

    def metric_mid_stream_errors(
        self, *, variant: str | None = None, statistic: str = "Sum", period: cdk.Duration | None = None
    ) -> cloudwatch.Metric:
        """Streamed answers that broke off."""
        return self.metric("MidStreamErrors", variant=variant, statistic=statistic, period=period)

    def metric_first_chunk_latency(
        self, *, variant: str | None = None, statistic: str = "p90", period: cdk.Duration | None = None
    ) -> cloudwatch.Metric:
        """Microseconds until the first part of a streamed answer."""
        return self.metric("FirstChunkLatency", variant=variant, statistic=statistic, period=period)

    def metric_first_chunk_model_latency(
        self, *, variant: str | None = None, statistic: str = "p90", period: cdk.Duration | None = None
    ) -> cloudwatch.Metric:
        """Microseconds that the container took for the first part of a streamed answer."""
        return self.metric("FirstChunkModelLatency", variant=variant, statistic=statistic, period=period)

    def metric_first_chunk_overhead_latency(
        self, *, variant: str | None = None, statistic: str = "p90", period: cdk.Duration | None = None
    ) -> cloudwatch.Metric:
        """Microseconds that SageMaker added to the first part of a streamed answer."""
        return self.metric("FirstChunkOverheadLatency", variant=variant, statistic=statistic, period=period)

    def metric_explanations_per_instance(
        self, *, variant: str | None = None, statistic: str = "Sum", period: cdk.Duration | None = None
    ) -> cloudwatch.Metric:
        """Records explained by one instance, on average over the instances."""
        return self.metric("ExplanationsPerInstance", variant=variant, statistic=statistic, period=period)

    def metric_cpu_utilization(
        self, *, variant: str | None = None, statistic: str = "Average", period: cdk.Duration | None = None
    ) -> cloudwatch.Metric:
        """CPU in use, in percent of one core: 0 to 100 times the number of cores."""
        return self.metric("CPUUtilization", namespace=_INSTANCES, variant=variant, statistic=statistic, period=period)

    def metric_memory_utilization(
        self, *, variant: str | None = None, statistic: str = "Average", period: cdk.Duration | None = None
    ) -> cloudwatch.Metric:
        """Memory in use, in percent."""
        return self.metric(
            "MemoryUtilization", namespace=_INSTANCES, variant=variant, statistic=statistic, period=period
        )

    def metric_gpu_utilization(
        self, *, variant: str | None = None, statistic: str = "Average", period: cdk.Duration | None = None
    ) -> cloudwatch.Metric:
        """GPUs in use, in percent of one: 0 to 100 times the number of GPUs."""
        return self.metric("GPUUtilization", namespace=_INSTANCES, variant=variant, statistic=statistic, period=period)

    def metric_gpu_memory_utilization(
        self, *, variant: str | None = None, statistic: str = "Average", period: cdk.Duration | None = None
    ) -> cloudwatch.Metric:
        """GPU memory in use, in percent of one: 0 to 100 times the number of GPUs."""
        return self.metric(
            "GPUMemoryUtilization", namespace=_INSTANCES, variant=variant, statistic=statistic, period=period
        )

    def metric_disk_utilization(
        self, *, variant: str | None = None, statistic: str = "Average", period: cdk.Duration | None = None
    ) -> cloudwatch.Metric:
        """Disk in use, in percent."""
        return self.metric("DiskUtilization", namespace=_INSTANCES, variant=variant, statistic=statistic, period=period)

    def _variant(self, name: str | None) -> str:
        if name is not None:
            if self.variant_names and name not in self.variant_names:
                raise ConfigurationError(
                    f"metric variant must be one of {', '.join(self.variant_names)}, got {name!r}: "
                    "the endpoint has no other"
                )
            return name
        if len(self.variant_names) != 1:
            raise ConfigurationError(
                f"metric variant must be given for an endpoint with {len(self.variant_names) or 'unknown'} variants, got "
                "none: every metric belongs to one variant"
            )
        return self.variant_names[0]
