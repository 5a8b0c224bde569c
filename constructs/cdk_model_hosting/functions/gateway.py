"""The way from a VPC to S3 that costs nothing and needs no NAT."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

import aws_cdk as cdk

from cdk_model_hosting.errors import ConfigurationError

if TYPE_CHECKING:
    from aws_cdk import aws_ec2 as ec2
    from aws_cdk import aws_iam as iam

_S3 = ".s3"


def s3_gateway(vpc: ec2.IVpc, *, asked: bool | None, own: bool = False) -> cdk.CfnResource | None:
    """The VPC's gateway endpoint of S3's, made if it has none.

    A route table has one route to S3 at most: a second endpoint would fail the deployment.

    Args:
        vpc: The VPC.
        asked: Whether it is to be made; when None, in a VPC of the app's own that has none yet.
        own: Whether nobody but functions with models uses the VPC: then it lets nothing out but to buckets of this account.

    Returns:
        The endpoint; None where it is not known here.

    Raises:
        ConfigurationError: When it is asked for, and there is one, or nobody knows the route tables.
    """
    from aws_cdk import aws_ec2 as ec2  # noqa: PLC0415 - loaded by those alone who use a VPC

    if asked is False or (asked is None and not isinstance(vpc, ec2.Vpc)):
        return None
    known = known_gateway(vpc)
    if known is None:
        try:
            made = vpc.add_gateway_endpoint("S3", service=ec2.GatewayVpcEndpointAwsService.S3)
        except RuntimeError as error:
            if "route table" not in str(error):
                raise
            raise ConfigurationError(
                f"ModelFileSystem gateway_endpoint must be False for a VPC whose route tables are not known, got True for "
                f"{vpc.node.path}: routes to S3 are added to them; name them in Vpc.from_vpc_attributes"
            ) from error
        if own:
            made.add_to_policy(_to_this_account())
        return _resource(made)
    if asked:
        raise ConfigurationError(
            f"ModelFileSystem gateway_endpoint must be omitted or False, got True for {vpc.node.path}, which has one: a route "
            "table has one route to S3"
        )
    return known


def known_gateway(vpc: ec2.IVpc) -> cdk.CfnResource | None:
    """The VPC's gateway endpoint of S3's, where the app has made one already.

    Args:
        vpc: The VPC.
    """
    from aws_cdk import aws_ec2 as ec2  # noqa: PLC0415 - the same

    stack = cdk.Stack.of(vpc)
    for child in vpc.node.children:
        if isinstance(child, ec2.GatewayVpcEndpoint):
            resource = _resource(child)
            service = stack.resolve(cast("ec2.CfnVPCEndpoint", resource).service_name)
            if str(service).rstrip("'}] ").endswith(_S3):
                return resource
    return None


def _to_this_account() -> iam.PolicyStatement:
    """What the roles of those in the VPC may do, but to buckets of others: assets, too, are in the account's own."""
    from aws_cdk import aws_iam as iam  # noqa: PLC0415 - the same

    return iam.PolicyStatement(
        principals=[iam.AnyPrincipal()],
        actions=["s3:*"],
        resources=["*"],
        conditions={"StringEquals": {"aws:ResourceAccount": cdk.Aws.ACCOUNT_ID}},
    )


def _resource(endpoint: ec2.GatewayVpcEndpoint) -> cdk.CfnResource:
    return cast("cdk.CfnResource", endpoint.node.default_child)
