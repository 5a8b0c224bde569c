"""GPUs that are cut into parts with memory of their own (Multi-Instance GPU)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from cdk_model_hosting.arguments import require
from cdk_model_hosting.errors import ConfigurationError
from cdk_model_hosting.kubernetes.chips import MIG
from cdk_model_hosting.tokens import is_token

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from cdk_model_hosting.kubernetes.accelerators import NodeType
    from cdk_model_hosting.kubernetes.node_image import NodeImage

BOTTLEROCKET_MODELS = {
    "p4d": "a100.40gb",
    "p4de": "a100.80gb",
    "p5": "h100.80gb",
    "p5e": "h200.141gb",
    "p5en": "h200.141gb",
    "p6-b200": "b200.180gb",
}
"""What Bottlerocket calls the GPUs of a family. Those of others have no name there, and it would count their parts by the memory alone.

See: https://bottlerocket.dev/en/os/1.54.x/api/settings/kubelet-device-plugins
See: https://github.com/bottlerocket-os/bottlerocket-core-kit/tree/develop/sources/nvidia-migmanager
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class GpuParts:
    """The parts that every GPU of a node is cut into, all alike.

    Args:
        name: What NVIDIA calls a part: its slices of the processor and its memory, such as ``1g.10gb``.
        of_gpu: How many of them a GPU gives.
    """

    name: str
    of_gpu: int

    def count(self, resources: Mapping[str, int]) -> dict[str, int]:
        """What a node offers whose GPUs are cut: a part is asked for as a GPU is.

        Args:
            resources: The devices that it would offer with whole GPUs.
        """
        return {name: each * self.of_gpu for name, each in resources.items()}


def parts_of(what: str, name: str | None, types: Sequence[NodeType], image: NodeImage) -> GpuParts | None:
    """Refuse parts that the GPUs of a group or pool cannot be cut into.

    Args:
        what: The construct as the user typed it.
        name: What NVIDIA calls a part; None where GPUs stay whole.
        types: The instance types.
        image: The machine image, which cuts.

    Raises:
        ConfigurationError: When the types have no such part, or not as many of a GPU, or the image does not cut them.
    """
    if name is None:
        return None
    require(f"{what} parts", name, str)
    if is_token(name) or not all(each.resolved for each in types):
        raise ConfigurationError(
            f"{what} parts must be told at synth, as the instance types must, got a Token: how many parts a node offers follows from both"
        )
    for each in types:
        _check_type(what, name, each)
    counts = {MIG[each.family][name]: each.name for each in types}
    if len(counts) > 1:
        shown = " and ".join(f"{count} of {named}" for count, named in counts.items())
        raise ConfigurationError(
            f"{what} instance_types must give as many parts {name} of a GPU, got {shown}: all nodes are cut by one rule; make one of each"
        )
    unknown = next((each for each in types if each.family not in BOTTLEROCKET_MODELS), None)
    if image.system == "Bottlerocket" and unknown is not None:
        raise ConfigurationError(
            f"{what} image must be NodeImage.amazon_linux() for parts of {unknown.family}, got Bottlerocket: its settings have no name for "
            "those GPUs"
        )
    return GpuParts(name=name, of_gpu=next(iter(counts)))


def _check_type(what: str, name: str, kind: NodeType) -> None:
    known = MIG.get(kind.family)
    if known is None:
        raise ConfigurationError(
            f"{what} parts must be omitted for {kind.name}, got {name!r}: it has no GPUs with Multi-Instance GPU"
        )
    if name not in known:
        raise ConfigurationError(
            f"{what} parts must be one of {', '.join(known)} for {kind.name}, got {name!r}: its GPUs are not cut into several such parts"
        )
