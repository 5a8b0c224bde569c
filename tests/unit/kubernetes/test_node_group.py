"""What a node group is in the template."""

from __future__ import annotations

import json
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_iam as iam
from aws_cdk.assertions import Template
from cdk_nag import AwsSolutionsChecks
from constructs import DependencyGroup

from cdk_model_hosting.kubernetes.capacity import Capacity
from cdk_model_hosting.kubernetes.node_group import GpuNodeGroup
from cdk_model_hosting.kubernetes.node_image import NodeImage
from cdk_model_hosting.kubernetes.node_update import NodeUpdate
from cdk_model_hosting.kubernetes.scheduling import Taint
from tests.unit.builders import att, new_stack, number_token, only, refused, resources, stack_in, text_token
from tests.unit.kubernetes.groups import SIZE, TAG, group, launch, only_own, rendered
from tests.unit.kubernetes.made import cluster, template

BLOCK = "cr-0123456789abcdef0"
ROOM = {"cpu": "3920m", "ephemeral-storage": "170Gi", "memory": "14162Mi", "nvidia.com/gpu": "1"}


@pytest.fixture(scope="module")
def gpu() -> GpuNodeGroup:
    return group()


# The group


def logical_id(made: GpuNodeGroup, kind: str) -> str:
    (found,) = (each for each in resources(made, kind) if not each.startswith(SIZE))
    return found


def test_the_group(gpu: GpuNodeGroup) -> None:
    launch_template = logical_id(gpu, "AWS::EC2::LaunchTemplate")
    size = logical_id(gpu, "Custom::NodeGroupSize")
    assert rendered(gpu) == {
        "AmiType": "AL2023_x86_64_NVIDIA",
        "CapacityType": "ON_DEMAND",
        "ClusterName": "models",
        "InstanceTypes": ["g5.xlarge"],
        "Labels": {
            "k8s.amazonaws.com/accelerator": "nvidia-a10g",
            "model-hosting/accelerator": "nvidia",
            "model-hosting/group": "gpu",
            "nvidia.com/gpu.present": "true",
        },
        "LaunchTemplate": {
            "Id": {"Ref": launch_template},
            "Version": att(launch_template, "LatestVersionNumber"),
        },
        "NodegroupName": gpu.node_group_name,
        "NodeRepairConfig": {"Enabled": True},
        "NodeRole": att(logical_id(gpu, "AWS::IAM::Role"), "Arn"),
        "ScalingConfig": {"DesiredSize": att(size, "DesiredSize"), "MaxSize": 4, "MinSize": 0},
        "Subnets": ["subnet-private-a", "subnet-private-b", "subnet-private-c"],
        "Tags": {f"{TAG}{name}": amount for name, amount in ROOM.items()},
        "Taints": [{"Effect": "NO_SCHEDULE", "Key": "nvidia.com/gpu", "Value": "present"}],
        "UpdateConfig": {"MaxUnavailable": 1, "UpdateStrategy": "DEFAULT"},
        "Version": "1.36",
    }


def test_a_neuron_group_has_its_own_image_taint_labels_and_hints() -> None:
    properties = rendered(group(instance_types=["inf2.24xlarge"]))
    assert properties["AmiType"] == "AL2023_x86_64_NEURON"
    assert properties["Labels"] == {"model-hosting/accelerator": "neuron", "model-hosting/group": "gpu"}
    room = {"cpu": "95690m", "ephemeral-storage": "170Gi", "memory": "355262Mi"}
    offered = {"aws.amazon.com/neuron": "6", "aws.amazon.com/neuroncore": "12", **room}
    assert properties["Tags"] == {f"{TAG}{name}": amount for name, amount in offered.items()}
    assert properties["Taints"] == [{"Effect": "NO_SCHEDULE", "Key": "aws.amazon.com/neuron", "Value": "present"}]


def test_a_share_of_a_gpu_is_told_to_the_autoscaler_which_reads_none_from_ec2() -> None:
    assert rendered(group(instance_types=["g6f.large"]))["Tags"][f"{TAG}nvidia.com/gpu"] == "1"


