"""Pools of Karpenter whose GPUs are cut."""

from __future__ import annotations

from typing import Any

import pytest

from cdk_model_hosting.kubernetes.device_plugin import DevicePlugin
from cdk_model_hosting.kubernetes.gpu_cutting import cutting_user_data
from cdk_model_hosting.kubernetes.gpu_parts import GpuParts
from cdk_model_hosting.kubernetes.gpu_sharing import GpuSharing
from cdk_model_hosting.kubernetes.karpenter import Karpenter
from cdk_model_hosting.kubernetes.node_image import NodeImage
from cdk_model_hosting.kubernetes.node_scaling import NodeScaling
from tests.unit.builders import number_token, refused, text_token
from tests.unit.kubernetes import made
from tests.unit.kubernetes.custom import assert_valid_custom
from tests.unit.kubernetes.pools import auto_mode, cluster_with_karpenter, pool

CUT: dict[str, Any] = {"instance_types": ["p5.48xlarge", "p5.4xlarge"], "parts": "1g.10gb"}


def overlaid() -> Any:
    """A cluster whose Karpenter is told of parts."""
    cluster = made.cluster(node_scaling=NodeScaling.KARPENTER)
    Karpenter(cluster, "Karpenter", cluster=cluster, node_overlays=True)
    return cluster


def objects(of: Any) -> list[dict[str, Any]]:
    """What a pool makes, in order, after Karpenter's own word on it."""
    kinds = ("EC2NodeClass", "NodeOverlay", "NodePool")
    found = [each for each in made.manifests(of) if each["kind"] in kinds]
    assert_valid_custom(found)
    return found


def test_karpenter_is_told_how_many_parts_a_node_has() -> None:
    made_one = pool(overlaid(), **CUT)
    found = objects(made_one)
    assert [each["kind"] for each in found] == ["EC2NodeClass", "NodeOverlay", "NodeOverlay", "NodePool"]
    assert [each["metadata"]["name"] for each in found[1:3]] == ["gpu-spot-p5-48xlarge", "gpu-spot-p5-4xlarge"]
    assert found[1]["apiVersion"] == "karpenter.sh/v1alpha1"
    assert [each["spec"] for each in found[1:3]] == [
        {
            "requirements": [
                {"key": "model-hosting/group", "operator": "In", "values": ["gpu-spot"]},
                {"key": "node.kubernetes.io/instance-type", "operator": "In", "values": [name]},
            ],
            "capacity": {"nvidia.com/gpu": count},
        }
        for name, count in (("p5.48xlarge", "56"), ("p5.4xlarge", "7"))
    ]
    assert found[3]["spec"]["template"]["metadata"]["labels"]["model-hosting/group"] == "gpu-spot"
    # Eight whole GPUs.
    assert found[3]["spec"]["limits"] == {"nvidia.com/gpu": 56}


@pytest.mark.parametrize(
    "image", [NodeImage.amazon_linux(release="1.36.1-20261102"), NodeImage.bottlerocket(release="1.54.0")]
)
def test_its_nodes_cut_when_they_start(image: NodeImage) -> None:
    made_one = pool(overlaid(), image=image, **CUT)
    assert made_one.parts == GpuParts(name="1g.10gb", of_gpu=7)
    spec = objects(made_one)[0]["spec"]
    assert spec["userData"] == cutting_user_data(made_one.parts, made_one.types, image)


def test_whole_gpus_are_what_karpenter_knows() -> None:
    found = objects(pool(overlaid(), instance_types=["p5.48xlarge"]))
    assert [each["kind"] for each in found] == ["EC2NodeClass", "NodePool"]
    assert "userData" not in found[0]["spec"]


@pytest.mark.parametrize("told", [True, False])
def test_what_karpenter_reads(told: bool) -> None:
    cluster = made.cluster(node_scaling=NodeScaling.KARPENTER)
    Karpenter(cluster, "Karpenter", cluster=cluster, node_overlays=told)
    settings = made.charts(cluster)["karpenter"]["Values"]["settings"]
    assert settings.get("featureGates") == ({"nodeOverlay": True} if told else None)


def test_where_somebody_else_runs_karpenter() -> None:
    cluster = made.cluster(node_scaling=NodeScaling.KARPENTER)
    assert pool(cluster, instance_profile="nodes", **CUT) in cluster.node_groups


