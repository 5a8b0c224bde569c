"""GPUs that are cut into parts: which can be, what a node offers then, and what else in the cluster counts on it."""

from __future__ import annotations

import base64
import re
from typing import Any

import aws_cdk as cdk
import pytest

from cdk_model_hosting.kubernetes.accelerators import NodeType
from cdk_model_hosting.kubernetes.chips import CHIPS, MIG
from cdk_model_hosting.kubernetes.cluster_autoscaler import ClusterAutoscaler
from cdk_model_hosting.kubernetes.device_plugin import DevicePlugin
from cdk_model_hosting.kubernetes.gpu_cluster import GpuCluster
from cdk_model_hosting.kubernetes.gpu_cutting import cutting_user_data
from cdk_model_hosting.kubernetes.gpu_parts import GpuParts
from cdk_model_hosting.kubernetes.gpu_sharing import GpuSharing
from cdk_model_hosting.kubernetes.jobs.flavor import QueueFlavor
from cdk_model_hosting.kubernetes.node_image import NodeImage
from cdk_model_hosting.kubernetes.node_scaling import NodeScaling
from cdk_model_hosting.kubernetes.pod_fit import most_pods
from cdk_model_hosting.kubernetes.pod_place import advice_on_place
from cdk_model_hosting.kubernetes.pod_scaling import PodScaling
from cdk_model_hosting.kubernetes.pod_size import PodSize
from tests.unit.builders import new_stack, number_token, refused, resources, text_token
from tests.unit.kubernetes import made
from tests.unit.kubernetes.groups import TAG, group, launch, rendered
from tests.unit.kubernetes.serving import add_ons, serving, warnings

CUT: dict[str, Any] = {"instance_types": ["p5.48xlarge"], "parts": "1g.10gb"}
SINGLE = GpuSharing.mig("single")
_PART = re.compile(r"(\d)g\.(\d+)gb")


# What can be cut


