"""Whether a cluster has what pods need to get to a device at all: the group they name, a device plugin, somebody who adds nodes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cdk_model_hosting.advice import Advice
from cdk_model_hosting.errors import ConfigurationError
from cdk_model_hosting.kubernetes.chart_add_on import NODE_SCALING, accelerated
from cdk_model_hosting.kubernetes.device_plugin import DevicePlugin
from cdk_model_hosting.kubernetes.imported_cluster import ImportedCluster
from cdk_model_hosting.kubernetes.node_scaling import NodeScaling
from cdk_model_hosting.tokens import is_token

if TYPE_CHECKING:
    from cdk_model_hosting.kubernetes.gpu_node_pool import GpuNodePool
    from cdk_model_hosting.kubernetes.gpu_sharing import GpuSharing
    from cdk_model_hosting.kubernetes.node_group import GpuNodeGroup
    from cdk_model_hosting.kubernetes.pod_size import PodSize
    from cdk_model_hosting.kubernetes.servers.served import ServerKind
    from cdk_model_hosting.kubernetes.serving_cluster import ServingCluster

_ADDS_NODES = {NodeScaling.KARPENTER: "a Karpenter", NodeScaling.CLUSTER_AUTOSCALER: "a ClusterAutoscaler"}


def check_place(cluster: ServingCluster, pod: PodSize) -> None:
    """Refuse a pod that no node of the cluster could ever run.

    Args:
        cluster: The cluster.
        pod: The pod.

    Raises:
        ConfigurationError: When its group is one of another cluster, or GPUs are shared in a way that gives it none.
    """
    group = pod.group
    if group is not None and not isinstance(group, str) and are_two(group.cluster, cluster):
        raise ConfigurationError(
            f"PodSize group must be one of the cluster {cluster.node.path}, got {group.name!r} of {group.cluster.node.path}: the pod would "
            "wait for ever"
        )
    sharing = _sharing(cluster, pod)
    if sharing is not None:
        sharing.check_pod(pod.gpus)


def advice_on_place(cluster: ServingCluster, pod: PodSize) -> list[Advice]:
    """What a pod waits for that the cluster does not have yet, as far as this app knows all that is in it.

    Args:
        cluster: The cluster.
        pod: The pod.
    """
    sharing = _sharing(cluster, pod)
    found = None if sharing is None else sharing.pod_advice()
    advice = [] if found is None else [found]
    known = accelerated(cluster, pod.accelerator)
    fitting = _named(known, pod)
    advice += _advice_on_parts(fitting, pod)
    if isinstance(cluster, ImportedCluster):
        return advice
    if known and not fitting:
        names = ", ".join(repr(each.name) for each in known)
        text = f"no group or pool is called {pod.group_name!r} yet, only {names}: the pods wait until there is one; make it before them"
        advice.append(Advice("podGroupUnknown", text))
    needs_plugin = pod.accelerator == "nvidia" and any(not each.image.has_device_plugin for each in fitting)
    if needs_plugin and cluster.claimed(DevicePlugin.CLAIM) is None:
        text = (
            "nothing tells Kubernetes of the GPUs of nodes with Amazon Linux yet, and the pods wait for one for ever: make a DevicePlugin, "
            "before what runs there"
        )
        advice.append(Advice("noDevicePlugin", text))
    adds_nodes = _ADDS_NODES.get(cluster.node_scaling)
    if adds_nodes is not None and cluster.claimed(NODE_SCALING) is None:
        text = (
            f"nothing adds nodes yet to the cluster, whose node_scaling is {cluster.node_scaling.name}: make {adds_nodes}, before what runs "
            "there"
        )
        advice.append(Advice("nobodyAddsNodes", text))
    return advice


def _advice_on_parts(fitting: list[GpuNodeGroup | GpuNodePool], pod: PodSize) -> list[Advice]:
    """Say when a pod asks for several parts of GPUs, as far as the nodes are known."""
    if is_token(pod.gpus) or pod.gpus == 1 or not any(each.parts is not None for each in fitting):
        return []
    text = (
        f"a pod with {pod.gpus} parts of GPUs has no program that computes on more than one: a program sees a single part; ask for one "
        "larger part, or pin it to nodes with whole GPUs"
    )
    return [Advice("partsSeenOneByOne", text)]


def advice_on_server(cluster: ServingCluster, pod: PodSize, *, kind: ServerKind, fetches: bool) -> list[Advice]:
    """What a server may not do as the cluster and its scaling take for granted.

    Args:
        cluster: The cluster.
        pod: The pod.
        kind: The server.
        fetches: Whether its pods are scaled by work that they must take by themselves.
    """
    sharing = _sharing(cluster, pod)
    found = kind.advice_on_turns() if sharing is not None and sharing.in_turns else None
    advice = [] if found is None else [found]
    if fetches and not kind.may_fetch:
        text = (
            f"{kind.what} reads no queue, and PodScaling.on_sqs starts pods for messages: make sure that a program of yours takes them and "
            "asks the server, or use ModelServer.image"
        )
        advice.append(Advice("serverReadsNoQueue", text))
    return advice


def _sharing(cluster: ServingCluster, pod: PodSize) -> GpuSharing | None:
    """How the pod's nodes share GPUs; None where they do not, or some bring a device plugin of their own."""
    plugin = cluster.claimed(DevicePlugin.CLAIM)
    if not isinstance(plugin, DevicePlugin) or pod.accelerator != "nvidia":
        return None
    own = any(each.image.has_device_plugin for each in _named(accelerated(cluster, "nvidia"), pod))
    return None if own else plugin.sharing


def _named(known: list[GpuNodeGroup | GpuNodePool], pod: PodSize) -> list[GpuNodeGroup | GpuNodePool]:
    name = pod.group_name
    return [each for each in known if name in (None, each.name) or is_token(name) or is_token(each.name)]


def are_two(one: ServingCluster, other: ServingCluster) -> bool:
    """Whether they are two clusters for certain: one that exists may be imported more than once.

    Args:
        one: A cluster.
        other: Another, or the same.
    """
    if one is other or one.cluster_name == other.cluster_name:
        return False
    told_later = is_token(one.cluster_name) or is_token(other.cluster_name)
    return not (told_later and (isinstance(one, ImportedCluster) or isinstance(other, ImportedCluster)))
