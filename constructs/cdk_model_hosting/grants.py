"""Giving somebody permissions, as the grants of the CDK do."""

from __future__ import annotations

from functools import reduce
from typing import TYPE_CHECKING, cast

from aws_cdk import aws_iam as iam

from cdk_model_hosting.acknowledgments import acknowledge_wildcards
from cdk_model_hosting.arguments import require_grantee

if TYPE_CHECKING:
    from collections.abc import Sequence

    from constructs import IConstruct

    from cdk_model_hosting.permissions import Permission


def grant(grantee: iam.IGrantable, permissions: Sequence[Permission]) -> iam.Grant:
    """Let somebody do something, with the reason of each wildcard told to cdk-nag.

    Args:
        grantee: Who may.
        permissions: What; at least one.

    Raises:
        ConfigurationError: When the grantee cannot be granted anything.
    """
    require_grantee("grantee", grantee)
    granted = [_grant(grantee, each) for each in permissions]
    principal = grantee.grant_principal
    # Services and principals of other accounts are no constructs, and have no policy here. The class is asked first, because
    # asking the object may be a call into the CDK kernel; but the class of an imported role does not say.
    if hasattr(type(principal), "node") or hasattr(principal, "node"):
        acknowledge_wildcards(cast("IConstruct", principal), permissions)
    return reduce(iam.Grant.combine, granted)


def _grant(grantee: iam.IGrantable, permission: Permission) -> iam.Grant:
    statement = permission.statement()
    return iam.Grant.add_to_principal(
        grantee=grantee,
        actions=statement.actions,
        resource_arns=statement.resources,
        conditions=permission.conditions,
    )