def test_labels_and_taints_of_the_user_stand_beside_ours() -> None:
    taint = Taint(key="team", value="vision", effect="NoExecute")
    made = group(labels={"team": "vision", "node.kubernetes.io/purpose": "models"}, taints=[taint])
    properties = rendered(made)
    assert properties["Labels"]["team"] == "vision"
    assert properties["Labels"]["node.kubernetes.io/purpose"] == "models"
    assert properties["Labels"]["model-hosting/group"] == "gpu"
    assert [each["Effect"] for each in properties["Taints"]] == ["NO_SCHEDULE", "NO_EXECUTE"]
    assert made.taints[1] == taint


def test_several_types_of_one_kind_for_spot() -> None:
    properties = rendered(group(instance_types=["g6.xlarge", "g5.xlarge"], capacity=Capacity.spot()))
    assert properties["CapacityType"] == "SPOT"
    assert properties["InstanceTypes"] == ["g6.xlarge", "g5.xlarge"]
    assert properties["Labels"]["k8s.amazonaws.com/accelerator"] == "nvidia-gpu"


def test_a_type_that_is_known_speaks_for_a_new_one_beside_it() -> None:
    made = group(instance_types=["g8.xlarge", "g5.xlarge"], image=NodeImage.of("AL2023_x86_64_NVIDIA"))
    assert dict(made.resources) == {"nvidia.com/gpu": 1}


def test_a_pinned_image_and_an_update_without_spare_instances() -> None:
    made = group(
        image=NodeImage.amazon_linux(release="1.36.1-20261102"),
        update=NodeUpdate(max_unavailable=2, spare_first=False),
    )
    properties = rendered(made)
    assert properties["ReleaseVersion"] == "1.36.1-20261102"
    assert properties["UpdateConfig"] == {"MaxUnavailable": 2, "UpdateStrategy": "MINIMAL"}
    assert "ForceUpdateEnabled" not in properties


def test_an_update_that_nothing_stops() -> None:
    assert rendered(group(update=NodeUpdate(force=True)))["ForceUpdateEnabled"] is True


def test_tokens_pass_every_check() -> None:
    served = cluster()
    stack = cdk.Stack.of(served)
    made = group(
        cluster=served,
        instance_types=[text_token(stack, "Type")],
        image=NodeImage.of("AL2023_x86_64_NVIDIA", release=text_token(stack, "Release")),
        between=(number_token(stack, "Least"), number_token(stack, "Most")),
        disk_gb=number_token(stack, "Disk"),
        name=text_token(stack, "Name"),
        labels={"team": text_token(stack, "Team")},
        taints=[Taint(key="team", value=text_token(stack, "Taint"))],
        update=NodeUpdate(max_unavailable=number_token(stack, "Update")),  # type: ignore[arg-type]
    )
    properties = rendered(made)
    assert properties["InstanceTypes"] == [{"Ref": "Type"}]
    assert properties["ScalingConfig"]["MaxSize"] == {"Ref": "Most"}
    assert properties["Labels"]["model-hosting/group"] == {"Ref": "Name"}
    assert properties["Tags"] == {f"{TAG}ephemeral-storage": {"Fn::Join": ["", [{"Ref": "Disk"}, "Gi"]]}}


# Its names


def test_a_name_is_made_from_the_construct_id() -> None:
    made = group("GpuSpot 2")
    assert made.name == "gpu-spot-2"
    assert made.node_group_name.startswith("gpu-spot-2-")
    assert len(made.node_group_name) == len("gpu-spot-2-") + 8


def names(**options: Any) -> str:
    return group(name="gpu", **options).node_group_name


def test_the_name_changes_with_what_eks_cannot_change_and_with_nothing_else() -> None:
    first = names()
    same = names(between=(1, 9), disk_gb=300, labels={"a": "b"}, update=NodeUpdate(max_unavailable=2), priority=5)
    assert names() == first == same
    other = {
        names(instance_types=["g6.xlarge"]),
        names(capacity=Capacity.spot()),
        names(image=NodeImage.bottlerocket()),
        names(zones=["eu-west-1a"]),
    }
    assert len(other | {first}) == 5


def test_the_name_does_not_change_with_the_number_of_a_token() -> None:
    def made(*before: str) -> str:
        stack = stack_in("eu-west-1")
        for each in before:
            text_token(stack, each)
        vpc = ec2.Vpc(stack, "Own")
        served = cluster(stack, attributes={"vpc": vpc})
        return group(cluster=served).node_group_name

    assert made() == made("One", "Two")


