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
    from collections.abc import Iterable, Mapping

    from cdk_model_hosting.kubernetes.accelerators import NodeType

_CONFIG = "shared"


class GpuSharing(ABC):
    """How pods share GPUs. Made by its factories.

    See: https://github.com/NVIDIA/k8s-device-plugin#shared-access-to-gpus
    """

    in_turns: ClassVar[bool] = False
    """Whether pods take turns on a GPU, and none has memory of its own."""

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
        """Each GPU is cut into parts with memory of their own (Multi-Instance GPU), where its type can be.

        The device plugin only tells pods of the parts. Cutting is up to you, on each node before its pods start: for Amazon Linux with
        the MIG manager of NVIDIA's GPU operator, whose own device plugin, driver and toolkit are off then. Bottlerocket does it by its
        settings, and has a device plugin of its own.

        Args:
            strategy: ``single``: all GPUs of a node are cut alike, and a part is asked for as ``nvidia.com/gpu``. ``mixed``: a part is
                asked for by its size, such as ``nvidia.com/mig-1g.10gb``, which servers and jobs of this library do not.

        Raises:
            ConfigurationError: When the strategy is neither.

        See: https://docs.nvidia.com/datacenter/cloud-native/gpu-operator/latest/gpu-operator-mig.html
        """
        return _Mig(strategy=strategy)

    @abstractmethod
    def values(self) -> dict[str, Any]:
        """The values of the device plugin's chart."""

    @abstractmethod
    def check(self, types: Iterable[NodeType], scaling: NodeScaling) -> None:
        """Refuse nodes that cannot share so.

        Args:
            types: Instance types with NVIDIA GPUs in the cluster.
            scaling: What adds nodes to it.

        Raises:
            ConfigurationError: When there are such nodes.
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
    def advice(self, scaling: NodeScaling) -> Advice | None:
        """What works, but not as one may expect.

        Args:
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

    def check(self, types: Iterable[NodeType], scaling: NodeScaling) -> None:
        del types
        if self.rename and scaling is not NodeScaling.NONE:
            raise ConfigurationError(
                f"GpuSharing.time_slicing rename must be off in a cluster with NodeScaling.{scaling.name}, got on: what adds nodes "
                f"knows {GPU_RESOURCE} alone, and pods that ask for {GPU_RESOURCE}.shared would wait for ever"
            )

    def advice(self, scaling: NodeScaling) -> Advice | None:
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

    def check(self, types: Iterable[NodeType], scaling: NodeScaling) -> None:
        del scaling
        whole = next((each for each in types if each.chip is not None and not each.mig), None)
        if whole is not None:
            raise ConfigurationError(
                f"GpuSharing.mig must be for GPUs that can be cut, got {whole.family} in the cluster: its GPUs have no Multi-Instance GPU"
            )

    def advice(self, scaling: NodeScaling) -> Advice | None:
        del scaling
        return Advice(
            "migByHand",
            "the device plugin tells pods of the parts of GPUs, and does not cut them: run the MIG manager of NVIDIA's GPU operator, or "
            "whatever cuts them on each node before its pods start",
        )

    def check_pod(self, gpus: int) -> None:
        del gpus

    def pod_advice(self) -> Advice | None:
        if self.strategy != "mixed":
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
