from __future__ import annotations

from typing import Any

import pytest

from cdk_model_hosting.kubernetes.cluster_autoscaler import ClusterAutoscaler
from cdk_model_hosting.kubernetes.device_plugin import DevicePlugin
from cdk_model_hosting.kubernetes.gpu_cluster import GpuCluster
from cdk_model_hosting.kubernetes.gpu_sharing import GpuSharing
from cdk_model_hosting.kubernetes.node_image import NodeImage
from cdk_model_hosting.kubernetes.node_scaling import NodeScaling
from cdk_model_hosting.kubernetes.pod_place import advice_on_place, check_place
from cdk_model_hosting.kubernetes.pod_size import PodSize
from tests.unit.builders import new_stack, number_token, refused, text_token
from tests.unit.kubernetes import made
from tests.unit.kubernetes.groups import group
from tests.unit.kubernetes.pools import cluster_with_karpenter, pool

NO_PLUGIN = (
    "noDevicePlugin",
    (
        "nothing tells Kubernetes of the GPUs of nodes with Amazon Linux yet, and the pods wait for one for ever: make a DevicePlugin, before "
        "what runs there"
    ),
)


def own(**options: Any) -> GpuCluster:
    return GpuCluster(new_stack(), "Cluster", **options)


def told(cluster: Any, **size: Any) -> list[tuple[str, str]]:
    pod = PodSize(**size)
    check_place(cluster, pod)
    return [(each.id, each.text) for each in advice_on_place(cluster, pod)]


# Another cluster's group


def test_fails_when_the_group_is_of_another_cluster() -> None:
    stack = new_stack()
    here = made.cluster(stack)
    there = group(cluster=made.cluster(stack, "Other", attributes={"cluster_name": "other"}))
    with refused(
        "PodSize group must be one of the cluster Stack/Cluster, got 'gpu' of Stack/Other: the pod would wait for ever"
    ):
        check_place(here, PodSize(group=there))


def test_fails_when_the_pool_is_of_another_cluster() -> None:
    there = pool(cluster_with_karpenter(attributes={"cluster_name": "other"}))
    with refused(
        "PodSize group must be one of the cluster Stack/Cluster, got 'gpu-spot' of Stack/Cluster: the pod would wait for ever"
    ):
        check_place(made.cluster(), PodSize(group=there))


def test_a_cluster_may_be_imported_twice() -> None:
    stack = new_stack()
    here, again = made.cluster(stack), made.cluster(stack, "Again")
    assert told(here, group=group(cluster=again)) == []


def test_a_name_that_is_told_later_may_be_the_same() -> None:
    stack = new_stack()
    later = made.cluster(stack, "Later", attributes={"cluster_name": text_token(stack)})
    assert told(made.cluster(stack), group=group(cluster=later)) == []


# How GPUs are shared


def shared(sharing: GpuSharing, cluster: Any = None) -> Any:
    cluster = made.cluster() if cluster is None else cluster
    DevicePlugin(cluster, "DevicePlugin", cluster=cluster, sharing=sharing)
    return cluster


def test_fails_when_a_pod_asks_for_two_shares() -> None:
    with refused(
        "PodSize gpus must be 1 where pods take turns on GPUs, got 2: two shares may be of one GPU, and the device plugin gives no pod more "
        "than one"
    ):
        told(shared(GpuSharing.time_slicing(replicas=4)), gpus=2)


def test_fails_when_shares_have_a_name_of_their_own() -> None:
    with refused(
        "GpuSharing.time_slicing rename must be off for servers and jobs of this library, got on: they ask for nvidia.com/gpu, and shares are "
        "called nvidia.com/gpu.shared"
    ):
        told(shared(GpuSharing.time_slicing(replicas=4, rename=True)))


def test_parts_with_names_of_their_own() -> None:
    assert told(shared(GpuSharing.mig("mixed")), gpus=2) == [
        (
            "partsByTheirSize",
            (
                "pods ask for nvidia.com/gpu, and the parts of a GPU are called by their size with GpuSharing.mig('mixed'): they run on nodes "
                "alone whose GPUs are not cut"
            ),
        )
    ]


def test_who_may_ask_for_shares() -> None:
    turns = shared(GpuSharing.time_slicing(replicas=4))
    assert told(turns) == told(turns, gpus=number_token(turns)) == []
    assert told(turns, gpus=2, accelerator="neuron") == []
    assert told(shared(GpuSharing.mig("single")), gpus=7) == []


def test_nodes_with_a_plugin_of_their_own_share_nothing() -> None:
    cluster = made.cluster()
    sealed = group("Sealed", cluster=cluster, instance_types=["g5.12xlarge"], image=NodeImage.bottlerocket())
    plain = group("Plain", cluster=cluster, instance_types=["g5.12xlarge"])
    shared(GpuSharing.time_slicing(replicas=4), cluster)
    assert told(cluster, gpus=4, group=sealed) == told(cluster, gpus=4) == []
    with refused(
        "PodSize gpus must be 1 where pods take turns on GPUs, got 4: two shares may be of one GPU, and the device plugin gives no pod more "
        "than one"
    ):
        told(cluster, gpus=4, group=plain)


# What is not there yet


def test_nothing_tells_of_gpus() -> None:
    cluster = own()
    assert told(cluster) == []
    group(cluster=cluster)
    assert told(cluster) == [NO_PLUGIN]
    assert told(cluster, accelerator="neuron") == []
    DevicePlugin(cluster, "DevicePlugin", cluster=cluster)
    assert told(cluster) == []


def test_nodes_that_need_no_plugin() -> None:
    cluster = own()
    sealed = group("Sealed", cluster=cluster, image=NodeImage.bottlerocket())
    assert told(cluster) == []
    group("Plain", cluster=cluster)
    assert told(cluster) == [NO_PLUGIN]
    assert told(cluster, group=sealed) == []


@pytest.mark.parametrize(
    ("scaling", "who"),
    [(NodeScaling.CLUSTER_AUTOSCALER, "a ClusterAutoscaler"), (NodeScaling.KARPENTER, "a Karpenter")],
)
def test_nothing_adds_nodes(scaling: NodeScaling, who: str) -> None:
    text = f"nothing adds nodes yet to the cluster, whose node_scaling is {scaling.name}: make {who}, before what runs there"
    assert told(own(node_scaling=scaling)) == [("nobodyAddsNodes", text)]


def test_something_adds_nodes() -> None:
    cluster = own(node_scaling=NodeScaling.CLUSTER_AUTOSCALER)
    ClusterAutoscaler(cluster, "Autoscaler", cluster=cluster)
    assert told(cluster) == []
    assert told(own(node_scaling=NodeScaling.AUTO_MODE)) == []


def test_a_group_that_nobody_made() -> None:
    cluster = own()
    DevicePlugin(cluster, "DevicePlugin", cluster=cluster)
    assert told(cluster, group="typo") == []
    group("One", cluster=cluster)
    group("Two", cluster=cluster)
    text = "no group or pool is called 'typo' yet, only 'one', 'two': the pods wait until there is one; make it before them"
    assert told(cluster, group="typo") == [("podGroupUnknown", text)]
    assert told(cluster, group="two") == told(cluster, group=text_token(cluster)) == []


def test_nobody_knows_what_others_put_into_their_cluster() -> None:
    cluster = made.cluster(node_scaling=NodeScaling.CLUSTER_AUTOSCALER)
    group(cluster=cluster)
    assert told(cluster, group="typo") == []
