from __future__ import annotations

import json
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk.assertions import Annotations, Match

from cdk_model_hosting.kubernetes.device_plugin import DevicePlugin
from cdk_model_hosting.kubernetes.gpu_sharing import GpuSharing
from cdk_model_hosting.kubernetes.node_image import NodeImage
from cdk_model_hosting.kubernetes.node_scaling import NodeScaling
from tests.unit.builders import number_token, refused
from tests.unit.kubernetes import made
from tests.unit.kubernetes.groups import group


def values(cluster: Any, **options: Any) -> dict[str, Any]:
    DevicePlugin(cluster, "DevicePlugin", cluster=cluster, **options)
    found: dict[str, Any] = made.charts(cluster)["nvidia-device-plugin"]["Values"]
    return found


def told(cluster: Any) -> list[str]:
    found = Annotations.from_stack(cdk.Stack.of(cluster)).find_warning("/Stack/Cluster/DevicePlugin", Match.any_value())
    return [str(each.entry.data) for each in found]


def test_it_runs_on_every_node_with_gpus() -> None:
    cluster = made.cluster()
    group(cluster=cluster)

    assert values(cluster) == {
        "nodeSelector": {"nvidia.com/gpu.present": "true"},
        "tolerations": [{"operator": "Exists"}],
    }
    assert told(cluster) == []


def test_nodes_that_bring_one_are_left_out() -> None:
    cluster = made.cluster()
    group(cluster=cluster)
    group("Sealed", cluster=cluster, image=NodeImage.bottlerocket())
    group("Neuron", cluster=cluster, instance_types=["inf2.xlarge"], image=NodeImage.bottlerocket())

    affinity = values(cluster)["affinity"]["nodeAffinity"]["requiredDuringSchedulingIgnoredDuringExecution"]
    assert affinity["nodeSelectorTerms"] == [
        {"matchExpressions": [{"key": "model-hosting/group", "operator": "NotIn", "values": ["sealed"]}]}
    ]


def test_feature_discovery() -> None:
    found = values(made.cluster(), feature_discovery=True)

    assert found["gfd"] == {"enabled": True}
    assert found["nfd"]["worker"]["tolerations"] == [{"operator": "Exists"}]


def test_time_slicing() -> None:
    cluster = made.cluster()
    config = values(cluster, sharing=GpuSharing.time_slicing(replicas=4))["config"]

    assert list(config["map"]) == [config["default"]]
    assert json.loads(config["map"][config["default"]]) == {
        "version": "v1",
        "flags": {"migStrategy": "none"},
        "sharing": {
            "timeSlicing": {
                "renameByDefault": False,
                "failRequestsGreaterThanOne": True,
                "resources": [{"name": "nvidia.com/gpu", "replicas": 4}],
            }
        },
    }
    assert told(cluster) == []


def test_others_can_ask_how_gpus_are_shared() -> None:
    cluster = made.cluster()
    sharing = GpuSharing.time_slicing(replicas=4)
    DevicePlugin(cluster, "DevicePlugin", cluster=cluster, sharing=sharing)

    plugin = cluster.claimed(DevicePlugin.CLAIM)
    assert isinstance(plugin, DevicePlugin)
    assert plugin.sharing is sharing


def test_what_adds_nodes_counts_whole_gpus() -> None:
    cluster = made.cluster(node_scaling=NodeScaling.CLUSTER_AUTOSCALER)
    values(cluster, sharing=GpuSharing.time_slicing(replicas=2))

    assert told(cluster) == [
        (
            "GPUs are shared, and what adds nodes counts whole GPUs until a node is there: it may start more nodes than pods need, and takes "
            "them away again [ack: cdk-model-hosting:sharedGpus]"
        )
    ]


@pytest.mark.parametrize("strategy", ["single", "mixed"])
def test_parts_of_gpus(strategy: Any) -> None:
    cluster = made.cluster()
    group(cluster=cluster, instance_types=["p4d.24xlarge"])

    assert values(cluster, sharing=GpuSharing.mig(strategy))["migStrategy"] == strategy
    assert told(cluster) == [
        (
            "the device plugin tells pods of the parts of GPUs, and does not cut them: give groups and pools parts, before it, or cut the GPUs "
            "of each node before its pods start [ack: cdk-model-hosting:migByHand]"
        )
    ]


