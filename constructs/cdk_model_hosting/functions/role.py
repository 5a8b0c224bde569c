"""What a model function may do."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cdk_model_hosting.acknowledgments import acknowledge_wildcards
from cdk_model_hosting.functions.versions import release_of
from cdk_model_hosting.permissions import Permission, policy_document
from cdk_model_hosting.placement import place_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from aws_cdk import aws_iam as iam
    from constructs import Construct

_TRUST: dict[str, Any] = {
    "Version": "2012-10-17",
    "Statement": [{"Action": "sts:AssumeRole", "Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}}],
}
_TRACE = Permission(
    actions=("xray:PutTelemetryRecords", "xray:PutTraceSegments"),
    resources=("*",),
    wildcard_reason="traces have no ARN",
)


def role_of(
    scope: Construct, construct_id: str, *, log_group_arn: str, permissions: Sequence[Permission]
) -> iam.CfnRole:
    """A role with what every version needs as its policy: the function does not exist without it.

    Args:
        scope: Where to make it.
        construct_id: ID below `scope`.
        log_group_arn: The function's log group.
        permissions: What else every version needs; and what it must not do.
    """
    from aws_cdk import aws_iam as iam  # noqa: PLC0415 - loaded by stacks with functions alone

    log = Permission(actions=("logs:CreateLogStream", "logs:PutLogEvents"), resources=(log_group_arn,))
    always = [log, _TRACE, *permissions]
    role = iam.CfnRole(
        scope,
        construct_id,
        assume_role_policy_document=_TRUST,
        policies=[iam.CfnRole.PolicyProperty(policy_name="Serve", policy_document=policy_document(always))],
    )
    acknowledge_wildcards(role, always)
    return role


def policy_beside(
    scope: Construct,
    role: iam.CfnRole,
    permissions: Sequence[Permission],
    *,
    prefix: str,
    content: Sequence[object] = (),
) -> iam.CfnPolicy:
    """What the next deployment may need no more, a model for instance, as a policy of its own beside the role's.

    All versions have one role. A deployment that needs something else makes another policy before it changes anything, and this one
    goes when it cleans up: the version that is live goes on reading its model until the alias has moved, and messages of a queue
    are received until another one takes its place.

    Args:
        scope: Where to make it.
        role: The function's role.
        permissions: What it allows.
        prefix: What its name begins with.
        content: What a change of replaces a resource that `permissions` refer to, where the reference stays the same.
    """
    from aws_cdk import aws_iam as iam  # noqa: PLC0415 - loaded by stacks with functions alone

    document = policy_document(permissions)
    name = f"{prefix}{release_of(place_of(scope).stack, {'document': document, 'content': list(content)})}"
    policy = iam.CfnPolicy(scope, name, policy_name=name, policy_document=document, roles=[role.ref])
    acknowledge_wildcards(policy, permissions)
    return policy
