"""The metrics of endpoints whose callers wait."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cdk_model_hosting.endpoints.metrics import AnswerMetrics, InstanceMetrics
from cdk_model_hosting.endpoints.metrics_containers import ContainerMetrics
from cdk_model_hosting.endpoints.metrics_multi_model import MultiModelMetrics

if TYPE_CHECKING:
    import aws_cdk as cdk
    from aws_cdk import aws_cloudwatch as cloudwatch


class CallMetrics(AnswerMetrics):
    """Metrics of requests whose callers wait, on instances or without."""

    def metric_invocations(
        self, *, variant: str | None = None, statistic: str = "Sum", period: cdk.Duration | None = None
    ) -> cloudwatch.Metric:
        """Requests sent to the variant."""
        return self.metric("Invocations", variant=variant, statistic=statistic, period=period)

    def metric_overhead_latency(
        self, *, variant: str | None = None, statistic: str = "Average", period: cdk.Duration | None = None
    ) -> cloudwatch.Metric:
        """Microseconds that SageMaker added to the container's."""
        return self.metric("OverheadLatency", variant=variant, statistic=statistic, period=period)


class RequestMetrics(CallMetrics):
    """Metrics of requests to a fleet of instances whose callers wait."""

    def metric_invocations_per_instance(
        self, *, variant: str | None = None, statistic: str = "Sum", period: cdk.Duration | None = None
    ) -> cloudwatch.Metric:
        """Requests that one instance got, on average over the instances."""
        return self.metric("InvocationsPerInstance", variant=variant, statistic=statistic, period=period)

    def metric_model_errors(
        self, *, variant: str | None = None, statistic: str = "Sum", period: cdk.Duration | None = None
    ) -> cloudwatch.Metric:
        """Requests that the model did not answer with a 2xx, time-outs included."""
        return self.metric("InvocationModelErrors", variant=variant, statistic=statistic, period=period)

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


class RealtimeMetrics(RequestMetrics, InstanceMetrics, MultiModelMetrics, ContainerMetrics):
    """Metrics of a real-time endpoint. Those of loaded models and of single containers are refused where there are none."""
