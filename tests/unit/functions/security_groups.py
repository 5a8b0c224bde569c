"""Security groups of the tests of file systems."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from aws_cdk import aws_ec2 as ec2

from tests.unit.builders import resources

if TYPE_CHECKING:
    from constructs import Construct


def group(scope: Construct, name: str) -> ec2.ISecurityGroup:
    return ec2.SecurityGroup.from_security_group_id(scope, name, f"sg-{name.lower()}", mutable=False)


def groups_for(scope: Construct, purpose: str) -> tuple[str, dict[str, Any]]:
    """The security group that says so, by its logical ID."""
    found = resources(scope, "AWS::EC2::SecurityGroup")
    ((name, each),) = [
        (name, each) for name, each in found.items() if each["Properties"]["GroupDescription"] == purpose
    ]
    return name, each["Properties"]
