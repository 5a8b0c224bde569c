"""What is said of a node group that works, but not as one may expect."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from cdk_model_hosting.kubernetes.capacity import Capacity
from cdk_model_hosting.kubernetes.node_image import NodeImage
from cdk_model_hosting.kubernetes.node_scaling import NodeScaling
from tests.unit.kubernetes.groups import group
from tests.unit.kubernetes.made import cluster

if TYPE_CHECKING:
    from cdk_model_hosting.kubernetes.node_group import GpuNodeGroup


def warnings(made: GpuNodeGroup) -> list[str]:
    """What is said, and by which ID that is acknowledged."""
    return [str(each.data) for each in made.node.metadata if each.type == "aws:cdk:warning"]


def test_nothing_is_said_of_a_known_type_on_demand() -> None:
    assert warnings(group()) == []


def test_spot_instances_of_a_single_type_are_warned_of() -> None:
    (warning,) = warnings(group(capacity=Capacity.spot()))
    assert warning == (
        "all nodes are spot instances of one type, g5.xlarge: when EC2 needs that type back there is no node at all; name types with the "
        "same devices beside it, or make a second group on demand [ack: cdk-model-hosting:spotSingleType]"
    )


def test_a_new_type_is_warned_of() -> None:
    (warning,) = warnings(group(instance_types=["g8.xlarge"], image=NodeImage.of("AL2023_x86_64_NVIDIA")))
    assert warning == (
        "g8.xlarge was not known when this library was released: the Cluster Autoscaler is not told what a node of it offers, and may not "
        "start the first one [ack: cdk-model-hosting:nodeTypeUnknown]"
    )


@pytest.mark.parametrize("scaling", [NodeScaling.NONE, NodeScaling.KARPENTER])
def test_a_size_that_nobody_changes_is_warned_of(scaling: NodeScaling) -> None:
    (warning,) = warnings(group(cluster=cluster(node_scaling=scaling)))
    assert warning == (
        f"nothing in this app changes the number of nodes, which stays at 0: the cluster's node_scaling is {scaling.name}, and groups are "
        "sized by the Cluster Autoscaler alone [ack: cdk-model-hosting:nodeGroupNotScaled]"
    )
    assert warnings(group(cluster=cluster(node_scaling=scaling), between=(2, 2))) == []
