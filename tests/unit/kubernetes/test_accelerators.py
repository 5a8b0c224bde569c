"""What an EC2 instance type's name says of its accelerators."""

from __future__ import annotations

from typing import Any

import botocore.session
import pytest

from cdk_model_hosting.instances import instance
from cdk_model_hosting.kubernetes.accelerators import NodeType
from cdk_model_hosting.kubernetes.chips import CHIPS, EFA_ADAPTERS, GIB_PER_VCPU, LOCAL_NVME, MIG
from cdk_model_hosting.machines import devices, step
from tests.unit.builders import new_stack, refused, text_token

# NVIDIA's and AWS's accelerators of generations that EKS has no drivers for any more.
OLD = ("g2", "g3", "g3s", "p2")


def ec2_types() -> list[str]:
    model = botocore.session.get_session().get_service_model("ec2")
    # High memory and Apple's: names of another form, and no accelerators.
    others = ("u-", "u7i", "u8i", "mac")
    return [name for name in model.shape_for("InstanceType").metadata["enum"] if not name.startswith(others)]


@pytest.fixture(scope="module")
def accelerated() -> list[NodeType]:
    types = [NodeType.parse(name) for name in ec2_types() if name.split(".")[0] not in OLD]
    return [each for each in types if each.accelerator is not None]


def test_every_type_of_ec2_reads() -> None:
    names = ec2_types()
    assert len(names) > 900
    assert all(NodeType.parse(name).resolved for name in names)


def test_every_accelerated_type_of_ec2_is_known(accelerated: list[NodeType]) -> None:
    unknown = [each.name for each in accelerated if not each.known]
    # Joined to others of its kind by cables, and offered to few.
    assert unknown == ["trn2u.48xlarge"]
    for each in accelerated:
        assert each.vcpus, each.name
        if each.known:
            assert each.devices, each.name
            assert each.memory_gb, each.name
            assert each.resources, each.name


def test_no_type_is_invented(accelerated: list[NodeType]) -> None:
    listed = set(ec2_types())
    sizes = {each.size for each in accelerated} | {"3xlarge", "32xlarge", "112xlarge"}
    for family in {each.family for each in accelerated}:
        for size in sizes:
            name = f"{family}.{size}"
            assert NodeType.parse(name).known is (name in listed and family != "trn2u"), name


def test_the_tables_name_no_family_twice_or_in_vain(accelerated: list[NodeType]) -> None:
    families = {each.family for each in accelerated}
    for table in (CHIPS, EFA_ADAPTERS, GIB_PER_VCPU, LOCAL_NVME, dict.fromkeys(MIG)):
        assert set(table) <= families
    for family, chip in CHIPS.items():
        assert set(chip.shares) <= {each.size for each in accelerated if each.family == family}
    for family in EFA_ADAPTERS:
        sizes = {step(each.size) for each in accelerated if each.family == family}
        assert {each.split(":")[0] for each in EFA_ADAPTERS[family].split()} <= sizes


def test_sagemaker_and_ec2_count_the_same_devices(accelerated: list[NodeType]) -> None:
    others = [each for each in accelerated if each.size != "metal"]
    both = [each for each in others if instance(f"ml.{each.name}").known]
    assert len(both) > 50
    for each in both:
        assert instance(f"ml.{each.name}").accelerators == each.devices == devices(each.family)[step(each.size)]


