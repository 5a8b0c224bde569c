"""Functions with a file system: what one writes another reads, and what cannot be reached is refused."""

from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_logs as logs
from botocore.exceptions import ClientError

from tests.local_aws.conftest import Assemble, Straight
from tests.local_aws.lifecycle import LocalAws
from tests.local_aws.runtime.functional import Functions
from tests.local_aws.stacks import Stack

FILES = """\
import os
from pathlib import Path

def handler(event, context):
    file = Path(os.environ["FOLDER"], event["name"])
    if "text" in event:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(event["text"])
    return file.read_text() if file.exists() else None
"""
NFS = {"IpProtocol": "tcp", "FromPort": 2049, "ToPort": 2049}


def resources(*, zones: tuple[int, ...] = (0, 1), open_port: bool = True) -> dict[str, Any]:
    """A network of two zones, and a file system with mount targets in some of them."""

    def subnet(number: int) -> dict[str, Any]:
        zone = {"Fn::Select": [number, {"Fn::GetAZs": ""}]}
        return {"VpcId": {"Ref": "Vpc"}, "CidrBlock": f"10.0.{number}.0/24", "AvailabilityZone": zone}

    def group(*ingress: dict[str, Any]) -> dict[str, Any]:
        return {"VpcId": {"Ref": "Vpc"}, "GroupDescription": "of a test", "SecurityGroupIngress": list(ingress)}

    allowed = [{**NFS, "SourceSecurityGroupId": {"Fn::GetAtt": ["FunctionGroup", "GroupId"]}}] if open_port else []
    target = {"FileSystemId": {"Ref": "Files"}, "SecurityGroups": [{"Fn::GetAtt": ["FilesGroup", "GroupId"]}]}
    owner = {"OwnerUid": "1000", "OwnerGid": "1000", "Permissions": "750"}
    point = {"FileSystemId": {"Ref": "Files"}, "PosixUser": {"Uid": "1000", "Gid": "1000"}}
    described: dict[str, tuple[str, dict[str, Any]]] = {
        "Vpc": ("AWS::EC2::VPC", {"CidrBlock": "10.0.0.0/16"}),
        "Subnet0": ("AWS::EC2::Subnet", subnet(0)),
        "Subnet1": ("AWS::EC2::Subnet", subnet(1)),
        "FunctionGroup": ("AWS::EC2::SecurityGroup", group()),
        "FilesGroup": ("AWS::EC2::SecurityGroup", group(*allowed)),
        "Files": ("AWS::EFS::FileSystem", {"Encrypted": True}),
        **{
            f"Target{zone}": ("AWS::EFS::MountTarget", {**target, "SubnetId": {"Ref": f"Subnet{zone}"}})
            for zone in zones
        },
        "Models": ("AWS::EFS::AccessPoint", {**point, "RootDirectory": {"Path": "/models", "CreationInfo": owner}}),
        "Missing": ("AWS::EFS::AccessPoint", {**point, "RootDirectory": {"Path": "/missing"}}),
    }
    return {name: {"Type": kind, "Properties": properties} for name, (kind, properties) in described.items()}


def function(
    functions: Functions, folder: str = "/mnt/models", *, point: str = "Models", zones: tuple[int, ...] = (0, 1)
) -> dict[str, Any]:
    """A function that has the file system mounted, after its mount targets."""
    properties = {
        "Runtime": "python3.13",
        "Handler": "index.handler",
        "Role": functions.role,
        "Code": {"ZipFile": FILES},
        "Environment": {"Variables": {"FOLDER": folder}},
        "FileSystemConfigs": [{"Arn": {"Fn::GetAtt": [point, "Arn"]}, "LocalMountPath": "/mnt/models"}],
        "VpcConfig": {
            "SubnetIds": [{"Ref": "Subnet0"}, {"Ref": "Subnet1"}],
            "SecurityGroupIds": [{"Fn::GetAtt": ["FunctionGroup", "GroupId"]}],
        },
    }
    after = [f"Target{zone}" for zone in zones]
    return {"Type": "AWS::Lambda::Function", "Properties": properties, "DependsOn": after}


@pytest.fixture(scope="module")
def functions(local_aws: LocalAws) -> Functions:
    """Short words for what Lambda is asked to do."""
    return Functions(local_aws)


def test_functions_with_one_access_point_share_its_files(functions: Functions) -> None:
    stack = Stack(functions.local, "FileSystemShared")
    template = {
        "Resources": {
            **resources(),
            "Writer": function(functions),
            "Reader": function(functions, "/mnt/models/fraud/1"),
            "Lost": function(functions, point="Missing"),
        },
        "Outputs": {name: {"Value": {"Ref": name}} for name in ("Writer", "Reader", "Lost", "Files")},
    }
    assert stack.apply(template) == "CREATE_COMPLETE", stack.log()
    outputs = stack.outputs()
    assert functions.invoke(outputs["Reader"], {"name": "model.txt"}) is None
    assert functions.invoke(outputs["Writer"], {"name": "fraud/1/model.txt", "text": "weights"}) == "weights"
    assert functions.invoke(outputs["Reader"], {"name": "model.txt"}) == "weights"
    known = functions.client.get_function_configuration(FunctionName=outputs["Reader"])
    assert [each["LocalMountPath"] for each in known["FileSystemConfigs"]] == ["/mnt/models"]
    assert len(known["VpcConfig"]["SubnetIds"]) == 2

    with pytest.raises(ClientError, match="SnapStart is not supported for functions with a file system"):
        functions.client.update_function_configuration(
            FunctionName=outputs["Reader"], SnapStart={"ApplyOn": "PublishedVersions"}
        )
    with pytest.raises(ClientError, match=r"EFSMountFailureException.*The root directory /missing of .* is not there"):
        functions.invoke(outputs["Lost"], {"name": "x"})

    kept = functions.local.scratch / "file-systems" / outputs["Files"]
    assert (kept / "models/fraud/1/model.txt").is_file()
    assert stack.delete() == "DELETE_COMPLETE"
    assert not kept.exists()


