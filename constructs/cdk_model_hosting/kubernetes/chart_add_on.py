"""What all add-ons have in common that a Helm chart installs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from constructs import Construct

from cdk_model_hosting.arguments import require
from cdk_model_hosting.errors import ConfigurationError
from cdk_model_hosting.kubernetes.chart import Chart
from cdk_model_hosting.kubernetes.serving_cluster import ServingCluster

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from aws_cdk import aws_eks_v2 as eks
    from constructs import IDependable

    from cdk_model_hosting.kubernetes.charts import Pin
    from cdk_model_hosting.kubernetes.gpu_node_pool import GpuNodePool
    from cdk_model_hosting.kubernetes.node_group import GpuNodeGroup
    from cdk_model_hosting.kubernetes.node_scaling import NodeScaling
    from cdk_model_hosting.kubernetes.scheduling import NodeAccelerator

ANYWHERE: Final[list[dict[str, str]]] = [{"operator": "Exists"}]
"""The tolerations of what a node cannot do without, whichever taints it has."""
NODE_SCALING: Final = "node scaling"
"""What the one that adds nodes takes of a cluster."""


class ChartAddOn(Construct):
    """An add-on that a Helm chart installs, once in a cluster.

    Its pods run on nodes without accelerators, but for those that serve the accelerators themselves: the taint of those nodes
    keeps the others away.

    Args:
        scope: Where to make it.
        construct_id: ID below `scope`.
        cluster: The cluster.
        claims: What it takes of what a cluster has once.
        pin: The chart that it was written for.
        chart: Another version of that chart, or a copy of it in a registry of your own; `pin` when omitted.

    Raises:
        ConfigurationError: When the cluster has one already.

    Attributes:
        chart: The chart.
        namespace: Namespace that it is installed into.
        helm_chart: What installs it.
    """

    helm_chart: eks.HelmChart

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        cluster: ServingCluster,
        claims: Sequence[str],
        pin: Pin,
        chart: Chart | None,
    ) -> None:
        name = type(self).__name__
        require(f"{name} cluster", cluster, ServingCluster)
        self.chart: Chart = chart if chart is not None else pin.chart
        require(f"{name} chart", self.chart, Chart)
        super().__init__(scope, construct_id)
        for each in claims:
            cluster.claim(each, self)
        self.namespace: str = self.chart.namespace
        self._cluster = cluster

    def _install(self, values: Mapping[str, Any], *, after: Sequence[IDependable] = ()) -> None:
        self.helm_chart = self._cluster.install(self, "Chart", self.chart, values, after=after)

    @property
    def ready(self) -> IDependable:
        """What needs the add-on, or is of a kind that it brings, is made after this: pass it as `after`."""
        return self.helm_chart


def check_scaling(what: str, cluster: ServingCluster, scaling: NodeScaling) -> None:
    """Refuse a cluster to which something else adds nodes.

    Args:
        what: The construct as the user typed it.
        cluster: The cluster.
        scaling: What the construct is.

    Raises:
        ConfigurationError: When it is another's.
    """
    require(f"{what} cluster", cluster, ServingCluster)
    if cluster.node_scaling is not scaling:
        raise ConfigurationError(
            f"{what} cluster must have NodeScaling.{scaling.name}, got NodeScaling.{cluster.node_scaling.name}: others count on what the "
            "cluster says, and two that add nodes would take them from each other"
        )


def accelerated(cluster: ServingCluster, accelerator: NodeAccelerator) -> list[GpuNodeGroup | GpuNodePool]:
    """The groups and pools of a cluster with devices of one kind, as far as they are made already.

    Args:
        cluster: The cluster.
        accelerator: Whose devices they have.
    """
    from cdk_model_hosting.kubernetes.gpu_node_pool import GpuNodePool  # noqa: PLC0415 - loaded by those who ask alone
    from cdk_model_hosting.kubernetes.node_group import GpuNodeGroup  # noqa: PLC0415 - the same

    return [
        each
        for each in cluster.node_groups
        if isinstance(each, GpuNodeGroup | GpuNodePool) and each.accelerator == accelerator
    ]
