"""Where the nodes of a group stand, and how they reach each other."""

from __future__ import annotations

from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_eks_v2 as eks

from cdk_model_hosting.kubernetes.imported_cluster import ImportedCluster
from cdk_model_hosting.kubernetes.node_image import NodeImage
from tests.unit.builders import att, new_stack, only, refused, resources, stack_in, text_token
from tests.unit.kubernetes.groups import TAG, group, launch, rendered
from tests.unit.kubernetes.made import cluster

WITHOUT_VPC: dict[str, Any] = {"vpc": None}

# Subnets


def test_zones_choose_among_the_private_subnets() -> None:
    assert rendered(group(zones=["eu-west-1c", "eu-west-1a"]))["Subnets"] == ["subnet-private-a", "subnet-private-c"]


def test_subnets_can_be_given() -> None:
    served = cluster(attributes=WITHOUT_VPC)
    stack = cdk.Stack.of(served)
    subnets = [
        ec2.Subnet.from_subnet_attributes(
            stack, f"Subnet{each}", subnet_id=f"subnet-{each}", availability_zone=f"eu-west-1{each}"
        )
        for each in "ab"
    ]
    assert rendered(group("One", cluster=served, subnets=subnets))["Subnets"] == ["subnet-a", "subnet-b"]


def test_zones_choose_among_given_subnets() -> None:
    stack = new_stack()
    subnets = [
        ec2.Subnet.from_subnet_attributes(
            stack, f"Subnet{each}", subnet_id=f"subnet-{each}", availability_zone=f"eu-west-1{each}"
        )
        for each in "ab"
    ]
    made = group(cluster=cluster(stack), subnets=subnets, zones=["eu-west-1b"])
    assert rendered(made)["Subnets"] == ["subnet-b"]


def test_isolated_subnets_will_do() -> None:
    stack = stack_in("eu-west-1")
    isolated = ec2.SubnetConfiguration(name="isolated", subnet_type=ec2.SubnetType.PRIVATE_ISOLATED)
    vpc = ec2.Vpc(stack, "Own", max_azs=2, nat_gateways=0, subnet_configuration=[isolated])
    assert len(rendered(group(cluster=cluster(stack, attributes={"vpc": vpc})))["Subnets"]) == 2


def test_fails_when_there_are_public_subnets_alone() -> None:
    stack = stack_in("eu-west-1")
    public = ec2.SubnetConfiguration(name="public", subnet_type=ec2.SubnetType.PUBLIC)
    vpc = ec2.Vpc(stack, "Own", max_azs=2, nat_gateways=0, subnet_configuration=[public])
    with refused(
        "GpuNodeGroup subnets must be given where the cluster's vpc has no private ones, got none: nodes in public subnets would be "
        "without a way out, or open to the internet"
    ):
        group(cluster=cluster(stack, attributes={"vpc": vpc}))


def test_fails_when_no_subnet_is_given() -> None:
    with refused("GpuNodeGroup subnets must have at least one subnet, got none: nodes stand in one"):
        group(subnets=[])


def test_fails_without_network_and_subnets() -> None:
    with refused(
        "ImportedCluster cluster must have a vpc, got none: pass vpc to from_cluster_attributes where nodes, or what they reach, are "
        "made"
    ):
        group(cluster=cluster(attributes=WITHOUT_VPC))


def test_fails_when_a_zone_has_no_subnet() -> None:
    with refused(
        "GpuNodeGroup zones must be zones with a subnet for nodes, got eu-west-1d, a: there are subnets in eu-west-1a, eu-west-1b, "
        "eu-west-1c"
    ):
        group(zones=["eu-west-1a", "eu-west-1d", "a"])


def test_fails_when_the_zones_of_the_network_are_not_known() -> None:
    stack = new_stack()
    vpc = ec2.Vpc(stack, "Own")
    with refused(
        "GpuNodeGroup zones must be omitted where the zones of the subnets are known at deploy time, got eu-west-1a: give the stack a "
        "region, or pass subnets"
    ):
        group(cluster=cluster(stack, attributes={"vpc": vpc}), zones=["eu-west-1a"])


def test_a_network_without_known_zones_serves_all_of_them() -> None:
    stack = new_stack()
    vpc = ec2.Vpc(stack, "Own")
    assert len(rendered(group(cluster=cluster(stack, attributes={"vpc": vpc})))["Subnets"]) == 2


# Elastic Fabric Adapters


def fabric(*types: str, **options: Any) -> Any:
    return group(instance_types=list(types), efa=True, **{"zones": ["eu-west-1a"], **options})


