from typing import Any

import pytest
from aws_cdk import aws_ec2 as ec2

from cdk_model_hosting.kubernetes.cluster_network import check_public_access, check_vpc
from cdk_model_hosting.kubernetes.gpu_cluster import GpuCluster
from tests.unit.builders import new_stack, refused, stack_in, text_token
from tests.unit.kubernetes import made


def test_nobody_comes_from_outside_when_nothing_is_said() -> None:
    assert check_public_access(None) == ()


@pytest.mark.parametrize("given", ["203.0.113.0/24", "198.51.100.7/32", "0.0.0.0/0", "172.32.0.0/16"])
def test_public_ranges(given: str) -> None:
    assert check_public_access([given]) == (given,)


@pytest.mark.parametrize("given", ["10.1.0.0/16", "172.31.0.0/16", "192.168.1.0/24", "100.64.0.0/16", "127.0.0.1/32"])
def test_fails_when_a_range_is_private(given: str) -> None:
    with refused(
        f"GpuCluster public_access element must be a range of public addresses, got {given!r}: private ones reach the endpoint inside the "
        "network, which is always open"
    ):
        check_public_access([given])


@pytest.mark.parametrize("given", ["203.0.113.7", "203.0.113.7/24", "2001:db8::/32", "office", ""])
def test_fails_when_a_range_is_none(given: str) -> None:
    with refused(
        f"GpuCluster public_access element must be a range of IPv4 addresses such as 203.0.113.0/24, got {given!r}: EKS takes no other "
        "form"
    ):
        check_public_access([given])


def test_fails_when_there_are_none_or_too_many() -> None:
    for count in (0, 41):
        with refused(f"GpuCluster public_access must have 1-40 address ranges, got {count}: EKS keeps no more"):
            check_public_access(["203.0.113.0/24"] * count)
    assert len(check_public_access(["203.0.113.0/24"] * 40)) == 40


def test_fails_when_it_is_no_list() -> None:
    with refused("GpuCluster public_access must be a list or tuple, got '0.0.0.0/0': nothing else is understood there"):
        check_public_access("0.0.0.0/0")
    with refused("GpuCluster public_access element must be a str, got 7: nothing else is understood there"):
        check_public_access([7])  # type: ignore[list-item] # what a user without types writes


def test_ranges_that_are_tokens_pass() -> None:
    token = text_token(new_stack())
    assert check_public_access([token]) == (token,)


def test_fails_when_a_deployment_would_hang() -> None:
    stack = new_stack()
    isolated = ec2.Vpc(
        stack,
        "Vpc",
        nat_gateways=0,
        subnet_configuration=[ec2.SubnetConfiguration(name="Inner", subnet_type=ec2.SubnetType.PRIVATE_ISOLATED)],
    )
    with refused(
        "GpuCluster vpc must have private subnets with a way out, got none: nodes pull images, and kubectl calls AWS, from there, and a "
        "deployment without would hang; where interface endpoints are that way, name the subnets"
    ):
        check_vpc(isolated, None)
    # Whoever names the subnets knows what endpoints there are.
    check_vpc(isolated, ec2.SubnetSelection(subnet_type=ec2.SubnetType.PRIVATE_ISOLATED))
    check_vpc(made.vpc(stack, "Imported"), None)


def test_fails_when_it_is_no_network() -> None:
    with refused("GpuCluster vpc must be a VPC, got 'vpc-1': nothing else is understood there"):
        check_vpc("vpc-1", None)  # type: ignore[arg-type] # what a user without types writes


@pytest.mark.parametrize(
    "selection", [{"subnet_group_name": "Nodes"}, {"availability_zones": ["eu-west-1a", "eu-west-1b"]}]
)
def test_subnets_that_are_looked_up_later_pass(selection: dict[str, Any]) -> None:
    """Nobody knows any of them when an app is synthesized for the first time; the CDK asks the account, and begins anew."""
    stack = stack_in("eu-west-1")
    network = ec2.Vpc.from_lookup(stack, "Vpc", vpc_id="vpc-1")

    GpuCluster(stack, "Cluster", vpc=network, subnets=ec2.SubnetSelection(**selection))
