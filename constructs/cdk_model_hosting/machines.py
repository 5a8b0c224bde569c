"""What the names of EC2's and SageMaker's instance types share: how they read, and the accelerators that each brings.

Both read the same table, so that no number of devices lives twice. SageMaker's names begin with ``ml.``, and it has fewer
sizes, which stand with its own types.

See: https://docs.aws.amazon.com/ec2/latest/instancetypes/ac.html
"""

from __future__ import annotations

from functools import cache

NAME = (
    r"(?P<family>(?P<class>[a-z]+)(?P<generation>\d+)(?P<attributes>[a-z]*)(?:-(?P<chip>[a-z]+\d*))?)"
    r"\.(?P<size>nano|micro|small|medium|large|\d*xlarge{more})"
)
"""How a type reads, without SageMaker's ``ml.``; `more` is for further sizes, each after a bar."""

# Accelerators of each size, which is written in multiples of an xlarge; l is a large.
_DEVICES = {
    "dl1": "24:8",
    "g4dn": "1:1 2:1 4:1 8:1 12:4 16:1 metal:8",
    "g5": "1:1 2:1 4:1 8:1 12:4 16:1 24:4 48:8",
    "g5g": "1:1 2:1 4:1 8:1 16:2 metal:2",
    "g6": "1:1 2:1 4:1 8:1 12:4 16:1 24:4 48:8",
    "g6e": "1:1 2:1 4:1 8:1 12:4 16:1 24:4 48:8",
    # A share of one GPU each, which the driver shows to the node as one device.
    "g6f": "l:1 1:1 2:1 4:1",
    "g7": "2:1 4:1 8:1 12:2 24:4 48:8",
    "g7e": "2:1 4:1 8:1 12:2 24:4 48:8",
    "gr6": "4:1 8:1",
    "gr6f": "4:1",
    "inf1": "1:1 2:1 6:4 24:16",
    "inf2": "1:1 8:1 24:6 48:12",
    "p2": "1:1 8:8 16:16",
    "p3": "2:1 8:4 16:8",
    "p3dn": "24:8",
    "p4d": "24:8",
    "p4de": "24:8",
    "p5": "4:1 48:8",
    "p5e": "48:8",
    "p5en": "48:8",
    "p6-b200": "48:8",
    "p6-b300": "48:8",
    "p6e-gb200": "36:4",
    "trn1": "2:1 32:16",
    "trn1n": "32:16",
    "trn2": "3:1 48:16",
}


def step(size: str) -> str:
    """A size as the tables write it.

    Args:
        size: The size as the name ends in it, such as ``2xlarge``.
    """
    if size.endswith("xlarge"):
        return size.removesuffix("xlarge") or "1"
    return {"medium": "m", "large": "l"}.get(size, size)


def devices(family: str) -> dict[str, int]:
    """Number of accelerators of each size of a family, by the size as `step` gives it; empty for all other families.

    Args:
        family: The family, such as ``g5``.
    """
    return by_size(_DEVICES.get(family, ""))


@cache
def by_size(table: str) -> dict[str, int]:
    """The numbers of a line of a table, by size.

    Args:
        table: Pairs of size and number, such as ``1:1 12:4``.
    """
    pairs = (each.split(":") for each in table.split())
    return {size: int(number) for size, number in pairs}


def is_arm(attributes: str, chip: str | None) -> bool:
    """Whether a type's processor is Arm.

    Args:
        attributes: What follows the generation in its name.
        chip: What follows a hyphen in its family's name.
    """
    # g among the attributes is Graviton; the chips named gb are Grace processors with Blackwell GPUs.
    return "g" in attributes or (chip or "").startswith("gb")


def vcpus_of(steps: str, *, arm: bool) -> int | None:
    """Number of virtual CPUs by the rule that most types keep; None where it tells none.

    Args:
        steps: The size as `step` gives it.
        arm: Whether the processor is Arm.
    """
    if steps.isdigit():
        return 4 * int(steps)
    # Mediums differ from family to family, except on Arm.
    return {"m": 1 if arm else None, "l": 2}.get(steps)