def test_a_closed_port_shows_when_the_function_is_invoked(functions: Functions) -> None:
    stack = Stack(functions.local, "FileSystemClosed")
    template = {
        "Resources": {**resources(open_port=False), "Function": function(functions)},
        "Outputs": {"Name": {"Value": {"Ref": "Function"}}},
    }
    assert stack.apply(template) == "CREATE_COMPLETE", stack.log()
    with pytest.raises(ClientError, match=r"EFSMountConnectivityException.*must let port 2049 through"):
        functions.invoke(stack.outputs()["Name"], {"name": "x"})
    assert stack.delete() == "DELETE_COMPLETE"


def test_a_zone_without_mount_target_is_refused(functions: Functions) -> None:
    stack = Stack(functions.local, "FileSystemZone")
    template = {"Resources": {**resources(zones=(0,)), "Function": function(functions, zones=(0,))}}
    assert stack.apply(template) == "ROLLBACK_COMPLETE"
    why = stack.reasons("CREATE_FAILED")["Function"]
    assert "must have available mount targets in all availability zones the function will execute in" in why
    assert why.endswith("which are missing in us-east-1b.")
    assert stack.delete() == "DELETE_COMPLETE"


def test_a_function_without_network_is_refused_and_one_without_access_point(functions: Functions) -> None:
    arn = f"arn:aws:elasticfilesystem:{functions.local.region}:{functions.local.account}:access-point/fsap-0123456789abcdef0"
    mounted = [{"Arn": arn, "LocalMountPath": "/mnt/models"}]
    with pytest.raises(ClientError, match="must be configured to execute in a VPC to reference access point arn:aws:"):
        functions.create(FILES, FileSystemConfigs=mounted)
    subnets = functions.local.client("ec2").describe_subnets()["Subnets"]
    network = {"SubnetIds": [subnets[0]["SubnetId"]], "SecurityGroupIds": []}
    with pytest.raises(ClientError, match=r"EFS access point .* does not exist"):
        functions.create(FILES, FileSystemConfigs=mounted, VpcConfig=network)
    with pytest.raises(ClientError, match="The subnet ID 'subnet-0' does not exist"):
        functions.create(FILES, VpcConfig={"SubnetIds": ["subnet-0"], "SecurityGroupIds": []})
    function_without = functions.create(FILES)
    with pytest.raises(ClientError, match="must be configured to execute in a VPC"):
        functions.client.update_function_configuration(FunctionName=function_without, FileSystemConfigs=mounted)


def network(stack: cdk.Stack, *, restricted: bool, **zones: Any) -> None:
    """A VPC of the CDK with what one often has."""
    vpc = ec2.Vpc(
        stack,
        "Vpc",
        nat_gateways=1,
        restrict_default_security_group=restricted,
        gateway_endpoints={"S3": ec2.GatewayVpcEndpointOptions(service=ec2.GatewayVpcEndpointAwsService.S3)},
        **zones,
    )
    group = logs.LogGroup(stack, "Flows", removal_policy=cdk.RemovalPolicy.DESTROY)
    vpc.add_flow_log("FlowLog", destination=ec2.FlowLogDestination.to_cloud_watch_logs(group))
    vpc.add_interface_endpoint("Logs", service=ec2.InterfaceVpcEndpointAwsService.CLOUDWATCH_LOGS)
    cdk.CfnOutput(stack, "DefaultGroup", value=vpc.vpc_default_security_group)


def test_a_network_of_the_cdk_comes_and_goes(straight: Straight) -> None:
    deployed = straight(
        "NetworkOfZones",
        lambda stack: network(stack, restricted=False, availability_zones=["us-east-1a", "us-east-1b"]),
    )
    deployed.deploy()
    assert not deployed.has_drifted()
    deployed.destroy()


def test_the_cdk_takes_the_rules_of_the_default_group_away(local_aws: LocalAws, assemble: Assemble) -> None:
    """By a function of JavaScript, in a stack that finds its zones by itself."""
    deployed = assemble("NetworkRestricted", lambda stack: network(stack, restricted=True, max_azs=2))
    group = deployed.deploy("NetworkRestricted")["NetworkRestricted"]["DefaultGroup"]
    (described,) = local_aws.client("ec2").describe_security_groups(GroupIds=[group])["SecurityGroups"]
    assert (described["IpPermissions"], described["IpPermissionsEgress"]) == ([], [])
    deployed.destroy("NetworkRestricted")