def test_no_gpu_is_cut_into_more_than_it_has() -> None:
    """A GPU has seven slices of its processor, those of RTX PRO four and two, and loses little memory to whom it belongs."""
    slices = {"g7": 2, "g7e": 4}
    for family, parts in MIG.items():
        for name, count in parts.items():
            read = _PART.fullmatch(name)
            assert read is not None, name
            assert count > 1, (family, name)
            assert int(read[1]) * count <= slices.get(family, 7), (family, name)
            assert int(read[2]) * count <= CHIPS[family].memory_gb * 1.03, (family, name)
            # As many as there is room for.
            assert min(slices.get(family, 7) // int(read[1]), round(CHIPS[family].memory_gb / int(read[2]))) == count


def test_fails_when_gpus_stay_whole() -> None:
    with refused(
        "GpuNodeGroup parts must be omitted for g5.xlarge, got '1g.10gb': it has no GPUs with Multi-Instance GPU"
    ):
        group(parts="1g.10gb")


def test_fails_when_there_is_no_gpu() -> None:
    with refused(
        "GpuNodeGroup parts must be omitted for inf2.xlarge, got '1g.10gb': it has no GPUs with Multi-Instance GPU"
    ):
        group(instance_types=["inf2.xlarge"], parts="1g.10gb")


@pytest.mark.parametrize("parts", ["1g.5gb", "7g.80gb", "all-1g.10gb", ""])
def test_fails_when_nvidia_cuts_no_such_part(parts: str) -> None:
    with refused(
        f"GpuNodeGroup parts must be one of 1g.10gb, 1g.20gb, 2g.20gb, 3g.40gb for p5.48xlarge, got {parts!r}: its GPUs are not cut into "
        "several such parts"
    ):
        group(instance_types=["p5.48xlarge"], parts=parts)


def test_fails_when_it_is_no_name() -> None:
    with refused("GpuNodeGroup parts must be a str, got 7: nothing else is understood there"):
        group(instance_types=["p5.48xlarge"], parts=7)


@pytest.mark.parametrize("known", [{"parts": "1g.10gb"}, {"instance_types": ["p5.48xlarge"]}])
def test_fails_when_nobody_knows_before_the_deployment(known: dict[str, Any]) -> None:
    served = made.cluster()
    later = text_token(cdk.Stack.of(served))
    told: dict[str, Any] = {"parts": later, "instance_types": [later], **known}
    with refused(
        "GpuNodeGroup parts must be told at synth, as the instance types must, got a Token: how many parts a node offers follows from both"
    ):
        group(cluster=served, image=NodeImage.of("AL2023_x86_64_NVIDIA"), **told)


def test_fails_when_the_image_has_no_name_for_the_gpus() -> None:
    with refused(
        "GpuNodeGroup image must be NodeImage.amazon_linux() for parts of g7e, got Bottlerocket: its settings have no name for those GPUs"
    ):
        group(instance_types=["g7e.2xlarge"], parts="1g.24gb", image=NodeImage.bottlerocket())


# What a node offers then


@pytest.mark.parametrize(
    ("instance_type", "parts", "count"),
    [
        ("p4d.24xlarge", "1g.5gb", 56),
        ("p5.4xlarge", "3g.40gb", 2),
        ("p5en.48xlarge", "2g.35gb", 24),
        ("p6-b300.48xlarge", "1g.67gb", 32),
        ("p6e-gb200.36xlarge", "1g.23gb", 28),
        ("g7e.12xlarge", "1g.24gb", 8),
        ("g7.12xlarge", "1g.16gb", 4),
    ],
)
def test_an_empty_group_tells_how_many_parts_a_node_has(instance_type: str, parts: str, count: int) -> None:
    found = group(instance_types=[instance_type], parts=parts)
    assert dict(found.resources) == {"nvidia.com/gpu": count}
    assert rendered(found)["Tags"][f"{TAG}nvidia.com/gpu"] == str(count)


def test_what_is_no_gpu_is_not_cut() -> None:
    found = group(instance_types=["p5.48xlarge"], parts="1g.10gb", efa=True, zones=["eu-west-1a"])
    assert dict(found.resources) == {"nvidia.com/gpu": 56, "vpc.amazonaws.com/efa": 32}


def test_a_new_size_is_cut_and_tells_nothing() -> None:
    assert group(instance_types=["p5.96xlarge"], parts="1g.10gb").resources == {}


@pytest.mark.parametrize("image", [NodeImage.amazon_linux(), NodeImage.bottlerocket()])
def test_its_nodes_cut_when_they_start(image: NodeImage) -> None:
    found = group(image=image, **CUT)
    assert found.parts == GpuParts(name="1g.10gb", of_gpu=7)
    told = base64.b64decode(launch(found)["UserData"]).decode()
    assert told == cutting_user_data(found.parts, found.types, image)
    assert len(told) < 8_000  # EC2 takes 16 KB, EKS' own part included.


def test_whole_gpus_need_no_user_data() -> None:
    assert "UserData" not in launch(group(instance_types=["p5.48xlarge"]))


def test_nodes_are_rolled_when_they_are_cut_otherwise_and_the_group_stays() -> None:
    names = {
        group(instance_types=["p5.48xlarge"], parts=parts).node_group_name for parts in (None, "1g.10gb", "3g.40gb")
    }
    assert len(names) == 1


# Who tells pods of the parts


def plugin(cluster: Any, sharing: GpuSharing | None = SINGLE) -> DevicePlugin:
    return DevicePlugin(cdk.Stack.of(cluster), "DevicePlugin", cluster=cluster, sharing=sharing)


def test_one_device_plugin_tells_of_parts_and_of_whole_gpus() -> None:
    cluster = made.cluster()
    group("Parts", cluster=cluster, **CUT)
    group("Whole", cluster=cluster)
    found = plugin(cluster)
    assert made.charts(cluster)["nvidia-device-plugin"]["Values"] == {
        "nodeSelector": {"nvidia.com/gpu.present": "true"},
        "tolerations": [{"operator": "Exists"}],
        "migStrategy": "single",
    }
    assert warnings(found) == []
    later = group("Later", cluster=cluster, instance_types=["p4d.24xlarge"], parts="3g.20gb")
    assert later in cluster.node_groups


@pytest.mark.parametrize(
    ("sharing", "shown"),
    [
        (None, "none"),
        (GpuSharing.time_slicing(replicas=2), "GpuSharing.time_slicing"),
        (GpuSharing.mig("mixed"), "GpuSharing.mig('mixed')"),
    ],
)
def test_fails_when_nobody_tells_of_parts(sharing: GpuSharing | None, shown: str) -> None:
    cluster = made.cluster()
    group("Parts", cluster=cluster, **CUT)
    with refused(
        f"DevicePlugin sharing must be GpuSharing.mig('single') for 'parts', whose GPUs are cut, got {shown}: pods would find no part that "
        "is called as they ask for it"
    ):
        plugin(cluster, sharing)


@pytest.mark.parametrize("sharing", [None, GpuSharing.time_slicing(replicas=2), GpuSharing.mig("mixed")])
def test_fails_when_they_come_after_one_who_does_not_tell(sharing: GpuSharing | None) -> None:
    cluster = made.cluster()
    plugin(cluster, sharing)
    with refused(
        "GpuNodeGroup parts must be omitted in a cluster whose Stack/DevicePlugin is without GpuSharing.mig('single'), got '1g.10gb': pods "
        "would find no part that is called as they ask for it"
    ):
        group(cluster=cluster, **CUT)


def test_bottlerocket_tells_of_its_parts_itself() -> None:
    cluster = made.cluster()
    group("Sealed", cluster=cluster, image=NodeImage.bottlerocket(), **CUT)
    group("Whole", cluster=cluster)
    assert plugin(cluster, GpuSharing.time_slicing(replicas=2)).sharing is not None


# Pods on such nodes


def own_cluster(**options: Any) -> GpuCluster:
    return GpuCluster(new_stack(), "Cluster", **options)


def test_parts_are_counted() -> None:
    cluster = own_cluster()
    parts = group("Parts", cluster=cluster, between=(0, 2), **CUT)
    whole = group("Whole", cluster=cluster, between=(0, 3))
    plugin(cluster)
    small: dict[str, Any] = {"cpu": "1", "memory_mb": 2048, "ephemeral_gb": 1}
    assert most_pods(cluster, PodSize(group=parts, **small)) == 112
    assert most_pods(cluster, PodSize(group=whole, **small)) == 3
    assert most_pods(cluster, PodSize(**small)) == 115


def test_nobody_counts_what_others_may_cut() -> None:
    cluster = own_cluster()
    group("Parts", cluster=cluster, instance_types=["p5.48xlarge"])
    plugin(cluster)
    assert most_pods(cluster, PodSize()) is None


def test_fails_when_a_pod_asks_for_more_parts_than_a_node_has() -> None:
    cluster = made.cluster()
    parts = group(cluster=cluster, instance_types=["p5.4xlarge"], parts="3g.40gb")
    plugin(cluster)
    with refused("PodSize gpus must be at most the 2 of a node of group 'gpu', got 3: a pod runs on one node"):
        serving(cluster=cluster, pod=PodSize(gpus=3, group=parts))


def test_several_parts_are_no_larger_gpu() -> None:
    cluster = made.cluster()
    parts = group("Parts", cluster=cluster, **CUT)
    whole = group("Whole", cluster=cluster, instance_types=["g5.12xlarge"])
    plugin(cluster)
    text = (
        "a pod with 2 parts of GPUs has no program that computes on more than one: a program sees a single part; ask for one larger part, or "
        "pin it to nodes with whole GPUs"
    )
    for pod in (PodSize(gpus=2, group=parts), PodSize(gpus=2)):
        assert [(each.id, each.text) for each in advice_on_place(cluster, pod)] == [("partsSeenOneByOne", text)]
    gpus: Any = number_token(cluster)
    for pod in (PodSize(group=parts), PodSize(gpus=2, group=whole), PodSize(gpus=gpus, group=parts)):
        assert advice_on_place(cluster, pod) == []


@pytest.mark.parametrize("image", [NodeImage.amazon_linux(), NodeImage.bottlerocket()])
def test_fails_when_servers_scale_by_the_use_of_parts(image: NodeImage) -> None:
    cluster = made.cluster()
    parts = group("Parts", cluster=cluster, image=image, **CUT)
    add_ons(cluster)
    with refused(
        "PodScaling.on_gpu_use must be for whole GPUs, got 'parts', whose GPUs are cut: how much of a part is used, nobody measures; use "
        "on_server_queue"
    ):
        serving(cluster=cluster, pod=PodSize(group=parts), scaling=PodScaling.on_gpu_use(percent=60, between=(1, 4)))


def test_a_queue_gives_parts_away() -> None:
    parts = group(instance_types=["p5.48xlarge"], parts="1g.10gb", between=(0, 3))
    flavor = QueueFlavor(nodes=parts, cpu=100, memory_mb=100_000)
    assert flavor.quota["gpus"] == 168


# A whole app


def test_a_cluster_that_serves_from_parts_from_zero() -> None:
    cluster = own_cluster(node_scaling=NodeScaling.CLUSTER_AUTOSCALER)
    stack = cdk.Stack.of(cluster)
    parts = group("Parts", cluster=cluster, between=(0, 2), **CUT)
    plugin(cluster)
    ClusterAutoscaler(stack, "Autoscaler", cluster=cluster)
    server = serving(cluster=cluster, pod=PodSize(group=parts, cpu="1", memory_mb=4096))

    assert warnings(parts) == warnings(server) == []
    (workload,) = [each for each in made.manifests(cluster) if each["kind"] == "Deployment"]
    spec = workload["spec"]["template"]["spec"]
    assert spec["containers"][0]["resources"]["limits"]["nvidia.com/gpu"] == 1
    assert spec["nodeSelector"] == {"model-hosting/accelerator": "nvidia", "model-hosting/group": "parts"}
    found = [each["Properties"] for each in resources(cluster, "AWS::EKS::Nodegroup").values()]
    (gpus,) = [each for each in found if each.get("NodegroupName") == parts.node_group_name]
    assert gpus["ScalingConfig"]["MinSize"] == 0
    assert gpus["Tags"][f"{TAG}nvidia.com/gpu"] == "56"


def test_every_family_that_can_be_cut_is_known_to_be() -> None:
    assert {family for family in CHIPS if NodeType.parse(f"{family}.48xlarge").mig} == set(MIG)
