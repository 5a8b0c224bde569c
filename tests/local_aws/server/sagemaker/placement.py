"""Fits the copies of inference components onto the instances of a variant.

First come, first served: every copy goes onto the first instance that still has room for it. SageMaker spreads or packs as
its SchedulingConfig says, and keeps a part of every instance for itself that it does not state.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from tests.local_aws.server.sagemaker.instance_shapes import Shape

_ROUNDING = 1e-9


@dataclass(frozen=True, slots=True, kw_only=True)
class Placement:
    """Where copies went.

    Args:
        copies: How many copies of each found room, in the order in which they were asked for.
        instances: How many instances are in use.
    """

    copies: tuple[int, ...]
    instances: int


def need_of(requirements: dict[str, Any]) -> Shape:
    """Return what one copy takes, of ComputeResourceRequirements."""
    return Shape(
        cores=requirements.get("NumberOfCpuCoresRequired", 0.0),
        accelerators=requirements.get("NumberOfAcceleratorDevicesRequired", 0.0),
        memory_mb=requirements.get("MinMemoryRequiredInMb", 0),
    )


def place(wanted: Sequence[tuple[Shape, int]], instance: Shape | None, most_instances: int) -> Placement:
    """Place copies.

    Args:
        wanted: What one copy takes and how many there are to be, for each component.
        instance: What one instance brings; None when that is not known, and everything fits.
        most_instances: How many instances there may be.
    """
    free: list[Shape] = []
    placed = [sum(_put(need, free, instance, most_instances) for _ in range(copies)) for need, copies in wanted]
    return Placement(copies=tuple(placed), instances=len(free))


def _put(need: Shape, free: list[Shape], instance: Shape | None, most_instances: int) -> bool:
    """Put one copy onto the first instance with room, or onto a new one; tell whether there was any."""
    if instance is None:
        free[:] = free or [need] * min(1, most_instances)
        return bool(free)
    for number, room in enumerate(free):
        if _fits(need, room):
            free[number] = _less(room, need)
            return True
    if len(free) < most_instances and _fits(need, instance):
        free.append(_less(instance, need))
        return True
    return False


def _fits(need: Shape, room: Shape) -> bool:
    return (
        need.cores <= room.cores + _ROUNDING
        and need.accelerators <= room.accelerators + _ROUNDING
        and need.memory_mb <= room.memory_mb
    )


def _less(room: Shape, need: Shape) -> Shape:
    return Shape(
        cores=room.cores - need.cores,
        accelerators=room.accelerators - need.accelerators,
        memory_mb=room.memory_mb - need.memory_mb,
    )
