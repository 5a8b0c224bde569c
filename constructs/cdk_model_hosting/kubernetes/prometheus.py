"""Prometheus, which keeps what servers and GPUs say of themselves."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from cdk_model_hosting.kubernetes.chart_add_on import ChartAddOn
from cdk_model_hosting.kubernetes.charts import PROMETHEUS

if TYPE_CHECKING:
    from constructs import Construct

    from cdk_model_hosting.kubernetes.chart import Chart
    from cdk_model_hosting.kubernetes.serving_cluster import ServingCluster

_SERVER = "prometheus-server"
# What the chart would read besides: the job kubernetes-pods stays, and its own.
_OTHER_JOBS = (
    "kubernetes-api-servers",
    "kubernetes-nodes",
    "kubernetes-nodes-cadvisor",
    "kubernetes-pods-slow",
    "kubernetes-service-endpoints",
    "kubernetes-service-endpoints-slow",
    "kubernetes-services",
    "prometheus-pushgateway",
)


class Prometheus(ChartAddOn):
    """A small Prometheus: enough to scale servers and to judge their rollouts, and nothing that one would look back into.

    It reads the pods that ask for it by the annotation ``prometheus.io/scrape``, with ``prometheus.io/port`` and
    ``prometheus.io/path``, four times a minute: those of `InferenceServer` and `DcgmExporter` do. What it knows lies on the disk of its
    node, and is lost when its pod moves. It can be asked from inside the cluster alone.

    Args:
        scope: Where to make it.
        construct_id: ID below `scope`.
        cluster: The cluster.
        chart: Another version or copy of the chart; that of this library when omitted.

    Raises:
        ConfigurationError: When the cluster has it already.

    Attributes:
        address: Where to ask it, inside the cluster.

    See: https://prometheus.io/docs/
    """

    CLAIM: ClassVar[str] = "Prometheus"
    """What it takes of a cluster: ``cluster.claimed(Prometheus.CLAIM)`` is the cluster's, or None."""

    def __init__(
        self, scope: Construct, construct_id: str, *, cluster: ServingCluster, chart: Chart | None = None
    ) -> None:
        super().__init__(scope, construct_id, cluster=cluster, claims=(self.CLAIM,), pin=PROMETHEUS, chart=chart)
        self.address: str = f"http://{_SERVER}.{self.namespace}.svc"
        self._install(_values())


def _values() -> dict[str, Any]:
    off = {"enabled": False}
    return {
        "alertmanager": off,
        "kube-state-metrics": off,
        "prometheus-node-exporter": off,
        "prometheus-pushgateway": off,
        "server": {
            "fullnameOverride": _SERVER,
            "global": {"scrape_interval": "15s"},
            "retention": "2d",
            # Before the disk that it may use is full, and its pod evicted.
            "retentionSize": "6GB",
            "emptyDir": {"sizeLimit": "8Gi"},
            "persistentVolume": off,
            "resources": {"requests": {"cpu": "200m", "memory": "1Gi"}, "limits": {"memory": "2Gi"}},
        },
        # Pods that ask for it are read, each once, and nothing else of the cluster.
        "scrapeConfigs": dict.fromkeys(_OTHER_JOBS, off),
    }
