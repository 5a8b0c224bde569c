"""The metrics of serverless endpoints."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cdk_model_hosting.endpoints.metrics_requests import CallMetrics

if TYPE_CHECKING:
    import aws_cdk as cdk
    from aws_cdk import aws_cloudwatch as cloudwatch


class ServerlessMetrics(CallMetrics):
    """Metrics of a serverless endpoint, which has no instances. Those of provisioned concurrency are published with it alone.

    See: https://docs.aws.amazon.com/sagemaker/latest/dg/serverless-endpoints-monitoring.html
    """

    def metric_model_setup_time(
        self, *, variant: str | None = None, statistic: str = "Average", period: cdk.Duration | None = None
    ) -> cloudwatch.Metric:
        """Microseconds that a cold start took; ``SampleCount`` is how many there were."""
        return self.metric("ModelSetupTime", variant=variant, statistic=statistic, period=period)

    def metric_concurrency_utilization(
        self, *, variant: str | None = None, statistic: str = "Maximum", period: cdk.Duration | None = None
    ) -> cloudwatch.Metric:
        """Requests in flight as a share of the endpoint's largest concurrency, 0 to 1."""
        return self.metric(
            "ServerlessConcurrentExecutionsUtilization", variant=variant, statistic=statistic, period=period
        )

    def metric_provisioned_concurrency(
        self, *, variant: str | None = None, statistic: str = "Maximum", period: cdk.Duration | None = None
    ) -> cloudwatch.Metric:
        """Requests in flight at the provisioned concurrency."""
        return self.metric(
            "ServerlessProvisionedConcurrencyExecutions", variant=variant, statistic=statistic, period=period
        )

    def metric_provisioned_utilization(
        self, *, variant: str | None = None, statistic: str = "Maximum", period: cdk.Duration | None = None
    ) -> cloudwatch.Metric:
        """Requests in flight as a share of the provisioned concurrency."""
        return self.metric(
            "ServerlessProvisionedConcurrencyUtilization", variant=variant, statistic=statistic, period=period
        )

    def metric_provisioned_invocations(
        self, *, variant: str | None = None, statistic: str = "Average", period: cdk.Duration | None = None
    ) -> cloudwatch.Metric:
        """Requests that the provisioned concurrency answered; AWS documents no sum of them."""
        return self.metric(
            "ServerlessProvisionedConcurrencyInvocations", variant=variant, statistic=statistic, period=period
        )

    def metric_spillover_invocations(
        self, *, variant: str | None = None, statistic: str = "Average", period: cdk.Duration | None = None
    ) -> cloudwatch.Metric:
        """Requests that it had no room for; AWS documents no sum of them."""
        return self.metric(
            "ServerlessProvisionedConcurrencySpilloverInvocations", variant=variant, statistic=statistic, period=period
        )
