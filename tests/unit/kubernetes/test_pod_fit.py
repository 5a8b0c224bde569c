from typing import Any

import pytest

from cdk_model_hosting.kubernetes.device_plugin import DevicePlugin
from cdk_model_hosting.kubernetes.gpu_cluster import GpuCluster
from cdk_model_hosting.kubernetes.gpu_sharing import GpuSharing
from cdk_model_hosting.kubernetes.node_image import NodeImage
from cdk_model_hosting.kubernetes.node_scaling import NodeScaling
from cdk_model_hosting.kubernetes.pod_fit import most_pods
from cdk_model_hosting.kubernetes.pod_scaling import PodScaling
from cdk_model_hosting.kubernetes.pod_size import PodSize
from tests.unit.builders import new_stack, number_token, refused, text_token
from tests.unit.kubernetes import made
from tests.unit.kubernetes.groups import group
from tests.unit.kubernetes.serving import objects, serving, warnings

FULL = (
    "there is room for 4 pods on the known nodes, which 4 may fill: an old pod goes before new ones come, and fewer answer until those "
    "are ready; room for 5 avoids it"
)
NO_NODE = (
    "a pod with {gpus} devices, {cpu} processors, {memory} MB of memory and {disk} GB of disk fits on no node of 'gpu': it waits until there "
    "are larger ones; make node groups before what runs on them"
)
KEPT = "Kubernetes, and what runs on every node, keep the rest"


def own_cluster(**options: Any) -> GpuCluster:
    cluster = GpuCluster(new_stack(), "Cluster", **options)
    DevicePlugin(cluster, "DevicePlugin", cluster=cluster)
    return cluster


@pytest.mark.parametrize(
    ("size", "asked"),
    [
        (PodSize(gpus=2), {"gpus": 2}),
        (PodSize(cpu="4"), {"cpu": 4}),
        (PodSize(memory_mb=16_384), {"memory": 16_384}),
        (PodSize(ephemeral_gb=171), {"disk": 171}),
    ],
)
def test_a_pod_that_fits_on_no_known_node(size: PodSize, asked: dict[str, int]) -> None:
    cluster = made.cluster()
    group(cluster=cluster)
    usual = {"gpus": 1, "cpu": 2, "memory": 8192, "disk": 20}
    assert warnings(serving(cluster=cluster, pod=size)) == [NO_NODE.format(**{**usual, **asked})]


def test_a_pod_that_fits_on_one_of_them() -> None:
    cluster = made.cluster()
    group("Small", cluster=cluster)
    group("Large", cluster=cluster, instance_types=["g5.12xlarge"])
    assert warnings(serving(cluster=cluster, pod=PodSize(gpus=4))) == []


@pytest.mark.parametrize(
    ("size", "message"),
    [
        (
            {"gpus": 2},
            "PodSize gpus must be at most the 1 of a node of group 'gpu', got 2: a pod runs on one node",
        ),
        (
            {"cpu": "4"},
            f"PodSize cpu must be at most the 3.62 of a node of group 'gpu', got '4': {KEPT}",
        ),
        (
            {"cpu": "3621m"},
            f"PodSize cpu must be at most the 3.62 of a node of group 'gpu', got '3621m': {KEPT}",
        ),
        (
            {"memory_mb": 16_384},
            f"PodSize memory_mb must be at most the 13522 of a node of group 'gpu', got 16384: {KEPT}",
        ),
        (
            {"ephemeral_gb": 171},
            f"PodSize ephemeral_gb must be at most the 170 of a node of group 'gpu', got 171: {KEPT}",
        ),
    ],
)
def test_fails_when_it_does_not_fit_in_its_own_group(size: dict[str, Any], message: str) -> None:
    cluster = made.cluster()
    own = group(cluster=cluster)
    with refused(message):
        serving(cluster=cluster, pod=PodSize(group=own, **size))


def test_a_pod_that_fills_its_node() -> None:
    cluster = made.cluster()
    own = group(cluster=cluster)
    pod = PodSize(group=own, cpu="3620m", memory_mb=13_522, ephemeral_gb=170)
    assert warnings(serving(cluster=cluster, pod=pod)) == []


def test_tokens_fit() -> None:
    cluster = made.cluster()
    own = group(cluster=cluster)
    numbers: Any = {
        each: number_token(cluster, each) for each in ("gpus", "memory_mb", "shared_memory_mb", "ephemeral_gb")
    }
    assert warnings(serving(cluster=cluster, pod=PodSize(group=own, cpu=text_token(cluster), **numbers))) == []


