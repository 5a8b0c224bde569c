"""What a node pool is refused for."""

from __future__ import annotations

from typing import Any

import aws_cdk as cdk
import pytest

from cdk_model_hosting.kubernetes.capacity import Capacity
from cdk_model_hosting.kubernetes.node_image import NodeImage
from cdk_model_hosting.kubernetes.node_scaling import NodeScaling
from tests.unit.builders import refused, text_token
from tests.unit.kubernetes import made
from tests.unit.kubernetes.groups import group
from tests.unit.kubernetes.pools import RELEASE, auto_mode, cluster_with_karpenter, pool


@pytest.mark.parametrize("scaling", [NodeScaling.NONE, NodeScaling.CLUSTER_AUTOSCALER])
def test_fails_when_nobody_would_make_nodes(scaling: NodeScaling) -> None:
    with refused(
        f"GpuNodePool cluster must have NodeScaling.KARPENTER or NodeScaling.AUTO_MODE, got NodeScaling.{scaling.name}: nobody would make "
        "its nodes; make a GpuNodeGroup"
    ):
        pool(made.cluster(node_scaling=scaling))


@pytest.mark.parametrize(
    "chosen", [{"instance_families": ["g6", "g7"]}, {"instance_types": ["g6.2xlarge", "g7.2xlarge"]}]
)
def test_fails_when_the_image_has_no_drivers(chosen: dict[str, Any]) -> None:
    cluster = cluster_with_karpenter()
    with refused(
        "GpuNodePool image must be NodeImage.amazon_linux() for g7, got Bottlerocket: it has no drivers for that family"
    ):
        pool(cluster, image=NodeImage.bottlerocket(release="1.52.0"), **chosen)
    assert pool(cluster, **chosen).accelerator == "nvidia"


def test_drivers_of_instances_that_are_not_known_are_not_asked_for() -> None:
    cluster = cluster_with_karpenter()
    for construct_id, family in {"New": "g99", "Later": text_token(cluster, "Family")}.items():
        made_one = pool(
            cluster, construct_id, instance_families=[family], image=NodeImage.bottlerocket(release="1.52.0")
        )
        assert made_one.accelerator == "nvidia"


def test_fails_when_karpenter_is_not_there() -> None:
    with refused(
        "GpuNodePool cluster must have a Karpenter, got none: make it first, or pass instance_profile where somebody else runs it"
    ):
        pool(made.cluster(node_scaling=NodeScaling.KARPENTER))


