"""What else in a cluster a group or pool must go with: what was made before it, and would have had to know of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cdk_model_hosting.errors import ConfigurationError
from cdk_model_hosting.kubernetes.chart_add_on import NODE_SCALING
from cdk_model_hosting.kubernetes.cluster_autoscaler import ClusterAutoscaler
from cdk_model_hosting.kubernetes.device_plugin import DevicePlugin
from cdk_model_hosting.kubernetes.imported_cluster import ImportedCluster
from cdk_model_hosting.kubernetes.node_scaling import NodeScaling

if TYPE_CHECKING:
    from cdk_model_hosting.kubernetes.gpu_node_pool import GpuNodePool
    from cdk_model_hosting.kubernetes.node_group import GpuNodeGroup
    from cdk_model_hosting.kubernetes.serving_cluster import ServingCluster


def check_joins(cluster: ServingCluster) -> None:
    """Refuse a group whose nodes would never join.

    Args:
        cluster: The cluster.

    Raises:
        ConfigurationError: When it is one of this app whose nodes EKS makes: nothing in it serves others.
    """
    if cluster.node_scaling is NodeScaling.AUTO_MODE and not isinstance(cluster, ImportedCluster):
        raise ConfigurationError(
            "GpuNodeGroup cluster must not have NodeScaling.AUTO_MODE, got one that has: EKS brings the pods' network with nodes of its own "
            "alone, and those of a group would never be ready; make a GpuNodePool"
        )


def check_plugin(cluster: ServingCluster, nodes: GpuNodeGroup | GpuNodePool) -> None:
    """Refuse nodes that the cluster's device plugin would have had to leave out, or whose GPUs are cut where it counts no parts.

    Args:
        cluster: The cluster.
        nodes: The new group or pool.

    Raises:
        ConfigurationError: When there are such nodes.
    """
    plugin = cluster.claimed(DevicePlugin.CLAIM)
    if not isinstance(plugin, DevicePlugin) or nodes.accelerator != "nvidia":
        return
    if nodes.image.has_device_plugin:
        raise ConfigurationError(
            f"{type(nodes).__name__} {nodes.name!r} with Bottlerocket must be made before {plugin.node.path}, got one that is made after it: "
            "its image has a device plugin, and its nodes would run two"
        )
    if nodes.parts is not None and (plugin.sharing is None or not plugin.sharing.counts_parts):
        raise ConfigurationError(
            f"{type(nodes).__name__} parts must be omitted in a cluster whose {plugin.node.path} is without GpuSharing.mig('single'), got "
            f"{nodes.parts.name!r}: pods would find no part that is called as they ask for it"
        )


def check_rank(cluster: ServingCluster, group: GpuNodeGroup) -> None:
    """Refuse a group whose rank the cluster's autoscaler would not keep.

    Args:
        cluster: The cluster.
        group: The new group.

    Raises:
        ConfigurationError: When the group ranks above one that the autoscaler knows, or other than one which it does not know either.
    """
    autoscaler = cluster.claimed(NODE_SCALING)
    if isinstance(autoscaler, ClusterAutoscaler):
        autoscaler.check_later(group)