def test_nodes_that_are_tokens_have_room() -> None:
    cluster = made.cluster()
    disk: Any = number_token(cluster, "Disk")
    image = NodeImage.of("AL2023_x86_64_NVIDIA")
    own = group(cluster=cluster, instance_types=[text_token(cluster, "Type")], disk_gb=disk, image=image)
    pod = PodSize(group=own, cpu="900", memory_mb=900_000, ephemeral_gb=5000)
    assert warnings(serving(cluster=cluster, pod=pod)) == []


def test_shared_gpus_count_as_several() -> None:
    cluster = made.cluster()
    own = group(cluster=cluster, instance_types=["p4d.24xlarge"])
    DevicePlugin(cluster, "Plugin", cluster=cluster, sharing=GpuSharing.mig("single"))
    assert warnings(serving(cluster=cluster, pod=PodSize(gpus=16, group=own))) == []


def test_nodes_with_a_plugin_of_their_own_have_as_many_gpus_as_ever() -> None:
    cluster = made.cluster()
    sealed = group(cluster=cluster, image=NodeImage.bottlerocket())
    group("Plain", cluster=cluster)
    DevicePlugin(cluster, "Plugin", cluster=cluster, sharing=GpuSharing.time_slicing(replicas=4))
    with refused("PodSize gpus must be at most the 1 of a node of group 'gpu', got 2: a pod runs on one node"):
        serving(cluster=cluster, pod=PodSize(gpus=2, group=sealed))


def test_room_for_more_pods() -> None:
    cluster = own_cluster()
    group(cluster=cluster, between=(0, 5))
    server = serving(cluster=cluster, scaling=PodScaling.fixed(4))

    assert warnings(server) == []
    strategy = objects(server)["Deployment"]["spec"]["strategy"]["rollingUpdate"]
    assert strategy == {"maxSurge": 1, "maxUnavailable": 0}


def test_no_room_for_more_pods() -> None:
    cluster = own_cluster()
    group(cluster=cluster, between=(0, 4))
    server = serving(cluster=cluster, scaling=PodScaling.fixed(4))

    assert warnings(server) == [FULL]
    strategy = objects(server)["Deployment"]["spec"]["strategy"]["rollingUpdate"]
    assert strategy == {"maxSurge": 0, "maxUnavailable": 1}


def test_a_single_pod_that_fills_its_node() -> None:
    cluster = own_cluster()
    group(cluster=cluster, between=(1, 1))
    assert warnings(serving(cluster=cluster)) == [
        (
            "there is room for 1 pods on the known nodes, which 1 may fill: an old pod goes before new ones come, and nothing answers until "
            "those are ready; room for 2 avoids it"
        )
    ]


def test_no_room_for_all_pods() -> None:
    cluster = own_cluster()
    group(cluster=cluster, between=(0, 4))
    assert warnings(serving(cluster=cluster, scaling=PodScaling.fixed(9))) == [
        "there is room for 4 pods on the known nodes, and scaling may ask for 9: the others wait"
    ]


@pytest.mark.parametrize(("size", "most"), [({}, 8), ({"cpu": "12"}, 6), ({"memory_mb": 60_000}, 4), ({"gpus": 3}, 2)])
def test_the_scarcest_thing_tells_how_many_fit(size: dict[str, Any], most: int) -> None:
    cluster = own_cluster()
    # Four GPUs, 48 processors and 192 GB each.
    group(cluster=cluster, instance_types=["g5.12xlarge"], between=(0, 2))
    assert most_pods(cluster, PodSize(**size)) == most


@pytest.mark.parametrize(("between", "gpus", "most"), [((0, 4), 1, 4), ((0, 4), 2, 0), ((2, 3), 1, 3)])
def test_the_most_pods_that_fit(between: tuple[int, int], gpus: int, most: int) -> None:
    cluster = own_cluster()
    group(cluster=cluster, between=between)
    assert most_pods(cluster, PodSize(gpus=gpus)) == most


def test_nobody_can_tell_how_many_fit() -> None:
    imported = made.cluster()
    group(cluster=imported)
    assert most_pods(imported, PodSize()) is None
    karpenter = own_cluster(node_scaling=NodeScaling.KARPENTER)
    group(cluster=karpenter)
    assert most_pods(karpenter, PodSize()) is None
    known = own_cluster()
    assert most_pods(known, PodSize()) is None
    group(cluster=known)
    assert most_pods(known, PodSize(gpus=number_token(known, "Gpus"))) is None  # type: ignore[arg-type] # a float
