"""What Lambda and the function itself publish."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cdk_model_hosting.endpoints.metrics import metric_of
from cdk_model_hosting.handlers.model_function.contract import FUNCTION_DIMENSION, METRIC_NAMESPACE, Metric

if TYPE_CHECKING:
    import aws_cdk as cdk
    from aws_cdk import aws_cloudwatch as cloudwatch

NAMESPACE = "AWS/Lambda"


class FunctionMetrics:
    """Metrics of a function: Lambda's own, of the version that is live, and what the function tells of its model.

    See: https://docs.aws.amazon.com/lambda/latest/dg/monitoring-metrics-types.html
    """

    function_name: str
    _resource: str

    def metric(self, name: str, *, statistic: str = "Sum", period: cdk.Duration | None = None) -> cloudwatch.Metric:
        """Any metric of Lambda's own.

        Args:
            name: The metric's name, such as ``ConcurrentExecutions``.
            statistic: Such as ``Sum`` or ``p99``.
            period: Length of a data point; 1 minute when omitted.
        """
        dimensions = {"FunctionName": self.function_name, "Resource": self._resource}
        return metric_of(name, NAMESPACE, dimensions, statistic, period)

    def metric_of_model(
        self, name: str, *, statistic: str = "Average", period: cdk.Duration | None = None
    ) -> cloudwatch.Metric:
        """Any metric that the function itself publishes.

        Args:
            name: ``ModelLoadTime``, ``PredictTime``, ``BatchSize``, ``ColdStart``, ``Refusals``, ``Failures`` or ``Deferred``.
            statistic: Such as ``Sum`` or ``p99``.
            period: Length of a data point; 1 minute when omitted.
        """
        return metric_of(name, METRIC_NAMESPACE, {FUNCTION_DIMENSION: self.function_name}, statistic, period)

    def metric_invocations(self, *, statistic: str = "Sum", period: cdk.Duration | None = None) -> cloudwatch.Metric:
        """Events that were handed over, a batch being one."""
        return self.metric("Invocations", statistic=statistic, period=period)

    def metric_errors(self, *, statistic: str = "Sum", period: cdk.Duration | None = None) -> cloudwatch.Metric:
        """Events that ended in an error or in no time left. What is answered with a 500 is among the failures, and not here."""
        return self.metric("Errors", statistic=statistic, period=period)

    def metric_duration(self, *, statistic: str = "p99", period: cdk.Duration | None = None) -> cloudwatch.Metric:
        """Milliseconds that the events took."""
        return self.metric("Duration", statistic=statistic, period=period)

    def metric_throttles(self, *, statistic: str = "Sum", period: cdk.Duration | None = None) -> cloudwatch.Metric:
        """Events for which no environment might be made."""
        return self.metric("Throttles", statistic=statistic, period=period)

    def metric_failures(self, *, statistic: str = "Sum", period: cdk.Duration | None = None) -> cloudwatch.Metric:
        """Requests that `predict` failed at, whatever they were answered with."""
        return self.metric_of_model(Metric.FAILURES, statistic=statistic, period=period)

    def metric_refusals(self, *, statistic: str = "Sum", period: cdk.Duration | None = None) -> cloudwatch.Metric:
        """Requests that were wrong."""
        return self.metric_of_model(Metric.REFUSALS, statistic=statistic, period=period)

    def metric_deferred(self, *, statistic: str = "Sum", period: cdk.Duration | None = None) -> cloudwatch.Metric:
        """Messages of a queue that were left for another time, for lack of it or to keep an order."""
        return self.metric_of_model(Metric.DEFERRED, statistic=statistic, period=period)

    def metric_predict_time(self, *, statistic: str = "p99", period: cdk.Duration | None = None) -> cloudwatch.Metric:
        """Milliseconds in `predict`, for each event."""
        return self.metric_of_model(Metric.PREDICT_TIME, statistic=statistic, period=period)

    def metric_requests(self, *, statistic: str = "Sum", period: cdk.Duration | None = None) -> cloudwatch.Metric:
        """Requests, each message of a batch being one."""
        return self.metric_of_model(Metric.BATCH_SIZE, statistic=statistic, period=period)

    def metric_cold_starts(self, *, statistic: str = "Sum", period: cdk.Duration | None = None) -> cloudwatch.Metric:
        """Events that had to wait for a new environment."""
        return self.metric_of_model(Metric.COLD_START, statistic=statistic, period=period)

    def metric_model_load_time(
        self, *, statistic: str = "Maximum", period: cdk.Duration | None = None
    ) -> cloudwatch.Metric:
        """Milliseconds to get the model and to load it, once for each environment."""
        return self.metric_of_model(Metric.MODEL_LOAD_TIME, statistic=statistic, period=period)
