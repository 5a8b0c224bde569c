"""The known nodes of pods: whose cluster they are, what taints they have, who else uses their GPUs, and what must not go first."""

from __future__ import annotations

from typing import TYPE_CHECKING

import aws_cdk as cdk

from cdk_model_hosting.advice import Advice
from cdk_model_hosting.errors import ConfigurationError
from cdk_model_hosting.kubernetes.chart_add_on import accelerated
from cdk_model_hosting.kubernetes.device_plugin import DevicePlugin
from cdk_model_hosting.kubernetes.gpu_node_pool import GpuNodePool
from cdk_model_hosting.kubernetes.node_group import GpuNodeGroup
from cdk_model_hosting.kubernetes.pod_place import are_two
from cdk_model_hosting.kubernetes.scheduling import taint_of
from cdk_model_hosting.limits.nodes import NODE_LEAVE_SECONDS
from cdk_model_hosting.tokens import is_token

if TYPE_CHECKING:
    from constructs import Construct, IDependable

    from cdk_model_hosting.kubernetes.model_namespace import ModelNamespace
    from cdk_model_hosting.kubernetes.pod_size import PodSize
    from cdk_model_hosting.kubernetes.serving_cluster import ServingCluster

_KEEPS_AWAY = ("NoSchedule", "NoExecute")


def check_own(what: str, cluster: ServingCluster, given: ModelNamespace | GpuNodeGroup | str) -> None:
    """Refuse a namespace or nodes of another cluster.

    Args:
        what: The argument as the user typed it.
        cluster: The cluster that pods run in.
        given: What was given; names pass.

    Raises:
        ConfigurationError: When it is of another one.
    """
    if isinstance(given, str) or not are_two(given.cluster, cluster):
        return
    raise ConfigurationError(
        f"{what} must be of the cluster {cluster.node.path}, got {given.name!r} of {given.cluster.node.path}: pods would look for it in their "
        "own cluster"
    )


def check_use(cluster: ServingCluster, pod: PodSize) -> None:
    """Refuse to scale by the use of GPUs that pods share.

    Args:
        cluster: The cluster.
        pod: The pod.

    Raises:
        ConfigurationError: When others may be on its GPUs.
    """
    nodes = _nodes(cluster, pod)
    cut = next((each for each in nodes if each.parts is not None), None)
    if cut is not None:
        raise ConfigurationError(
            f"PodScaling.on_gpu_use must be for whole GPUs, got {cut.name!r}, whose GPUs are cut: how much of a part is used, nobody "
            "measures; use on_server_queue"
        )
    plugin = cluster.claimed(DevicePlugin.CLAIM)
    # Bottlerocket has a device plugin of its own, which shares nothing.
    alone = any(each.image.has_device_plugin for each in nodes)
    sharing = plugin.sharing if isinstance(plugin, DevicePlugin) and not alone else None
    # Where no nodes are known, they may be any.
    if sharing is not None and (not nodes or any(sharing.shares(each) for each in nodes)):
        raise ConfigurationError(
            "PodScaling.on_gpu_use must be for GPUs that pods do not share, got a DevicePlugin with sharing: the use of a GPU would count "
            "for each pod on it; use on_server_queue"
        )


def advice_on_taints(cluster: ServingCluster, pod: PodSize) -> list[Advice]:
    """Say when all known nodes have taints that a pod does not tolerate which names no group, or the name of one alone.

    Args:
        cluster: The cluster.
        pod: The pod.
    """
    nodes = _nodes(cluster, pod)
    if not nodes or not (pod.group is None or isinstance(pod.group, str)):
        return []
    own = taint_of(pod.accelerator)
    further = {
        each.name: [
            taint.key
            for taint in each.taints
            if taint.effect in _KEEPS_AWAY and (taint.key, taint.effect) != (own.key, own.effect)
        ]
        for each in nodes
    }
    if not all(further.values()):
        return []
    shown = ", ".join(f"{name!r} has {' and '.join(keys)}" for name, keys in further.items())
    text = f"a pod tolerates the taint {own.key} alone, and {shown} too: it waits for other nodes; give PodSize the group itself"
    return [Advice("podToleratesNoNode", text)]


def advice_on_drain(cluster: ServingCluster, pod: PodSize, *, seconds: int | None) -> list[Advice]:
    """Say when known pools replace a node sooner than a pod which asks to stay must have ended.

    Args:
        cluster: The cluster.
        pod: The pod.
        seconds: How long it may run; None when nobody says.
    """
    if seconds is None or is_token(seconds):
        return []
    pools = [each for each in _nodes(cluster, pod) if isinstance(each, GpuNodePool)]
    drained = {each.name: each.life.drain for each in pools}
    sooner = [name for name, drain in drained.items() if drain is not None and not is_token(drain) and drain < seconds]
    if not sooner:
        return []
    shown = " and ".join(f"{name!r} waits {drained[name]}" for name in sooner)
    text = (
        f"a try may take {seconds} seconds, and {shown} for pods on a node that is to be replaced: it begins anew then; give the pool a "
        "longer drain_for, or the job a shorter shard_time_limit"
    )
    return [Advice("drainShorterThanShard", text)]


def advice_on_update(cluster: ServingCluster, pod: PodSize, *, seconds: int) -> list[Advice]:
    """Say when a pod may take longer to go than known groups wait for it when they replace its node.

    Args:
        cluster: The cluster.
        pod: The pod.
        seconds: How long it may take to go.
    """
    if NODE_LEAVE_SECONDS.contains(seconds):
        return []
    groups = [each for each in _nodes(cluster, pod) if isinstance(each, GpuNodeGroup) and not each.update.force]
    if not groups:
        return []
    text = (
        f"a pod may take {seconds} seconds to go, and EKS waits {NODE_LEAVE_SECONDS.high} when it replaces a node: an update of "
        f"{' and '.join(repr(each.name) for each in groups)} may fail; give it NodeUpdate(force=True), or the server a shorter "
        "longest_request"
    )
    return [Advice("podOutlivesUpdate", text)]


def pools_of(scope: Construct, cluster: ServingCluster, pod: PodSize) -> tuple[IDependable, ...]:
    """What makes the pools that a pod runs on, as far as they are known: what waits for it when it is made goes before it.

    A pool that is deleted waits until its nodes are empty, and what deletes it waits for no more than a quarter of an hour.

    Args:
        scope: What makes the pod.
        cluster: The cluster.
        pod: The pod; where it names no group, pools of its own stack are meant.
    """
    pools = [each for each in _nodes(cluster, pod) if isinstance(each, GpuNodePool)]
    stack = cdk.Stack.of(scope) if pools else None
    return tuple(each.manifest for each in pools if pod.group is not None or cdk.Stack.of(each) is stack)


def _nodes(cluster: ServingCluster, pod: PodSize) -> list[GpuNodeGroup | GpuNodePool]:
    """The known groups and pools that the pod may run on."""
    name = pod.group_name
    return [each for each in accelerated(cluster, pod.accelerator) if name in (None, each.name)]
