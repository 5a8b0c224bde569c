"""Functions in a VPC."""

from __future__ import annotations

from typing import TYPE_CHECKING

import aws_cdk as cdk
import pytest
from aws_cdk import aws_ec2 as ec2

from cdk_model_hosting import ModelDelivery, Network
from tests.unit.builders import att, new_stack, refused, resources, text_token
from tests.unit.functions.made import advice_of, function, only_own, own, policies

if TYPE_CHECKING:
    from pathlib import Path

INTERFACES = [
    "ec2:AssignPrivateIpAddresses",
    "ec2:CreateNetworkInterface",
    "ec2:DeleteNetworkInterface",
    "ec2:DescribeNetworkInterfaces",
    "ec2:DescribeSubnets",
    "ec2:UnassignPrivateIpAddresses",
]
PUBLIC = (
    "the function stands in public subnets of its VPC, where Lambda gives it no public address: it reaches nothing outside, S3 and "
    "SageMaker included, but by endpoints of the VPC; choose private subnets with a NAT gateway "
    "[ack: cdk-model-hosting:functionInPublicSubnet]"
)


def brought(stack: cdk.Stack, construct_id: str = "Vpc", vpc_id: str = "vpc-1") -> ec2.IVpc:
    """A VPC with subnets of both kinds."""
    return ec2.Vpc.from_vpc_attributes(
        stack,
        construct_id,
        vpc_id=vpc_id,
        availability_zones=["a", "b"],
        private_subnet_ids=["subnet-1", "subnet-2"],
        private_subnet_route_table_ids=["rtb-1", "rtb-2"],
        public_subnet_ids=["subnet-3", "subnet-4"],
        public_subnet_route_table_ids=["rtb-3", "rtb-3"],
    )


def group(stack: cdk.Stack, name: str = "sg-1") -> ec2.ISecurityGroup:
    return ec2.SecurityGroup.from_security_group_id(stack, name, name)


def test_a_function_stands_in_no_vpc_unless_it_is_said(source: Path, model: Path) -> None:
    made = function(source, model)

    assert "VpcConfig" not in only_own(made, "AWS::Lambda::Function")
    with refused(
        "ModelFunction connections must belong to a function in a VPC, got one without a network: only a VPC has security groups"
    ):
        _ = made.connections


def test_a_function_stands_in_private_subnets_with_a_group_of_its_own(source: Path, model: Path) -> None:
    stack = new_stack()
    made = function(source, model, stack, network=Network(vpc=brought(stack)))

    ((group_id, made_group),) = own(stack, "AWS::EC2::SecurityGroup").items()
    assert only_own(made, "AWS::Lambda::Function")["VpcConfig"] == {
        "SecurityGroupIds": [att(group_id, "GroupId")],
        "SubnetIds": ["subnet-1", "subnet-2"],
    }
    assert made_group["Properties"]["GroupDescription"] == "Network interfaces of a model function"
    assert "SecurityGroupIngress" not in made_group["Properties"]
    assert advice_of(made) == []


def test_lambda_may_make_interfaces_and_the_code_may_not(source: Path, model: Path) -> None:
    stack = new_stack()
    made = function(source, model, stack, network=Network(vpc=brought(stack)))

    assert policies(made)[-2:] == [
        {"Action": INTERFACES, "Effect": "Allow", "Resource": "*"},
        {
            "Action": INTERFACES,
            "Condition": {"Null": {"lambda:SourceFunctionArn": "false"}},
            "Effect": "Deny",
            "Resource": "*",
        },
    ]


def test_given_groups_are_taken_and_talk_to_others(source: Path, model: Path) -> None:
    stack = new_stack()
    made = function(source, model, stack, network=Network(vpc=brought(stack), security_groups=[group(stack)]))
    made.connections.allow_to(group(stack, "sg-2"), ec2.Port.tcp(5432))

    assert only_own(made, "AWS::Lambda::Function")["VpcConfig"]["SecurityGroupIds"] == ["sg-1"]
    assert own(stack, "AWS::EC2::SecurityGroup") == {}
    (rule,) = resources(stack, "AWS::EC2::SecurityGroupIngress").values()
    assert rule["Properties"]["SourceSecurityGroupId"] == "sg-1"
    assert rule["Properties"]["GroupId"] == "sg-2"


def test_the_function_waits_for_its_way_out(source: Path, model: Path) -> None:
    """The version check lets it begin, and it may begin with a download."""
    stack = new_stack()
    made = function(source, model, stack, network=Network(vpc=ec2.Vpc(stack, "Vpc", max_azs=1)))

    (found,) = own(made, "AWS::Lambda::Function").values()
    routes = {
        name for name, each in resources(stack, "AWS::EC2::Route").items() if "NatGatewayId" in each["Properties"]
    }
    assert routes
    assert routes <= set(found["DependsOn"])


@pytest.mark.parametrize("kind", [ec2.SubnetType.PUBLIC, ec2.SubnetType.PRIVATE_WITH_EGRESS])
def test_public_subnets_are_advised_against(source: Path, model: Path, kind: ec2.SubnetType) -> None:
    stack = new_stack()
    network = Network(vpc=brought(stack), subnets=ec2.SubnetSelection(subnet_type=kind))

    made = function(source, model, stack, network=network)

    assert advice_of(made) == ([PUBLIC] if kind == ec2.SubnetType.PUBLIC else [])


