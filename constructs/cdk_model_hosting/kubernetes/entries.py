"""Access entries: who of AWS is who in a cluster."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from cdk_model_hosting.arguments import require_like
from cdk_model_hosting.errors import ConfigurationError
from cdk_model_hosting.tokens import is_token

if TYPE_CHECKING:
    from collections.abc import Sequence

    from aws_cdk import aws_eks_v2 as eks
    from constructs import Construct

    from cdk_model_hosting.kubernetes.access import ClusterAccess

_PRINCIPAL = r"arn:aws[a-z-]*:iam::\d{12}:(role|user)/\S+"
_WHAT = "ServingCluster.grant_access principal"


@dataclass(frozen=True, slots=True)
class Principal:
    """Who is let in.

    Args:
        arn: The ARN of the role or user.
        key: What the ID of its entry is made of, so that no other entry that comes or goes changes it: EKS makes no second entry
            for a principal while the first one, under another ID, is there. None for an ARN that is a Token.
    """

    arn: str
    key: str | None

    @classmethod
    def of(cls, principal: object) -> Principal:
        """Read what a user passes.

        Args:
            principal: The role or user, or its ARN.

        Raises:
            ConfigurationError: When an access entry cannot be for it.
        """
        arn = principal if isinstance(principal, str) else _arn_of(principal)
        if is_token(arn):
            return cls(arn, None if isinstance(principal, str) else _digest(_path_of(principal)))
        if not re.fullmatch(_PRINCIPAL, arn):
            raise ConfigurationError(
                f"{_WHAT} must be the ARN of an IAM role or user, got {arn!r}: EKS lets in neither an account's root, nor a session, "
                "nor a group"
            )
        return cls(arn, _digest(arn))


def _arn_of(principal: Any) -> str:
    # The class is asked, never the value: that would be a call into the CDK kernel.
    if hasattr(type(principal), "user_arn"):
        return str(principal.user_arn)
    require_like(_WHAT, principal, "role_arn", "a role, a user, or the ARN of one")
    return str(principal.role_arn)


def _path_of(principal: Any) -> str:
    return str(principal.node.path)


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:8]


def entry(
    scope: Construct, construct_id: str, *, cluster_name: str, principal_arn: str, access: Sequence[ClusterAccess]
) -> eks.CfnAccessEntry:
    """An access entry.

    Args:
        scope: Where to make it.
        construct_id: ID below `scope`.
        cluster_name: Name of the cluster.
        principal_arn: Who is let in.
        access: What it may do, and where.

    Raises:
        ConfigurationError: When nothing is granted, or the same policy twice.
    """
    from aws_cdk import aws_eks_v2 as eks  # noqa: PLC0415 - loaded by stacks with clusters alone

    if not access:
        raise ConfigurationError(
            "ServingCluster.grant_access access must name at least one, got none: the principal could do nothing"
        )
    policies = [each.policy for each in access]
    for each in policies:
        if policies.count(each) > 1:
            raise ConfigurationError(
                f"ServingCluster.grant_access access must name a policy once, got {each} {policies.count(each)} times: EKS keeps one "
                "scope a policy; name all namespaces in one"
            )
    made = eks.CfnAccessEntry(scope, construct_id, cluster_name=cluster_name, principal_arn=principal_arn)
    made.add_property_override("AccessPolicies", [each.render() for each in access])
    return made
