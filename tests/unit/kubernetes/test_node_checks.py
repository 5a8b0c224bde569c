"""What a node group is refused for."""

from __future__ import annotations

from typing import Any

import pytest

from cdk_model_hosting.kubernetes.capacity import Capacity
from cdk_model_hosting.kubernetes.node_image import NodeImage
from cdk_model_hosting.kubernetes.node_update import NodeUpdate
from cdk_model_hosting.kubernetes.scheduling import Taint
from tests.unit.builders import new_stack, number_token, refused, text_token
from tests.unit.kubernetes.groups import group

ONE_KIND = "an autoscaler counts on one kind of node a group, most of all while it has none; make a group of each"
KEY = "1-63 characters (letters, digits, hyphens, underscores and dots, after a DNS name and a slash or nothing)"
VALUE = "0-63 characters (letters, digits, hyphens, underscores and dots, beginning and ending with a letter or digit)"

# Instance types


@pytest.mark.parametrize("name", ["m7i.large", "g4ad.xlarge", "dl1.24xlarge"])
def test_fails_when_a_type_has_no_accelerator(name: str) -> None:
    with refused(
        f"GpuNodeGroup instance_types must have NVIDIA GPUs, Inferentia or Trainium, got {name}: pods that need none belong to "
        "other nodes, and would not get on these"
    ):
        group(instance_types=["g5.xlarge", name])


@pytest.mark.parametrize(
    ("types", "words", "shown"),
    [
        (["g5.xlarge", "inf2.xlarge"], "kind of accelerator", ("g5.xlarge with nvidia", "inf2.xlarge with neuron")),
        (["g5.xlarge", "g5g.xlarge"], "processor architecture", ("g5.xlarge with x86", "g5g.xlarge with Arm")),
        (["g5.xlarge", "g5.12xlarge"], "number of devices", ("g5.xlarge with 1", "g5.12xlarge with 4")),
        (["g5.xlarge", "g4dn.xlarge"], "memory of each device in GB", ("g5.xlarge with 24", "g4dn.xlarge with 16")),
        (["g6f.large", "g6f.2xlarge"], "memory of each device in GB", ("g6f.large with 3", "g6f.2xlarge with 6")),
        (["g5.xlarge", "g6.2xlarge"], "number of virtual CPUs", ("g5.xlarge with 4", "g6.2xlarge with 8")),
        (["g6.4xlarge", "gr6.4xlarge"], "memory of the node in GB", ("g6.4xlarge with 64", "gr6.4xlarge with 128")),
    ],
)
def test_fails_when_types_do_not_go_together(types: list[str], words: str, shown: tuple[str, str]) -> None:
    with refused(f"GpuNodeGroup instance_types must have the same {words}, got {shown[0]} and {shown[1]}: {ONE_KIND}"):
        group(instance_types=types)


def test_what_is_unknown_of_a_type_is_not_compared() -> None:
    assert len(group(instance_types=["p5e.48xlarge", "p5en.48xlarge"]).types) == 2
    assert len(group(instance_types=["g8.xlarge", "g5.xlarge"], image=NodeImage.of("AL2023_x86_64_NVIDIA")).types) == 2


def test_fails_when_a_type_is_named_twice() -> None:
    with refused("GpuNodeGroup instance_types must differ, got 'g5.xlarge' twice: EKS takes each once"):
        group(instance_types=["g5.xlarge", "g5.xlarge"])


def test_fails_without_types() -> None:
    with refused("GpuNodeGroup instance_types must have at least 1 instance type, got 0: nodes are of one of them"):
        group(instance_types=[])


def test_fails_when_types_are_no_list() -> None:
    with refused(
        "GpuNodeGroup instance_types must be a list or tuple, got 'g5.xlarge': nothing else is understood there"
    ):
        group(instance_types="g5.xlarge")


# Its size


@pytest.mark.parametrize(
    ("between", "message"),
    [
        ((-1, 2), "between minimum must be at least 0 nodes, got -1: 0 lets the group disappear while nobody needs it"),
        ((0, 0), "between maximum must be at least 1 node, got 0: EKS keeps no group that can never have a node"),
        ((3, 2), "between must be fewest and most nodes, got (3, 2): the fewest are more than the most"),
        ((0.5, 2), "between minimum must be at least 0 nodes, got 0.5: it must be a whole number"),
        ((None, 2), "between minimum must be at least 0 nodes, got None: it must be a number"),
        (4, "between must be two numbers such as (2, 10), got 4: fewest and most instances"),
    ],
)
def test_fails_when_the_size_is_wrong(between: Any, message: str) -> None:
    with refused(f"GpuNodeGroup {message}"):
        group(between=between)


