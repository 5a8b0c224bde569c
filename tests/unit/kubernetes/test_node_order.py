"""Groups and pools that come after what had to know of them, or to a cluster that cannot have them."""

from __future__ import annotations

from typing import Any

import pytest

from cdk_model_hosting.kubernetes.cluster_autoscaler import ClusterAutoscaler
from cdk_model_hosting.kubernetes.device_plugin import DevicePlugin
from cdk_model_hosting.kubernetes.gpu_cluster import GpuCluster
from cdk_model_hosting.kubernetes.gpu_sharing import GpuSharing
from cdk_model_hosting.kubernetes.node_image import NodeImage
from cdk_model_hosting.kubernetes.node_scaling import NodeScaling
from tests.unit.builders import new_stack, refused, text_token
from tests.unit.kubernetes import made
from tests.unit.kubernetes.groups import group
from tests.unit.kubernetes.pools import cluster_with_karpenter, pool


def with_plugin(cluster: Any, **options: Any) -> Any:
    DevicePlugin(cluster, "DevicePlugin", cluster=cluster, **options)
    return cluster


def with_autoscaler(**priorities: int) -> Any:
    cluster = made.cluster(node_scaling=NodeScaling.CLUSTER_AUTOSCALER)
    for name, priority in priorities.items():
        group(name, cluster=cluster, priority=priority)
    ClusterAutoscaler(cluster, "Autoscaler", cluster=cluster)
    return cluster


def test_fails_when_a_group_with_a_plugin_of_its_own_comes_after_it() -> None:
    cluster = with_plugin(made.cluster())
    with refused(
        "GpuNodeGroup 'gpu' with Bottlerocket must be made before Stack/Cluster/DevicePlugin, got one that is made after it: its image has a "
        "device plugin, and its nodes would run two"
    ):
        group(cluster=cluster, image=NodeImage.bottlerocket())


def test_fails_when_a_pool_with_a_plugin_of_its_own_comes_after_it() -> None:
    cluster = with_plugin(cluster_with_karpenter())
    with refused(
        "GpuNodePool 'gpu-spot' with Bottlerocket must be made before Stack/Cluster/DevicePlugin, got one that is made after it: its image "
        "has a device plugin, and its nodes would run two"
    ):
        pool(cluster, image=NodeImage.bottlerocket(release="1.52.0"))


def test_nodes_that_it_serves_may_come_after_it() -> None:
    cluster = with_plugin(made.cluster())
    assert group("Plain", cluster=cluster) in cluster.node_groups
    neuron = {"instance_types": ["inf2.xlarge"], "image": NodeImage.bottlerocket()}
    assert group("Neuron", cluster=cluster, **neuron) in cluster.node_groups
    later = {"instance_types": [text_token(cluster)], "image": NodeImage.of("AL2023_x86_64_NVIDIA")}
    assert group("Later", cluster=cluster, **later) in cluster.node_groups
    scaled = with_plugin(cluster_with_karpenter())
    assert pool(scaled) in scaled.node_groups


def test_gpus_that_cannot_be_cut_may_come_after_it() -> None:
    cluster = with_plugin(made.cluster(), sharing=GpuSharing.mig("single"))
    assert group("Parts", cluster=cluster, instance_types=["p4d.24xlarge"], parts="3g.20gb") in cluster.node_groups
    assert group(cluster=cluster) in cluster.node_groups


def test_fails_when_a_group_comes_too_late_to_rank_first() -> None:
    cluster = with_autoscaler(Spot=20, Plain=5)
    with refused(
        "GpuNodeGroup priority must be at most the 5 of group 'plain' for a group that is made after Stack/Cluster/Autoscaler, got 10: it "
        "comes after all groups that were made before; make it first"
    ):
        group("Late", cluster=cluster, priority=10)


def test_fails_when_groups_that_come_later_rank_among_themselves() -> None:
    cluster = with_autoscaler()
    group("One", cluster=cluster, priority=10)
    with refused(
        "GpuNodeGroup priority must be the 10 of group 'one' for a group that is made after Stack/Cluster/Autoscaler too, got 0: groups that "
        "are made later have one rank; make them first"
    ):
        group("Two", cluster=cluster)


@pytest.mark.parametrize("priority", [5, 0, -1])
def test_groups_that_rank_last_may_come_later(priority: int) -> None:
    cluster = with_autoscaler(Spot=20, Plain=5)
    for name in ("Late", "Later"):
        assert group(name, cluster=cluster, priority=priority) in cluster.node_groups


def test_fails_when_eks_makes_the_nodes() -> None:
    cluster = GpuCluster(new_stack(), "Cluster", node_scaling=NodeScaling.AUTO_MODE)
    with refused(
        "GpuNodeGroup cluster must not have NodeScaling.AUTO_MODE, got one that has: EKS brings the pods' network with nodes of its own "
        "alone, and those of a group would never be ready; make a GpuNodePool"
    ):
        group(cluster=cluster)


def test_an_imported_cluster_may_have_what_nodes_of_a_group_need() -> None:
    cluster = made.cluster(node_scaling=NodeScaling.AUTO_MODE)
    own = group(cluster=cluster, between=(1, 1))
    told = [str(each.data) for each in own.node.metadata if each.type == "aws:cdk:warning"]
    assert told == [
        (
            "EKS Auto Mode brings the pods' network, kube-proxy and the device plugin with nodes of its own alone: nodes of a group are never "
            "ready unless the cluster has them as add-ons too [ack: cdk-model-hosting:groupInAutoMode]"
        )
    ]