def test_its_name_may_be_a_token() -> None:
    cluster = overlaid()
    name = text_token(cluster)
    overlays = [each for each in made.manifests(pool(cluster, name=name, **CUT)) if each["kind"] == "NodeOverlay"]
    (told,) = {each["spec"]["requirements"][0]["values"][0] for each in overlays}
    assert [each["metadata"]["name"] for each in overlays] == [f"{told}-p5-48xlarge", f"{told}-p5-4xlarge"]


def test_fails_when_its_limit_is_a_token() -> None:
    cluster = overlaid()
    devices: Any = number_token(cluster)
    with refused(
        "GpuNodePool devices must be told at synth for parts, got a Token: Karpenter counts the parts of that many GPUs"
    ):
        pool(cluster, devices=devices, **CUT)


def test_one_device_plugin_tells_of_them() -> None:
    cluster = overlaid()
    pool(cluster, **CUT)
    with refused(
        "DevicePlugin sharing must be GpuSharing.mig('single') for 'gpu-spot', whose GPUs are cut, got none: pods would find no part that is "
        "called as they ask for it"
    ):
        DevicePlugin(cluster, "Plugin", cluster=cluster)
    found = DevicePlugin(cluster, "Single", cluster=overlaid(), sharing=GpuSharing.mig("single"))
    assert found.sharing is not None


def test_fails_when_it_comes_after_one_who_does_not_tell() -> None:
    cluster = overlaid()
    DevicePlugin(cluster, "Plugin", cluster=cluster)
    with refused(
        "GpuNodePool parts must be omitted in a cluster whose Stack/Cluster/Plugin is without GpuSharing.mig('single'), got '1g.10gb': pods "
        "would find no part that is called as they ask for it"
    ):
        pool(cluster, **CUT)


def test_fails_when_eks_makes_the_nodes() -> None:
    with refused(
        "GpuNodePool parts must be omitted with NodeScaling.AUTO_MODE, got '1g.10gb': EKS starts its own nodes, and cuts no GPU"
    ):
        pool(auto_mode(), **CUT)


def test_fails_when_karpenter_counts_whole_gpus() -> None:
    with refused(
        "GpuNodePool parts must be omitted for a Karpenter without node_overlays, got '1g.10gb': it would count whole GPUs, and start several "
        "nodes where the parts of one are enough"
    ):
        pool(cluster_with_karpenter(), **CUT)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (
            {"instance_types": None, "instance_families": ["p5"], "parts": "1g.10gb"},
            (
                "GpuNodePool parts must come with instance_types, got instance_families and '1g.10gb': Karpenter is told of each type how many "
                "parts a node has"
            ),
        ),
        (
            {"instance_types": ["p5.96xlarge"], "parts": "1g.10gb"},
            (
                "GpuNodePool instance_types must be known to this library for parts, got p5.96xlarge: Karpenter is told of each type how many "
                "parts a node has"
            ),
        ),
        (
            {"instance_types": ["p4d.24xlarge", "p4de.24xlarge"], "parts": "1g.10gb"},
            (
                "GpuNodePool instance_types must give as many parts 1g.10gb of a GPU, got 4 of p4d.24xlarge and 7 of p4de.24xlarge: all nodes are "
                "cut by one rule; make one of each"
            ),
        ),
        (
            {"instance_types": ["g6.xlarge"], "parts": "1g.10gb"},
            "GpuNodePool parts must be omitted for g6.xlarge, got '1g.10gb': it has no GPUs with Multi-Instance GPU",
        ),
        (
            {
                "instance_types": ["p6-b300.48xlarge"],
                "parts": "1g.34gb",
                "image": NodeImage.bottlerocket(release="1.54.0"),
            },
            (
                "GpuNodePool image must be NodeImage.amazon_linux() for parts of p6-b300, got Bottlerocket: its settings have no name for those "
                "GPUs"
            ),
        ),
    ],
)
def test_fails_when_nodes_are_not_cut_so(options: dict[str, Any], message: str) -> None:
    with refused(message):
        pool(overlaid(), **options)


def test_fails_when_overlays_are_no_switch() -> None:
    cluster = made.cluster(node_scaling=NodeScaling.KARPENTER)
    with refused("Karpenter node_overlays must be a bool, got 'on': nothing else is understood there"):
        Karpenter(cluster, "Karpenter", cluster=cluster, node_overlays="on")  # type: ignore[arg-type] # no bool
