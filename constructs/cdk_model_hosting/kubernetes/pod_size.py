"""What a pod gets of its node."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from cdk_model_hosting.arguments import require
from cdk_model_hosting.errors import ConfigurationError
from cdk_model_hosting.kubernetes.gpu_node_pool import GpuNodePool
from cdk_model_hosting.kubernetes.names import number_text
from cdk_model_hosting.kubernetes.node_group import GpuNodeGroup
from cdk_model_hosting.kubernetes.scheduling import (
    NodeAccelerator,
    Taint,
    resource_of,
    selector_for,
    taint_of,
)
from cdk_model_hosting.limits.servers import (
    POD_ACCELERATOR,
    POD_CPU,
    POD_DEVICES,
    POD_DISK_GB,
    POD_MEMORY_MB,
    POD_SHARED_MEMORY_MB,
)
from cdk_model_hosting.tokens import is_token

if TYPE_CHECKING:
    from cdk8s_plus_36 import k8s

_GROUPS = (GpuNodeGroup, GpuNodePool)


@dataclass(frozen=True, slots=True, kw_only=True)
class PodSize:
    """What a pod gets of its node, and on which nodes it may run.

    Devices, memory and disk are what it asks for and at the same time all that it may use: none of them can be lent. Processors are
    what it has for certain, and it uses more while nobody else wants them.

    Args:
        gpus: Devices, 1-16: GPUs, or shares of them where they are shared, or Neuron devices.
        accelerator: Whose devices they are: ``nvidia`` or ``neuron``.
        cpu: Processors, such as ``2`` or ``500m``.
        memory_mb: Memory in MB, that of `shared_memory_mb` included.
        shared_memory_mb: Most of it that the processes of a server may share, at ``/dev/shm``. A model that is spread over several
            GPUs, and Triton's Python models, need more of it than others.
        ephemeral_gb: Disk in GB for models, caches, temporary files and logs. An archive lies there beside what it is unpacked to.
        group: The node group or pool to run on, or the name of one; any with the accelerator when omitted. A pod tolerates
            the taints of one that is given itself, beside those of the accelerator.

    Raises:
        ConfigurationError: When a number is outside its range, or the group has other devices.

    See: https://kubernetes.io/docs/concepts/configuration/manage-resources-containers/
    """

    gpus: int = 1
    accelerator: NodeAccelerator = "nvidia"
    cpu: str = "2"
    memory_mb: int = 8192
    shared_memory_mb: int = 1024
    ephemeral_gb: int = 20
    group: GpuNodeGroup | GpuNodePool | str | None = None

    def __post_init__(self) -> None:
        POD_ACCELERATOR.check("PodSize accelerator", self.accelerator, optional=False)
        POD_DEVICES.check("PodSize gpus", self.gpus, optional=False)
        POD_CPU.check("PodSize cpu", self.cpu, optional=False)
        POD_MEMORY_MB.check("PodSize memory_mb", self.memory_mb, optional=False)
        POD_SHARED_MEMORY_MB.check("PodSize shared_memory_mb", self.shared_memory_mb, optional=False)
        POD_DISK_GB.check("PodSize ephemeral_gb", self.ephemeral_gb, optional=False)
        tokens = is_token(self.memory_mb) or is_token(self.shared_memory_mb)
        if not tokens and self.shared_memory_mb >= self.memory_mb:
            raise ConfigurationError(
                f"PodSize shared_memory_mb must be less than the {self.memory_mb} of memory_mb, got {self.shared_memory_mb}: shared memory "
                "is part of the pod's memory"
            )
        if self.group is not None:
            require("PodSize group", self.group, *_GROUPS, str)
        if isinstance(self.group, _GROUPS) and self.group.accelerator != self.accelerator:
            raise ConfigurationError(
                f"PodSize group must have {self.accelerator} devices, got {self.group.name!r} with {self.group.accelerator}: the pod would "
                "never run"
            )

    @property
    def group_name(self) -> str | None:
        """Name of the group to run on; None for any."""
        return self.group.name if isinstance(self.group, _GROUPS) else self.group

    @property
    def resource(self) -> str:
        """The name by which the pod asks for its devices."""
        return resource_of(self.accelerator)

    @property
    def node_selector(self) -> dict[str, str]:
        """The labels of the nodes that the pod may run on."""
        return selector_for(self.accelerator, group=self.group_name)

    def tolerations(self) -> list[k8s.Toleration]:
        """The taints that do not keep the pod away."""
        from cdk8s_plus_36 import k8s  # noqa: PLC0415 - loaded by stacks with clusters alone

        taints: tuple[Taint, ...] = (taint_of(self.accelerator),)
        if isinstance(self.group, _GROUPS):
            taints = (*taints, *self.group.taints)
        return [k8s.Toleration(**each.toleration) for each in dict.fromkeys(taints)]

    def resources(self) -> k8s.ResourceRequirements:
        """What the container of the server asks for, and may use."""
        from cdk8s_plus_36 import k8s  # noqa: PLC0415 - loaded by stacks with clusters alone

        both: dict[str, Any] = {
            self.resource: k8s.Quantity.from_number(self.gpus),
            "memory": k8s.Quantity.from_string(f"{number_text(self.memory_mb)}Mi"),
            "ephemeral-storage": k8s.Quantity.from_string(f"{number_text(self.ephemeral_gb)}Gi"),
        }
        return k8s.ResourceRequirements(limits=both, requests={**both, "cpu": k8s.Quantity.from_string(self.cpu)})
