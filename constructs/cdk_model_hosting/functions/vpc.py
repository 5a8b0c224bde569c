"""A function in a VPC."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from cdk_model_hosting.advice import Advice
from cdk_model_hosting.errors import ConfigurationError
from cdk_model_hosting.functions.zones import check_zones
from cdk_model_hosting.limits import SECURITY_GROUPS
from cdk_model_hosting.permissions import Permission
from cdk_model_hosting.tokens import is_token

if TYPE_CHECKING:
    from aws_cdk import aws_ec2 as ec2
    from constructs import Construct, IDependable

    from cdk_model_hosting.functions.mount import Mount
    from cdk_model_hosting.models.network import Attachment, Network

_INTERFACES = Permission(
    actions=(
        "ec2:AssignPrivateIpAddresses",
        "ec2:CreateNetworkInterface",
        "ec2:DeleteNetworkInterface",
        "ec2:DescribeNetworkInterfaces",
        "ec2:DescribeSubnets",
        "ec2:UnassignPrivateIpAddresses",
    ),
    resources=("*",),
    wildcard_reason="Lambda attaches no function to a VPC whose role may not do this everywhere; its code may do it nowhere",
)
# Lambda uses the role, and so could the code. The key is there when the code asks, and only then.
_NOT_BY_THE_CODE = replace(
    _INTERFACES, conditions={"Null": {"lambda:SourceFunctionArn": "false"}}, wildcard_reason=None, is_denied=True
)
_PUBLIC = Advice(
    "functionInPublicSubnet",
    "the function stands in public subnets of its VPC, where Lambda gives it no public address: it reaches nothing outside, S3 and "
    "SageMaker included, but by endpoints of the VPC; choose private subnets with a NAT gateway",
)
_INTERFACES_OF = "Network interfaces of a model function"
# The ID of a VPC that the CDK has yet to look up.
_STAND_IN = "vpc-12345"
_IN_ALL = "ModelFunction network security_groups and those of the model's file system in all"


@dataclass(frozen=True, slots=True, kw_only=True)
class BoundVpc:
    """What a function needs to know of its VPC.

    Args:
        vpc: The VPC.
        subnet_ids: The subnets.
        group_ids: The security groups.
        security_groups: Those of them that are the function's, as the CDK knows them, without those that let it mount a file system.
        after: What the way out of the VPC is made of.
        permissions: What Lambda needs of the function's role, and the code must not have.
        advice: What works, but not as one may expect.
    """

    vpc: ec2.IVpc
    subnet_ids: tuple[str, ...]
    group_ids: tuple[str, ...]
    security_groups: tuple[ec2.ISecurityGroup, ...]
    after: IDependable
    permissions: tuple[Permission, ...]
    advice: tuple[Advice, ...]


def vpc_of(scope: Construct, network: Network | None, mount: Mount | None) -> BoundVpc | None:
    """Where a function stands: in the VPC that was asked for, or in that of its file system.

    Args:
        scope: The function's construct.
        network: What was asked for.
        mount: The file system that the function has mounted.

    Raises:
        ConfigurationError: When the file system is in another VPC, or cannot be reached from one of the zones.
    """
    if mount is not None and network is not None:
        _check_vpc(mount, network)
    # What may be reached from the groups that a file system lets in, all of its functions reach, and what publishes its models: each
    # function has a group of its own besides.
    asked = network if mount is None or network is not None else replace(mount.network, security_groups=None)
    if asked is None:
        return None
    mounting = () if mount is None else mount.network.security_groups or ()
    if asked.security_groups is None and len(mounting) == SECURITY_GROUPS.high:
        # There is no room for one of its own.
        asked = replace(asked, security_groups=mounting)
    attached = asked.attach(scope, description=_INTERFACES_OF)
    if mount is not None and network is not None:
        check_zones(scope, mount, attached.subnets.zones)
    group_ids = tuple(dict.fromkeys((*attached.group_ids, *(each.security_group_id for each in mounting))))
    SECURITY_GROUPS.check_length(_IN_ALL, group_ids)
    return replace(_bound(asked, attached), group_ids=group_ids)


def vpc_of_writer(scope: Construct, mount: Mount) -> BoundVpc:
    """Where a function stands that has nothing to do but with a file system: it needs no security group of its own.

    Args:
        scope: The function's construct.
        mount: The file system.
    """
    return _bound(mount.network, mount.network.attach(scope, description=_INTERFACES_OF))


def _bound(network: Network, attached: Attachment) -> BoundVpc:
    return BoundVpc(
        vpc=network.vpc,
        subnet_ids=attached.subnet_ids,
        group_ids=attached.group_ids,
        security_groups=attached.security_groups,
        after=attached.subnets.way_out,
        permissions=(_INTERFACES, _NOT_BY_THE_CODE),
        advice=(_PUBLIC,) if attached.subnets.has_public else (),
    )


def _check_vpc(mount: Mount, network: Network) -> None:
    if _are_different(network.vpc, mount.network.vpc):
        raise ConfigurationError(
            f"ModelFunction network must be in the VPC of the model's file system, {mount.network.vpc.node.path}, got "
            f"{network.vpc.node.path}: the function reaches it from there alone"
        )


def _are_different(one: ec2.IVpc, other: ec2.IVpc) -> bool:
    from aws_cdk import aws_ec2 as ec2  # noqa: PLC0415 - loaded by those alone who use a VPC

    first, second = one.vpc_id, other.vpc_id
    if first == second or _STAND_IN in (first, second):
        return False
    if is_token(first) or is_token(second):
        # Two that the app makes; of others nobody knows what they turn out to be.
        return isinstance(one, ec2.Vpc) and isinstance(other, ec2.Vpc)
    return True
