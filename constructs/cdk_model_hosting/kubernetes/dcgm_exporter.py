"""NVIDIA's exporter of what GPUs do."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from cdk_model_hosting.kubernetes.chart_add_on import ANYWHERE, ChartAddOn
from cdk_model_hosting.kubernetes.charts import DCGM_EXPORTER
from cdk_model_hosting.kubernetes.scheduling import GPU_PRESENT_LABEL

if TYPE_CHECKING:
    from constructs import Construct

    from cdk_model_hosting.kubernetes.chart import Chart
    from cdk_model_hosting.kubernetes.serving_cluster import ServingCluster


class DcgmExporter(ChartAddOn):
    """The DCGM exporter: use, memory, temperature and errors of every GPU, for `Prometheus`, with the pod that has it.

    Its version is one that says ``DCGM_FI_DEV_GPU_UTIL`` in percent, as scaling by the use of GPUs asks for it: from 4.9 on
    the names and units are others. Where something else on a node runs DCGM too, such as EKS' monitoring agent, counters of profiling
    (``DCGM_FI_PROF_...``) may be missing: one program alone gets them from a GPU.

    Args:
        scope: Where to make it.
        construct_id: ID below `scope`.
        cluster: The cluster.
        chart: Another version or copy of the chart; that of this library when omitted.

    Raises:
        ConfigurationError: When the cluster has it already.

    See: https://docs.nvidia.com/datacenter/dcgm/latest/reference/dcgm-exporter-metrics.html
    """

    CLAIM: ClassVar[str] = "DCGM exporter"
    """What it takes of a cluster: ``cluster.claimed(DcgmExporter.CLAIM)`` is the cluster's, or None."""
    PORT: ClassVar[int] = 9400
    """Where it answers."""

    def __init__(
        self, scope: Construct, construct_id: str, *, cluster: ServingCluster, chart: Chart | None = None
    ) -> None:
        super().__init__(scope, construct_id, cluster=cluster, claims=(self.CLAIM,), pin=DCGM_EXPORTER, chart=chart)
        self._install(
            {
                "tolerations": ANYWHERE,
                "nodeSelector": {GPU_PRESENT_LABEL: "true"},
                # A kind of the Prometheus operator, which is not there.
                "serviceMonitor": {"enabled": False},
                "podAnnotations": {"prometheus.io/scrape": "true", "prometheus.io/port": str(self.PORT)},
                "resources": {"requests": {"cpu": "100m", "memory": "512Mi"}, "limits": {"memory": "1Gi"}},
            }
        )
