from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_ec2 as ec2

from cdk_model_hosting import ConfigurationError, Network
from tests.unit.builders import att, new_stack, only, refused, resources, single, stack_in, statements, text_token

ARN = ["arn:", {"Ref": "AWS::Partition"}, ":ec2:", {"Ref": "AWS::Region"}, ":", {"Ref": "AWS::AccountId"}]


@pytest.fixture(scope="module")
def made() -> cdk.Stack:
    """A model in a VPC, with a security group made for it."""
    stack = new_stack()
    single(stack, network=Network(vpc=ec2.Vpc(stack, "Vpc", max_azs=2)))
    return stack


def brought(construct_id: str = "Brought", count: int = 1) -> tuple[cdk.Stack, ec2.IVpc, list[ec2.ISecurityGroup]]:
    stack = new_stack(construct_id)
    vpc = ec2.Vpc.from_vpc_attributes(
        stack, "Vpc", vpc_id="vpc-1", availability_zones=["a", "b"],
        private_subnet_ids=["subnet-1", "subnet-2"], public_subnet_ids=["subnet-3", "subnet-4"],
    )  # fmt: skip
    groups = [ec2.SecurityGroup.from_security_group_id(stack, f"Group{each}", f"sg-{each}") for each in range(count)]
    return stack, vpc, groups


def subnet(stack: cdk.Stack, number: int) -> ec2.ISubnet:
    return ec2.Subnet.from_subnet_attributes(
        stack, f"Subnet{number}", subnet_id=f"subnet-{number}", availability_zone="a"
    )


def test_a_model_stands_in_the_private_subnets(made: cdk.Stack) -> None:
    group = next(iter(resources(made, "AWS::EC2::SecurityGroup")))
    assert only(made, "AWS::SageMaker::Model")["VpcConfig"] == {
        "SecurityGroupIds": [att(group, "GroupId")],
        "Subnets": [{"Ref": "VpcPrivateSubnet1Subnet536B997A"}, {"Ref": "VpcPrivateSubnet2Subnet3788AAA1"}],
    }


def test_the_made_group_lets_everything_out_and_nothing_in(made: cdk.Stack) -> None:
    group = only(made, "AWS::EC2::SecurityGroup")
    assert "SecurityGroupIngress" not in group
    assert [each["CidrIp"] for each in group["SecurityGroupEgress"]] == ["0.0.0.0/0"]
    assert group["GroupDescription"] == "Network interfaces of a SageMaker model"
    assert resources(made, "AWS::EC2::SecurityGroupIngress") == {}


def test_the_role_may_make_interfaces_in_these_subnets_and_groups_alone() -> None:
    stack, vpc, groups = brought()
    single(stack, network=Network(vpc=vpc, security_groups=groups))
    _, attach, manage, describe = statements(stack)
    assert attach == {
        "Action": "ec2:CreateNetworkInterface",
        "Effect": "Allow",
        "Resource": [
            {"Fn::Sub": "arn:${AWS::Partition}:ec2:${AWS::Region}:${AWS::AccountId}:subnet/subnet-1"},
            {"Fn::Sub": "arn:${AWS::Partition}:ec2:${AWS::Region}:${AWS::AccountId}:subnet/subnet-2"},
            {"Fn::Sub": "arn:${AWS::Partition}:ec2:${AWS::Region}:${AWS::AccountId}:security-group/sg-0"},
        ],
    }
    assert manage == {
        "Action": [
            "ec2:CreateNetworkInterface",
            "ec2:CreateNetworkInterfacePermission",
            "ec2:DeleteNetworkInterface",
            "ec2:DeleteNetworkInterfacePermission",
        ],
        "Effect": "Allow",
        "Resource": {"Fn::Sub": "arn:${AWS::Partition}:ec2:${AWS::Region}:${AWS::AccountId}:network-interface/*"},
    }
    assert describe == {
        "Action": [
            "ec2:DescribeDhcpOptions",
            "ec2:DescribeNetworkInterfaces",
            "ec2:DescribeSecurityGroups",
            "ec2:DescribeSubnets",
            "ec2:DescribeVpcs",
        ],
        "Effect": "Allow",
        "Resource": "*",
    }


def test_made_subnets_and_groups_stand_in_the_policy_by_reference(made: cdk.Stack) -> None:
    group = next(iter(resources(made, "AWS::EC2::SecurityGroup")))
    assert statements(made)[1]["Resource"] == [
        {"Fn::Join": ["", [*ARN, ":subnet/", {"Ref": "VpcPrivateSubnet1Subnet536B997A"}]]},
        {"Fn::Join": ["", [*ARN, ":subnet/", {"Ref": "VpcPrivateSubnet2Subnet3788AAA1"}]]},
        {"Fn::Join": ["", [*ARN, ":security-group/", att(group, "GroupId")]]},
    ]


def test_given_groups_and_subnets_are_taken() -> None:
    stack, vpc, groups = brought(count=5)
    subnets = ec2.SubnetSelection(subnet_type=ec2.SubnetType.PUBLIC)
    single(stack, network=Network(vpc=vpc, subnets=subnets, security_groups=groups))
    assert only(stack, "AWS::SageMaker::Model")["VpcConfig"] == {
        "SecurityGroupIds": [f"sg-{each}" for each in range(5)],
        "Subnets": ["subnet-3", "subnet-4"],
    }
    assert resources(stack, "AWS::EC2::SecurityGroup") == {}