def test_fails_when_the_disk_is_too_small() -> None:
    with refused(
        "GpuNodeGroup disk_gb must be 50-65536 GB, got 20: machine images with drivers take 20 GB or more, an inference server's "
        "container image 10 to 30, twice while it is unpacked"
    ):
        group(disk_gb=20)


@pytest.mark.parametrize("number", [0, 101])
def test_fails_when_too_many_or_no_nodes_are_updated_at_once(number: int) -> None:
    with refused(
        f"NodeUpdate max_unavailable must be 1-100 nodes, got {number}: EKS replaces no more of them in parallel"
    ):
        NodeUpdate(max_unavailable=number)


def test_fails_when_force_is_no_yes_or_no() -> None:
    with refused("NodeUpdate force must be a bool, got 'yes': nothing else is understood there"):
        NodeUpdate(force="yes")  # type: ignore[arg-type] # what a user without types writes


# Name, labels and taints


@pytest.mark.parametrize("name", ["Gpu", "-gpu", "gpu_1", "a" * 55])
def test_fails_when_the_name_is_none_for_a_group(name: str) -> None:
    got = f"{name!r} of 55 characters" if len(name) > 54 else repr(name)
    with refused(
        "GpuNodeGroup name must be 1-54 characters (lower case letters, digits and hyphens, beginning and ending with a letter or "
        f"digit), got {got}: EKS takes 63 characters, of which nine tell one state of the group from the next; the name is a label of "
        "its nodes too"
    ):
        group(name=name)


def test_fails_when_no_name_can_be_made_of_its_id() -> None:
    with refused(
        "GpuNodeGroup name, made from construct_id '_' where none is given, must be 1-54 characters (lower case letters, digits and hyphens, "
        "beginning and ending with a letter or digit), got '' of 0 characters: EKS takes 63 characters, of which nine tell one state of the "
        "group from the next; the name is a label of its nodes too"
    ):
        group("_")


@pytest.mark.parametrize(
    "key", ["model-hosting/accelerator", "model-hosting/x", "nvidia.com/gpu.present", "k8s.amazonaws.com/accelerator"]
)
def test_fails_when_a_label_is_ours(key: str) -> None:
    with refused(
        f"GpuNodeGroup labels must not set {key}, got 'x': this library does, and its pods find their nodes by it"
    ):
        group(labels={key: "x"})


@pytest.mark.parametrize(
    "key", ["kubernetes.io/role", "node-role.kubernetes.io/gpu", "k8s.io/a", "a.k8s.io/b", "eks.amazonaws.com/a"]
)
def test_fails_when_a_label_is_of_a_reserved_domain(key: str) -> None:
    with refused(
        f"GpuNodeGroup labels must not be of a domain of Kubernetes or EKS, got {key!r}: a node that sets one does not join"
    ):
        group(labels={key: "x"})


@pytest.mark.parametrize("key", ["team", "node.kubernetes.io/team", "a.kubelet.kubernetes.io/b", "example.com/team"])
def test_other_labels_pass(key: str) -> None:
    assert group(labels={key: "x"}).labels[key] == "x"


def test_fails_when_a_label_has_another_form() -> None:
    with refused(f"GpuNodeGroup labels key must be {KEY}, got 'a b': EKS takes no other key"):
        group(labels={"a b": "x"})
    with refused(f"GpuNodeGroup labels['a'] must be {VALUE}, got 'x y': Kubernetes takes no other value"):
        group(labels={"a": "x y"})


def test_fails_when_a_taint_has_another_form() -> None:
    with refused(f"GpuNodeGroup taints key must be {KEY}, got '-a': EKS takes no other key"):
        group(taints=[Taint(key="-a")])
    with refused(f"GpuNodeGroup taints a value must be {VALUE}, got 'x y': Kubernetes takes no other value"):
        group(taints=[Taint(key="a", value="x y")])
    with refused(
        "GpuNodeGroup taints a effect must be one of NoSchedule, PreferNoSchedule, NoExecute, got 'NO_SCHEDULE': Kubernetes knows no "
        "other"
    ):
        group(taints=[Taint(key="a", effect="NO_SCHEDULE")])  # type: ignore[arg-type]


