from typing import Any

import pytest

from cdk_model_hosting.kubernetes.capacity import Capacity
from cdk_model_hosting.kubernetes.jobs.flavor import QueueFlavor
from cdk_model_hosting.kubernetes.node_scaling import NodeScaling
from tests.unit.builders import number_token, refused
from tests.unit.kubernetes import made
from tests.unit.kubernetes.groups import group
from tests.unit.kubernetes.pools import auto_mode, pool


def test_a_group_is_given_away_as_a_whole() -> None:
    flavor = QueueFlavor(nodes=group("Gpu", instance_types=["g5.2xlarge"], between=(0, 3)))
    assert (flavor.name, flavor.devices_of) == ("gpu", "nvidia")
    # Three nodes with a GPU, 8 processors and 32 GB each, less what Kubernetes keeps and what runs on every node.
    assert flavor.quota == {"gpus": 3, "cpu": 22.83, "memory_mb": 3 * (30_310 - 993 - 640)}


def test_or_a_share_of_it() -> None:
    spot = group("Spot", between=(0, 8), capacity=Capacity.spot())
    assert QueueFlavor(nodes=spot, gpus=2, cpu=0).quota == {"gpus": 2, "cpu": 0, "memory_mb": 8 * (14_162 - 640)}


def test_a_group_of_another_kind_of_device() -> None:
    flavor = QueueFlavor(nodes=group("Inf", instance_types=["inf2.xlarge"], between=(0, 1)))
    assert flavor.devices_of == "neuron"


def test_fails_when_a_group_has_other_devices() -> None:
    with refused("QueueFlavor accelerator must be that of the group, nvidia, got 'neuron': leave it out"):
        QueueFlavor(nodes=group(), accelerator="neuron")


def test_fails_when_the_most_nodes_are_not_known_yet() -> None:
    cluster = made.cluster(node_scaling=NodeScaling.CLUSTER_AUTOSCALER)
    most: Any = number_token(cluster)
    nodes = group("Gpu", cluster=cluster, between=(0, most))
    with refused(
        "QueueFlavor gpus must be given where this library does not know how much the nodes have, got none for 'gpu': Kueue takes no job "
        "that asks for what has no quota"
    ):
        QueueFlavor(nodes=nodes)
    assert QueueFlavor(nodes=nodes, gpus=most, cpu=most, memory_mb=most).quota["gpus"] == most


def test_fails_when_a_pool_is_given_itself() -> None:
    nodes: Any = pool(auto_mode())
    with refused(
        "QueueFlavor nodes must be the name of a pool, got the pool 'gpu-spot' itself: it has nodes of several kinds, so say how much of them "
        "there is"
    ):
        QueueFlavor(nodes=nodes, gpus=1, cpu=1, memory_mb=1024)
    assert QueueFlavor(nodes=nodes.name, gpus=1, cpu=1, memory_mb=1024).name == "gpu-spot"


def test_fails_when_a_group_has_memory_that_is_not_known() -> None:
    nodes = group(instance_types=["p5.48xlarge"])
    with refused(
        "QueueFlavor memory_mb must be given where this library does not know how much the nodes have, got none for 'gpu': Kueue takes no "
        "job that asks for what has no quota"
    ):
        QueueFlavor(nodes=nodes)
    assert QueueFlavor(nodes=nodes, memory_mb=100_000).quota["gpus"] == 32


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (
            {"nodes": "pool", "cpu": 1, "memory_mb": 1},
            (
                "QueueFlavor gpus must be given where this library does not know how much the nodes have, got none for 'pool': Kueue takes no "
                "job that asks for what has no quota"
            ),
        ),
        (
            {"nodes": "pool", "gpus": 1, "cpu": 1},
            (
                "QueueFlavor memory_mb must be given where this library does not know how much the nodes have, got none for 'pool': Kueue takes "
                "no job that asks for what has no quota"
            ),
        ),
        ({"nodes": 1}, "QueueFlavor nodes must be a GpuNodeGroup or str, got 1: nothing else is understood there"),
        (
            {"nodes": "Pool"},
            (
                "QueueFlavor nodes must be 1-54 characters (lower case letters, digits and hyphens, beginning and ending with a letter or "
                "digit), got 'Pool': EKS takes 63 characters, of which nine tell one state of the group from the next; the name is a label "
                "of its nodes too"
            ),
        ),
        (
            {"nodes": "pool", "gpus": -1},
            "QueueFlavor gpus must be at least 0 devices, got -1: 0 of its own leaves those that a cohort lends",
        ),
        ({"nodes": "pool", "cpu": -1}, "QueueFlavor cpu must be at least 0 processors, got -1: they are counted"),
        ({"nodes": "pool", "memory_mb": -1}, "QueueFlavor memory_mb must be at least 0 MB, got -1: it is counted"),
        (
            {"nodes": "pool", "accelerator": "amd"},
            "QueueFlavor accelerator must be one of nvidia, neuron, got 'amd': nodes of this library have no other devices",
        ),
    ],
)
def test_fails_when_a_flavor_is_none(options: dict[str, Any], message: str) -> None:
    with refused(message):
        QueueFlavor(**options)
