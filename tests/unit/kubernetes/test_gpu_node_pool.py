from __future__ import annotations

from typing import TYPE_CHECKING, Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_ec2 as ec2

from cdk_model_hosting.kubernetes.capacity import Capacity
from cdk_model_hosting.kubernetes.device_plugin import DevicePlugin
from cdk_model_hosting.kubernetes.gpu_sharing import GpuSharing
from cdk_model_hosting.kubernetes.node_image import NodeImage
from cdk_model_hosting.kubernetes.node_scaling import NodeScaling
from cdk_model_hosting.kubernetes.scheduling import selector_for, tolerations_for
from tests.unit.builders import number_token, refused, resources, text_token
from tests.unit.kubernetes import made
from tests.unit.kubernetes.custom import assert_valid_custom
from tests.unit.kubernetes.pools import auto_mode, cluster_with_karpenter, pool

if TYPE_CHECKING:
    from cdk_model_hosting.kubernetes.gpu_node_pool import GpuNodePool


def objects(of: Any) -> dict[str, dict[str, Any]]:
    """What a pool makes, by kind, after Karpenter's own word on it."""
    found = [each for each in made.manifests(of) if each["kind"] in ("NodePool", "EC2NodeClass")]
    assert_valid_custom(found)
    return {each["kind"]: each for each in found}


def requirements(of: GpuNodePool) -> dict[str, list[str]]:
    nodes = objects(of)["NodePool"]["spec"]["template"]["spec"]
    assert all(each["operator"] == "In" for each in nodes["requirements"])
    return {each["key"]: each["values"] for each in nodes["requirements"]}


def test_a_pool_of_karpenter() -> None:
    found = objects(pool(cluster_with_karpenter()))["NodePool"]

    assert found["metadata"] == {"name": "gpu-spot"}
    assert found["spec"] == {
        "template": {
            "metadata": {
                "labels": {
                    "model-hosting/accelerator": "nvidia",
                    "model-hosting/group": "gpu-spot",
                    "nvidia.com/gpu.present": "true",
                }
            },
            "spec": {
                "nodeClassRef": {"group": "karpenter.k8s.aws", "kind": "EC2NodeClass", "name": "gpu-spot"},
                "requirements": [
                    {"key": "karpenter.k8s.aws/instance-family", "operator": "In", "values": ["g5", "g6"]},
                    {"key": "kubernetes.io/arch", "operator": "In", "values": ["amd64"]},
                    {"key": "karpenter.sh/capacity-type", "operator": "In", "values": ["on-demand"]},
                ],
                "taints": [{"key": "nvidia.com/gpu", "value": "present", "effect": "NoSchedule"}],
            },
        },
        "disruption": {"consolidationPolicy": "WhenEmpty", "consolidateAfter": "300s"},
        "limits": {"nvidia.com/gpu": 8},
    }


def test_its_nodes_are_made_like_those_of_groups() -> None:
    cluster = cluster_with_karpenter()
    found = objects(pool(cluster))["EC2NodeClass"]

    (profile,) = resources(cluster, "AWS::IAM::InstanceProfile")
    assert found["metadata"] == {"name": "gpu-spot"}
    assert found["spec"] == {
        "amiSelectorTerms": [{"alias": "al2023@v20261102"}],
        "instanceProfile": f"<{profile}>",
        "subnetSelectorTerms": [{"id": f"subnet-private-{each}"} for each in "abc"],
        "securityGroupSelectorTerms": [{"id": "sg-1"}],
        "metadataOptions": {
            "httpEndpoint": "enabled",
            "httpProtocolIPv6": "disabled",
            "httpPutResponseHopLimit": 1,
            "httpTokens": "required",
        },
        "blockDeviceMappings": [
            {
                "deviceName": "/dev/xvda",
                "ebs": {
                    "deleteOnTermination": True,
                    "encrypted": True,
                    "throughput": 500,
                    "volumeSize": "200Gi",
                    "volumeType": "gp3",
                },
            }
        ],
        "tags": {"Name": "gpu-spot"},
    }


