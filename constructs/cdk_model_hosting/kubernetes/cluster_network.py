"""The network of a cluster."""

from __future__ import annotations

from ipaddress import IPv4Network, ip_network
from typing import TYPE_CHECKING

import aws_cdk as cdk

from cdk_model_hosting.arguments import require, require_like
from cdk_model_hosting.errors import ConfigurationError
from cdk_model_hosting.limits.clusters import CLUSTER_ZONES, PUBLIC_ACCESS_RANGES
from cdk_model_hosting.tokens import is_token

if TYPE_CHECKING:
    from collections.abc import Sequence

    from aws_cdk import aws_ec2 as ec2
    from constructs import Construct

_ZONES = 3
_WHAT = "GpuCluster public_access"
_PRIVATE = tuple(
    IPv4Network(each)
    for each in ("10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.168.0.0/16")
)
ANYBODY = "0.0.0.0/0"
"""The range of all addresses."""


def made_vpc(scope: Construct, construct_id: str) -> ec2.IVpc:
    """A network of three zones, two where the stack's region is not known, with one way out and a log of what flows.

    Args:
        scope: Where to make it.
        construct_id: ID below `scope`.
    """
    from aws_cdk import aws_ec2 as ec2  # noqa: PLC0415 - loaded by stacks with clusters alone
    from aws_cdk import aws_logs as logs  # noqa: PLC0415 - the same

    flows = logs.LogGroup(
        scope,
        f"{construct_id}Flows",
        retention=logs.RetentionDays.THREE_MONTHS,
        removal_policy=cdk.RemovalPolicy.DESTROY,
    )
    return ec2.Vpc(
        scope,
        construct_id,
        max_azs=_ZONES,
        nat_gateways=1,
        flow_logs={"All": ec2.FlowLogOptions(destination=ec2.FlowLogDestination.to_cloud_watch_logs(flows))},
        # Models and images come from S3: not through the NAT gateway, which is paid by the byte.
        gateway_endpoints={"S3": ec2.GatewayVpcEndpointOptions(service=ec2.GatewayVpcEndpointAwsService.S3)},
    )


def check_vpc(vpc: ec2.IVpc, subnets: ec2.SubnetSelection | None) -> None:
    """Refuse a network in which a deployment would hang.

    Args:
        vpc: The network.
        subnets: Where in it the user wants the cluster, who then knows the ways out.

    Raises:
        ConfigurationError: When it is no network, or has no private subnets with a way out.
    """
    require_like("GpuCluster vpc", vpc, "private_subnets", "a VPC")
    if subnets is None and not vpc.private_subnets:
        raise ConfigurationError(
            "GpuCluster vpc must have private subnets with a way out, got none: nodes pull images, and kubectl calls AWS, from there, "
            "and a deployment without would hang; where interface endpoints are that way, name the subnets"
        )


def check_zones(subnets: ec2.SelectedSubnets) -> None:
    """Refuse subnets that would all go with one zone.

    Args:
        subnets: The subnets of a control plane.

    Raises:
        ConfigurationError: When they are known to be in one availability zone.
    """
    zones = set(subnets.availability_zones)
    if not any(is_token(each) for each in zones):
        CLUSTER_ZONES.check_length("GpuCluster subnets", sorted(zones))


def selected(vpc: ec2.IVpc, where: ec2.SubnetSelection) -> ec2.SelectedSubnets:
    """The subnets of a network that somebody chose.

    Args:
        vpc: The network.
        where: The choice.
    """
    return vpc.select_subnets(
        availability_zones=where.availability_zones,
        one_per_az=where.one_per_az,
        subnet_filters=where.subnet_filters,
        subnet_group_name=where.subnet_group_name,
        subnets=where.subnets,
        subnet_type=where.subnet_type,
    )


def check_public_access(ranges: Sequence[str] | None) -> tuple[str, ...]:
    """Refuse address ranges that EKS would.

    Args:
        ranges: The ranges that may reach a cluster's endpoint from outside its network; None when nothing may.

    Raises:
        ConfigurationError: When there are too many, or one is no range of public IPv4 addresses.
    """
    if ranges is None:
        return ()
    if not is_token(ranges):
        require(_WHAT, ranges, list, tuple)
        PUBLIC_ACCESS_RANGES.check_length(_WHAT, ranges)
        for each in ranges:
            _check_range(each)
    return tuple(ranges)


def _check_range(given: str) -> None:
    if is_token(given):
        return
    require(f"{_WHAT} element", given, str)
    try:
        network = ip_network(given)
    except ValueError:
        network = None
    if not isinstance(network, IPv4Network) or "/" not in given:
        raise ConfigurationError(
            f"{_WHAT} element must be a range of IPv4 addresses such as 203.0.113.0/24, got {given!r}: EKS takes no other form"
        )
    if any(network.subnet_of(each) for each in _PRIVATE):
        raise ConfigurationError(
            f"{_WHAT} element must be a range of public addresses, got {given!r}: private ones reach the endpoint inside the network, "
            "which is always open"
        )
