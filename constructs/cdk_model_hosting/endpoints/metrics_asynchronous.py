"""The metrics of asynchronous endpoints."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cdk_model_hosting.endpoints.metrics import AnswerMetrics, InstanceMetrics
from cdk_model_hosting.monitoring.watched import REQUESTS

if TYPE_CHECKING:
    import aws_cdk as cdk
    from aws_cdk import aws_cloudwatch as cloudwatch


class AsynchronousMetrics(AnswerMetrics, InstanceMetrics):
    """Metrics of an asynchronous endpoint: of its one queue, of the requests taken from it, and of its instances.

    SageMaker publishes no number of invocations, no concurrency and no overhead for these endpoints.

    See: https://docs.aws.amazon.com/sagemaker/latest/dg/async-inference-monitor.html
    """

    def metric_backlog_size(
        self, *, statistic: str = "Average", period: cdk.Duration | None = None
    ) -> cloudwatch.Metric:
        """Requests of the whole endpoint that wait or are in work."""
        return self._queue("ApproximateBacklogSize", statistic, period)

    def metric_backlog_per_instance(
        self, *, statistic: str = "Average", period: cdk.Duration | None = None
    ) -> cloudwatch.Metric:
        """The same, divided by the instances; what scaling follows."""
        return self._queue("ApproximateBacklogSizePerInstance", statistic, period)

    def metric_oldest_request_age(
        self, *, statistic: str = "Maximum", period: cdk.Duration | None = None
    ) -> cloudwatch.Metric:
        """Seconds that the oldest request of the queue has waited."""
        return self._queue("ApproximateAgeOfOldestRequest", statistic, period)

    def metric_has_backlog_without_capacity(
        self, *, statistic: str = "Average", period: cdk.Duration | None = None
    ) -> cloudwatch.Metric:
        """1 while requests wait and there is no instance, and 0 otherwise."""
        return self._queue("HasBacklogWithoutCapacity", statistic, period)

    def metric_failed_inferences(
        self, *, variant: str | None = None, statistic: str = "Sum", period: cdk.Duration | None = None
    ) -> cloudwatch.Metric:
        """Requests that failed, for whatever reason."""
        return self.metric("InvocationFailures", variant=variant, statistic=statistic, period=period)

    def metric_expired_requests(
        self, *, variant: str | None = None, statistic: str = "Sum", period: cdk.Duration | None = None
    ) -> cloudwatch.Metric:
        """Requests that were dropped because they waited longer than they were willing to."""
        return self.metric("ExpiredRequests", variant=variant, statistic=statistic, period=period)

    def metric_failed_downloads(
        self, *, variant: str | None = None, statistic: str = "Sum", period: cdk.Duration | None = None
    ) -> cloudwatch.Metric:
        """Requests that could not be read from S3."""
        return self.metric("RequestDownloadFailures", variant=variant, statistic=statistic, period=period)

    def metric_failed_uploads(
        self, *, variant: str | None = None, statistic: str = "Sum", period: cdk.Duration | None = None
    ) -> cloudwatch.Metric:
        """Answers that could not be written to S3."""
        return self.metric("ResponseUploadFailures", variant=variant, statistic=statistic, period=period)

    def metric_failed_notifications(
        self, *, variant: str | None = None, statistic: str = "Sum", period: cdk.Duration | None = None
    ) -> cloudwatch.Metric:
        """Notifications that could not be published."""
        return self.metric("NotificationFailures", variant=variant, statistic=statistic, period=period)

    def metric_download_latency(
        self, *, variant: str | None = None, statistic: str = "Average", period: cdk.Duration | None = None
    ) -> cloudwatch.Metric:
        """Microseconds that it took to read a request from S3."""
        return self.metric("RequestDownloadLatency", variant=variant, statistic=statistic, period=period)

    def metric_upload_latency(
        self, *, variant: str | None = None, statistic: str = "Average", period: cdk.Duration | None = None
    ) -> cloudwatch.Metric:
        """Microseconds that it took to write an answer to S3."""
        return self.metric("ResponseUploadLatency", variant=variant, statistic=statistic, period=period)

    def metric_time_in_backlog(
        self, *, variant: str | None = None, statistic: str = "Average", period: cdk.Duration | None = None
    ) -> cloudwatch.Metric:
        """Milliseconds that a request waited before it was taken up."""
        return self.metric("TimeInBacklog", variant=variant, statistic=statistic, period=period)

    def metric_processing_time(
        self, *, variant: str | None = None, statistic: str = "Average", period: cdk.Duration | None = None
    ) -> cloudwatch.Metric:
        """Milliseconds from a request's arrival to its end; ``SampleCount`` is how many have ended."""
        return self.metric("TotalProcessingTime", variant=variant, statistic=statistic, period=period)

    def _queue(self, name: str, statistic: str, period: cdk.Duration | None) -> cloudwatch.Metric:
        return self._metric(name, REQUESTS, {"EndpointName": self.endpoint_name}, statistic, period)