def test_fails_when_a_group_has_its_name() -> None:
    cluster = cluster_with_karpenter()
    group("GpuSpot", cluster=cluster)
    with refused(
        "Stack/Cluster/GpuSpot must not own the node group gpu-spot of a cluster, got one that Stack/GpuSpot owns: a cluster has one"
    ):
        pool(cluster)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (
            {"instance_types": ["g5.xlarge"], "instance_families": ["g5"]},
            "GpuNodePool must have either instance_types or instance_families, got both: one of them says which instances its nodes may be",
        ),
        (
            {"instance_types": None},
            "GpuNodePool must have either instance_types or instance_families, got neither: one of them says which instances its nodes may be",
        ),
        (
            {"instance_types": []},
            "GpuNodePool instance_types must have at least 1 name, got 0: nodes are of one of them",
        ),
        (
            {"instance_families": "g5"},
            "GpuNodePool instance_families must be a list or tuple, got 'g5': nothing else is understood there",
        ),
        (
            {"instance_families": ["g5.xlarge"]},
            "GpuNodePool instance_families must be families such as g5, got 'g5.xlarge': pass whole types as instance_types",
        ),
        (
            {"instance_families": ["gpu!"]},
            "GpuNodePool instance_families must be families such as g5, got 'gpu!': nodes are EC2 instances, as EC2 names them",
        ),
        (
            {"instance_types": ["ml.g5.xlarge"]},
            (
                "GpuNodePool instance_types must be <family>.<size> such as g5.xlarge, got 'ml.g5.xlarge': nodes are EC2 instances, without "
                "SageMaker's ml."
            ),
        ),
        (
            {"instance_families": ["m7g"]},
            (
                "GpuNodePool instance_families must have NVIDIA GPUs, Inferentia or Trainium, got m7g: pods that need none belong to other "
                "nodes, and would not get on these"
            ),
        ),
        (
            {"instance_families": ["g5", "inf2"]},
            (
                "GpuNodePool instance_families must have the same kind of accelerator and processor, got g5 and inf2: a container image is "
                "built for one of them; make a pool of each"
            ),
        ),
        (
            {"instance_types": ["g5.xlarge", "g5g.xlarge"]},
            (
                "GpuNodePool instance_types must have the same kind of accelerator and processor, got g5.xlarge and g5g.xlarge: a container "
                "image is built for one of them; make a pool of each"
            ),
        ),
        (
            {"devices": 0},
            "GpuNodePool devices must be at least 1 device, got 0: without a limit a mistake in one manifest can buy any number of GPUs",
        ),
        ({"priority": 0}, "GpuNodePool priority must be 1-100, got 0: Karpenter knows no other weight"),
        ({"priority": 101}, "GpuNodePool priority must be 1-100, got 101: Karpenter knows no other weight"),
        (
            {"name": "Gpu"},
            (
                "GpuNodePool name must be 1-63 characters (lower case letters, digits and hyphens, beginning and ending with a letter or "
                "digit), got 'Gpu': its nodes carry it as a label"
            ),
        ),
        (
            {"disk_gb": 10},
            (
                "GpuNodePool disk_gb must be 50-65536 GB, got 10: machine images with drivers take 20 GB or more, an inference server's "
                "container image 10 to 30, twice while it is unpacked"
            ),
        ),
        (
            {"expire_after": cdk.Duration.minutes(59)},
            (
                "GpuNodePool expire_after must be at least 3600 seconds, got 3540: a node that lives shorter hardly gets to serve the models "
                "that it loads"
            ),
        ),
        (
            {"drain_for": cdk.Duration.seconds(0)},
            "GpuNodePool drain_for must be at least 1 second, got 0: without any time pods are ended in the middle of a request",
        ),
        (
            {"consolidate_after": 300},
            "GpuNodePool consolidate_after must be a Duration such as Duration.minutes(5), got 300: times come with their unit",
        ),
        ({"repack": 1}, "GpuNodePool repack must be a bool, got 1: nothing else is understood there"),
        (
            {"capacity": [Capacity.block("cr-0123456789abcdef0")]},
            (
                "GpuNodePool capacity must be Capacity.on_demand() or Capacity.spot(), got Capacity.block: instances of a block belong to a "
                "GpuNodeGroup"
            ),
        ),
        (
            {"capacity": []},
            "GpuNodePool capacity must name at least one way to buy instances, got none: omit it for on demand",
        ),
        (
            {"capacity": ["spot"]},
            "GpuNodePool capacity element must be a Capacity, got 'spot': nothing else is understood there",
        ),
        (
            {"image": "al2023"},
            "GpuNodePool image must be a NodeImage, got 'al2023': nothing else is understood there",
        ),
        (
            {"image": None},
            (
                "GpuNodePool image must name a release, such as NodeImage.amazon_linux(release='1.36.1-20261102'), got none: Karpenter would "
                "replace every node on the day on which EKS builds another"
            ),
        ),
        (
            {"image": NodeImage.of("AL2023_x86_64_NVIDIA")},
            (
                "GpuNodePool image must be NodeImage.amazon_linux(...) or .bottlerocket(...), got NodeImage.of('AL2023_x86_64_NVIDIA'): "
                "Karpenter finds the image with the drivers by the instance that it launches"
            ),
        ),
        (
            {"image": NodeImage.amazon_linux(release="1.36.1")},
            (
                "GpuNodePool image must have a release of Amazon Linux 2023 such as 1.36.1-20261102, got '1.36.1': Karpenter takes its version "
                "from it"
            ),
        ),
        (
            {"image": NodeImage.amazon_linux(release="1.35.1-20261102")},
            (
                "NodeImage release must be one for Kubernetes 1.36, got '1.35.1-20261102': releases of Amazon Linux begin with the version, "
                "and nodes run the cluster's"
            ),
        ),
        (
            {"zones": ["eu-west-1d"]},
            (
                "GpuNodePool zones must be zones with a subnet for nodes, got eu-west-1d: there are subnets in eu-west-1a, eu-west-1b, "
                "eu-west-1c"
            ),
        ),
        (
            {"subnets": []},
            (
                "GpuNodePool subnets must have at least one subnet, got none: nodes stand in private subnets of the cluster's vpc, or in those "
                "that are given"
            ),
        ),
        (
            {"instance_profile": 1},
            "GpuNodePool instance_profile must be a str, got 1: nothing else is understood there",
        ),
    ],
)
def test_fails_when_karpenter_would_refuse(options: dict[str, Any], message: str) -> None:
    cluster = cluster_with_karpenter()
    with refused(message):
        pool(cluster, **options)


@pytest.mark.parametrize(
    ("option", "value"),
    [("image", RELEASE), ("disk_gb", 200), ("subnets", []), ("instance_profile", "nodes")],
)
def test_fails_when_eks_says_it_itself(option: str, value: Any) -> None:
    with refused(
        f"GpuNodePool {option} must be omitted with NodeScaling.AUTO_MODE, got one: EKS' own node class says it for all nodes"
    ):
        pool(auto_mode(), **{option: value})


@pytest.mark.parametrize(
    ("times", "days"),
    [
        ({"expire_after": cdk.Duration.days(21)}, "22.0"),
        ({"drain_for": cdk.Duration.days(8)}, "22.0"),
        ({"expire_after": cdk.Duration.days(20), "drain_for": cdk.Duration.hours(36)}, "21.5"),
    ],
)
def test_fails_when_eks_would_replace_a_node_earlier(times: dict[str, Any], days: str) -> None:
    with refused(
        f"GpuNodePool expire_after and drain_for together must be more than 0 and at most 21 days, got {days}: EKS lets none of its own nodes "
        "grow older; without a word they are replaced after 14 days and drained for one"
    ):
        pool(auto_mode(), **times)


@pytest.mark.parametrize(
    "times",
    [
        {"expire_after": cdk.Duration.days(20)},
        {"drain_for": cdk.Duration.days(7)},
        {"expire_after": cdk.Duration.days(1), "drain_for": cdk.Duration.days(20)},
    ],
)
def test_nodes_of_eks_may_grow_as_old_as_it_lets_them(times: dict[str, Any]) -> None:
    assert pool(auto_mode(), **times).life.told is ("drain_for" in times)


def test_fails_when_no_name_can_be_made_of_its_id() -> None:
    with refused(
        "GpuNodePool name, made from construct_id '_' where none is given, must be 1-63 characters (lower case letters, digits and hyphens, "
        "beginning and ending with a letter or digit), got '' of 0 characters: its nodes carry it as a label"
    ):
        pool(cluster_with_karpenter(), "_")


def test_fails_when_the_cluster_has_no_security_group() -> None:
    with refused(
        "GpuNodePool cluster must have a cluster_security_group_id, got none: its nodes are members of that group; pass it to "
        "from_cluster_attributes"
    ):
        pool(cluster_with_karpenter(attributes={"cluster_security_group_id": None}))