@pytest.mark.parametrize(
    ("selection", "subnets"),
    [
        ({"availability_zones": ["b"]}, ["subnet-2"]),
        ({"subnet_type": ec2.SubnetType.PUBLIC}, ["subnet-3", "subnet-4"]),
        ({"subnet_group_name": "Public"}, ["subnet-3", "subnet-4"]),
        ({"subnet_filters": [ec2.SubnetFilter.by_ids(["subnet-1"])]}, ["subnet-1"]),
    ],
)
def test_every_way_to_select_subnets_counts(selection: dict[str, Any], subnets: list[str]) -> None:
    stack, vpc, groups = brought()
    chosen = ec2.SubnetSelection(**selection)
    single(stack, network=Network(vpc=vpc, subnets=chosen, security_groups=groups))
    assert only(stack, "AWS::SageMaker::Model")["VpcConfig"]["Subnets"] == subnets


def test_given_subnets_are_taken() -> None:
    stack, vpc, groups = brought()
    chosen = ec2.SubnetSelection(subnets=[subnet(stack, each) for each in (8, 9)])
    single(stack, network=Network(vpc=vpc, subnets=chosen, security_groups=groups))
    assert only(stack, "AWS::SageMaker::Model")["VpcConfig"]["Subnets"] == ["subnet-8", "subnet-9"]


@pytest.mark.parametrize(("one_per_az", "count"), [(True, 1), (False, 2)])
def test_one_subnet_a_zone_is_enough_where_it_is_said(one_per_az: bool, count: int) -> None:
    stack = new_stack()
    isolated = [
        ec2.SubnetConfiguration(name=each, subnet_type=ec2.SubnetType.PRIVATE_ISOLATED) for each in ("One", "Two")
    ]
    vpc = ec2.Vpc(stack, "Vpc", max_azs=1, subnet_configuration=isolated)
    chosen = ec2.SubnetSelection(subnet_type=ec2.SubnetType.PRIVATE_ISOLATED, one_per_az=one_per_az)
    single(stack, network=Network(vpc=vpc, subnets=chosen))
    assert len(only(stack, "AWS::SageMaker::Model")["VpcConfig"]["Subnets"]) == count


@pytest.mark.parametrize("count", [0, 6])
def test_fails_when_there_are_too_few_or_too_many_groups(count: int) -> None:
    _, vpc, groups = brought(count=count)
    with refused(
        f"Network security_groups must have 1-5 security groups, got {count}: SageMaker and Lambda attach their network "
        "interfaces to that many at most, and to one at least"
    ):
        Network(vpc=vpc, security_groups=groups)


def test_fails_when_there_are_too_many_subnets() -> None:
    stack, vpc, groups = brought()
    many = [subnet(stack, each) for each in range(17)]
    with refused(
        "Network subnets must have 1-16 subnets, got 17: SageMaker and Lambda place their network interfaces in that many "
        "at most, and in one at least"
    ):
        single(stack, network=Network(vpc=vpc, subnets=ec2.SubnetSelection(subnets=many), security_groups=groups))


def test_subnets_and_groups_may_be_tokens() -> None:
    stack = new_stack()
    ids = cdk.Fn.split(",", text_token(stack, "Subnets"), 2)
    vpc = ec2.Vpc.from_vpc_attributes(
        stack, "Vpc", vpc_id=text_token(stack, "VpcId"), availability_zones=["a", "b"], private_subnet_ids=ids
    )
    group = ec2.SecurityGroup.from_security_group_id(stack, "Group", text_token(stack, "GroupId"))
    single(stack, network=Network(vpc=vpc, security_groups=[group]))
    config = only(stack, "AWS::SageMaker::Model")["VpcConfig"]
    assert config["SecurityGroupIds"] == [{"Ref": "GroupId"}]
    assert config["Subnets"] == [{"Fn::Select": [each, {"Fn::Split": [",", {"Ref": "Subnets"}]}]} for each in (0, 1)]


def test_connections_open_the_models_groups() -> None:
    stack, vpc, _ = brought()
    model = single(stack, network=Network(vpc=vpc))
    model.connections.allow_from(ec2.Peer.ipv4("10.0.0.0/8"), ec2.Port.tcp(443), "callers")
    group = only(stack, "AWS::EC2::SecurityGroup")
    assert group["SecurityGroupIngress"] == [
        {"CidrIp": "10.0.0.0/8", "Description": "callers", "FromPort": 443, "ToPort": 443, "IpProtocol": "tcp"}
    ]


def test_fails_when_a_model_without_a_network_is_asked_for_connections() -> None:
    model = single(new_stack())
    with pytest.raises(ConfigurationError) as caught:
        _ = model.connections
    assert str(caught.value) == (
        "SingleModel connections must belong to a model in a VPC, got one without a network: only a VPC has "
        "security groups"
    )


