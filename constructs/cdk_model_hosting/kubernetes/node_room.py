"""How much of a node there is for pods: less than the instance has, by what Kubernetes keeps and what runs on every node.

The numbers were read on 2026-11-21: those of EKS' images in the source of `nodeadm`, that of an instance's memory among the settings
of Karpenter.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from cdk_model_hosting.tokens import is_token

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cdk_model_hosting.kubernetes.accelerators import NodeType

_MIB = 1024
# Thousandths of a processor that EKS' images keep of each: the first one, the second, the next two, all others.
_KEPT_OF_FIRST = (60, 10, 5, 5)
_KEPT_OF_OTHERS = 2.5
_KEPT_MIB = 255
_KEPT_MIB_OF_A_POD = 11
_EVICTION_MIB = 100
# What Karpenter takes for the part of an instance's memory that its operating system never sees.
_UNSEEN_MEMORY = 0.075
# Most pods of an instance with so many processors: EKS keeps memory for each. Some types have fewer.
_MOST_PODS = ((8, 58), (32, 234))
_MOST_PODS_OF_ALL = 737
# Kubernetes keeps a tenth of a disk free, and a little for itself.
_DISK_FOR_PODS = 0.85
# What the add-ons ask for that run on every node with GPUs: the pods' network, kube-proxy, EKS' monitoring agent, the DCGM exporter.
_DAEMONS_MILLICPU = 300
_DAEMONS_MIB = 640


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeRoom:
    """What a node offers beside its devices. It is rather told too small than too large.

    An autoscaler that expects more than a new node has starts one for a pod that does not fit there, takes it away, and begins again.

    Args:
        millicpu: Thousandths of processors; None when it is unknown.
        memory_mb: Memory in MB; None when it is unknown.
        disk_gb: Disk in GB, or a Token.

    See: https://github.com/awslabs/amazon-eks-ami/blob/main/nodeadm/internal/kubelet/config.go
    See: https://karpenter.sh/docs/reference/settings/
    See: https://kubernetes.io/docs/tasks/administer-cluster/reserve-compute-resources/
    """

    millicpu: int | None
    memory_mb: int | None
    disk_gb: float

    @staticmethod
    def of(types: Sequence[NodeType], *, disk_gb: float) -> NodeRoom:
        """What Kubernetes can allocate of a node, what runs on every node included.

        Args:
            types: The types that the node may be, which have the same processors and memory as far as these are known.
            disk_gb: Its disk in GB.
        """
        vcpus = next((each.vcpus for each in types if each.vcpus is not None), None)
        memory = next((each.node_memory_gb for each in types if each.node_memory_gb is not None), None)
        seen = None if memory is None else int(memory * _MIB * (1 - _UNSEEN_MEMORY))
        return NodeRoom(
            millicpu=None if vcpus is None else int(vcpus * 1000 - _kept_millicpu(vcpus)),
            memory_mb=None if seen is None or vcpus is None else seen - _kept_mib(vcpus),
            disk_gb=disk_gb if is_token(disk_gb) else int(disk_gb * _DISK_FOR_PODS),
        )

    @property
    def for_pods(self) -> NodeRoom:
        """What is left for pods beside those that run on every node."""
        return NodeRoom(
            millicpu=None if self.millicpu is None else self.millicpu - _DAEMONS_MILLICPU,
            memory_mb=None if self.memory_mb is None else self.memory_mb - _DAEMONS_MIB,
            disk_gb=self.disk_gb,
        )


def millicpu_of(cpu: str) -> int | None:
    """Processors as Kubernetes writes them, in thousandths; None for a Token.

    Args:
        cpu: The processors, such as ``2``, ``0.5`` or ``500m``.
    """
    if is_token(cpu):
        return None
    return int(cpu.removesuffix("m")) if cpu.endswith("m") else round(float(cpu) * 1000)


def _kept_millicpu(vcpus: int) -> float:
    first = len(_KEPT_OF_FIRST)
    return sum(_KEPT_OF_FIRST[:vcpus]) + max(0, vcpus - first) * _KEPT_OF_OTHERS


def _kept_mib(vcpus: int) -> int:
    pods = next((most for processors, most in _MOST_PODS if vcpus <= processors), _MOST_PODS_OF_ALL)
    return _KEPT_MIB + _KEPT_MIB_OF_A_POD * pods + _EVICTION_MIB