def test_fails_when_a_taint_is_there_twice() -> None:
    with refused(
        "GpuNodeGroup taints must differ in key or effect, got nvidia.com/gpu with NoSchedule twice: a node keeps one of each; that of "
        "the accelerator is always there"
    ):
        group(taints=[Taint(key="nvidia.com/gpu", value="true")])


def test_one_key_with_two_effects_passes() -> None:
    assert len(group(taints=[Taint(key="nvidia.com/gpu", effect="NoExecute")]).taints) == 2


def test_fails_when_there_are_too_many_taints() -> None:
    with refused("GpuNodeGroup taints must have 0-50 taints, got 51: EKS keeps no more"):
        group(taints=[Taint(key=f"a{each}") for each in range(50)])


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"capacity": "SPOT"}, "capacity must be a Capacity, got 'SPOT'"),
        ({"image": "AL2023"}, "image must be a NodeImage, got 'AL2023'"),
        ({"update": 1}, "update must be a NodeUpdate, got 1"),
        ({"priority": "high"}, "priority must be an int, got 'high'"),
        ({"efa": 4}, "efa must be a bool, got 4"),
        ({"zones": "a"}, "zones must be a list or tuple, got 'a'"),
        ({"labels": ["a"]}, "labels must be a dict or mappingproxy, got ['a']"),
        ({"taints": ["a"]}, "taints element must be a Taint, got 'a'"),
    ],
)
def test_fails_when_a_value_is_of_another_kind(options: dict[str, Any], message: str) -> None:
    with refused(f"GpuNodeGroup {message}: nothing else is understood there"):
        group(**options)


# Capacity blocks

BLOCK = Capacity.block("cr-0123456789abcdef0")


@pytest.mark.parametrize(
    ("reservation", "got"),
    [
        ("cr-1", "'cr-1' of 4 characters"),
        ("lt-0123456789abcdef0", "'lt-0123456789abcdef0'"),
        (None, "None"),
    ],
)
def test_fails_when_a_block_has_no_reservation(reservation: Any, got: str) -> None:
    why = "it must be a string" if reservation is None else "EC2 gives no other"
    with refused(
        f"Capacity.block reservation_id must be 11-20 characters (cr- and hexadecimal digits), got {got}: {why}"
    ):
        Capacity.block(reservation)


def test_a_token_passes_for_a_reservation() -> None:
    assert Capacity.block(text_token(new_stack())).is_block


def test_fails_when_a_block_has_several_types() -> None:
    with refused("GpuNodeGroup instance_types must be one for Capacity.block, got 2: a block is reserved of one type"):
        group(instance_types=["p5e.48xlarge", "p5en.48xlarge"], capacity=BLOCK)


def test_fails_when_no_blocks_are_sold_of_the_type() -> None:
    with refused(
        "GpuNodeGroup instance_types must be of a P or Trn family for Capacity.block, got g5.xlarge: EC2 sells no blocks of others"
    ):
        group(capacity=BLOCK)


def test_fails_when_a_block_has_a_minimum() -> None:
    with refused(
        "GpuNodeGroup between must begin with 0 for Capacity.block, got 1: EKS makes and updates such a group without nodes, and before "
        "and after the block's time there are none"
    ):
        group(instance_types=["p5.48xlarge"], capacity=BLOCK, between=(1, 2), zones=["eu-west-1a"])


def test_a_token_passes_for_a_blocks_minimum() -> None:
    least = number_token(new_stack())
    assert group(
        instance_types=["p5.48xlarge"], capacity=BLOCK, between=(least, 2), zones=["eu-west-1a"]
    ).capacity.is_block


def test_fails_when_a_block_is_in_several_zones() -> None:
    with refused(
        "GpuNodeGroup zones must name the reservation's zone for Capacity.block, got 3 zones: in the others the type does not exist for "
        "the group"
    ):
        group(instance_types=["p5.48xlarge"], capacity=BLOCK)