def test_does_not_follow_the_callers_own_list() -> None:
    _, vpc, groups = brought()
    network = Network(vpc=vpc, security_groups=groups)
    groups.clear()
    assert network.security_groups is not None
    assert len(network.security_groups) == 1


def test_a_subnet_that_is_known_by_its_id_alone_is_enough() -> None:
    stack, vpc, groups = brought()
    chosen = ec2.SubnetSelection(subnets=[ec2.Subnet.from_subnet_id(stack, "Subnet", "subnet-9")])
    single(stack, network=Network(vpc=vpc, subnets=chosen, security_groups=groups))
    assert only(stack, "AWS::SageMaker::Model")["VpcConfig"]["Subnets"] == ["subnet-9"]


SUBNET = "a subnet such as Subnet.from_subnet_id(self, 'Subnet', 'subnet-0123456789abcdef0')"
VPC = "a VPC such as Vpc.from_lookup(self, 'Vpc', vpc_id='vpc-0123456789abcdef0')"
GROUP = "a security group such as SecurityGroup.from_security_group_id(self, 'Group', 'sg-0123456789abcdef0')"


def test_fails_when_a_vpc_or_a_group_is_none() -> None:
    _, vpc, groups = brought()
    with refused(f"Network vpc must be {VPC}, got None: nothing else is understood there"):
        Network(vpc=None)  # type: ignore[arg-type]
    with refused(f"Network security_groups element must be {GROUP}, got 'sg-1': nothing else is understood there"):
        Network(vpc=vpc, security_groups=["sg-1"])  # type: ignore[list-item]
    with refused(
        "Network security_groups must be a list or tuple, got 'sg-1': nothing else is understood there",
    ):
        Network(vpc=vpc, security_groups="sg-1")  # type: ignore[arg-type]
    assert Network(vpc=vpc, security_groups=groups).security_groups == tuple(groups)


@pytest.mark.parametrize("subnets", ["subnet-1", ["subnet-1"]])
def test_fails_when_subnets_are_no_selection(subnets: Any) -> None:
    _, vpc, _ = brought()
    with refused(f"Network subnets must be a SubnetSelection, got {subnets!r}: nothing else is understood there"):
        Network(vpc=vpc, subnets=subnets)


def test_fails_when_a_subnet_is_none() -> None:
    _, vpc, _ = brought()
    with refused(f"Network subnets element must be {SUBNET}, got 'subnet-1': nothing else is understood there"):
        Network(vpc=vpc, subnets=ec2.SubnetSelection(subnets=["subnet-1"]))  # type: ignore[list-item]


@pytest.mark.parametrize("selection", [{"subnet_group_name": "Models"}, {"availability_zones": ["eu-west-1a"]}])
def test_subnets_that_are_looked_up_later_pass(selection: dict[str, Any]) -> None:
    """Nobody knows any of them when an app is synthesized for the first time; the CDK asks the account, and begins anew."""
    stack = stack_in("eu-west-1")
    vpc = ec2.Vpc.from_lookup(stack, "Vpc", vpc_id="vpc-1")
    single(stack, network=Network(vpc=vpc, subnets=ec2.SubnetSelection(**selection)))


def test_subnets_that_are_looked_up_later_pass_one_by_one() -> None:
    stack = stack_in("eu-west-1")
    vpc = ec2.Vpc.from_lookup(stack, "Vpc", vpc_id="vpc-1")
    none = vpc.select_subnets(subnet_group_name="Models").subnets
    single(stack, network=Network(vpc=vpc, subnets=ec2.SubnetSelection(subnets=none)))


def test_zones_that_are_looked_up_later_pass() -> None:
    stack = stack_in("eu-west-1")
    single(
        stack,
        network=Network(vpc=ec2.Vpc(stack, "Vpc"), subnets=ec2.SubnetSelection(availability_zones=["eu-west-1a"])),
    )


def test_fails_when_the_vpc_is_in_none_of_the_zones() -> None:
    stack, vpc, groups = brought()
    network = Network(vpc=vpc, subnets=ec2.SubnetSelection(availability_zones=["c"]), security_groups=groups)
    with refused(
        "Network subnets must have 1-16 subnets, got 0: SageMaker and Lambda place their network interfaces in that many at most, "
        "and in one at least"
    ):
        single(stack, network=network)


@pytest.mark.parametrize(
    ("selection", "why"),
    [
        (
            {"subnet_group_name": "Models"},
            "There are no subnet groups with name 'Models' in this VPC. Available names: Public,Private",
        ),
        (
            {"subnet_type": ec2.SubnetType.PRIVATE_ISOLATED},
            (
                "There are no 'Isolated' subnet groups in this VPC. Available types: "
                "Deprecated_Private_NAT,Private,Deprecated_Private,Public"
            ),
        ),
    ],
)
def test_fails_when_the_vpc_has_no_such_subnets(selection: dict[str, Any], why: str) -> None:
    stack, vpc, groups = brought()
    network = Network(vpc=vpc, subnets=ec2.SubnetSelection(**selection), security_groups=groups)
    with refused(f"Network subnets must be some of the VPC's, got none: {why}"):
        single(stack, network=network)
