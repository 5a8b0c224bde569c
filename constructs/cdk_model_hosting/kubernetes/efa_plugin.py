"""The device plugin of Elastic Fabric Adapters."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from cdk_model_hosting.kubernetes.chart_add_on import ANYWHERE, ChartAddOn
from cdk_model_hosting.kubernetes.charts import EFA_PLUGIN
from cdk_model_hosting.kubernetes.node_scaling import NodeScaling
from cdk_model_hosting.kubernetes.scheduling import EFA_PRESENT_LABEL

if TYPE_CHECKING:
    from constructs import Construct

    from cdk_model_hosting.kubernetes.chart import Chart
    from cdk_model_hosting.kubernetes.serving_cluster import ServingCluster

# What gives an instance adapters when a pod asks for them.
_BY_POD = (NodeScaling.KARPENTER, NodeScaling.AUTO_MODE)


class EfaPlugin(ChartAddOn):
    """The EFA device plugin: pods get adapters by ``vpc.amazonaws.com/efa``.

    It runs on nodes of groups with ``efa=True``. Where Karpenter or EKS makes nodes, the node of a pod that asks for adapters has them, and
    no label of this library's tells which: there it runs on all types that can have adapters.

    Its image comes from EKS' registry in us-west-2, whichever region the cluster is in.

    Args:
        scope: Where to make it.
        construct_id: ID below `scope`.
        cluster: The cluster.
        chart: Another version or copy of the chart; that of this library when omitted.

    Raises:
        ConfigurationError: When the cluster has it already.

    See: https://docs.aws.amazon.com/eks/latest/userguide/device-management-efa.html
    """

    CLAIM: ClassVar[str] = "vpc.amazonaws.com/efa device plugin"
    """What it takes of a cluster: ``cluster.claimed(EfaPlugin.CLAIM)`` is the cluster's, or None."""

    def __init__(
        self, scope: Construct, construct_id: str, *, cluster: ServingCluster, chart: Chart | None = None
    ) -> None:
        super().__init__(scope, construct_id, cluster=cluster, claims=(self.CLAIM,), pin=EFA_PLUGIN, chart=chart)
        values: dict[str, Any] = {"tolerations": ANYWHERE}
        if cluster.node_scaling not in _BY_POD:
            # Many nodes of the chart's own list of instance types have no adapter: it comes with the launch template.
            values["supportedInstanceLabels"] = {"keys": [EFA_PRESENT_LABEL], "values": ["true"]}
        self._install(values)