def test_fails_when_a_name_is_taken() -> None:
    served = cluster()
    group("One", cluster=served, name="gpu")
    with refused(
        "Stack/Two must not own the node group gpu of a cluster, got one that Stack/One owns: a cluster has one"
    ):
        group("Two", cluster=served, name="gpu")


# Its size


def test_the_size_is_asked_for_whenever_the_group_changes(gpu: GpuNodeGroup) -> None:
    size = only(gpu, "Custom::NodeGroupSize")
    properties = rendered(gpu)
    assert {name: size[name] for name in ("ClusterName", "NodegroupName", "MinSize", "MaxSize")} == {
        "ClusterName": "models",
        "NodegroupName": properties["NodegroupName"],
        "MinSize": 0,
        "MaxSize": 4,
    }
    told = json.dumps(size["Configuration"]).lower()
    # All that CloudFormation changes in place, so that no change comes without the number.
    fixed = {"AmiType", "CapacityType", "ClusterName", "InstanceTypes", "NodegroupName", "NodeRole", "Subnets"}
    always = {"NodeRepairConfig", "ScalingConfig"}
    for name in set(properties) - fixed - always - {"LaunchTemplate", "UpdateConfig"}:
        assert json.dumps(properties[name]).lower() in told, name
    assert size["Configuration"]["LaunchTemplateVersion"] == properties["LaunchTemplate"]["Version"]
    assert size["Configuration"]["Update"] == list(properties["UpdateConfig"].values())


def test_a_function_may_see_the_groups_of_this_app_and_no_others(gpu: GpuNodeGroup) -> None:
    document = only(gpu, "AWS::IAM::ManagedPolicy")["PolicyDocument"]
    assert document["Statement"] == [
        {
            "Action": "eks:DescribeNodegroup",
            "Effect": "Allow",
            "Resource": {
                "Fn::Sub": "arn:${AWS::Partition}:eks:${AWS::Region}:${AWS::AccountId}:nodegroup/models/gpu-*/*"
            },
        }
    ]


def test_a_group_of_one_size_needs_nobody_to_ask() -> None:
    made = group(between=(2, 2))
    assert rendered(made)["ScalingConfig"] == {"DesiredSize": 2, "MaxSize": 2, "MinSize": 2}
    assert resources(made, "AWS::Lambda::Function") == {}


def test_groups_of_a_stack_share_the_function() -> None:
    served = cluster()
    group("One", cluster=served)
    group("Two", cluster=served)
    assert len(resources(served, "AWS::Lambda::Function")) == 1
    assert len(resources(served, "Custom::NodeGroupSize")) == 2


# Its nodes


def test_the_launch_template(gpu: GpuNodeGroup) -> None:
    assert launch(gpu) == {
        "BlockDeviceMappings": [
            {
                "DeviceName": "/dev/xvda",
                "Ebs": {
                    "DeleteOnTermination": True,
                    "Encrypted": True,
                    "Throughput": 500,
                    "VolumeSize": 200,
                    "VolumeType": "gp3",
                },
            }
        ],
        "MetadataOptions": {"HttpPutResponseHopLimit": 1, "HttpTokens": "required"},
        "TagSpecifications": [
            {"ResourceType": each, "Tags": [{"Key": "Name", "Value": "gpu"}]} for each in ("instance", "volume")
        ],
    }


def test_the_launch_template_is_never_named(gpu: GpuNodeGroup) -> None:
    assert list(only_own(gpu, "AWS::EC2::LaunchTemplate")) == ["LaunchTemplateData"]


def test_bottlerocket_keeps_images_on_its_second_disk() -> None:
    disks = launch(group(image=NodeImage.bottlerocket(), disk_gb=300))["BlockDeviceMappings"]
    assert [(each["DeviceName"], each["Ebs"]["VolumeSize"]) for each in disks] == [
        ("/dev/xvda", 4),
        ("/dev/xvdb", 300),
    ]
    assert all(each["Ebs"]["Encrypted"] for each in disks)


