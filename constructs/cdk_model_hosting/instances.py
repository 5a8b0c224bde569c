"""What a SageMaker hosting instance type is, read from its name.

A name such as ``ml.c6gd.2xlarge`` says nearly everything: the class (``c``), the generation (``6``), the attributes
(``g`` for an Arm processor, ``d`` for local NVMe disks) and the size. Only the sizes that exist and the number of
accelerators need a table. New types pass: they are read by the same rules and marked as not `known`, so that the caller
can warn.

See: https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_ProductionVariant.html
"""

import re
from dataclasses import dataclass
from functools import cache
from typing import Literal

from cdk_model_hosting.errors import ConfigurationError
from cdk_model_hosting.machines import NAME, devices, is_arm, step, vcpus_of
from cdk_model_hosting.tokens import is_token

Accelerator = Literal["gpu", "neuron", "gaudi"]

_TYPE = re.compile(r"ml\." + NAME.replace("{more}", ""))

# The sizes of every family, in multiples of an xlarge; m is a medium and l a large.
_SIZES = {
    "c4": "l 1 2 4 8",
    "c5": "l 1 2 4 9 18",
    "c5d": "l 1 2 4 9 18",
    "c6g": "l 1 2 4 8 12 16",
    "c6gd": "l 1 2 4 8 12 16",
    "c6gn": "l 1 2 4 8 12 16",
    "c6i": "l 1 2 4 8 12 16 24 32",
    "c6in": "l 1 2 4 8 12 16 24 32",
    "c7g": "l 1 2 4 8 12 16",
    "c7i": "l 1 2 4 8 12 16 24 48",
    "c8g": "m l 1 2 4 8 12 16 24 48",
    "dl1": "24",
    "g4dn": "1 2 4 8 12 16",
    "g5": "1 2 4 8 12 16 24 48",
    "g6": "1 2 4 8 12 16 24 48",
    "g6e": "1 2 4 8 12 16 24 48",
    "g7": "2 4 8 12 24 48",
    "g7e": "2 4 8 12 24 48",
    "inf1": "1 2 6 24",
    "inf2": "1 8 24 48",
    "m4": "1 2 4 10 16",
    "m5": "l 1 2 4 12 24",
    "m5d": "l 1 2 4 12 24",
    "m6g": "l 1 2 4 8 12 16",
    "m6gd": "l 1 2 4 8 12 16",
    "m6i": "l 1 2 4 8 12 16 24 32",
    "m7i": "l 1 2 4 8 12 16 24 48",
    "m8g": "m l 1 2 4 8 12 16 24 48",
    "p2": "1 8 16",
    "p3": "2 8 16",
    "p4d": "24",
    "p4de": "24",
    "p5": "4 48",
    "p5e": "48",
    "p5en": "48",
    "p6-b200": "48",
    "p6-b300": "48",
    "p6e-gb200": "36",
    "r5": "l 1 2 4 12 24",
    "r5d": "l 1 2 4 12 24",
    "r6g": "l 1 2 4 8 12 16",
    "r6gd": "l 1 2 4 8 12 16",
    "r6i": "l 1 2 4 8 12 16 24 32",
    "r7gd": "m l 1 2 4 8 12 16",
    "r7i": "l 1 2 4 8 12 16 24 48",
    "r8g": "m l 1 2 4 8 12 16 24 48",
    "t2": "m l 1 2",
    "trn1": "2 32",
    "trn1n": "32",
    "trn2": "48",
}

_ACCELERATED: dict[str, Accelerator] = {
    "g": "gpu",
    "gr": "gpu",
    "p": "gpu",
    "inf": "neuron",
    "trn": "neuron",
    "dl": "gaudi",
}

# Processors that are sold by the plain rule: no local disk unless the name carries a d.
_DISK_IN_NAME = ("c", "m", "r", "t", "x", "inf")
_WITHOUT_DISK = ("p2", "p3")
# The AWS SDK knows these to bring NVMe disks without a d in the name.
_WITH_DISK = ("g5", "g6", "g7e", "p5", "p6-b200", "trn1", "trn2")

# Processors that do not have four virtual CPUs for each xlarge.
_VCPUS = {"c4.8xlarge": 36, "t2.medium": 2}


