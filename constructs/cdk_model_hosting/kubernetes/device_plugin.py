"""NVIDIA's device plugin, which tells Kubernetes of a node's GPUs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

import aws_cdk as cdk

from cdk_model_hosting.arguments import require
from cdk_model_hosting.errors import ConfigurationError
from cdk_model_hosting.kubernetes.chart_add_on import ANYWHERE, ChartAddOn, accelerated
from cdk_model_hosting.kubernetes.charts import DEVICE_PLUGIN
from cdk_model_hosting.kubernetes.gpu_sharing import GpuSharing
from cdk_model_hosting.kubernetes.node_scaling import NodeScaling
from cdk_model_hosting.kubernetes.scheduling import GPU_PRESENT_LABEL, GROUP_LABEL

if TYPE_CHECKING:
    from collections.abc import Sequence

    from constructs import Construct

    from cdk_model_hosting.kubernetes.chart import Chart
    from cdk_model_hosting.kubernetes.gpu_node_pool import GpuNodePool
    from cdk_model_hosting.kubernetes.node_group import GpuNodeGroup
    from cdk_model_hosting.kubernetes.serving_cluster import ServingCluster


class DevicePlugin(ChartAddOn):
    """NVIDIA's device plugin: without it, no pod gets a GPU of a node with Amazon Linux.

    It runs on every node with GPUs, whatever its taints, but for those of groups and pools with Bottlerocket, which has a device plugin
    in its image. Make the groups and pools first: what it leaves out, and what it is refused for, follows from them.

    Args:
        scope: Where to make it.
        construct_id: ID below `scope`.
        cluster: The cluster.
        sharing: How pods share GPUs; each has its own when omitted.
        feature_discovery: Whether nodes get labels with the model, the memory and the driver of their GPUs too.
        chart: Another version or copy of the chart; that of this library when omitted.

    Raises:
        ConfigurationError: When the cluster has something that does this already, all its GPUs are in nodes that bring it, or some
            cannot be shared so, or are cut and it does not count their parts.

    Attributes:
        sharing: How pods share GPUs; None when each has its own.

    See: https://docs.aws.amazon.com/eks/latest/userguide/device-management-nvidia-dra-device-plugin.html
    """

    CLAIM: ClassVar[str] = "nvidia.com/gpu device plugin"
    """What it takes of a cluster: ``cluster.claimed(DevicePlugin.CLAIM)`` is the cluster's, or None."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        cluster: ServingCluster,
        sharing: GpuSharing | None = None,
        feature_discovery: bool = False,
        chart: Chart | None = None,
    ) -> None:
        if sharing is not None:
            require("DevicePlugin sharing", sharing, GpuSharing)
        require("DevicePlugin feature_discovery", feature_discovery, bool)
        super().__init__(scope, construct_id, cluster=cluster, claims=(self.CLAIM,), pin=DEVICE_PLUGIN, chart=chart)
        self.sharing: GpuSharing | None = sharing
        served, without = _check(cluster, sharing)
        advice = sharing.advice(served, cluster.node_scaling) if sharing is not None else None
        if advice is not None:
            cdk.Annotations.of(self).add_warning_v2(f"cdk-model-hosting:{advice.id}", advice.text)
        self._install(
            {
                "tolerations": ANYWHERE,
                "nodeSelector": {GPU_PRESENT_LABEL: "true"},
                **_affinity(without),
                **(_discovery() if feature_discovery else {}),
                **(sharing.values() if sharing is not None else {}),
            }
        )


def _check(cluster: ServingCluster, sharing: GpuSharing | None) -> tuple[list[GpuNodeGroup | GpuNodePool], list[str]]:
    """The groups and pools that it serves, and the names of those that bring a device plugin themselves."""
    if cluster.node_scaling is NodeScaling.AUTO_MODE:
        raise ConfigurationError(
            "DevicePlugin cluster must not have NodeScaling.AUTO_MODE, got one that has: EKS brings the device plugin with its nodes"
        )
    groups = accelerated(cluster, "nvidia")
    without = [each.name for each in groups if each.image.has_device_plugin]
    if groups and len(without) == len(groups):
        raise ConfigurationError(
            f"DevicePlugin must be for nodes with Amazon Linux, got a cluster with {', '.join(without)} alone: Bottlerocket has the device "
            "plugin in its image"
        )
    served = [each for each in groups if not each.image.has_device_plugin]
    if sharing is not None:
        sharing.check(served, cluster.node_scaling)
    cut = next((each for each in served if each.parts is not None), None)
    if cut is not None and (sharing is None or not sharing.counts_parts):
        raise ConfigurationError(
            f"DevicePlugin sharing must be GpuSharing.mig('single') for {cut.name!r}, whose GPUs are cut, got "
            f"{'none' if sharing is None else sharing}: pods would find no part that is called as they ask for it"
        )
    return served, without


def _affinity(without: Sequence[str]) -> dict[str, Any]:
    """The chart's own affinity asks for labels of which the node selector demands one already."""
    if not without:
        return {}
    term = {"matchExpressions": [{"key": GROUP_LABEL, "operator": "NotIn", "values": list(without)}]}
    return {
        "affinity": {"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": [term]}}}
    }


def _discovery() -> dict[str, Any]:
    return {"gfd": {"enabled": True}, "nfd": {"worker": {"tolerations": ANYWHERE}}}
