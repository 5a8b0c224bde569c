"""What an instance type brings: cores, accelerators and memory, for placing copies of inference components.

Most types follow from the name: the size gives the cores, the family the memory for each of them. The others are listed. A
type that is neither is not known, and everything fits onto it.

See: https://aws.amazon.com/ec2/instance-types/accelerated-computing/
"""

import re
from dataclasses import dataclass

_TYPE = re.compile(r"ml\.(?P<family>[a-z0-9-]+)\.(?P<size>[a-z0-9]+)")
_CORES_OF_A_LARGE = 2
_MB = 1024

# Gigabytes a core, by the letter that a family of the general kinds begins with.
_GENERAL = {"c": 2, "m": 4, "r": 8}
# Gigabytes a core, and the accelerators of the sizes that have more than one.
_ACCELERATED: dict[str, tuple[int, dict[str, int]]] = {
    "g4dn": (4, {"12xlarge": 4}),
    "g5": (4, {"12xlarge": 4, "24xlarge": 4, "48xlarge": 8}),
    "g6": (4, {"12xlarge": 4, "24xlarge": 4, "48xlarge": 8}),
    "g6e": (8, {"12xlarge": 4, "24xlarge": 4, "48xlarge": 8}),
    "inf2": (4, {"24xlarge": 6, "48xlarge": 12}),
}
# Cores, gigabytes and accelerators of the types that follow no rule.
_LISTED: dict[str, tuple[int, int, int]] = {
    "ml.p3.2xlarge": (8, 61, 1),
    "ml.p3.8xlarge": (32, 244, 4),
    "ml.p3.16xlarge": (64, 488, 8),
    "ml.p4d.24xlarge": (96, 1152, 8),
    "ml.p4de.24xlarge": (96, 1152, 8),
    "ml.p5.4xlarge": (16, 256, 1),
    "ml.p5.48xlarge": (192, 2048, 8),
    "ml.p5e.48xlarge": (192, 2048, 8),
    "ml.p5en.48xlarge": (192, 2048, 8),
    "ml.inf1.xlarge": (4, 8, 1),
    "ml.inf1.2xlarge": (8, 16, 1),
    "ml.inf1.6xlarge": (24, 48, 4),
    "ml.inf1.24xlarge": (96, 192, 16),
    "ml.trn1.2xlarge": (8, 32, 1),
    "ml.trn1.32xlarge": (128, 512, 16),
    "ml.trn1n.32xlarge": (128, 512, 16),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """What an instance has to give.

    Args:
        cores: CPU cores, virtual ones.
        accelerators: GPUs, or Neuron devices.
        memory_mb: Memory in megabytes.
    """

    cores: float
    accelerators: float
    memory_mb: float


def shape_of(instance_type: str) -> Shape | None:
    """Return what an instance type brings, or None when that is not known here."""
    if instance_type in _LISTED:
        cores, gigabytes, accelerators = _LISTED[instance_type]
        return Shape(cores=cores, accelerators=accelerators, memory_mb=gigabytes * _MB)
    match = _TYPE.fullmatch(instance_type)
    cores = _cores(match["size"]) if match else 0
    if match is None or not cores:
        return None
    family, size = match["family"], match["size"]
    if family in _ACCELERATED:
        gigabytes, several = _ACCELERATED[family]
        return Shape(cores=cores, accelerators=several.get(size, 1), memory_mb=cores * gigabytes * _MB)
    if re.fullmatch(r"[cmr]\d[a-z]*", family):
        return Shape(cores=cores, accelerators=0, memory_mb=cores * _GENERAL[family[0]] * _MB)
    return None


def _cores(size: str) -> int:
    if size in {"medium", "large"}:
        return {"medium": _CORES_OF_A_LARGE // 2, "large": _CORES_OF_A_LARGE}[size]
    match = re.fullmatch(r"(?P<times>\d*)xlarge", size)
    return 2 * _CORES_OF_A_LARGE * int(match["times"] or 1) if match else 0