def test_bottlerocket_has_a_disk_of_its_own() -> None:
    image = NodeImage.bottlerocket(release="1.52.0-0f1e2d3c")
    spec = objects(pool(cluster_with_karpenter(), image=image, disk_gb=500))["EC2NodeClass"]["spec"]

    assert spec["amiSelectorTerms"] == [{"alias": "bottlerocket@v1.52.0"}]
    assert [(each["deviceName"], each["ebs"]["volumeSize"]) for each in spec["blockDeviceMappings"]] == [
        ("/dev/xvda", "4Gi"),
        ("/dev/xvdb", "500Gi"),
    ]
    assert all(each["ebs"]["encrypted"] for each in spec["blockDeviceMappings"])


def test_it_is_made_once_karpenter_is_there() -> None:
    cluster = cluster_with_karpenter()
    pool(cluster)

    (chart,) = [
        name for name, each in resources(cluster, made.HELM).items() if each["Properties"]["Release"] == "karpenter"
    ]
    assert chart in made.awaited(cluster, made.applied(cluster, "EC2NodeClass"))
    assert {chart, made.applied(cluster, "EC2NodeClass")} <= made.awaited(cluster, made.applied(cluster, "NodePool"))


def test_all_that_can_be_said() -> None:
    made_pool = pool(
        cluster_with_karpenter(),
        instance_types=["g5g.xlarge", "g5g.2xlarge"],
        capacity=[Capacity.spot(), Capacity.on_demand()],
        zones=["eu-west-1a", "eu-west-1b"],
        priority=50,
        expire_after=cdk.Duration.days(7),
        drain_for=cdk.Duration.minutes(10),
        consolidate_after=cdk.Duration.minutes(30),
        repack=True,
        name="arm",
    )

    spec = objects(made_pool)["NodePool"]["spec"]
    assert requirements(made_pool) == {
        "node.kubernetes.io/instance-type": ["g5g.xlarge", "g5g.2xlarge"],
        "kubernetes.io/arch": ["arm64"],
        "karpenter.sh/capacity-type": ["spot", "on-demand"],
        "topology.kubernetes.io/zone": ["eu-west-1a", "eu-west-1b"],
    }
    assert spec["weight"] == 50
    assert spec["disruption"] == {"consolidationPolicy": "WhenEmptyOrUnderutilized", "consolidateAfter": "1800s"}
    assert spec["template"]["spec"]["expireAfter"] == "604800s"
    assert spec["template"]["spec"]["terminationGracePeriod"] == "600s"
    assert made_pool.name == "arm"


def test_a_pool_of_eks_itself() -> None:
    cluster = auto_mode()
    made_pool = pool(cluster, expire_after=cdk.Duration.days(20))
    found = objects(made_pool)

    assert list(found) == ["NodePool"]
    nodes = found["NodePool"]["spec"]["template"]["spec"]
    assert nodes["nodeClassRef"] == {"group": "eks.amazonaws.com", "kind": "NodeClass", "name": "default"}
    assert requirements(made_pool)["eks.amazonaws.com/instance-family"] == ["g5", "g6"]
    assert nodes["expireAfter"] == "1728000s"
    assert "terminationGracePeriod" not in nodes


@pytest.mark.parametrize(
    ("families", "accelerator", "resource"),
    [(["inf2"], "neuron", "aws.amazon.com/neuron"), (["p5"], "nvidia", "nvidia.com/gpu")],
)
def test_pods_of_this_library_find_its_nodes(families: list[str], accelerator: Any, resource: str) -> None:
    made_pool = pool(cluster_with_karpenter(), instance_families=families)
    spec = objects(made_pool)["NodePool"]["spec"]

    assert spec["limits"] == {resource: 8}
    template = spec["template"]
    assert selector_for(accelerator, group="gpu-spot").items() <= template["metadata"]["labels"].items()
    (taint,) = template["spec"]["taints"]
    (tolerated,) = tolerations_for(accelerator)
    assert (taint["key"], taint["effect"]) == (tolerated["key"], tolerated["effect"])