def test_fails_when_no_gpu_can_be_cut() -> None:
    cluster = made.cluster()
    group(cluster=cluster, instance_types=["g5.xlarge"])
    group("More", cluster=cluster, instance_types=["g6.xlarge"])
    group("Sealed", cluster=cluster, instance_types=["p5.48xlarge"], image=NodeImage.bottlerocket())
    with refused(
        "GpuSharing.mig must be for a cluster with GPUs that can be cut, got g5, g6 alone: those have no Multi-Instance GPU; make groups and "
        "pools of others first"
    ):
        values(cluster, sharing=GpuSharing.mig("single"))


@pytest.mark.parametrize("other", ["p5.48xlarge", "g8.xlarge"])
def test_gpus_that_cannot_be_cut_stay_whole_beside_those_that_can(other: str) -> None:
    cluster = made.cluster()
    group("Parts", cluster=cluster, instance_types=[other], image=NodeImage.of("AL2023_x86_64_NVIDIA"))
    group(cluster=cluster, instance_types=["g5.xlarge"])

    assert values(cluster, sharing=GpuSharing.mig("single"))["migStrategy"] == "single"


def test_fails_when_shares_have_a_name_that_nobody_scales_by() -> None:
    with refused(
        "GpuSharing.time_slicing rename must be off in a cluster with NodeScaling.KARPENTER, got on: what adds nodes knows nvidia.com/gpu "
        "alone, and pods that ask for nvidia.com/gpu.shared would wait for ever"
    ):
        values(
            made.cluster(node_scaling=NodeScaling.KARPENTER), sharing=GpuSharing.time_slicing(replicas=2, rename=True)
        )


def test_shares_may_have_a_name_of_their_own_where_nobody_scales() -> None:
    config = values(made.cluster(), sharing=GpuSharing.time_slicing(replicas=2, rename=True))["config"]

    assert json.loads(config["map"]["shared"])["sharing"]["timeSlicing"]["renameByDefault"] is True


def test_fails_when_eks_brings_it() -> None:
    with refused(
        "DevicePlugin cluster must not have NodeScaling.AUTO_MODE, got one that has: EKS brings the device plugin with its nodes"
    ):
        values(made.cluster(node_scaling=NodeScaling.AUTO_MODE))


def test_fails_when_all_nodes_bring_it() -> None:
    cluster = made.cluster()
    group(cluster=cluster, image=NodeImage.bottlerocket())
    group("More", cluster=cluster, image=NodeImage.bottlerocket())
    with refused(
        "DevicePlugin must be for nodes with Amazon Linux, got a cluster with gpu, more alone: Bottlerocket has the device plugin in its "
        "image"
    ):
        values(cluster)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"sharing": 4}, "DevicePlugin sharing must be a GpuSharing, got 4: nothing else is understood there"),
        (
            {"feature_discovery": "on"},
            "DevicePlugin feature_discovery must be a bool, got 'on': nothing else is understood there",
        ),
    ],
)
def test_fails_when_an_argument_is_of_another_kind(options: dict[str, Any], message: str) -> None:
    with refused(message):
        values(made.cluster(), **options)


@pytest.mark.parametrize("replicas", [0, 1])
def test_fails_when_nobody_shares(replicas: int) -> None:
    with refused(
        f"GpuSharing.time_slicing replicas must be at least 2 pods, got {replicas}: one pod alone has the GPU without sharing it"
    ):
        GpuSharing.time_slicing(replicas=replicas)


def test_fails_when_the_strategy_is_none() -> None:
    with refused(
        "GpuSharing.mig strategy must be one of single, mixed, got 'none': NVIDIA's device plugin knows no other strategy"
    ):
        GpuSharing.mig("none")  # type: ignore[arg-type] # no strategy


def test_tokens_pass() -> None:
    cluster = made.cluster()
    replicas = number_token(cluster, "Replicas")

    config = values(cluster, sharing=GpuSharing.time_slicing(replicas=replicas))["config"]  # type: ignore[arg-type] # a float
    assert '"replicas": <ClusterReplicas' in config["map"]["shared"]
