"""A VPC for functions that need nothing but their models."""

from __future__ import annotations

from typing import TYPE_CHECKING

import aws_cdk as cdk

from cdk_model_hosting.models.network import Network

if TYPE_CHECKING:
    from constructs import Construct

_ZONES = 2


def own_network(scope: Construct) -> Network:
    """A VPC of two zones with nothing in it that costs, and with no way out.

    Args:
        scope: Where to make it.
    """
    from aws_cdk import aws_ec2 as ec2  # noqa: PLC0415 - loaded by those alone who use a VPC

    names = cdk.Fn.get_azs()
    vpc = ec2.Vpc(
        scope,
        "Vpc",
        # The region's first zones, whichever these are at deploy time: no synthesis has to look them up.
        availability_zones=[cdk.Fn.select(number, names) for number in range(_ZONES)],
        nat_gateways=0,
        subnet_configuration=[
            ec2.SubnetConfiguration(name="Functions", subnet_type=ec2.SubnetType.PRIVATE_ISOLATED, cidr_mask=24)
        ],
        # Nothing is in the default group, and closing it takes a function of the CDK's.
        restrict_default_security_group=False,
    )
    cdk.Validations.of(vpc.node.find_child("Resource")).acknowledge(
        cdk.Acknowledgment(
            id="AwsSolutions-VPC7",
            reason="nothing gets into this VPC, and nothing out of it but to a file system and to S3",
        )
    )
    return Network(vpc=vpc)