def test_the_device_plugin_leaves_its_bottlerocket_out() -> None:
    cluster = cluster_with_karpenter()
    pool(cluster)
    pool(cluster, "Sealed", image=NodeImage.bottlerocket(release="1.52.0"))
    DevicePlugin(cluster, "DevicePlugin", cluster=cluster)

    affinity = made.charts(cluster)["nvidia-device-plugin"]["Values"]["affinity"]["nodeAffinity"]
    (term,) = affinity["requiredDuringSchedulingIgnoredDuringExecution"]["nodeSelectorTerms"]
    assert term["matchExpressions"][0]["values"] == ["sealed"]


def test_its_gpus_are_cut_only_where_they_can_be() -> None:
    cluster = cluster_with_karpenter()
    pool(cluster)
    with refused(
        "GpuSharing.mig must be for a cluster with GPUs that can be cut, got g5, g6 alone: those have no Multi-Instance GPU; make groups and "
        "pools of others first"
    ):
        DevicePlugin(cluster, "DevicePlugin", cluster=cluster, sharing=GpuSharing.mig("single"))


def test_a_cluster_where_somebody_else_runs_karpenter() -> None:
    cluster = made.cluster(node_scaling=NodeScaling.KARPENTER)

    assert objects(pool(cluster, instance_profile="nodes"))["EC2NodeClass"]["spec"]["instanceProfile"] == "nodes"


def test_subnets_of_ones_own() -> None:
    cluster = cluster_with_karpenter()
    own = ec2.Subnet.from_subnet_attributes(cluster, "Own", subnet_id="subnet-own", availability_zone="eu-west-1b")
    spec = objects(pool(cluster, subnets=[own], zones=["eu-west-1b"]))["EC2NodeClass"]["spec"]

    assert spec["subnetSelectorTerms"] == [{"id": "subnet-own"}]


def test_tokens_pass() -> None:
    cluster = cluster_with_karpenter()
    number = number_token(cluster, "Number")
    pool(
        cluster,
        instance_families=[text_token(cluster, "Family")],
        devices=number,
        priority=number,
        disk_gb=number,
        image=NodeImage.amazon_linux(release=text_token(cluster, "Release")),
        zones=[text_token(cluster, "Zone")],
        expire_after=cdk.Duration.seconds(number),
        drain_for=cdk.Duration.seconds(number),
        consolidate_after=cdk.Duration.seconds(number),
        instance_profile=text_token(cluster, "Profile"),
        name=text_token(cluster, "Name"),
    )

    text = " ".join(made._flat(each["Properties"]["Manifest"]) for each in resources(cluster, made.MANIFEST).values())
    for expected in (
        '"alias":"al2023@<ClusterRelease',
        '"volumeSize":"<ClusterNumber',
        '"values":["<ClusterFamily',
        '"values":["<ClusterZone',
        '"expireAfter":"<ClusterNumber',
        '"terminationGracePeriod":"<ClusterNumber',
        '"weight":<ClusterNumber',
        '"nvidia.com/gpu":<ClusterNumber',
        '"instanceProfile":"<ClusterProfile',
    ):
        assert expected in text, (expected, text)


@pytest.mark.parametrize("option", ["expire_after", "drain_for"])
def test_a_time_that_is_a_token_passes_with_auto_mode_too(option: str) -> None:
    cluster = auto_mode()
    known: dict[str, Any] = {"expire_after": cdk.Duration.days(21), "drain_for": cdk.Duration.days(21)}
    times = {**known, option: cdk.Duration.seconds(number_token(cluster, "Number"))}
    assert pool(cluster, **times) in cluster.node_groups
