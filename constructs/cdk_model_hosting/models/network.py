"""The VPC that a model's containers, or a function, are attached to."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from cdk_model_hosting.arguments import require, require_like
from cdk_model_hosting.errors import ConfigurationError
from cdk_model_hosting.limits import SECURITY_GROUPS, SUBNETS
from cdk_model_hosting.models.subnets import ChosenSubnets, given_subnets, selected_subnets
from cdk_model_hosting.permissions import Permission, arn
from cdk_model_hosting.same_region import check_construct

if TYPE_CHECKING:
    from collections.abc import Sequence

    from aws_cdk import aws_ec2 as ec2
    from aws_cdk import aws_sagemaker as sagemaker
    from constructs import Construct

_VPC = "a VPC such as Vpc.from_lookup(self, 'Vpc', vpc_id='vpc-0123456789abcdef0')"
_GROUP = "a security group such as SecurityGroup.from_security_group_id(self, 'Group', 'sg-0123456789abcdef0')"
_SUBNET = "a subnet such as Subnet.from_subnet_id(self, 'Subnet', 'subnet-0123456789abcdef0')"
_SAME_REGION = "network interfaces stand in a VPC of their own region"


@dataclass(frozen=True, slots=True, kw_only=True)
class Network:
    """A VPC, and where in it the network interfaces of a model or a function stand.

    SageMaker's network interfaces outlive their endpoint by some minutes, so a stack that deletes the endpoint together
    with the subnets or security groups may have to wait for them, or to be deleted twice. Those of a function are deleted with it,
    which takes up to twenty minutes.

    Args:
        vpc: The VPC.
        subnets: Which of its subnets, 1-16; private ones with a way out when omitted.
        security_groups: 1-5 groups; one that lets everything out and nothing in is made when omitted.

    Raises:
        ConfigurationError: When something else than a VPC, subnets or security groups, or too many of these, or none, are given.

    See: https://docs.aws.amazon.com/sagemaker/latest/dg/host-vpc.html and
    https://docs.aws.amazon.com/lambda/latest/dg/configuration-vpc.html
    """

    vpc: ec2.IVpc
    subnets: ec2.SubnetSelection | None = None
    security_groups: Sequence[ec2.ISecurityGroup] | None = None

    def __post_init__(self) -> None:
        require_like("Network vpc", self.vpc, "vpc_id", _VPC)
        if self.subnets is not None:
            _check_selection(self.subnets)
        if self.security_groups is not None:
            require("Network security_groups", self.security_groups, list, tuple)
            for each in self.security_groups:
                require_like("Network security_groups element", each, "security_group_id", _GROUP)
            # A copy: what the caller does to the list later must not change a frozen value.
            object.__setattr__(self, "security_groups", tuple(self.security_groups))
        SECURITY_GROUPS.check_length("Network security_groups", self.security_groups)

    def attach(self, scope: Construct, *, description: str) -> Attachment:
        """Make the security group if there is none, and choose the subnets.

        Args:
            scope: Where to make the group.
            description: What the group's network interfaces are.

        Raises:
            ConfigurationError: When there are no such subnets, or too many, or they are in another region than `scope`.
        """
        from aws_cdk import aws_ec2 as ec2  # noqa: PLC0415 - loaded by those alone who use a VPC

        check_construct("Network vpc", self.vpc, scope, why=_SAME_REGION)
        groups: list[ec2.ISecurityGroup] = list(self.security_groups or ())
        if not groups:
            groups.append(
                ec2.SecurityGroup(
                    scope,
                    "SecurityGroup",
                    vpc=self.vpc,
                    description=description,
                    allow_all_outbound=True,
                )
            )
        chosen = self._chosen()
        if not chosen.is_pending:
            SUBNETS.check_length("Network subnets", chosen.ids)
        return Attachment(
            subnets=chosen,
            subnet_ids=chosen.ids,
            security_groups=tuple(groups),
            group_ids=tuple(group.security_group_id for group in groups),
        )

    def _chosen(self) -> ChosenSubnets:
        if self.subnets is not None and self.subnets.subnets is not None:
            return given_subnets(self.vpc, self.subnets.subnets)
        try:
            selected = self.vpc.select_subnets() if self.subnets is None else self.vpc.select_subnets(
                availability_zones=self.subnets.availability_zones,
                one_per_az=self.subnets.one_per_az,
                subnet_filters=self.subnets.subnet_filters,
                subnet_group_name=self.subnets.subnet_group_name,
                subnet_type=self.subnets.subnet_type,
            )  # fmt: skip
        except RuntimeError as error:
            # The CDK puts a code before its sentence.
            shown = re.sub(r"^\w+: ", "", str(error), count=1)
            raise ConfigurationError(f"Network subnets must be some of the VPC's, got none: {shown}") from error
        return selected_subnets(self.vpc, selected)

    def bind(self, scope: Construct) -> BoundNetwork:
        """Make the security group if there is none, and name the subnets, for a model of SageMaker's."""
        from aws_cdk import aws_sagemaker as sagemaker  # noqa: PLC0415 - functions have a network too, and no model there

        attached = self.attach(scope, description="Network interfaces of a SageMaker model")
        group_ids, subnet_ids = list(attached.group_ids), list(attached.subnet_ids)
        return BoundNetwork(
            config=sagemaker.CfnModel.VpcConfigProperty(security_group_ids=group_ids, subnets=subnet_ids),
            security_groups=attached.security_groups,
            permissions=_permissions(group_ids, subnet_ids),
        )


