"""Whether pods find room on the nodes that this app knows of."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from cdk_model_hosting.advice import Advice
from cdk_model_hosting.errors import ConfigurationError
from cdk_model_hosting.kubernetes.device_plugin import DevicePlugin
from cdk_model_hosting.kubernetes.gpu_node_pool import GpuNodePool
from cdk_model_hosting.kubernetes.imported_cluster import ImportedCluster
from cdk_model_hosting.kubernetes.node_group import GpuNodeGroup
from cdk_model_hosting.kubernetes.node_room import millicpu_of
from cdk_model_hosting.kubernetes.node_scaling import NodeScaling
from cdk_model_hosting.kubernetes.pod_place import advice_on_place, check_place
from cdk_model_hosting.kubernetes.pool_fit import check_pool
from cdk_model_hosting.tokens import is_token

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cdk_model_hosting.kubernetes.pod_size import PodSize
    from cdk_model_hosting.kubernetes.serving_cluster import ServingCluster

_KEPT = "Kubernetes, and what runs on every node, keep the rest"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Need:
    """What a pod asks for of one thing, and what a node has of it.

    Args:
        argument: The thing as the user typed it.
        asked: What is asked for.
        offered: What a node has.
        shown: Both as the user typed them.
    """

    argument: str
    asked: int
    offered: int
    shown: tuple[str, str]


def check_fit(cluster: ServingCluster, pod: PodSize) -> list[Advice]:
    """Refuse a pod that fits on no node of the group it is pinned to, and say when it fits on none of those that are known.

    Groups that are made later are not known yet, so these cannot be refused.

    Args:
        cluster: The cluster.
        pod: The pod.

    Raises:
        ConfigurationError: When the pod's own group or pool has too few devices, or too little of anything else, or is one of another
            cluster, or GPUs are shared in a way that gives the pod none.
    """
    check_place(cluster, pod)
    advice = advice_on_place(cluster, pod)
    if isinstance(pod.group, GpuNodeGroup):
        need = _lacks(cluster, pod.group, pod)
        if need is not None:
            asked, offered = need.shown
            of = f"the {offered} of a node of group {pod.group.name!r}"
            told = (
                f"{of}, got {asked}: a pod runs on one node"
                if need.argument == "gpus"
                else f"{of}, got {asked}: {_KEPT}"
            )
            raise ConfigurationError(f"PodSize {need.argument} must be at most {told}")
        return advice
    if isinstance(pod.group, GpuNodePool):
        check_pool(pod.group, pod, counted=not _uncounted(cluster, pod.group))
    groups = _groups(cluster, pod)
    if not groups or any(_lacks(cluster, each, pod) is None for each in groups):
        return advice
    text = (
        f"a pod with {pod.gpus} devices, {pod.cpu} processors, {pod.memory_mb} MB of memory and {pod.ephemeral_gb} GB of disk fits on no "
        f"node of {', '.join(repr(each.name) for each in groups)}: it waits until there are larger ones; make node groups before what runs "
        "on them"
    )
    return [*advice, Advice("podFitsOnNoNode", text)]


def most_pods(cluster: ServingCluster, pod: PodSize) -> int | None:
    """Most pods that the known groups can run at once.

    Args:
        cluster: The cluster.
        pod: The pod.

    Returns:
        Their number; None when nobody can tell: where nodes are made by Karpenter or EKS itself, in imported clusters, and where pods
        take turns on GPUs, or these are cut by somebody else.
    """
    counted = cluster.node_scaling in (NodeScaling.NONE, NodeScaling.CLUSTER_AUTOSCALER)
    groups = _groups(cluster, pod)
    if not counted or not groups or isinstance(cluster, ImportedCluster) or is_token(pod.gpus):
        return None
    if any(_uncounted(cluster, each) for each in groups):
        return None
    if any(pod.resource not in each.resources or is_token(each.maximum) for each in groups):
        return None
    return sum(each.maximum * _on_one_node(cluster, each, pod) for each in groups)


def _groups(cluster: ServingCluster, pod: PodSize) -> Sequence[GpuNodeGroup]:
    """The known groups that the pod may run on."""
    name = pod.group_name
    return [
        each
        for each in cluster.node_groups
        if isinstance(each, GpuNodeGroup) and each.accelerator == pod.accelerator and name in (None, each.name)
    ]


def _on_one_node(cluster: ServingCluster, group: GpuNodeGroup, pod: PodSize) -> int:
    return min(each.offered // each.asked for each in _needs(cluster, group, pod) if each.asked)


def _lacks(cluster: ServingCluster, group: GpuNodeGroup, pod: PodSize) -> _Need | None:
    """What a node of the group has too little of."""
    return next((each for each in _needs(cluster, group, pod) if each.asked > each.offered), None)


def _needs(cluster: ServingCluster, group: GpuNodeGroup, pod: PodSize) -> list[_Need]:
    """What the pod asks for, as far as that and what a node has are known."""
    room = group.room.for_pods
    devices = None if _uncounted(cluster, group) else group.resources.get(pod.resource)
    millicpu = millicpu_of(pod.cpu)
    found = [
        _need("gpus", pod.gpus, devices),
        _need("memory_mb", pod.memory_mb, room.memory_mb),
        _need("ephemeral_gb", pod.ephemeral_gb, room.disk_gb),
    ]
    if millicpu is not None and room.millicpu is not None:
        shown = (repr(pod.cpu), f"{room.millicpu / 1000:g}")
        found.insert(1, _Need(argument="cpu", asked=millicpu, offered=room.millicpu, shown=shown))
    return [each for each in found if each is not None]


def _need(argument: str, asked: int, offered: float | None) -> _Need | None:
    if offered is None or is_token(asked) or is_token(offered):
        return None
    return _Need(argument=argument, asked=asked, offered=int(offered), shown=(str(asked), str(int(offered))))


def _uncounted(cluster: ServingCluster, group: GpuNodeGroup | GpuNodePool) -> bool:
    """Whether a GPU may count as several, and the group does not say as how many: then a node offers more of them than it has."""
    plugin = cluster.claimed(DevicePlugin.CLAIM)
    sharing = plugin.sharing if isinstance(plugin, DevicePlugin) and not group.image.has_device_plugin else None
    return sharing is not None and group.parts is None and sharing.shares(group)