def test_each_network_card_has_an_adapter() -> None:
    made = fabric("p4d.24xlarge")
    interfaces = launch(made)["NetworkInterfaces"]
    assert [(each["NetworkCardIndex"], each["DeviceIndex"], each["InterfaceType"]) for each in interfaces] == [
        (0, 0, "efa"),
        (1, 1, "efa-only"),
        (2, 1, "efa-only"),
        (3, 1, "efa-only"),
    ]
    (own,) = resources(made, "AWS::EC2::SecurityGroup")
    for each in interfaces:
        assert each["Groups"] == ["sg-1", att(own, "GroupId")]
        assert each["DeleteOnTermination"] is True
        # EKS chooses the subnet, and addresses go with several interfaces nowhere.
        assert not {"SubnetId", "AssociatePublicIpAddress"} & set(each)


def test_nodes_stand_close_to_each_other() -> None:
    made = fabric("g5.8xlarge")
    (placement,) = resources(made, "AWS::EC2::PlacementGroup")
    assert only(made, "AWS::EC2::PlacementGroup") == {"Strategy": "cluster"}
    assert launch(made)["Placement"] == {"GroupName": {"Ref": placement}}
    assert len(launch(made)["NetworkInterfaces"]) == 1


def test_members_of_the_fabric_reach_each_other_and_nobody_else() -> None:
    made = fabric("g5.8xlarge")
    ((name, own),) = resources(made, "AWS::EC2::SecurityGroup").items()
    assert own["Properties"] == {"GroupDescription": "Elastic Fabric Adapters of one node group", "VpcId": "vpc-1"}
    group_id = att(name, "GroupId")
    assert only(made, "AWS::EC2::SecurityGroupIngress") == {
        "GroupId": group_id,
        "IpProtocol": "-1",
        "SourceSecurityGroupId": group_id,
    }
    assert only(made, "AWS::EC2::SecurityGroupEgress") == {
        "GroupId": group_id,
        "IpProtocol": "-1",
        "DestinationSecurityGroupId": group_id,
    }


def test_the_autoscaler_and_pods_are_told_of_adapters() -> None:
    made = fabric("p5.48xlarge")
    properties = rendered(made)
    assert properties["Tags"][f"{TAG}vpc.amazonaws.com/efa"] == "32"
    assert properties["Labels"]["vpc.amazonaws.com/efa.present"] == "true"
    assert made.resources["vpc.amazonaws.com/efa"] == 32


def test_without_it_the_template_has_no_interfaces() -> None:
    assert "NetworkInterfaces" not in launch(group(instance_types=["p4d.24xlarge"]))


def test_fails_when_the_type_has_no_adapters() -> None:
    with refused(
        "GpuNodeGroup efa must be off for g5.xlarge, got on: instances of that type take no Elastic Fabric Adapter"
    ):
        fabric("g5.xlarge")


@pytest.mark.parametrize("name", ["g7e.48xlarge", "p6-b300.48xlarge"])
def test_fails_when_the_adapters_are_not_known(name: str) -> None:
    with refused(
        f"GpuNodeGroup efa must be off for instance types whose network cards are not known here, got {name}: the launch template has an "
        "interface for each"
    ):
        fabric(name)


def test_fails_when_the_type_is_known_at_deploy_time() -> None:
    with refused(
        "GpuNodeGroup efa must be off for instance types whose network cards are not known here, got a Token: the launch template has an "
        "interface for each"
    ):
        fabric(text_token(new_stack()), image=NodeImage.of("AL2023_x86_64_NVIDIA"))


def test_fails_when_types_have_different_adapters() -> None:
    with refused(
        "GpuNodeGroup instance_types must have the same number of network cards for efa, got p5e.48xlarge and p5en.48xlarge: the launch "
        "template has an interface for each"
    ):
        fabric("p5e.48xlarge", "p5en.48xlarge")


def test_fails_when_the_fabric_would_be_in_several_zones() -> None:
    with refused("GpuNodeGroup zones must name one zone for efa, got 3: the fabric does not reach from one to another"):
        fabric("p4d.24xlarge", zones=None)


def test_fails_when_the_cluster_has_no_security_group() -> None:
    stack = new_stack()
    vpc = ec2.Vpc.from_vpc_attributes(
        stack, "Vpc", vpc_id="vpc-1", availability_zones=["a"], private_subnet_ids=["subnet-a"]
    )
    bare = eks.Cluster.from_cluster_attributes(stack, "Bare", cluster_name="models", vpc=vpc)
    served = ImportedCluster(stack, "Cluster", cluster=bare, version="1.36")
    with refused(
        "GpuNodeGroup cluster must have a cluster_security_group_id for efa, got none: nodes with interfaces of their own get no security "
        "group by themselves; pass it to from_cluster_attributes"
    ):
        fabric("p4d.24xlarge", cluster=served, zones=["a"])
