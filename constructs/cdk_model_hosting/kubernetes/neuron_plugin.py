"""The device plugin of Inferentia and Trainium."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from cdk_model_hosting.errors import ConfigurationError
from cdk_model_hosting.kubernetes.chart_add_on import ANYWHERE, ChartAddOn
from cdk_model_hosting.kubernetes.charts import NEURON_PLUGIN
from cdk_model_hosting.kubernetes.node_scaling import NodeScaling

if TYPE_CHECKING:
    from constructs import Construct

    from cdk_model_hosting.kubernetes.chart import Chart
    from cdk_model_hosting.kubernetes.serving_cluster import ServingCluster


class NeuronPlugin(ChartAddOn):
    """The Neuron device plugin: without it, no pod gets an Inferentia or Trainium device, on whatever image.

    It is the chart's device plugin alone. Of the rest, EKS watches and repairs nodes itself, and the scheduler extension, a second
    scheduler that finds neighbouring devices for pods with some of a node's, must be of the cluster's version: install it by
    ``cluster.install`` where pods share a node so.

    Args:
        scope: Where to make it.
        construct_id: ID below `scope`.
        cluster: The cluster.
        chart: Another version or copy of the chart; that of this library when omitted.

    Raises:
        ConfigurationError: When the cluster has it already, or EKS runs its nodes.

    See: https://docs.aws.amazon.com/eks/latest/userguide/device-management-neuron.html
    """

    CLAIM: ClassVar[str] = "aws.amazon.com/neuron device plugin"
    """What it takes of a cluster: ``cluster.claimed(NeuronPlugin.CLAIM)`` is the cluster's, or None."""

    def __init__(
        self, scope: Construct, construct_id: str, *, cluster: ServingCluster, chart: Chart | None = None
    ) -> None:
        super().__init__(scope, construct_id, cluster=cluster, claims=(self.CLAIM,), pin=NEURON_PLUGIN, chart=chart)
        if cluster.node_scaling is NodeScaling.AUTO_MODE:
            raise ConfigurationError(
                "NeuronPlugin cluster must not have NodeScaling.AUTO_MODE, got one that has: EKS brings the device plugin with its nodes"
            )
        off = {"enabled": False}
        self._install({"devicePlugin": {"tolerations": ANYWHERE}, "scheduler": off, "npd": off, "draDriver": off})
