"""Where a group's nodes stand: subnets by zone, and the network of Elastic Fabric Adapters."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from cdk_model_hosting.errors import ConfigurationError
from cdk_model_hosting.tokens import is_token

if TYPE_CHECKING:
    from collections.abc import Sequence

    from aws_cdk import aws_ec2 as ec2
    from constructs import Construct

    from cdk_model_hosting.kubernetes.serving_cluster import ServingCluster

_ALL_TRAFFIC = "-1"


@dataclass(frozen=True, slots=True, kw_only=True)
class Subnets:
    """The subnets of a group.

    Args:
        ids: Their IDs.
        zones: Their availability zones, in the same order; Tokens where the region is known at deploy time.
    """

    ids: tuple[str, ...]
    zones: tuple[str, ...]

    @property
    def zone_count(self) -> int | None:
        """Number of zones; None when one of them is known at deploy time and there are several subnets."""
        if len(self.ids) == 1:
            return 1
        return None if any(is_token(each) for each in self.zones) else len(set(self.zones))


def subnets_of(
    cluster: ServingCluster, *, zones: Sequence[str] | None, subnets: Sequence[ec2.ISubnet] | None
) -> Subnets:
    """The subnets of a group.

    Args:
        cluster: The cluster, in whose network they are when none are given.
        zones: Availability zones to stay in; all when omitted.
        subnets: Subnets to choose from; the private ones of the cluster's network when omitted.

    Raises:
        ConfigurationError: When there is none, or a zone is unknown.
    """
    found = _given(subnets) if subnets is not None else _private(cluster)
    if zones is None:
        return found
    if any(is_token(each) for each in found.zones):
        raise ConfigurationError(
            f"GpuNodeGroup zones must be omitted where the zones of the subnets are known at deploy time, got {', '.join(zones)}: give the "
            "stack a region, or pass subnets"
        )
    missing = [each for each in zones if each not in found.zones]
    if missing:
        raise ConfigurationError(
            f"GpuNodeGroup zones must be zones with a subnet for nodes, got {', '.join(missing)}: there are subnets in "
            f"{', '.join(sorted(set(found.zones)))}"
        )
    chosen = [pair for pair in zip(found.ids, found.zones, strict=True) if pair[1] in zones]
    return Subnets(ids=tuple(each for each, _ in chosen), zones=tuple(zone for _, zone in chosen))


def _given(subnets: Sequence[ec2.ISubnet]) -> Subnets:
    if not subnets:
        raise ConfigurationError("GpuNodeGroup subnets must have at least one subnet, got none: nodes stand in one")
    return Subnets(
        ids=tuple(each.subnet_id for each in subnets), zones=tuple(each.availability_zone for each in subnets)
    )


def _private(cluster: ServingCluster) -> Subnets:
    # Without a word the CDK takes private subnets, then isolated ones, then public ones.
    selected = cluster.vpc.select_subnets()
    if selected.has_public or not selected.subnet_ids:
        raise ConfigurationError(
            "GpuNodeGroup subnets must be given where the cluster's vpc has no private ones, got none: nodes in public subnets would be "
            "without a way out, or open to the internet"
        )
    return Subnets(ids=tuple(selected.subnet_ids), zones=tuple(selected.availability_zones))


def fabric_security_group(scope: Construct, construct_id: str, *, vpc_id: str) -> ec2.CfnSecurityGroup:
    """A security group of Elastic Fabric Adapters, whose members reach each other and nobody else.

    Args:
        scope: Where to make it.
        construct_id: ID below `scope`.
        vpc_id: The network.

    See: https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/efa-start.html
    """
    from aws_cdk import aws_ec2 as ec2  # noqa: PLC0415 - loaded by stacks with node groups alone

    group = ec2.CfnSecurityGroup(
        scope, construct_id, group_description="Elastic Fabric Adapters of one node group", vpc_id=vpc_id
    )
    # The adapter's own traffic must be named by the group: a rule by addresses does not let it through.
    ec2.CfnSecurityGroupIngress(
        scope,
        f"{construct_id}In",
        group_id=group.attr_group_id,
        ip_protocol=_ALL_TRAFFIC,
        source_security_group_id=group.attr_group_id,
    )
    ec2.CfnSecurityGroupEgress(
        scope,
        f"{construct_id}Out",
        group_id=group.attr_group_id,
        ip_protocol=_ALL_TRAFFIC,
        destination_security_group_id=group.attr_group_id,
    )
    return group


def fabric_interfaces(
    adapters: int, *, security_groups: Sequence[str]
) -> list[ec2.CfnLaunchTemplate.NetworkInterfaceProperty]:
    """The network interfaces of an instance with Elastic Fabric Adapters: one on each network card.

    The first serves the node's ordinary traffic too; the others serve the fabric alone, and take no addresses.

    Args:
        adapters: Number of adapters.
        security_groups: IDs of their security groups.

    See: https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/efa-acc-inst-types.html
    """
    from aws_cdk import aws_ec2 as ec2  # noqa: PLC0415 - loaded by stacks with node groups alone

    return [
        ec2.CfnLaunchTemplate.NetworkInterfaceProperty(
            network_card_index=card,
            device_index=0 if card == 0 else 1,
            interface_type="efa" if card == 0 else "efa-only",
            groups=list(security_groups),
            delete_on_termination=True,
        )
        for card in range(adapters)
    ]
