"""What an EC2 instance type means to a node: whose accelerators it brings, how many, and what pods ask for.

Read from the type's name by the rules and the table that SageMaker's types are read by. New types pass: they are marked as
not `known`, so that the caller can warn, and ask for what only the user can tell.

See: https://docs.aws.amazon.com/ec2/latest/instancetypes/ac.html
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache

from cdk_model_hosting.errors import ConfigurationError
from cdk_model_hosting.kubernetes.chips import CHIPS, EFA_ADAPTERS, GIB_PER_VCPU, LOCAL_NVME, MIG, VCPUS, Chip
from cdk_model_hosting.kubernetes.scheduling import (
    NEURON_CORE_RESOURCE,
    NodeAccelerator,
    resource_of,
)
from cdk_model_hosting.machines import NAME, by_size, devices, is_arm, step, vcpus_of
from cdk_model_hosting.tokens import is_token

_TYPE = re.compile(NAME.replace("{more}", r"|metal(?:-\d+xl)?"))

_CLASSES: dict[str, NodeAccelerator] = {"g": "nvidia", "gr": "nvidia", "p": "nvidia", "inf": "neuron", "trn": "neuron"}
# Of these classes, but with GPUs of AMD.
_OTHER_VENDORS = ("g4ad",)


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeType:
    """An EC2 instance type and what follows from it.

    Args:
        name: The type as given, such as ``g5.xlarge``.
        family: The family, such as ``g5``.
        size: The size, such as ``xlarge``.
        known: Whether this library knows the accelerators of this exact type. Those of other types are read by rule; a
            caller warns, and does not refuse.
        resolved: False for a Token, about which nothing can be said; checks pass.
        accelerator: ``nvidia``, ``neuron`` (Inferentia, Trainium), or None for all others.
        devices: Devices that the node offers to pods; None when it is unknown. A type with a share of a GPU, such as
            ``g6f.large``, offers one device: it is the memory that is smaller.
        chip: The accelerator itself; None when it is unknown.
        memory_gb: Memory of one device in GB, the share of it where the type has a share; None when it is unknown.
        vcpus: Number of virtual CPUs; None when it is unknown.
        node_memory_gb: Memory of the node in GB; None when it is unknown.
        arm: Whether the processor is Arm (Graviton, Grace), so that images must be built for arm64.
        local_nvme: Whether the instance brings NVMe disks of its own; None when it is unknown.
        mig: Whether its GPUs can be partitioned (Multi-Instance GPU).
        efa_adapters: Elastic Fabric Adapters that it can have, 0 for none; None when it is unknown.
    """

    name: str
    family: str
    size: str
    known: bool
    resolved: bool
    accelerator: NodeAccelerator | None
    devices: int | None
    chip: Chip | None
    memory_gb: float | None
    vcpus: int | None
    node_memory_gb: float | None
    arm: bool
    local_nvme: bool | None
    mig: bool
    efa_adapters: int | None

    @staticmethod
    def parse(name: str, *, what: str = "instance_types") -> NodeType:
        """Read an instance type.

        Args:
            name: An EC2 instance type, such as ``g5.12xlarge``. A Token gives a value that is not `resolved`.
            what: The argument as the user typed it, for the message.

        Raises:
            ConfigurationError: When the name is not of the form ``<family>.<size>``.
        """
        found = _read(name) if isinstance(name, str) else None
        if found is None:
            hint = (
                "without SageMaker's ml." if isinstance(name, str) and name.startswith("ml.") else "as EC2 names them"
            )
            raise ConfigurationError(
                f"{what} must be <family>.<size> such as g5.xlarge, got {name!r}: nodes are EC2 instances, {hint}"
            )
        return found

    @property
    def resources(self) -> dict[str, int]:
        """What the node offers to pods by its device plugins; empty when that is unknown."""
        if self.accelerator is None or self.devices is None:
            return {}
        offered = {resource_of(self.accelerator): self.devices}
        if self.accelerator == "neuron" and self.chip is not None and self.chip.cores is not None:
            offered[NEURON_CORE_RESOURCE] = self.devices * self.chip.cores
        return offered


@cache
def _read(name: str) -> NodeType | None:
    if is_token(name):
        return _unresolved(name)
    match = _TYPE.fullmatch(name)
    if match is None:
        return None
    family, size = match["family"], match["size"]
    steps = step(size)
    accelerator = None if family in _OTHER_VENDORS else _CLASSES.get(match["class"])
    count = devices(family).get(steps)
    arm = is_arm(match["attributes"], match["chip"])
    chip = CHIPS.get(family)
    vcpus = VCPUS.get(name, vcpus_of(steps, arm=arm))
    per_vcpu = GIB_PER_VCPU.get(family)
    adapters = EFA_ADAPTERS.get(family)
    return NodeType(
        name=name,
        family=family,
        size=size,
        known=accelerator is None or (count is not None and chip is not None),
        resolved=True,
        accelerator=accelerator,
        devices=count if accelerator else 0,
        chip=chip,
        memory_gb=None if chip is None else chip.memory_of(size),
        vcpus=vcpus,
        node_memory_gb=vcpus * per_vcpu if vcpus is not None and per_vcpu is not None else None,
        arm=arm,
        local_nvme=LOCAL_NVME.get(family),
        mig=family in MIG,
        efa_adapters=None if adapters is None else by_size(adapters).get(steps, 0),
    )


def _unresolved(name: str) -> NodeType:
    return NodeType(
        name=name,
        family="",
        size="",
        known=False,
        resolved=False,
        accelerator=None,
        devices=None,
        chip=None,
        memory_gb=None,
        vcpus=None,
        node_memory_gb=None,
        arm=False,
        local_nvme=None,
        mig=False,
        efa_adapters=None,
    )
