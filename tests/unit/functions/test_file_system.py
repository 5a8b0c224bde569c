"""A file system with all that it takes to mount it: by whom, from where, and as whom."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_kms as kms

from cdk_model_hosting import Network
from cdk_model_hosting.functions.access_point import AccessPoint
from cdk_model_hosting.functions.file_system import FileSystemThroughput, ModelFileSystem
from tests.unit.builders import att, new_stack, number_token, only, refused, resources, stack_in, text_token
from tests.unit.functions.security_groups import group, groups_for

if TYPE_CHECKING:
    from constructs import Construct

MOUNT_ACTIONS = [f"elasticfilesystem:Client{each}" for each in ("Mount", "RootAccess", "Write")]


def vpc_of(scope: Construct, **options: Any) -> ec2.Vpc:
    """A VPC without NAT."""
    return ec2.Vpc(scope, "Vpc", **{"max_azs": 2, "nat_gateways": 0, **options})


def file_system(scope: Construct | None = None, **options: Any) -> ModelFileSystem:
    stack = new_stack() if scope is None else scope
    network = options.pop("network", None)
    return ModelFileSystem(
        stack, "Models", network=Network(vpc=vpc_of(stack)) if network is None else network, **options
    )


def test_it_is_encrypted_elastic_and_stays() -> None:
    made = file_system()
    (resource,) = resources(made, "AWS::EFS::FileSystem").values()

    properties = resource["Properties"]
    assert properties["Encrypted"] is True
    assert "KmsKeyId" not in properties
    assert properties["ThroughputMode"] == "elastic"
    assert properties["BackupPolicy"] == {"Status": "DISABLED"}
    assert properties["LifecyclePolicies"] == [
        {"TransitionToIA": "AFTER_30_DAYS"},
        {"TransitionToPrimaryStorageClass": "AFTER_1_ACCESS"},
    ]
    # One that a failed deployment has just made would be left over, with nothing in it.
    assert (resource["DeletionPolicy"], resource["UpdateReplacePolicy"]) == ("RetainExceptOnCreate", "Retain")


def test_what_is_asked_for_is_made() -> None:
    stack = new_stack()
    made = file_system(
        stack,
        access_point=AccessPoint(folder="/shared/models", uid=2000, gid=3000, mode="0770", mount_path="/mnt/shared"),
        throughput=FileSystemThroughput.BURSTING,
        encryption_key=kms.Key.from_key_arn(stack, "Key", "arn:aws:kms:eu-west-1:123456789012:key/1"),
        removal_policy=cdk.RemovalPolicy.DESTROY,
    )

    (resource,) = resources(made, "AWS::EFS::FileSystem").values()
    assert resource["Properties"]["ThroughputMode"] == "bursting"
    assert resource["Properties"]["KmsKeyId"] == "arn:aws:kms:eu-west-1:123456789012:key/1"
    assert resource["DeletionPolicy"] == "Delete"
    point = only(made, "AWS::EFS::AccessPoint")
    assert point["PosixUser"] == {"Uid": "2000", "Gid": "3000"}
    assert point["RootDirectory"] == {
        "Path": "/shared/models",
        "CreationInfo": {"OwnerUid": "2000", "OwnerGid": "3000", "Permissions": "0770"},
    }
    assert made.mount.path == "/mnt/shared"


def test_its_policy_refuses_whoever_comes_without_tls_or_access_point() -> None:
    policy = only(file_system(), "AWS::EFS::FileSystem")["FileSystemPolicy"]

    everybody = {"Effect": "Deny", "Principal": {"AWS": "*"}, "Action": MOUNT_ACTIONS}
    assert policy["Statement"] == [
        {"Sid": "OnlyByTls", **everybody, "Condition": {"Bool": {"aws:SecureTransport": "false"}}},
        {
            "Sid": "OnlyThroughAccessPoints",
            **everybody,
            "Condition": {"Null": {"elasticfilesystem:AccessPointArn": "true"}},
        },
    ]


def test_only_the_functions_reach_it() -> None:
    made = file_system()
    functions, theirs = groups_for(made, "Functions with models on a file system")
    targets, own = groups_for(made, "Mount targets of a file system with models")

    assert own["SecurityGroupIngress"] == [
        {
            "Description": "Functions with models on a file system",
            "FromPort": 2049,
            "ToPort": 2049,
            "IpProtocol": "tcp",
            "SourceSecurityGroupId": att(functions, "GroupId"),
        }
    ]
    assert "SecurityGroupIngress" not in theirs
    for each in resources(made, "AWS::EFS::MountTarget").values():
        assert each["Properties"]["SecurityGroups"] == [att(targets, "GroupId")]


def test_security_groups_of_the_network_are_let_in_instead() -> None:
    stack = new_stack()
    mine = [group(stack, "One"), group(stack, "Two")]
    made = file_system(stack, network=Network(vpc=vpc_of(stack), security_groups=mine))

    rules = only(made, "AWS::EC2::SecurityGroup")["SecurityGroupIngress"]
    assert [each["SourceSecurityGroupId"] for each in rules] == ["sg-one", "sg-two"]
    assert made.mount.network.security_groups == tuple(mine)


def test_there_is_one_mount_target_a_zone() -> None:
    stack = new_stack()
    kinds = [
        ec2.SubnetConfiguration(name=name, subnet_type=ec2.SubnetType.PRIVATE_ISOLATED) for name in ("First", "Second")
    ]
    vpc = vpc_of(stack, max_azs=2, subnet_configuration=kinds)
    subnets = ec2.SubnetSelection(subnet_type=ec2.SubnetType.PRIVATE_ISOLATED)
    made = file_system(stack, network=Network(vpc=vpc, subnets=subnets))

    targets = resources(made, "AWS::EFS::MountTarget")
    assert len(vpc.isolated_subnets) == 4
    assert [each["Properties"]["SubnetId"]["Ref"][:19] for each in targets.values()] == [
        "VpcFirstSubnet1Subn",
        "VpcFirstSubnet2Subn",
    ]
    assert set(made.cfn_mount_targets) <= set(made.ready)


def test_mount_targets_are_named_by_their_subnets() -> None:
    """A zone that comes or goes must not replace the others: EFS makes no second one in a zone."""
    few, many = (
        set(resources(file_system(stack, network=Network(vpc=vpc_of(stack, max_azs=zones))), "AWS::EFS::MountTarget"))
        for zones, stack in ((1, new_stack()), (2, new_stack()))
    )

    assert few < many


def test_a_vpc_of_the_app_gets_a_gateway_endpoint() -> None:
    made = file_system()
    endpoint = only(made, "AWS::EC2::VPCEndpoint")

    assert endpoint["VpcEndpointType"] == "Gateway"
    assert endpoint["ServiceName"]["Fn::Join"][1][-1] == ".s3"
    assert any(each.cfn_resource_type == "AWS::EC2::VPCEndpoint" for each in made.ready)


def test_it_makes_a_network_of_its_own_that_costs_nothing() -> None:
    stack = stack_in("eu-west-1")
    ModelFileSystem(stack, "Models")

    for unwanted in ("AWS::EC2::NatGateway", "AWS::EC2::InternetGateway", "AWS::Lambda::Function"):
        assert resources(stack, unwanted) == {}
    zones = [each["Properties"]["AvailabilityZone"] for each in resources(stack, "AWS::EC2::Subnet").values()]
    # Known at deploy time alone, also where the region is known: nobody has to look them up.
    assert zones == [{"Fn::Select": [number, {"Fn::GetAZs": ""}]} for number in (0, 1)]
    assert len(resources(stack, "AWS::EFS::MountTarget")) == 2
    assert only(stack, "AWS::EC2::VPCEndpoint")["VpcEndpointType"] == "Gateway"


def test_one_that_is_there_is_enough() -> None:
    stack = new_stack()
    vpc = vpc_of(stack)
    vpc.add_gateway_endpoint("Tables", service=ec2.GatewayVpcEndpointAwsService.DYNAMODB)
    vpc.add_gateway_endpoint("Mine", service=ec2.GatewayVpcEndpointAwsService.S3)
    made = file_system(stack, network=Network(vpc=vpc))

    assert len(resources(made, "AWS::EC2::VPCEndpoint")) == 2
    assert [each.node.path for each in made.ready if each.cfn_resource_type == "AWS::EC2::VPCEndpoint"] == [
        "Stack/Vpc/Mine/Resource"
    ]


def test_two_file_systems_share_one() -> None:
    stack = new_stack()
    network = Network(vpc=vpc_of(stack))
    ModelFileSystem(stack, "First", network=network)
    ModelFileSystem(stack, "Second", network=network)

    assert len(resources(stack, "AWS::EC2::VPCEndpoint")) == 1


def test_it_can_be_left_out() -> None:
    assert resources(file_system(gateway_endpoint=False), "AWS::EC2::VPCEndpoint") == {}


@pytest.mark.parametrize(("asked", "tables"), [(None, []), (False, []), (True, [["rtb-1"]])])
def test_an_imported_vpc_gets_none_unless_asked(asked: bool | None, tables: list[list[str]]) -> None:
    stack = new_stack()
    vpc = ec2.Vpc.from_vpc_attributes(
        stack,
        "Theirs",
        vpc_id="vpc-1",
        availability_zones=["a"],
        private_subnet_ids=["subnet-1"],
        private_subnet_route_table_ids=["rtb-1"],
    )
    made = file_system(stack, network=Network(vpc=vpc), gateway_endpoint=asked)

    endpoints = resources(made, "AWS::EC2::VPCEndpoint").values()
    assert [each["Properties"]["RouteTableIds"] for each in endpoints] == tables


def test_a_second_one_is_refused() -> None:
    stack = new_stack()
    network = Network(vpc=vpc_of(stack))
    ModelFileSystem(stack, "First", network=network)

    with refused(
        "ModelFileSystem gateway_endpoint must be omitted or False, got True for Stack/Vpc, which has one: a route table has one "
        "route to S3"
    ):
        ModelFileSystem(stack, "Second", network=network, gateway_endpoint=True)


def test_who_reads_may_not_write() -> None:
    made = file_system()
    (read,) = made.mount.permissions
    (write,) = made.writing_mount.permissions

    assert read.actions == ("elasticfilesystem:ClientMount",)
    assert write.actions == ("elasticfilesystem:ClientMount", "elasticfilesystem:ClientWrite")
    for each in (read, write):
        assert each.resources == (made.file_system_arn,)
        assert each.conditions == {"StringEquals": {"elasticfilesystem:AccessPointArn": made.access_point_arn}}


@pytest.mark.parametrize(
    ("option", "message"),
    [
        (
            {"folder": "models"},
            (
                "AccessPoint folder must be 1-100 characters (/, or 1-4 folders, none of which begins with a dot), got 'models': EFS opens no "
                "other folder to an access point"
            ),
        ),
        (
            {"uid": 0},
            "AccessPoint uid must be 1-4294967295, got 0: 0 is root, which takes a permission that no model needs",
        ),
        (
            {"gid": -1},
            "AccessPoint gid must be 1-4294967295, got -1: 0 is root, which takes a permission that no model needs",
        ),
        (
            {"mode": "rwx"},
            "AccessPoint mode must be 3-4 characters (octal digits), got 'rwx': EFS sets them when it makes the folder",
        ),
        (
            {"mount_path": "/opt/models"},
            (
                "AccessPoint mount_path must be 6-160 characters (/mnt/ and letters, digits, dots, hyphens and underscores), got "
                "'/opt/models': Lambda mounts nothing elsewhere"
            ),
        ),
    ],
)
def test_fails_when_the_access_point_is_none(option: dict[str, Any], message: str) -> None:
    with refused(message):
        AccessPoint(**option)


def test_tokens_pass_as_an_access_point() -> None:
    stack = new_stack()
    text, number = text_token(stack), number_token(stack)

    point = AccessPoint(folder=text, uid=int(number), gid=int(number), mode=text, mount_path=text)

    assert point.folder == text


@pytest.mark.parametrize(
    ("option", "message"),
    [
        (
            {"network": "vpc-1"},
            "ModelFileSystem network must be a Network, got 'vpc-1': nothing else is understood there",
        ),
        (
            {"throughput": "elastic"},
            "ModelFileSystem throughput must be a FileSystemThroughput, got 'elastic': nothing else is understood there",
        ),
        (
            {"gateway_endpoint": "yes"},
            "ModelFileSystem gateway_endpoint must be a bool, got 'yes': nothing else is understood there",
        ),
    ],
)
def test_fails_when_an_argument_is_of_another_kind(option: dict[str, Any], message: str) -> None:
    with refused(message):
        file_system(**option)


def test_its_zones_are_those_of_its_mount_targets() -> None:
    stack = stack_in("eu-west-1")
    vpc = ec2.Vpc.from_vpc_attributes(
        stack, "Vpc", vpc_id="vpc-1", availability_zones=["a", "b"], private_subnet_ids=["subnet-1", "subnet-2"]
    )
    made = file_system(stack, network=Network(vpc=vpc))

    assert made.mount.zones == ("a", "b")


def test_fails_when_a_subnet_does_not_say_its_zone() -> None:
    stack = new_stack()
    subnet = ec2.Subnet.from_subnet_id(stack, "Subnet", "subnet-9")
    with refused(
        "ModelFileSystem network subnets must say their zones, got subnet-9 without one: each zone gets a mount target; use "
        "Subnet.from_subnet_attributes with availability_zone"
    ):
        file_system(stack, network=Network(vpc=vpc_of(stack), subnets=ec2.SubnetSelection(subnets=[subnet])))


def imported(stack: cdk.Stack, ids: list[str]) -> Network:
    """A VPC whose route tables nobody knows."""
    return Network(
        vpc=ec2.Vpc.from_vpc_attributes(
            stack, "Vpc", vpc_id="vpc-1", availability_zones=["a", "b"], private_subnet_ids=ids
        )
    )


def test_fails_when_subnets_are_not_known_one_by_one() -> None:
    stack = new_stack()
    with refused(
        "ModelFileSystem network subnets must be known one by one, got a list that is known at deploy time only: each zone gets a "
        "mount target; split it with Fn.split(',', ids, 2)"
    ):
        file_system(
            stack,
            network=Network(
                vpc=ec2.Vpc.from_vpc_attributes(
                    stack,
                    "Vpc",
                    vpc_id="vpc-1",
                    availability_zones=cdk.Fn.get_azs(),
                    private_subnet_ids=cdk.Fn.split(",", text_token(stack)),
                )
            ),
        )
    named = new_stack()
    file_system(named, network=imported(named, cdk.Fn.split(",", text_token(named), 2)))


def test_fails_when_a_gateway_endpoint_has_no_route_tables() -> None:
    stack = new_stack()
    with refused(
        "ModelFileSystem gateway_endpoint must be False for a VPC whose route tables are not known, got True for Stack/Vpc: routes to "
        "S3 are added to them; name them in Vpc.from_vpc_attributes"
    ):
        file_system(stack, network=imported(stack, ["subnet-1", "subnet-2"]), gateway_endpoint=True)


def test_a_vpc_of_its_own_lets_nothing_out_but_to_buckets_of_the_account() -> None:
    stack = new_stack()
    made = ModelFileSystem(stack, "Models")

    assert only(made, "AWS::EC2::VPCEndpoint")["PolicyDocument"]["Statement"] == [
        {
            "Action": "s3:*",
            "Condition": {"StringEquals": {"aws:ResourceAccount": {"Ref": "AWS::AccountId"}}},
            "Effect": "Allow",
            "Principal": {"AWS": "*"},
            "Resource": "*",
        }
    ]
    assert "PolicyDocument" not in only(file_system(), "AWS::EC2::VPCEndpoint")
