"""Whether pods find room on the nodes that this app knows of."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cdk_model_hosting.advice import Advice
from cdk_model_hosting.errors import ConfigurationError
from cdk_model_hosting.kubernetes.device_plugin import DevicePlugin
from cdk_model_hosting.kubernetes.imported_cluster import ImportedCluster
from cdk_model_hosting.kubernetes.node_group import GpuNodeGroup
from cdk_model_hosting.kubernetes.node_scaling import NodeScaling
from cdk_model_hosting.tokens import is_token

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cdk_model_hosting.kubernetes.pod_size import PodSize
    from cdk_model_hosting.kubernetes.serving_cluster import ServingCluster

_MIB = 1024


def check_fit(cluster: ServingCluster, pod: PodSize) -> list[Advice]:
    """Refuse a pod that fits on no node of the group it is pinned to, and say when it fits on none of those that are known.

    Groups that are made later are not known yet, so these cannot be refused.

    Args:
        cluster: The cluster.
        pod: The pod.

    Raises:
        ConfigurationError: When the pod's own group has too few devices, or too little memory.
    """
    if isinstance(pod.group, GpuNodeGroup):
        problem = _lacks(cluster, pod.group, pod)
        if problem is not None:
            argument, most, asked = problem
            raise ConfigurationError(
                f"PodSize {argument} must be at most the {most} of a node of group {pod.group.name!r}, got {asked}: a pod runs on one node"
            )
        return []
    groups = _groups(cluster, pod)
    if not groups or any(_lacks(cluster, each, pod) is None for each in groups):
        return []
    text = (
        f"a pod with {pod.gpus} devices and {pod.memory_mb} MB of memory fits on no node of "
        f"{', '.join(repr(each.name) for each in groups)}: it waits until there are larger ones; make node groups before what runs on them"
    )
    return [Advice("podFitsOnNoNode", text)]


def most_pods(cluster: ServingCluster, pod: PodSize) -> int | None:
    """Most pods that the known groups can run at once.

    Args:
        cluster: The cluster.
        pod: The pod.

    Returns:
        Their number; None when nobody can tell: where nodes are made by Karpenter or EKS itself, in imported clusters, and where GPUs
        are shared.
    """
    counted = cluster.node_scaling in (NodeScaling.NONE, NodeScaling.CLUSTER_AUTOSCALER)
    groups = _groups(cluster, pod)
    if not counted or not groups or isinstance(cluster, ImportedCluster) or _shared(cluster) or is_token(pod.gpus):
        return None
    devices = [each.resources.get(pod.resource) for each in groups]
    if any(each is None for each in devices) or any(is_token(each.maximum) for each in groups):
        return None
    return sum(each.maximum * ((count or 0) // pod.gpus) for each, count in zip(groups, devices, strict=True))


def _groups(cluster: ServingCluster, pod: PodSize) -> Sequence[GpuNodeGroup]:
    """The known groups that the pod may run on."""
    name = pod.group_name
    return [
        each
        for each in cluster.node_groups
        if isinstance(each, GpuNodeGroup) and each.accelerator == pod.accelerator and name in (None, each.name)
    ]


def _lacks(cluster: ServingCluster, group: GpuNodeGroup, pod: PodSize) -> tuple[str, int, int] | None:
    """What a node of the group has too little of: the argument, what there is, what is asked for."""
    devices = group.resources.get(pod.resource)
    if devices is not None and not is_token(pod.gpus) and pod.gpus > devices and not _shared(cluster):
        return "gpus", devices, pod.gpus
    memory = group.types[0].node_memory_gb
    if memory is not None and not is_token(pod.memory_mb) and pod.memory_mb > memory * _MIB:
        return "memory_mb", int(memory * _MIB), pod.memory_mb
    return None


def _shared(cluster: ServingCluster) -> bool:
    """Whether a GPU counts as several: then a node offers more of them than it has."""
    plugin = cluster.claimed(DevicePlugin.CLAIM)
    return isinstance(plugin, DevicePlugin) and plugin.sharing is not None
