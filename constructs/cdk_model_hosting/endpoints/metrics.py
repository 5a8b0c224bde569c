"""The metrics that endpoints have in common: in general, of their answers, of their instances."""

from __future__ import annotations

from typing import TYPE_CHECKING

import aws_cdk as cdk

from cdk_model_hosting.arguments import require_duration
from cdk_model_hosting.errors import ConfigurationError
from cdk_model_hosting.monitoring.watched import INSTANCES, REQUESTS

if TYPE_CHECKING:
    from aws_cdk import aws_cloudwatch as cloudwatch


def metric_of(
    name: str,
    namespace: str,
    dimensions: dict[str, str],
    statistic: str,
    period: cdk.Duration | None,
    *,
    region: str | None = None,
    account: str | None = None,
) -> cloudwatch.Metric:
    """A metric of an endpoint, or of what belongs to it.

    Args:
        name: The metric's name.
        namespace: Its namespace.
        dimensions: What it is found by.
        statistic: Such as ``Sum``.
        period: Length of a data point; 1 minute when None.
        region: Its region, where that is not the stack's.
        account: Its account, where that is not the stack's.

    Raises:
        ConfigurationError: When the period is no time of the CDK's.
    """
    from aws_cdk import aws_cloudwatch as cloudwatch  # noqa: PLC0415 - loaded by those alone who use metrics

    if period is not None:
        require_duration("metric period", period)
    return cloudwatch.Metric(
        namespace=namespace,
        metric_name=name,
        dimensions_map=dimensions,
        statistic=statistic,
        period=cdk.Duration.minutes(1) if period is None else period,
        region=region,
        account=account,
    )


class EndpointMetrics:
    """Metrics of an endpoint's variants. Each takes the variant's name, which may be omitted where there is just one.

    Each kind of endpoint offers what it publishes, besides the few that all do.

    See: https://docs.aws.amazon.com/sagemaker/latest/dg/monitoring-cloudwatch.html
    """

    endpoint_name: str
    variant_names: tuple[str, ...]
    shadow_names: tuple[str, ...] = ()

    # Set for endpoints of another account or region.
    _metric_region: str | None = None
    _metric_account: str | None = None

    def metric(
        self,
        name: str,
        *,
        namespace: str = REQUESTS,
        variant: str | None = None,
        statistic: str = "Sum",
        period: cdk.Duration | None = None,
    ) -> cloudwatch.Metric:
        """Any metric of a variant.

        Args:
            name: The metric's name.
            namespace: Its namespace.
            variant: The variant; the only production variant when omitted.
            statistic: Such as ``Sum``, ``Average``, ``p99``.
            period: Length of a data point; 1 minute when omitted.

        Raises:
            ConfigurationError: When the endpoint has no such variant, or several and none is named.
        """
        return self._metric(name, namespace, self._of_variant(variant), statistic, period)

    def metric_memory_utilization(
        self, *, variant: str | None = None, statistic: str = "Average", period: cdk.Duration | None = None
    ) -> cloudwatch.Metric:
        """Memory in use, in percent of all that there is."""
        return self.metric(
            "MemoryUtilization", namespace=INSTANCES, variant=variant, statistic=statistic, period=period
        )

    def _metric(
        self,
        name: str,
        namespace: str,
        dimensions: dict[str, str],
        statistic: str,
        period: cdk.Duration | None,
    ) -> cloudwatch.Metric:
        return metric_of(
            name,
            namespace,
            dimensions,
            statistic,
            period,
            region=self._metric_region,
            account=self._metric_account,
        )

    def _of_variant(self, name: str | None) -> dict[str, str]:
        return {"EndpointName": self.endpoint_name, "VariantName": self._variant(name)}

    def _variant(self, name: str | None) -> str:
        if name is not None:
            known = (*self.variant_names, *self.shadow_names)
            if known and name not in known:
                raise ConfigurationError(
                    f"metric variant must be one of {', '.join(known)}, got {name!r}: the endpoint has no other"
                )
            return name
        if len(self.variant_names) != 1:
            raise ConfigurationError(
                f"metric variant must be given for an endpoint with {len(self.variant_names) or 'unknown'} variants, got "
                "none: every metric belongs to one variant"
            )
        return self.variant_names[0]


class AnswerMetrics(EndpointMetrics):
    """Metrics of the model's answers, where variants answer. Latencies are in microseconds."""

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

    def metric_model_latency(
        self, *, variant: str | None = None, statistic: str = "Average", period: cdk.Duration | None = None
    ) -> cloudwatch.Metric:
        """Microseconds that the container took to answer."""
        return self.metric("ModelLatency", variant=variant, statistic=statistic, period=period)


class InstanceMetrics(EndpointMetrics):
    """Metrics of the instances of an endpoint's variants.

    Utilizations are in percent and add up over cores or devices: four GPUs can show 400.
    """

    def metric_cpu_utilization(
        self, *, variant: str | None = None, statistic: str = "Average", period: cdk.Duration | None = None
    ) -> cloudwatch.Metric:
        """CPU in use, in percent of one core: 0 to 100 times the number of cores."""
        return self.metric("CPUUtilization", namespace=INSTANCES, variant=variant, statistic=statistic, period=period)

    def metric_gpu_utilization(
        self, *, variant: str | None = None, statistic: str = "Average", period: cdk.Duration | None = None
    ) -> cloudwatch.Metric:
        """GPUs in use, in percent of one: 0 to 100 times the number of GPUs."""
        return self.metric("GPUUtilization", namespace=INSTANCES, variant=variant, statistic=statistic, period=period)

    def metric_gpu_memory_utilization(
        self, *, variant: str | None = None, statistic: str = "Average", period: cdk.Duration | None = None
    ) -> cloudwatch.Metric:
        """GPU memory in use, in percent of one: 0 to 100 times the number of GPUs."""
        return self.metric(
            "GPUMemoryUtilization", namespace=INSTANCES, variant=variant, statistic=statistic, period=period
        )

    def metric_disk_utilization(
        self, *, variant: str | None = None, statistic: str = "Average", period: cdk.Duration | None = None
    ) -> cloudwatch.Metric:
        """Disk in use, in percent."""
        return self.metric("DiskUtilization", namespace=INSTANCES, variant=variant, statistic=statistic, period=period)
