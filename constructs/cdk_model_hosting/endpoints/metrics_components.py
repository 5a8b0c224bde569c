"""The metrics of inference components, and of the instances that they share."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cdk_model_hosting.endpoints.metrics import InstanceMetrics, metric_of
from cdk_model_hosting.monitoring.watched import COPIES, INSTANCES, REQUESTS

if TYPE_CHECKING:
    import aws_cdk as cdk
    from aws_cdk import aws_cloudwatch as cloudwatch


class ComponentMetrics:
    """Metrics of an inference component and its copies.

    Latencies are in microseconds. Utilizations are in percent of what a copy has reserved, or can get where it reserves
    nothing.

    See: https://docs.aws.amazon.com/sagemaker/latest/dg/monitoring-cloudwatch.html
    """

    component_name: str

    # Set for components of another account or region.
    _metric_region: str | None = None
    _metric_account: str | None = None

    def metric(
        self,
        name: str,
        *,
        namespace: str = REQUESTS,
        statistic: str = "Sum",
        period: cdk.Duration | None = None,
    ) -> cloudwatch.Metric:
        """Any metric of the component.

        Args:
            name: The metric's name.
            namespace: Its namespace.
            statistic: Such as ``Sum``, ``Average``, ``p99``.
            period: Length of a data point; 1 minute when omitted.
        """
        dimensions = {"InferenceComponentName": self.component_name}
        return metric_of(
            name,
            namespace,
            dimensions,
            statistic,
            period,
            region=self._metric_region,
            account=self._metric_account,
        )

    def metric_invocations(self, *, statistic: str = "Sum", period: cdk.Duration | None = None) -> cloudwatch.Metric:
        """Requests sent to the component."""
        return self.metric("Invocations", statistic=statistic, period=period)

    def metric_invocations_per_copy(
        self, *, statistic: str = "Sum", period: cdk.Duration | None = None
    ) -> cloudwatch.Metric:
        """Requests that one copy got, on average over the copies."""
        return self.metric("InvocationsPerCopy", statistic=statistic, period=period)

    def metric_client_errors(self, *, statistic: str = "Sum", period: cdk.Duration | None = None) -> cloudwatch.Metric:
        """Requests answered with a client error (4xx): their number, or their share as ``Average``."""
        return self.metric("Invocation4XXErrors", statistic=statistic, period=period)

    def metric_server_errors(self, *, statistic: str = "Sum", period: cdk.Duration | None = None) -> cloudwatch.Metric:
        """Requests answered with a server error (5xx): their number, or their share as ``Average``."""
        return self.metric("Invocation5XXErrors", statistic=statistic, period=period)

    def metric_model_errors(self, *, statistic: str = "Sum", period: cdk.Duration | None = None) -> cloudwatch.Metric:
        """Requests that the model did not answer with a 2xx, time-outs included."""
        return self.metric("InvocationModelErrors", statistic=statistic, period=period)

    def metric_no_capacity_failures(
        self, *, statistic: str = "Sum", period: cdk.Duration | None = None
    ) -> cloudwatch.Metric:
        """Requests that failed because no copy ran."""
        return self.metric("NoCapacityInvocationFailures", statistic=statistic, period=period)

    def metric_model_latency(
        self, *, statistic: str = "Average", period: cdk.Duration | None = None
    ) -> cloudwatch.Metric:
        """Microseconds that the container took to answer."""
        return self.metric("ModelLatency", statistic=statistic, period=period)

    def metric_overhead_latency(
        self, *, statistic: str = "Average", period: cdk.Duration | None = None
    ) -> cloudwatch.Metric:
        """Microseconds that SageMaker added to the container's."""
        return self.metric("OverheadLatency", statistic=statistic, period=period)

    def metric_concurrent_requests_per_copy(
        self, *, statistic: str = "Maximum", period: cdk.Duration | None = None
    ) -> cloudwatch.Metric:
        """Requests in flight for each copy, published every 10 seconds."""
        return self.metric("ConcurrentRequestsPerCopy", statistic=statistic, period=period)

    def metric_cpu_utilization(
        self, *, statistic: str = "Average", period: cdk.Duration | None = None
    ) -> cloudwatch.Metric:
        """CPU in use in the copies, in percent; ``SampleCount`` of one minute is how many run."""
        return self.metric("CPUUtilizationNormalized", namespace=COPIES, statistic=statistic, period=period)

    def metric_memory_utilization(
        self, *, statistic: str = "Average", period: cdk.Duration | None = None
    ) -> cloudwatch.Metric:
        """Memory in use in the copies, in percent."""
        return self.metric("MemoryUtilizationNormalized", namespace=COPIES, statistic=statistic, period=period)

    def metric_gpu_utilization(
        self, *, statistic: str = "Average", period: cdk.Duration | None = None
    ) -> cloudwatch.Metric:
        """GPUs in use in the copies, in percent."""
        return self.metric("GPUUtilizationNormalized", namespace=COPIES, statistic=statistic, period=period)

    def metric_gpu_memory_utilization(
        self, *, statistic: str = "Average", period: cdk.Duration | None = None
    ) -> cloudwatch.Metric:
        """GPU memory in use in the copies, in percent."""
        return self.metric("GPUMemoryUtilizationNormalized", namespace=COPIES, statistic=statistic, period=period)


class SharedInstanceMetrics(InstanceMetrics):
    """Metrics of the instances that hold the copies of inference components, by variant."""

    def metric_cpu_reservation(
        self, *, variant: str | None = None, statistic: str = "Average", period: cdk.Duration | None = None
    ) -> cloudwatch.Metric:
        """CPU that copies have reserved, in percent of the instance."""
        return self.metric("CPUReservation", namespace=INSTANCES, variant=variant, statistic=statistic, period=period)

    def metric_memory_reservation(
        self, *, variant: str | None = None, statistic: str = "Average", period: cdk.Duration | None = None
    ) -> cloudwatch.Metric:
        """Memory that copies have reserved, in percent of the instance."""
        return self.metric(
            "MemoryReservation", namespace=INSTANCES, variant=variant, statistic=statistic, period=period
        )

    def metric_gpu_reservation(
        self, *, variant: str | None = None, statistic: str = "Average", period: cdk.Duration | None = None
    ) -> cloudwatch.Metric:
        """GPUs that copies have reserved, in percent of the instance."""
        return self.metric("GPUReservation", namespace=INSTANCES, variant=variant, statistic=statistic, period=period)
