"""How pods find the nodes with accelerators, and all others stay away: the taints, labels and resources of this library.

A node group, the add-ons on its nodes, servers and jobs must agree on these names, so they stand here once. This module
is data alone: it imports neither the CDK nor cdk8s.

See: https://kubernetes.io/docs/concepts/scheduling-eviction/taint-and-toleration/
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypedDict

NodeAccelerator = Literal["nvidia", "neuron"]
"""Whose devices a node offers to pods."""

GPU_RESOURCE = "nvidia.com/gpu"
"""What a pod asks for to get a GPU, or a share of one where they are shared."""
NEURON_RESOURCE = "aws.amazon.com/neuron"
"""What a pod asks for to get an Inferentia or Trainium device."""
NEURON_CORE_RESOURCE = "aws.amazon.com/neuroncore"
"""What a pod asks for to get one core of such a device."""
EFA_RESOURCE = "vpc.amazonaws.com/efa"
"""What a pod asks for to get an Elastic Fabric Adapter."""

GPU_PRESENT_LABEL = "nvidia.com/gpu.present"
"""``true`` on nodes with NVIDIA GPUs: what NVIDIA's own charts select."""
EFA_PRESENT_LABEL = "vpc.amazonaws.com/efa.present"
"""``true`` on nodes with Elastic Fabric Adapters."""
ACCELERATOR_LABEL = "model-hosting/accelerator"
"""``nvidia`` or ``neuron`` on every node with accelerators of this library's groups and pools."""
GROUP_LABEL = "model-hosting/group"
"""Name of the group or pool that a node belongs to."""
INSTANCE_TYPE_LABEL = "node.kubernetes.io/instance-type"
"""A node's EC2 instance type, which Kubernetes sets."""
ZONE_LABEL = "topology.kubernetes.io/zone"
"""A node's availability zone, which Kubernetes sets."""
CAPACITY_LABEL = "eks.amazonaws.com/capacityType"
"""``ON_DEMAND``, ``SPOT`` or ``CAPACITY_BLOCK`` on nodes of managed groups, which EKS sets."""
CLUSTER_AUTOSCALER_GPU_LABEL = "k8s.amazonaws.com/accelerator"
"""A node's kind of GPU: with it the Cluster Autoscaler waits until the GPUs of a new node are there, instead of starting another."""
OWN_LABEL_PREFIX = "model-hosting/"
"""What the labels that this library alone sets begin with."""


class Toleration(TypedDict):
    """A toleration as Kubernetes writes it; also the arguments of cdk8s' ``k8s.Toleration``."""

    key: str
    operator: str
    effect: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Taint:
    """What keeps pods without a matching toleration off a node.

    Args:
        key: Name of the taint.
        value: Its value.
        effect: What it does, as Kubernetes writes it: ``NoSchedule``, ``PreferNoSchedule`` or ``NoExecute``.
    """

    key: str
    value: str = ""
    effect: Literal["NoSchedule", "PreferNoSchedule", "NoExecute"] = "NoSchedule"

    @property
    def toleration(self) -> Toleration:
        """The toleration of a pod that may run there whatever the taint's value: values differ from vendor to vendor."""
        return {"key": self.key, "operator": "Exists", "effect": self.effect}


GPU_TAINT = Taint(key=GPU_RESOURCE, value="present")
"""On every node with NVIDIA GPUs of this library's groups and pools."""
NEURON_TAINT = Taint(key=NEURON_RESOURCE, value="present")
"""On every node with Neuron devices of this library's groups and pools."""

_TAINTS: dict[NodeAccelerator, Taint] = {"nvidia": GPU_TAINT, "neuron": NEURON_TAINT}
_RESOURCES: dict[NodeAccelerator, str] = {"nvidia": GPU_RESOURCE, "neuron": NEURON_RESOURCE}


def taint_of(accelerator: NodeAccelerator) -> Taint:
    """The taint of nodes with an accelerator.

    Args:
        accelerator: Whose devices they have.
    """
    return _TAINTS[accelerator]


def resource_of(accelerator: NodeAccelerator) -> str:
    """The name by which pods ask for a whole device.

    Args:
        accelerator: Whose devices they are.
    """
    return _RESOURCES[accelerator]


def labels_of(accelerator: NodeAccelerator, *, group: str | None = None) -> dict[str, str]:
    """The labels of nodes with an accelerator, which a template of nodes must carry to be scaled up from zero.

    Args:
        accelerator: Whose devices they have.
        group: Name of their group; no such label when omitted.
    """
    labels: dict[str, str] = {ACCELERATOR_LABEL: accelerator}
    if accelerator == "nvidia":
        labels[GPU_PRESENT_LABEL] = "true"
    return labels if group is None else {**labels, GROUP_LABEL: group}


def tolerations_for(*accelerators: NodeAccelerator) -> list[Toleration]:
    """The tolerations of pods that may run on nodes with any of some accelerators.

    Args:
        accelerators: Whose devices the nodes have; all that this library knows when none are named.

    Returns:
        The tolerations: ``[k8s.Toleration(**each) for each in tolerations_for("nvidia")]``.
    """
    return [_TAINTS[each].toleration for each in accelerators or _TAINTS]


def selector_for(accelerator: NodeAccelerator, *, group: str | None = None) -> dict[str, str]:
    """The node selector of pods that must run on nodes with an accelerator.

    Args:
        accelerator: Whose devices the nodes have.
        group: Name of the group that the nodes must belong to; any when omitted.
    """
    selector = {ACCELERATOR_LABEL: str(accelerator)}
    return selector if group is None else {**selector, GROUP_LABEL: group}