@dataclass(frozen=True, slots=True, kw_only=True)
class InstanceType:
    """A hosting instance type and what follows from it.

    Args:
        name: The type as given, such as ``ml.g5.xlarge``.
        family: The family, such as ``g5``.
        size: The size, such as ``xlarge``.
        known: Whether this exact type was in the service's list when this library was released. Other types are read by
            rule; a caller warns, and does not refuse.
        resolved: False for a Token, about which nothing can be said; checks pass.
        accelerator: ``gpu`` (NVIDIA), ``neuron`` (Inferentia, Trainium), ``gaudi``, or None.
        accelerators: Number of accelerator devices; None when it is unknown.
        vcpus: Number of virtual CPUs; None when it is unknown.
        arm: Whether the processor is Arm (Graviton, Grace), so that images must be built for arm64.
        local_nvme: Whether the instance brings its own NVMe disks; None when AWS does not say.
        burstable: Whether it runs on CPU credits, which Application Auto Scaling refuses.
    """

    name: str
    family: str
    size: str
    known: bool
    resolved: bool
    accelerator: Accelerator | None
    accelerators: int | None
    vcpus: int | None
    arm: bool
    local_nvme: bool | None
    burstable: bool

    @property
    def gpu(self) -> bool:
        """Whether it has NVIDIA GPUs."""
        return self.accelerator == "gpu"

    @property
    def neuron(self) -> bool:
        """Whether it has AWS Inferentia or Trainium chips."""
        return self.accelerator == "neuron"

    @property
    def inferentia1(self) -> bool:
        """Whether it has first-generation Inferentia chips, which many hosting features exclude."""
        return self.family == "inf1"

    @property
    def single_gpu(self) -> bool | None:
        """Whether it has exactly one GPU; None for a GPU type whose count is unknown."""
        if not self.gpu:
            return False
        return None if self.accelerators is None else self.accelerators == 1

    @property
    def ebs_volume(self) -> bool | None:
        """Whether SageMaker attaches an EBS volume, whose size can be chosen; None when AWS does not say.

        Types with local NVMe disks get none, and the service refuses a volume size for them.
        """
        return None if self.local_nvme is None else not self.local_nvme

    @property
    def volume_kms_key(self) -> bool | None:
        """Whether a KMS key may encrypt the volume: as for the volume itself; None when AWS does not say."""
        return self.ebs_volume


def instance(name: str, *, what: str = "instance_type") -> InstanceType:
    """Read an instance type.

    Args:
        name: A hosting instance type, such as ``ml.c7g.large``. A Token gives a value that is not `resolved`.
        what: The argument as the user typed it, for the message.

    Returns:
        What is known of the type.

    Raises:
        ConfigurationError: When the name is not of the form ``ml.<family>.<size>``.
    """
    found = _read(name) if isinstance(name, str) else None
    if found is None:
        raise ConfigurationError(
            f"{what} must be ml.<family>.<size> such as ml.c7g.large, got {name!r}: "
            "SageMaker hosts on types of that form only"
        )
    return found


@cache
def _read(name: str) -> InstanceType | None:
    if is_token(name):
        return _unresolved(name)
    match = _TYPE.fullmatch(name)
    if match is None:
        return None
    family, size = match["family"], match["size"]
    steps = step(size)
    known = steps in _SIZES.get(family, "").split()
    accelerator = _ACCELERATED.get(match["class"])
    arm = is_arm(match["attributes"], match["chip"])
    return InstanceType(
        name=name,
        family=family,
        size=size,
        known=known,
        resolved=True,
        accelerator=accelerator,
        accelerators=devices(family).get(steps) if known and accelerator else (None if accelerator else 0),
        vcpus=_VCPUS.get(f"{family}.{size}", vcpus_of(steps, arm=arm)),
        arm=arm,
        local_nvme=_local_nvme(family, match["class"]),
        burstable=match["class"] == "t",
    )


def _unresolved(name: str) -> InstanceType:
    return InstanceType(
        name=name,
        family="",
        size="",
        known=False,
        resolved=False,
        accelerator=None,
        accelerators=None,
        vcpus=None,
        arm=False,
        local_nvme=None,
        burstable=False,
    )


def _local_nvme(family: str, family_class: str) -> bool | None:
    if "d" in family or family.startswith(_WITH_DISK):
        return True
    if family_class in _DISK_IN_NAME or family in _WITHOUT_DISK:
        return False
    return None
