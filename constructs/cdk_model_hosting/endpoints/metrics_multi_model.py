"""The metrics of multi-model endpoints."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cdk_model_hosting.endpoints.metrics import EndpointMetrics
from cdk_model_hosting.monitoring.watched import INSTANCES, REQUESTS

if TYPE_CHECKING:
    import aws_cdk as cdk
    from aws_cdk import aws_cloudwatch as cloudwatch

    from cdk_model_hosting.monitoring.watching import Watching


class MultiModelMetrics(EndpointMetrics):
    """Metrics of the models that a multi-model endpoint loads and unloads; there are none of single models.

    Raises:
        ConfigurationError: When the endpoint loads no models.

    See: https://docs.aws.amazon.com/sagemaker/latest/dg/multi-model-endpoint-cloudwatch-metrics.html
    """

    watching: Watching

    def metric_model_load_wait(
        self, *, variant: str | None = None, statistic: str = "Average", period: cdk.Duration | None = None
    ) -> cloudwatch.Metric:
        """Microseconds that requests waited for their model to be downloaded and loaded."""
        return self._loading("metric_model_load_wait", "ModelLoadingWaitTime", REQUESTS, variant, statistic, period)

    def metric_model_download_time(
        self, *, variant: str | None = None, statistic: str = "Average", period: cdk.Duration | None = None
    ) -> cloudwatch.Metric:
        """Microseconds that it took to download a model."""
        return self._loading("metric_model_download_time", "ModelDownloadingTime", REQUESTS, variant, statistic, period)

    def metric_model_loading_time(
        self, *, variant: str | None = None, statistic: str = "Average", period: cdk.Duration | None = None
    ) -> cloudwatch.Metric:
        """Microseconds that it took the container to load a model."""
        return self._loading("metric_model_loading_time", "ModelLoadingTime", REQUESTS, variant, statistic, period)

    def metric_model_unloading_time(
        self, *, variant: str | None = None, statistic: str = "Average", period: cdk.Duration | None = None
    ) -> cloudwatch.Metric:
        """Microseconds that it took the container to unload a model."""
        return self._loading("metric_model_unloading_time", "ModelUnloadingTime", REQUESTS, variant, statistic, period)

    def metric_model_cache_hit(
        self, *, variant: str | None = None, statistic: str = "Average", period: cdk.Duration | None = None
    ) -> cloudwatch.Metric:
        """Share of the requests whose model was loaded, or their number as ``Sum``."""
        return self._loading("metric_model_cache_hit", "ModelCacheHit", REQUESTS, variant, statistic, period)

    def metric_loaded_models(
        self, *, variant: str | None = None, statistic: str = "Average", period: cdk.Duration | None = None
    ) -> cloudwatch.Metric:
        """Models loaded in an instance, or in all of them as ``Sum`` of one minute."""
        return self._loading("metric_loaded_models", "LoadedModelCount", INSTANCES, variant, statistic, period)

    def _loading(  # noqa: PLR0917 - one line for each of six metrics is what this is for
        self,
        method: str,
        name: str,
        namespace: str,
        variant: str | None,
        statistic: str,
        period: cdk.Duration | None,
    ) -> cloudwatch.Metric:
        self.watching.kind.check_metric(method, (namespace, name), "variant")
        return self.metric(name, namespace=namespace, variant=variant, statistic=statistic, period=period)
