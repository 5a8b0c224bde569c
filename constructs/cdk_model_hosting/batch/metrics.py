"""What Step Functions publishes of a batch transform."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cdk_model_hosting.endpoints.metrics import metric_of

if TYPE_CHECKING:
    import aws_cdk as cdk
    from aws_cdk import aws_cloudwatch as cloudwatch

NAMESPACE = "AWS/States"


class TransformMetrics:
    """Metrics of the runs of a batch transform, one of which is a job with its tries and reports.

    A run that finds nothing to do succeeds, too.

    See: https://docs.aws.amazon.com/step-functions/latest/dg/procedure-cw-metrics.html
    """

    state_machine_arn: str

    def metric(self, name: str, *, statistic: str = "Sum", period: cdk.Duration | None = None) -> cloudwatch.Metric:
        """Any metric of the runs.

        Args:
            name: The metric's name, such as ``ExecutionsStarted``.
            statistic: Such as ``Sum`` or ``Maximum``.
            period: Length of a data point; 1 minute when omitted.
        """
        return metric_of(name, NAMESPACE, {"StateMachineArn": self.state_machine_arn}, statistic, period)

    def metric_started(self, *, statistic: str = "Sum", period: cdk.Duration | None = None) -> cloudwatch.Metric:
        """Runs that began."""
        return self.metric("ExecutionsStarted", statistic=statistic, period=period)

    def metric_succeeded(self, *, statistic: str = "Sum", period: cdk.Duration | None = None) -> cloudwatch.Metric:
        """Runs whose job was completed, or that found nothing to do."""
        return self.metric("ExecutionsSucceeded", statistic=statistic, period=period)

    def metric_failed(self, *, statistic: str = "Sum", period: cdk.Duration | None = None) -> cloudwatch.Metric:
        """Runs that failed: the job, its time, or a notification of it."""
        return self.metric("ExecutionsFailed", statistic=statistic, period=period)

    def metric_aborted(self, *, statistic: str = "Sum", period: cdk.Duration | None = None) -> cloudwatch.Metric:
        """Runs that somebody stopped."""
        return self.metric("ExecutionsAborted", statistic=statistic, period=period)

    def metric_duration(self, *, statistic: str = "Average", period: cdk.Duration | None = None) -> cloudwatch.Metric:
        """Milliseconds from the start of a run to its end."""
        return self.metric("ExecutionTime", statistic=statistic, period=period)