@pytest.mark.parametrize(
    ("name", "resources", "rest"),
    [
        ("g4dn.xlarge", {"nvidia.com/gpu": 1}, (16, False, False, 0)),
        ("g4dn.metal", {"nvidia.com/gpu": 8}, (16, False, False, 1)),
        ("g5.12xlarge", {"nvidia.com/gpu": 4}, (24, False, False, 1)),
        ("g5g.16xlarge", {"nvidia.com/gpu": 2}, (16, True, False, 0)),
        ("g6e.48xlarge", {"nvidia.com/gpu": 8}, (48, False, False, 4)),
        ("g6f.large", {"nvidia.com/gpu": 1}, (3, False, False, 0)),
        ("g6f.4xlarge", {"nvidia.com/gpu": 1}, (12, False, False, 0)),
        ("gr6f.4xlarge", {"nvidia.com/gpu": 1}, (12, False, False, 0)),
        ("g7e.12xlarge", {"nvidia.com/gpu": 2}, (96, False, True, None)),
        ("p3dn.24xlarge", {"nvidia.com/gpu": 8}, (32, False, False, 1)),
        ("p4d.24xlarge", {"nvidia.com/gpu": 8}, (40, False, True, 4)),
        ("p5.4xlarge", {"nvidia.com/gpu": 1}, (80, False, True, 1)),
        ("p5.48xlarge", {"nvidia.com/gpu": 8}, (80, False, True, 32)),
        ("p6-b200.48xlarge", {"nvidia.com/gpu": 8}, (179, False, True, 8)),
        ("p6e-gb200.36xlarge", {"nvidia.com/gpu": 4}, (185, True, True, None)),
        ("inf1.6xlarge", {"aws.amazon.com/neuron": 4, "aws.amazon.com/neuroncore": 16}, (8, False, False, 0)),
        ("inf2.24xlarge", {"aws.amazon.com/neuron": 6, "aws.amazon.com/neuroncore": 12}, (32, False, False, 0)),
        ("trn1.32xlarge", {"aws.amazon.com/neuron": 16, "aws.amazon.com/neuroncore": 32}, (32, False, False, 8)),
        ("trn2.48xlarge", {"aws.amazon.com/neuron": 16}, (96, False, False, 16)),
    ],
)
def test_what_a_node_offers(name: str, resources: dict[str, int], rest: tuple[float, bool, bool, int | None]) -> None:
    """Memory of a device in GB, whether the processor is Arm, whether GPUs can be partitioned, adapters."""
    found = NodeType.parse(name)
    assert found.resources == resources
    assert (found.memory_gb, found.arm, found.mig, found.efa_adapters) == rest


@pytest.mark.parametrize("name", ["m7i.large", "c8g.metal-24xl", "m8i-flex.large", "g4ad.xlarge", "dl1.24xlarge"])
def test_types_without_an_accelerator_that_eks_serves(name: str) -> None:
    found = NodeType.parse(name)
    assert (found.accelerator, found.devices, found.resources, found.known) == (None, 0, {}, True)


@pytest.mark.parametrize(
    ("name", "accelerator", "arm"),
    [("g8.xlarge", "nvidia", False), ("g8g.xlarge", "nvidia", True), ("trn3.48xlarge", "neuron", False)],
)
def test_a_new_type_passes_and_is_read_by_rule(name: str, accelerator: str, arm: bool) -> None:
    found = NodeType.parse(name)
    assert not found.known
    assert (found.accelerator, found.arm, found.devices, found.resources) == (accelerator, arm, None, {})


def test_a_new_size_of_a_known_family_has_its_chip() -> None:
    found = NodeType.parse("g6.96xlarge")
    assert (found.known, found.devices, found.memory_gb) == (False, None, 24)


def test_a_token_is_neither_known_nor_refused() -> None:
    found = NodeType.parse(text_token(new_stack()))
    assert (found.resolved, found.known, found.accelerator, found.resources) == (False, False, None, {})


@pytest.mark.parametrize("name", ["g5", "g5.", ".xlarge", "g5.Xlarge", "", None, 5])
def test_fails_when_the_form_is_wrong(name: Any) -> None:
    with refused(
        f"GpuNodeGroup instance_types must be <family>.<size> such as g5.xlarge, got {name!r}: nodes are EC2 instances, as EC2 "
        "names them"
    ):
        NodeType.parse(name, what="GpuNodeGroup instance_types")


def test_fails_when_it_is_a_type_of_sagemaker() -> None:
    with refused(
        "instance_types must be <family>.<size> such as g5.xlarge, got 'ml.g5.xlarge': nodes are EC2 instances, without "
        "SageMaker's ml."
    ):
        NodeType.parse("ml.g5.xlarge")
