"""How many pods of a server there is room for, on the nodes and in the quota of the namespace."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from cdk_model_hosting.advice import Advice
from cdk_model_hosting.errors import ConfigurationError
from cdk_model_hosting.kubernetes.model_namespace import ModelNamespace
from cdk_model_hosting.kubernetes.pod_fit import most_pods
from cdk_model_hosting.tokens import is_token

if TYPE_CHECKING:
    from cdk_model_hosting.kubernetes.pod_rollout import PodRollout
    from cdk_model_hosting.kubernetes.pod_scaling import PodScaling
    from cdk_model_hosting.kubernetes.pod_size import PodSize
    from cdk_model_hosting.kubernetes.serving_cluster import ServingCluster


@dataclass(frozen=True, slots=True, kw_only=True)
class PodRoom:
    """Room for pods, where there is least of it.

    Args:
        pods: How many there can be at once.
        where: What has no more.
    """

    pods: int
    where: str


def room_for(cluster: ServingCluster, *, namespace: ModelNamespace | str, pod: PodSize) -> PodRoom | None:
    """The room that all pods of a server have together, as if they were alone there.

    Args:
        cluster: The cluster.
        namespace: The pods' namespace.
        pod: The pod.

    Returns:
        The least room; None when nobody can tell.
    """
    nodes, quota = most_pods(cluster, pod), _in_quota(namespace, pod)
    rooms = [] if nodes is None else [PodRoom(pods=nodes, where="on the known nodes")]
    return min((*rooms, *quota), key=lambda each: each.pods, default=None)


def check_quota(what: str, *, namespace: ModelNamespace | str, pod: PodSize, pods: int) -> None:
    """Refuse pods that the quota of their namespace has no room for.

    Args:
        what: The argument as the user typed it.
        namespace: The pods' namespace.
        pod: The pod.
        pods: How many there must be at least.

    Raises:
        ConfigurationError: When the quota is less.
    """
    for room in () if is_token(pods) else _in_quota(namespace, pod):
        if pods > room.pods:
            raise ConfigurationError(
                f"{what} must be for at most the {room.pods} pods that there is room for {room.where}, got {pods} with {pod.gpus} devices "
                "each: Kubernetes makes no pod beyond a quota"
            )


def advice_on_room(room: PodRoom | None, scaling: PodScaling, rollout: PodRollout) -> list[Advice]:
    """Say when pods wait, or old ones go before new ones come.

    Args:
        room: The room.
        scaling: How many pods there are.
        rollout: How they are replaced.
    """
    if room is None or is_token(scaling.maximum):
        return []
    if room.pods < scaling.maximum:
        text = f"there is room for {room.pods} pods {room.where}, and scaling may ask for {scaling.maximum}: the others wait"
        return [Advice("noRoomForAllPods", text)]
    if not rollout.surge:
        first = "an old pod goes" if rollout.at_once == 1 else f"{rollout.at_once} of the old pods go"
        text = (
            f"there is room for {room.pods} pods {room.where}, which {scaling.maximum} may fill: {first} before new ones come, and "
            f"{'nothing answers' if scaling.maximum == 1 else 'fewer answer'} until those are ready; room for {scaling.maximum + 1} avoids it"
        )
        return [Advice("noRoomForNewPods", text)]
    return []


def _in_quota(namespace: ModelNamespace | str, pod: PodSize) -> tuple[PodRoom, ...]:
    """The room in the quota of the namespace, where it is known."""
    devices = namespace.quota.get(pod.resource) if isinstance(namespace, ModelNamespace) else None
    if devices is None or is_token(devices) or is_token(pod.gpus):
        return ()
    return (PodRoom(pods=devices // pod.gpus, where=f"in the quota of namespace {_name(namespace)!r}"),)


def _name(namespace: ModelNamespace | str) -> str:
    return namespace if isinstance(namespace, str) else namespace.name
