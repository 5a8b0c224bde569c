"""Whether a pod fits on an instance of the pool that it is pinned to."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cdk_model_hosting.errors import ConfigurationError
from cdk_model_hosting.kubernetes.node_room import NodeRoom, millicpu_of
from cdk_model_hosting.tokens import is_token

if TYPE_CHECKING:
    from cdk_model_hosting.kubernetes.accelerators import NodeType
    from cdk_model_hosting.kubernetes.gpu_node_pool import GpuNodePool
    from cdk_model_hosting.kubernetes.pod_size import PodSize

_THOUSANDTHS = 1000


def check_pool(pool: GpuNodePool, pod: PodSize, *, counted: bool) -> None:
    """Refuse a pod that no instance of its pool could run: nobody would start one for it.

    Args:
        pool: The pool.
        pod: The pod.
        counted: Whether a node offers as many devices as are known of it.

    Raises:
        ConfigurationError: When all instance types are known, and each has too little of something.
    """
    asked = (pod.gpus, millicpu_of(pod.cpu), pod.memory_mb, pod.ephemeral_gb)
    offers = {each.name: _offered(pool, each, pod, counted=counted) for each in pool.named_types}
    if not offers or any(_fits(asked, each) for each in offers.values()):
        return
    shown = " and ".join(f"{name} with {_shown(each)}" for name, each in offers.items())
    raise ConfigurationError(
        f"PodSize group must have an instance type that the pod fits on, got {pool.name!r} of {shown} for pods: the pod asks for "
        f"{_shown(asked)}"
    )


def _offered(pool: GpuNodePool, kind: NodeType, pod: PodSize, *, counted: bool) -> tuple[float | None, ...]:
    """What an instance has for pods, as far as it is known, in the order of what they ask for."""
    resources = kind.resources if pool.parts is None else pool.parts.count(kind.resources)
    devices = resources.get(pod.resource) if counted else None
    # What runs on every node beside, Karpenter knows: it may be less than elsewhere.
    room = NodeRoom.of([kind], disk_gb=pool.disk_gb if pool.disk_gb is not None else 0)
    return (devices, room.millicpu, room.memory_mb, None if pool.disk_gb is None else room.disk_gb)


def _fits(asked: tuple[float | None, ...], offered: tuple[float | None, ...]) -> bool:
    return all(
        need is None or has is None or is_token(need) or is_token(has) or need <= has
        for need, has in zip(asked, offered, strict=True)
    )


def _shown(amounts: tuple[float | None, ...]) -> str:
    devices, millicpu, memory, disk = amounts
    told = {
        "devices": devices,
        "processors": None if millicpu is None else f"{millicpu / _THOUSANDTHS:g}",
        "MB of memory": memory,
        "GB of disk": disk,
    }
    return ", ".join(f"{each} {what}" for what, each in told.items() if each is not None and not is_token(each))
