from typing import Any

import pytest

from cdk_model_hosting.kubernetes.device_plugin import DevicePlugin
from cdk_model_hosting.kubernetes.gpu_cluster import GpuCluster
from cdk_model_hosting.kubernetes.gpu_sharing import GpuSharing
from cdk_model_hosting.kubernetes.node_scaling import NodeScaling
from cdk_model_hosting.kubernetes.pod_fit import most_pods
from cdk_model_hosting.kubernetes.pod_scaling import PodScaling
from cdk_model_hosting.kubernetes.pod_size import PodSize
from tests.unit.builders import new_stack, number_token, refused
from tests.unit.kubernetes import made
from tests.unit.kubernetes.groups import group
from tests.unit.kubernetes.serving import objects, serving, warnings

FULL = (
    "there is room for 4 pods on the known nodes, which 4 may fill: an old pod goes before a new one comes, and fewer answer until it is "
    "ready"
)
NO_NODE = (
    "a pod with {gpus} devices and {memory} MB of memory fits on no node of 'gpu': it waits until there are larger ones; make node groups "
    "before what runs on them"
)


def own_cluster(**options: Any) -> GpuCluster:
    return GpuCluster(new_stack(), "Cluster", **options)


@pytest.mark.parametrize(
    ("size", "asked"),
    [
        (PodSize(gpus=2), {"gpus": 2, "memory": 8192}),
        (PodSize(memory_mb=100_000), {"gpus": 1, "memory": 100_000}),
    ],
)
def test_a_pod_that_fits_on_no_known_node(size: PodSize, asked: dict[str, int]) -> None:
    cluster = made.cluster()
    group(cluster=cluster)
    assert warnings(serving(cluster=cluster, pod=size)) == [NO_NODE.format(**asked)]


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
            {"memory_mb": 20_000},
            "PodSize memory_mb must be at most the 16384 of a node of group 'gpu', got 20000: a pod runs on one node",
        ),
    ],
)
def test_fails_when_it_does_not_fit_in_its_own_group(size: dict[str, Any], message: str) -> None:
    cluster = made.cluster()
    own = group(cluster=cluster)
    with refused(message):
        serving(cluster=cluster, pod=PodSize(group=own, **size))


def test_shared_gpus_count_as_several() -> None:
    cluster = made.cluster()
    own = group(cluster=cluster)
    DevicePlugin(cluster, "Plugin", cluster=cluster, sharing=GpuSharing.time_slicing(replicas=4))
    assert warnings(serving(cluster=cluster, pod=PodSize(gpus=2, group=own))) == []


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
            "there is room for 1 pods on the known nodes, which 1 may fill: an old pod goes before a new one comes, and nothing answers until "
            "it is ready"
        )
    ]


def test_no_room_for_all_pods() -> None:
    cluster = own_cluster()
    group(cluster=cluster, between=(0, 4))
    assert warnings(serving(cluster=cluster, scaling=PodScaling.fixed(9))) == [
        "there is room for 4 pods on the known nodes, and scaling may ask for 9: the others wait"
    ]


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
