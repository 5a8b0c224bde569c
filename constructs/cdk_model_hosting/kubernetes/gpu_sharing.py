"""How pods share GPUs."""

from __future__ import annotations

import json
from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from cdk_model_hosting.advice import Advice
from cdk_model_hosting.arguments import require
from cdk_model_hosting.errors import ConfigurationError
from cdk_model_hosting.kubernetes.node_scaling import NodeScaling
from cdk_model_hosting.kubernetes.scheduling import GPU_RESOURCE
from cdk_model_hosting.limits.node_pools import MIG_STRATEGY, TIME_SLICES
from cdk_model_hosting.tokens import is_token

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from cdk_model_hosting.kubernetes.gpu_node_pool import GpuNodePool
    from cdk_model_hosting.kubernetes.node_group import GpuNodeGroup

_CONFIG = "shared"
_SINGLE = "single"


class GpuSharing(ABC):
    """How pods share GPUs. Made by its factories.

    See: https://github.com/NVIDIA/k8s-device-plugin#shared-access-to-gpus
    """

    in_turns: ClassVar[bool] = False
    """Whether pods take turns on a GPU, and none has memory of its own."""

    @property
    def counts_parts(self) -> bool:
        """Whether a part of a GPU is asked for as a GPU is."""
        return False

    @staticmethod
    def time_slicing(*, replicas: int, rename: bool = False) -> GpuSharing:
        """Pods take turns on each GPU, all with the whole of its memory: nothing keeps one from taking what another needs.

        Every GPU counts as `replicas` of ``nvidia.com/gpu``. What adds nodes counts whole GPUs all the same until a node is there, and
        may start more nodes than it keeps.

        Args:
            replicas: Pods that share a GPU, at least 2.
            rename: Whether shares are called ``nvidia.com/gpu.shared``. Servers and jobs of this library ask for
                ``nvidia.com/gpu``, and so does everybody who adds nodes: for clusters whose groups have a fixed size.

        Raises:
            ConfigurationError: When `replicas` is not at least 2.
        """
        return _TimeSlicing(replicas=replicas, rename=rename)

    @staticmethod
    def mig(strategy: Literal["single", "mixed"]) -> GpuSharing:
        """GPUs may be cut into parts with memory of their own (Multi-Instance GPU); those of nodes that are not cut stay whole.

        The device plugin tells pods of the parts. Nodes of groups and pools with ``parts`` cut their GPUs themselves, when they start;
        others are up to you.

        Args:
            strategy: ``single``: all GPUs of a node are cut alike, and a part is asked for as ``nvidia.com/gpu``: what ``parts`` needs.
                ``mixed``: a part is asked for by its size, such as ``nvidia.com/mig-1g.10gb``, which servers and jobs of this library
                do not, and cutting is up to you, on each node before its pods start.

        Raises:
            ConfigurationError: When the strategy is neither.

        See: https://docs.nvidia.com/datacenter/cloud-native/kubernetes/latest/index.html
        """
        return _Mig(strategy=strategy)

    @abstractmethod
    def values(self) -> dict[str, Any]:
        """The values of the device plugin's chart."""

    @abstractmethod
    def check(self, nodes: Sequence[GpuNodeGroup | GpuNodePool], scaling: NodeScaling) -> None:
        """Refuse a cluster whose nodes cannot share so.

        Args:
            nodes: The known groups and pools with NVIDIA GPUs that the device plugin serves.
            scaling: What adds nodes to it.

        Raises:
            ConfigurationError: When it is such a cluster.
        """

    @abstractmethod
    def shares(self, nodes: GpuNodeGroup | GpuNodePool) -> bool:
        """Whether a pod on such nodes may have less than a GPU.

        Args:
            nodes: A group or pool with NVIDIA GPUs that the device plugin serves.
        """

    @abstractmethod
    def check_pod(self, gpus: int) -> None:
        """Refuse a server's or job's pod that would get no GPU.

        Args:
            gpus: What it asks for.

        Raises:
            ConfigurationError: When nothing is called as it asks, or it may not have as many.
        """

    @abstractmethod
    def pod_advice(self) -> Advice | None:
        """What the pods of a server or job may not expect."""

    @abstractmethod
    def advice(self, nodes: Sequence[GpuNodeGroup | GpuNodePool], scaling: NodeScaling) -> Advice | None:
        """What works, but not as one may expect.

        Args:
            nodes: The known groups and pools with NVIDIA GPUs that the device plugin serves.
            scaling: What adds nodes to the cluster.
        """