def _check_selection(subnets: ec2.SubnetSelection) -> None:
    from aws_cdk import aws_ec2 as ec2  # noqa: PLC0415 - loaded by those alone who use a VPC

    require("Network subnets", subnets, ec2.SubnetSelection)
    for each in subnets.subnets or ():
        require_like("Network subnets element", each, "subnet_id", _SUBNET)


@dataclass(frozen=True, slots=True, kw_only=True)
class Attachment:
    """Where network interfaces stand.

    Args:
        subnets: The subnets.
        subnet_ids: Their IDs.
        security_groups: The groups, given or made.
        group_ids: Their IDs.
    """

    subnets: ChosenSubnets
    subnet_ids: tuple[str, ...]
    security_groups: tuple[ec2.ISecurityGroup, ...]
    group_ids: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class BoundNetwork:
    """What a model needs to know of its network.

    Args:
        config: The VPC as the model's resource names it.
        security_groups: The groups, given or made.
        permissions: What the execution role needs to attach containers there.
    """

    config: sagemaker.CfnModel.VpcConfigProperty
    security_groups: tuple[ec2.ISecurityGroup, ...]
    permissions: tuple[Permission, ...]


_EC2 = "arn:${AWS::Partition}:ec2:${AWS::Region}:${AWS::AccountId}"

_DESCRIBE = Permission(
    actions=(
        "ec2:DescribeDhcpOptions",
        "ec2:DescribeNetworkInterfaces",
        "ec2:DescribeSecurityGroups",
        "ec2:DescribeSubnets",
        "ec2:DescribeVpcs",
    ),
    resources=("*",),
    wildcard_reason="EC2 describes resources only for all of an account at once",
)


def _permissions(security_group_ids: list[str], subnet_ids: list[str]) -> tuple[Permission, ...]:
    """Make and remove network interfaces, in these subnets and groups alone.

    See: https://docs.aws.amazon.com/sagemaker/latest/dg/sagemaker-roles.html
    """
    attach = Permission(
        actions=("ec2:CreateNetworkInterface",),
        resources=(
            *(arn(f"{_EC2}:subnet/{each}") for each in subnet_ids),
            *(arn(f"{_EC2}:security-group/{each}") for each in security_group_ids),
        ),
    )
    manage = Permission(
        actions=(
            "ec2:CreateNetworkInterface",
            "ec2:CreateNetworkInterfacePermission",
            "ec2:DeleteNetworkInterface",
            "ec2:DeleteNetworkInterfacePermission",
        ),
        resources=(arn(f"{_EC2}:network-interface/*"),),
        wildcard_reason="SageMaker names its network interfaces when it makes them",
    )
    return attach, manage, _DESCRIBE
