"""Which instances a pool of nodes may have."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from cdk_model_hosting.arguments import require_several
from cdk_model_hosting.errors import ConfigurationError
from cdk_model_hosting.kubernetes.accelerators import NodeType
from cdk_model_hosting.kubernetes.scheduling import INSTANCE_TYPE_LABEL
from cdk_model_hosting.limits.node_pools import POOL_FAMILIES
from cdk_model_hosting.tokens import is_token

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cdk_model_hosting.kubernetes.scheduling import NodeAccelerator

_ARCH_LABEL = "kubernetes.io/arch"
_ANY_SIZE = "xlarge"


@dataclass(frozen=True, slots=True, kw_only=True)
class PoolInstances:
    """The instances of a pool.

    Args:
        what: ``instance_types`` or ``instance_families``.
        names: Their names.
        types: What is known of them; of a family, one size stands for all.
    """

    what: Literal["instance_types", "instance_families"]
    names: tuple[str, ...]
    types: tuple[NodeType, ...]

    @staticmethod
    def of(types: Sequence[str] | None, families: Sequence[str] | None) -> PoolInstances:
        """Read what a user typed.

        Args:
            types: Instance types.
            families: Instance families.

        Raises:
            ConfigurationError: When both or neither are given, or they do not go together.
        """
        if (types is None) is (families is None):
            raise ConfigurationError(
                f"GpuNodePool must have either instance_types or instance_families, got {'both' if types is not None else 'neither'}: one of "
                "them says which instances its nodes may be"
            )
        if types is not None:
            _check_list("instance_types", types)
            read = tuple(NodeType.parse(each, what="GpuNodePool instance_types") for each in types)
            found = PoolInstances(what="instance_types", names=tuple(types), types=read)
        else:
            families = families if families is not None else ()
            _check_list("instance_families", families)
            read = tuple(_family(each) for each in families)
            found = PoolInstances(what="instance_families", names=tuple(families), types=read)
        found._check_same()
        return found

    @property
    def accelerator(self) -> NodeAccelerator:
        """Whose devices they have; NVIDIA's where it is known at deploy time."""
        told = next((each.accelerator for each in self.types if each.resolved), None)
        return told if told is not None else "nvidia"

    def requirements(self, family_label: str) -> list[dict[str, object]]:
        """What Karpenter must ask for.

        Args:
            family_label: The label that tells the family.
        """
        label = INSTANCE_TYPE_LABEL if self.what == "instance_types" else family_label
        found: list[dict[str, object]] = [{"key": label, "operator": "In", "values": list(self.names)}]
        first = next((each for each in self.types if each.resolved), None)
        if first is not None:
            arch = "arm64" if first.arm else "amd64"
            found.append({"key": _ARCH_LABEL, "operator": "In", "values": [arch]})
        return found

    def _shown(self, kind: NodeType) -> str:
        return kind.name if self.what == "instance_types" else kind.family

    def _check_same(self) -> None:
        known = [each for each in self.types if each.resolved]
        for each in known:
            if each.accelerator is None:
                raise ConfigurationError(
                    f"GpuNodePool {self.what} must have NVIDIA GPUs, Inferentia or Trainium, got {self._shown(each)}: pods that need none "
                    "belong to other nodes, and would not get on these"
                )
            if each.accelerator != known[0].accelerator or each.arm is not known[0].arm:
                raise ConfigurationError(
                    f"GpuNodePool {self.what} must have the same kind of accelerator and processor, got {self._shown(known[0])} and "
                    f"{self._shown(each)}: a container image is built for one of them; make a pool of each"
                )


def _check_list(what: str, names: Sequence[str]) -> None:
    require_several(f"GpuNodePool {what}", names, str)
    POOL_FAMILIES.check_length(f"GpuNodePool {what}", names)


def _family(name: str) -> NodeType:
    if is_token(name):
        return NodeType.parse(name)
    if "." in name:
        raise ConfigurationError(
            f"GpuNodePool instance_families must be families such as g5, got {name!r}: pass whole types as instance_types"
        )
    try:
        return NodeType.parse(f"{name}.{_ANY_SIZE}")
    except ConfigurationError:
        raise ConfigurationError(
            f"GpuNodePool instance_families must be families such as g5, got {name!r}: nodes are EC2 instances, as EC2 names them"
        ) from None
