"""The machine image of nodes with accelerators, which brings their drivers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from cdk_model_hosting.arguments import require
from cdk_model_hosting.errors import ConfigurationError
from cdk_model_hosting.limits.nodes import NODE_AMI_TYPE
from cdk_model_hosting.tokens import is_token

if TYPE_CHECKING:
    from cdk_model_hosting.kubernetes.accelerators import NodeType
    from cdk_model_hosting.kubernetes.scheduling import NodeAccelerator

_X86_NVIDIA = (
    *("g4dn", "g5", "g6", "g6e", "g6f", "g7e", "gr6", "gr6f"),
    *("p3", "p3dn", "p4d", "p4de", "p5", "p5e", "p5en", "p6-b200", "p6-b300"),
)
_NEURON = ("inf1", "inf2", "trn1", "trn1n", "trn2", "trn2u")

# Families of each image. EKS builds no image with drivers for any other family.
_AMAZON_LINUX = {
    "AL2023_x86_64_NVIDIA": (*_X86_NVIDIA, "g7"),
    "AL2023_ARM_64_NVIDIA": ("g5g", "p6e-gb200", "p6e-gb300"),
    "AL2023_x86_64_NEURON": _NEURON,
}
_BOTTLEROCKET = {
    "BOTTLEROCKET_x86_64_NVIDIA": _X86_NVIDIA,
    "BOTTLEROCKET_ARM_64_NVIDIA": ("g5g",),
    # Its plain variant has the Neuron driver.
    "BOTTLEROCKET_x86_64": _NEURON,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeImage:
    """The machine image of a node group. Made by its factories.

    Args:
        system: The operating system.
        release: Release of the image, such as ``1.36.1-20261102``; the newest when omitted.
        told: The image as EKS calls it, where the user names it.

    See: https://docs.aws.amazon.com/eks/latest/userguide/ml-eks-optimized-ami.html
    """

    system: Literal["Amazon Linux 2023", "Bottlerocket"]
    release: str | None = None
    told: str | None = None

    def __post_init__(self) -> None:
        if self.release is not None:
            require("NodeImage release", self.release, str)
        NODE_AMI_TYPE.check("NodeImage.of ami_type", self.told)

    @staticmethod
    def amazon_linux(*, release: str | None = None) -> NodeImage:
        """Amazon Linux 2023 with the drivers. It covers every family; NVIDIA's device plugin is installed beside it.

        Args:
            release: Release of the image, such as ``1.36.1-20261102``; the newest at the time when the group is made or
                its Kubernetes version changes, when omitted.
        """
        return NodeImage(system="Amazon Linux 2023", release=release)

    @staticmethod
    def bottlerocket(*, release: str | None = None) -> NodeImage:
        """Bottlerocket, which holds little more than what runs containers, on read-only disks. NVIDIA's device plugin is in it.

        Args:
            release: Release of the image, such as ``1.52.0-0f1e2d3c``; the newest as for Amazon Linux, when omitted.
        """
        return NodeImage(system="Bottlerocket", release=release)

    @staticmethod
    def of(ami_type: str, *, release: str | None = None) -> NodeImage:
        """An image by the name that EKS has for it: for instance families that this library does not know.

        Args:
            ami_type: The name, such as ``AL2023_x86_64_NVIDIA``.
            release: Release of the image; the newest when omitted.

        Raises:
            ConfigurationError: When it is no image with drivers.
        """
        bottlerocket = isinstance(ami_type, str) and ami_type.startswith("BOTTLEROCKET")
        return NodeImage(system="Bottlerocket" if bottlerocket else "Amazon Linux 2023", release=release, told=ami_type)

    @property
    def has_device_plugin(self) -> bool:
        """Whether NVIDIA's device plugin is in the image, so that nobody may install another."""
        return self.system == "Bottlerocket"

    @property
    def accelerator(self) -> NodeAccelerator | None:
        """Whose drivers an image has that the user names; None for others."""
        if self.told is None or is_token(self.told):
            return None
        return "nvidia" if "NVIDIA" in self.told else "neuron"

    def ami_type(self, node: NodeType, *, what: str = "GpuNodeGroup") -> str:
        """The image of a type's nodes, as EKS calls it.

        Args:
            node: The instance type.
            what: Whose nodes they are, for the message.

        Raises:
            ConfigurationError: When there is none, or not known to be one.
        """
        if self.told is not None:
            self._check_told(node)
            return self.told
        images = _BOTTLEROCKET if self.system == "Bottlerocket" else _AMAZON_LINUX
        found = next((image for image, families in images.items() if node.family in families), None)
        if found is not None:
            return found
        if not node.resolved or (not node.known and node.chip is None):
            shown = f"{node.name!r}" if node.resolved else "a Token"
            raise ConfigurationError(
                f"{what} image must be NodeImage.of(...) for instance types that are not known at synth, got {shown} with "
                f"{self.system}: which drivers the nodes need follows from their type"
            )
        if self.system == "Bottlerocket":
            raise ConfigurationError(
                f"{what} image must be NodeImage.amazon_linux() for {node.family}, got Bottlerocket: it has no drivers for "
                "that family"
            )
        raise ConfigurationError(
            f"{what} instance_types must be of a family that EKS has drivers for, got {node.name}: no machine image brings "
            "them"
        )

    def check_release(self, version: str) -> None:
        """Refuse a release of another Kubernetes version.

        Args:
            version: The cluster's version.

        Raises:
            ConfigurationError: When the release is one of Amazon Linux for another version.
        """
        if self.release is None or is_token(self.release) or self.system == "Bottlerocket":
            return
        if not self.release.startswith(f"{version}."):
            raise ConfigurationError(
                f"NodeImage release must be one for Kubernetes {version}, got {self.release!r}: releases of Amazon Linux begin "
                "with the version, and nodes run the cluster's"
            )

    def _check_told(self, node: NodeType) -> None:
        if not node.resolved or is_token(self.told) or self.told is None:
            return
        if node.arm is not ("ARM" in self.told):
            processor = "an Arm" if node.arm else "an x86"
            raise ConfigurationError(
                f"NodeImage.of ami_type must be {processor} image for {node.name}, got {self.told}: the instance has such a processor"
            )
        if node.accelerator is not None and node.accelerator != self.accelerator:
            raise ConfigurationError(
                f"NodeImage.of ami_type must be an image with drivers of {node.accelerator} for {node.name}, got {self.told}: pods "
                "would find no device"
            )
