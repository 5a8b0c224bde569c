"""The subnets that were chosen for something, and what is known of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from constructs import DependencyGroup

if TYPE_CHECKING:
    from collections.abc import Sequence

    from aws_cdk import aws_ec2 as ec2
    from constructs import IDependable

# dummy1a, dummy1b and dummy1c are what the CDK calls zones before it has looked them up.
_STAND_IN = "dummy1"


@dataclass(frozen=True, slots=True, kw_only=True)
class ChosenSubnets:
    """Subnets, and what is known of them.

    Args:
        each: The subnets.
        ids: Their IDs.
        zones: Their zones, in the same order; None for one that was brought by its ID alone.
        way_out: What their way out of the VPC is made of.
        has_public: Whether one of them is public.
        is_pending: Whether they are none because the CDK has yet to look up which there are: it does so when this synthesis is over,
            and begins another one.
    """

    each: tuple[ec2.ISubnet, ...]
    ids: tuple[str, ...]
    zones: tuple[str | None, ...]
    way_out: IDependable
    has_public: bool
    is_pending: bool = False


def selected_subnets(vpc: ec2.IVpc, selected: ec2.SelectedSubnets) -> ChosenSubnets:
    """Subnets that the CDK selected.

    Args:
        vpc: Their VPC.
        selected: What it found.
    """
    return ChosenSubnets(
        each=tuple(selected.subnets),
        ids=tuple(selected.subnet_ids),
        zones=tuple(selected.availability_zones),
        way_out=selected.internet_connectivity_established,
        has_public=selected.has_public,
        is_pending=is_pending(vpc, selected),
    )


def is_pending(vpc: ec2.IVpc, selected: ec2.SelectedSubnets) -> bool:
    """Whether nothing was selected because the CDK has yet to look up what there is.

    Args:
        vpc: The VPC.
        selected: What was found in it.
    """
    return not selected.subnet_ids and (bool(selected.is_pending_lookup) or _waits(vpc))


def is_stand_in(zone: str) -> bool:
    """Whether a zone stands for one that the CDK has yet to look up.

    Args:
        zone: The zone.
    """
    return zone.startswith(_STAND_IN)


def given_subnets(vpc: ec2.IVpc, subnets: Sequence[ec2.ISubnet]) -> ChosenSubnets:
    """Subnets that the user named. The CDK would ask each for its zone, which one that is brought by its ID does not know.

    Args:
        vpc: Their VPC.
        subnets: The subnets.
    """
    ids = tuple(each.subnet_id for each in subnets)
    public = {each.subnet_id for each in vpc.public_subnets}
    return ChosenSubnets(
        each=tuple(subnets),
        ids=ids,
        zones=tuple(_zone(each) for each in subnets),
        way_out=DependencyGroup(*(each.internet_connectivity_established for each in subnets)),
        has_public=not public.isdisjoint(ids),
        is_pending=not ids and _waits(vpc),
    )


def _waits(vpc: ec2.IVpc) -> bool:
    return any(is_stand_in(each) for each in vpc.availability_zones)


def _zone(subnet: ec2.ISubnet) -> str | None:
    try:
        return subnet.availability_zone
    except RuntimeError:
        # What the CDK raises where it was not told.
        return None