def test_the_role_is_bound_to_the_cluster(gpu: GpuNodeGroup) -> None:
    role = only_own(gpu, "AWS::IAM::Role")
    assert "ManagedPolicyArns" not in role
    assert role["AssumeRolePolicyDocument"]["Statement"][0]["Principal"] == {
        "Service": {"Fn::Sub": "ec2.${AWS::URLSuffix}"}
    }
    (policy,) = role["Policies"]
    statements = policy["PolicyDocument"]["Statement"]
    assert statements[0]["Action"] == ["eks-auth:AssumeRoleForPodIdentity", "eks:DescribeCluster"]
    assert json.dumps(statements[0]["Resource"]).endswith(':cluster/models"]]}')
    assert not any("NetworkInterface" in str(each) for each in statements)


def test_the_role_serves_the_network_of_pods_where_the_cni_has_none() -> None:
    (policy,) = only_own(group(pod_network=True), "AWS::IAM::Role")["Policies"]
    assert "ec2:AssignPrivateIpAddresses" in str(policy)


def test_more_can_be_granted_to_the_role() -> None:
    made = group(between=(1, 1))
    made.role.add_to_principal_policy(iam.PolicyStatement(actions=["s3:GetObject"], resources=["*"]))
    assert logical_id(made, "AWS::IAM::Role") in json.dumps(only(made, "AWS::IAM::Policy")["Roles"])


def test_a_capacity_block_is_in_the_launch_template() -> None:
    made = group(instance_types=["p5.48xlarge"], capacity=Capacity.block(BLOCK), zones=["eu-west-1b"])
    properties = rendered(made)
    assert properties["CapacityType"] == "CAPACITY_BLOCK"
    assert "InstanceTypes" not in properties
    assert properties["Subnets"] == ["subnet-private-b"]
    # There is no instance to spare.
    assert properties["UpdateConfig"]["UpdateStrategy"] == "MINIMAL"
    data = launch(made)
    assert data["InstanceType"] == "p5.48xlarge"
    assert data["InstanceMarketOptions"] == {"MarketType": "capacity-block"}
    assert data["CapacityReservationSpecification"] == {"CapacityReservationTarget": {"CapacityReservationId": BLOCK}}


# The cluster


def test_the_cluster_knows_its_groups_with_what_scales_them() -> None:
    served = cluster()
    first = group("One", cluster=served, priority=10)
    second = group("Two", cluster=served, between=(1, 2))
    assert served.node_groups == (first, second)
    assert [each.priority for each in (first, second)] == [10, 0]
    assert (second.minimum, second.maximum) == (1, 2)
    assert first.accelerator == "nvidia"
    assert dict(first.resources) == {"nvidia.com/gpu": 1}


def test_nodes_wait_for_what_they_cannot_do_without() -> None:
    served = cluster()
    needed = cdk.CfnResource(cdk.Stack.of(served), "Cni", type="AWS::EKS::Addon")
    served.before_nodes = (DependencyGroup(needed),)
    group(cluster=served)
    ((_, made),) = resources(served, "AWS::EKS::Nodegroup").items()
    assert made["DependsOn"] == ["Cni"]


def test_nag_finds_nothing_that_has_no_reason() -> None:
    app = cdk.App()
    stack = cdk.Stack(app, "Stack", env=cdk.Environment(region="eu-west-1", account="111122223333"))
    served = cluster(stack)
    group(cluster=served, instance_types=["p4d.24xlarge"], efa=True, zones=["eu-west-1a"], pod_network=True)
    cdk.Validations.of(app).add_plugins(AwsSolutionsChecks(app))
    app.synth()


def test_two_syntheses_are_equal() -> None:
    assert template(group()) == template(group())


def test_a_group_stands_in_another_stack_than_its_cluster() -> None:
    app = cdk.App()
    served = cluster(cdk.Stack(app, "One"))
    stack = cdk.Stack(app, "Two")
    GpuNodeGroup(stack, "Gpu", cluster=served, instance_types=["g5.xlarge"], between=(1, 1))
    Template.from_stack(stack).resource_count_is("AWS::EKS::Nodegroup", 1)


def test_fails_when_the_cluster_is_none_of_ours() -> None:
    stack = new_stack()
    with refused("GpuNodeGroup cluster must be a ServingCluster, got 'models': nothing else is understood there"):
        GpuNodeGroup(stack, "Gpu", cluster="models", instance_types=["g5.xlarge"], between=(0, 1))  # type: ignore[arg-type]