def test_fails_when_a_network_is_none(source: Path, model: Path) -> None:
    with refused("ModelFunction network must be a Network, got 'vpc-1': nothing else is understood there"):
        function(source, model, network="vpc-1")


def test_what_is_known_at_deploy_time_only_passes(source: Path, model: Path) -> None:
    stack = new_stack()
    ids = cdk.Fn.split(",", text_token(stack, "Subnets"), 2)
    vpc = ec2.Vpc.from_vpc_attributes(
        stack, "Vpc", vpc_id=text_token(stack, "VpcId"), availability_zones=["a", "b"], private_subnet_ids=ids
    )

    made = function(source, model, stack, network=Network(vpc=vpc, security_groups=[group(stack)]))

    assert len(only_own(made, "AWS::Lambda::Function")["VpcConfig"]["SubnetIds"]) == 2


def by_id(stack: cdk.Stack, name: str) -> ec2.SubnetSelection:
    """A subnet of which no more than its ID is known."""
    return ec2.SubnetSelection(subnets=[ec2.Subnet.from_subnet_id(stack, name, name)])


@pytest.mark.parametrize(("name", "advice"), [("subnet-3", [PUBLIC]), ("subnet-9", [])])
def test_a_subnet_that_is_known_by_its_id_alone_is_enough(
    source: Path, model: Path, name: str, advice: list[str]
) -> None:
    stack = new_stack()
    made = function(source, model, stack, network=Network(vpc=brought(stack), subnets=by_id(stack, name)))

    assert only_own(made, "AWS::Lambda::Function")["VpcConfig"]["SubnetIds"] == [name]
    # The CDK says of its own accord that it knows no route table.
    assert [each for each in advice_of(made) if "routeTable" not in each] == advice


def test_the_function_waits_for_the_way_out_of_given_subnets(source: Path, model: Path) -> None:
    stack = new_stack()
    vpc = ec2.Vpc(stack, "Vpc", max_azs=1)
    given = ec2.SubnetSelection(subnets=vpc.private_subnets)
    made = function(source, model, stack, network=Network(vpc=vpc, subnets=given))

    (found,) = own(made, "AWS::Lambda::Function").values()
    routes = {
        name for name, each in resources(stack, "AWS::EC2::Route").items() if "NatGatewayId" in each["Properties"]
    }
    assert routes
    assert routes <= set(found["DependsOn"])


def test_fails_when_a_vpc_is_in_another_region(source: Path, model: Path) -> None:
    app = cdk.App()
    there, here = (
        cdk.Stack(app, region, env=cdk.Environment(region=region, account="111122223333"))
        for region in ("eu-west-1", "us-west-2")
    )
    network = Network(vpc=ec2.Vpc(there, "Vpc"))
    with refused(
        "Network vpc must be in the stack's region us-west-2, got one in eu-west-1: network interfaces stand in a VPC of their own "
        "region"
    ):
        function(source, model, here, network=network)
    function(source, model, there, network=network)
    unknown = cdk.Stack(app, "Open")
    function(source, model, unknown, network=Network(vpc=brought(there, "Brought"), security_groups=[group(unknown)]))


ISOLATED = (
    "the function downloads its model from S3 when it begins, and stands in isolated subnets of a VPC that has no gateway endpoint of S3's "
    "so far: without a way to S3 it does not begin; call vpc.add_gateway_endpoint before, which is free [ack: "
    "cdk-model-hosting:bucketFromIsolatedSubnets]"
)


@pytest.mark.parametrize(
    ("kind", "has_gateway", "is_bundled", "advice"),
    [
        (ec2.SubnetType.PRIVATE_ISOLATED, False, False, [ISOLATED]),
        (ec2.SubnetType.PRIVATE_ISOLATED, True, False, []),
        (ec2.SubnetType.PRIVATE_ISOLATED, False, True, []),
        (ec2.SubnetType.PRIVATE_WITH_EGRESS, False, False, []),
    ],
)
def test_a_download_from_isolated_subnets_is_advised_against(  # noqa: PLR0917 - the parameters of the test are its cases
    source: Path, model: Path, kind: ec2.SubnetType, has_gateway: bool, is_bundled: bool, advice: list[str]
) -> None:
    stack = new_stack()
    kinds = [
        ec2.SubnetConfiguration(name=name, subnet_type=each)
        for name, each in (
            ("Public", ec2.SubnetType.PUBLIC),
            ("Private", ec2.SubnetType.PRIVATE_WITH_EGRESS),
            ("Isolated", ec2.SubnetType.PRIVATE_ISOLATED),
        )
    ]
    vpc = ec2.Vpc(stack, "Vpc", max_azs=1, subnet_configuration=kinds)
    if has_gateway:
        vpc.add_gateway_endpoint("S3", service=ec2.GatewayVpcEndpointAwsService.S3)
    delivery = ModelDelivery.bundled(model) if is_bundled else ModelDelivery.bucket_asset(model)
    network = Network(vpc=vpc, subnets=ec2.SubnetSelection(subnet_type=kind))

    assert advice_of(function(source, model, stack, delivery=delivery, network=network)) == advice