@dataclass(frozen=True, slots=True, kw_only=True)
class _TimeSlicing(GpuSharing):
    replicas: int
    rename: bool

    in_turns = True

    def __post_init__(self) -> None:
        TIME_SLICES.check("GpuSharing.time_slicing replicas", self.replicas, optional=False)
        require("GpuSharing.time_slicing rename", self.rename, bool)

    def values(self) -> dict[str, Any]:
        return _config(
            {
                "flags": {"migStrategy": "none"},
                "sharing": {
                    "timeSlicing": {
                        "renameByDefault": self.rename,
                        # Two shares are no two GPUs: a pod that asks for them may get the same GPU twice.
                        "failRequestsGreaterThanOne": True,
                        "resources": [{"name": GPU_RESOURCE, "replicas": self.replicas}],
                    }
                },
            }
        )

    def __str__(self) -> str:
        return "GpuSharing.time_slicing"

    def check(self, nodes: Sequence[GpuNodeGroup | GpuNodePool], scaling: NodeScaling) -> None:
        del nodes
        if self.rename and scaling is not NodeScaling.NONE:
            raise ConfigurationError(
                f"GpuSharing.time_slicing rename must be off in a cluster with NodeScaling.{scaling.name}, got on: what adds nodes "
                f"knows {GPU_RESOURCE} alone, and pods that ask for {GPU_RESOURCE}.shared would wait for ever"
            )

    def shares(self, nodes: GpuNodeGroup | GpuNodePool) -> bool:
        del nodes
        return True

    def advice(self, nodes: Sequence[GpuNodeGroup | GpuNodePool], scaling: NodeScaling) -> Advice | None:
        del nodes
        if scaling is NodeScaling.NONE:
            return None
        return Advice(
            "sharedGpus",
            "GPUs are shared, and what adds nodes counts whole GPUs until a node is there: it may start more nodes than pods need, and "
            "takes them away again",
        )

    def check_pod(self, gpus: int) -> None:
        if self.rename:
            raise ConfigurationError(
                f"GpuSharing.time_slicing rename must be off for servers and jobs of this library, got on: they ask for {GPU_RESOURCE}, "
                f"and shares are called {GPU_RESOURCE}.shared"
            )
        if not is_token(gpus) and gpus > 1:
            raise ConfigurationError(
                f"PodSize gpus must be 1 where pods take turns on GPUs, got {gpus}: two shares may be of one GPU, and the device plugin "
                "gives no pod more than one"
            )

    def pod_advice(self) -> Advice | None:
        return None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Mig(GpuSharing):
    strategy: str

    def __post_init__(self) -> None:
        MIG_STRATEGY.check("GpuSharing.mig strategy", self.strategy, optional=False)

    def values(self) -> dict[str, Any]:
        return {"migStrategy": self.strategy}

    def __str__(self) -> str:
        return f"GpuSharing.mig({self.strategy!r})"

    @property
    def counts_parts(self) -> bool:
        return self.strategy == _SINGLE

    def check(self, nodes: Sequence[GpuNodeGroup | GpuNodePool], scaling: NodeScaling) -> None:
        del scaling
        if nodes and not any(self.shares(each) for each in nodes):
            families = sorted({kind.family for each in nodes for kind in each.types})
            raise ConfigurationError(
                f"GpuSharing.mig must be for a cluster with GPUs that can be cut, got {', '.join(families)} alone: those have no "
                "Multi-Instance GPU; make groups and pools of others first"
            )

    def shares(self, nodes: GpuNodeGroup | GpuNodePool) -> bool:
        return any(each.mig or each.chip is None for each in nodes.types)

    def advice(self, nodes: Sequence[GpuNodeGroup | GpuNodePool], scaling: NodeScaling) -> Advice | None:
        del scaling
        if any(each.parts is not None for each in nodes):
            return None
        return Advice(
            "migByHand",
            "the device plugin tells pods of the parts of GPUs, and does not cut them: give groups and pools parts, before it, or cut the "
            "GPUs of each node before its pods start",
        )

    def check_pod(self, gpus: int) -> None:
        del gpus

    def pod_advice(self) -> Advice | None:
        if self.counts_parts:
            return None
        return Advice(
            "partsByTheirSize",
            f"pods ask for {GPU_RESOURCE}, and the parts of a GPU are called by their size with GpuSharing.mig('mixed'): they run on nodes "
            "alone whose GPUs are not cut",
        )


def _config(content: Mapping[str, Any]) -> dict[str, Any]:
    # YAML, of which JSON is a part.
    text = json.dumps({"version": "v1", **content})
    return {"config": {"map": {_CONFIG: text}, "default": _CONFIG}}
