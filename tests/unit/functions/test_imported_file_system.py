"""A file system that is there already: who is let in, and what is waited for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_efs as efs
from aws_cdk.assertions import Template

from cdk_model_hosting import ModelFileSystem, Network
from tests.unit.builders import att, new_stack, only, refused, text_token
from tests.unit.functions.security_groups import group, groups_for

if TYPE_CHECKING:
    from constructs import Construct


def imported(scope: Construct, **options: Any) -> Any:
    vpc = ec2.Vpc.from_vpc_attributes(
        scope, "Theirs", vpc_id="vpc-1", availability_zones=["a"], private_subnet_ids=["subnet-1"]
    )
    given: dict[str, Any] = {
        "file_system_id": "fs-0123",
        "access_point_id": "fsap-0123",
        "network": Network(vpc=vpc),
    } | options
    return ModelFileSystem.from_attributes(scope, "Models", **given)


def test_one_that_is_there_already_lets_its_functions_in() -> None:
    stack = new_stack()
    made = imported(stack, security_group=group(stack, "Theirs2"), mount_path="/mnt/theirs")

    rule = only(stack, "AWS::EC2::SecurityGroupIngress")
    name, _ = groups_for(stack, "Functions with models on a file system")
    assert rule["GroupId"] == "sg-theirs2"
    assert (rule["FromPort"], rule["ToPort"], rule["IpProtocol"]) == (2049, 2049, "tcp")
    assert rule["SourceSecurityGroupId"] == att(name, "GroupId")
    assert [each.cfn_resource_type for each in made.ready] == ["AWS::EC2::SecurityGroupIngress"]
    assert stack.resolve(made.access_point_arn)["Fn::Join"][1][-1] == ":access-point/fsap-0123"
    assert stack.resolve(made.file_system_arn)["Fn::Join"][1][-1] == ":file-system/fs-0123"
    assert made.mount.path == "/mnt/theirs"


def test_one_that_knows_the_groups_already_is_left_alone() -> None:
    stack = new_stack()
    vpc = ec2.Vpc.from_vpc_attributes(
        stack, "Vpc", vpc_id="vpc-1", availability_zones=["a"], private_subnet_ids=["subnet-1"]
    )
    mine = group(stack, "Mine")
    made = imported(stack, network=Network(vpc=vpc, security_groups=[mine]))

    assert Template.from_stack(stack).to_json().get("Resources", {}) == {}
    assert made.mount.network.security_groups == (mine,)


def test_mount_targets_of_the_app_are_waited_for() -> None:
    stack = new_stack()
    target = efs.CfnMountTarget(
        stack, "Target", file_system_id="fs-0123", security_groups=["sg-1"], subnet_id="subnet-1"
    )
    made = imported(stack, security_group=group(stack, "Theirs2"), mount_targets=[target])

    assert made.ready[0] is target


@pytest.mark.parametrize(
    ("option", "message"),
    [
        (
            {"file_system_id": "arn:aws:elasticfilesystem:eu-west-1:1:file-system/fs-1"},
            (
                "ModelFileSystem.from_attributes file_system_id must begin with fs-, got "
                "'arn:aws:elasticfilesystem:eu-west-1:1:file-system/fs-1': it is the ID, not an ARN or a name"
            ),
        ),
        (
            {"access_point_id": "fs-1"},
            "ModelFileSystem.from_attributes access_point_id must begin with fsap-, got 'fs-1': it is the ID, not an ARN or a name",
        ),
        (
            {},
            (
                "ModelFileSystem.from_attributes must have a network with security_groups, or a security_group, got neither: the mount "
                "targets let nobody in whom they do not know"
            ),
        ),
    ],
)
def test_fails_when_one_that_is_there_cannot_be_mounted(option: dict[str, Any], message: str) -> None:
    with refused(message):
        imported(new_stack(), **option)


def test_tokens_pass_as_ids() -> None:
    stack = new_stack()
    text = text_token(stack)

    made = imported(stack, file_system_id=text, access_point_id=text, security_group=group(stack, "Theirs2"))

    assert made.file_system_id == text
