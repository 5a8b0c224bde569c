"""What a model function may do."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cdk_model_hosting.acknowledgments import acknowledge_wildcards
from cdk_model_hosting.permissions import Permission, policy_document

if TYPE_CHECKING:
    from collections.abc import Sequence

    from aws_cdk import aws_iam as iam
    from aws_cdk import aws_kms as kms
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
    scope: Construct, construct_id: str, *, log_group_arn: str, key: kms.IKey | None, permissions: Sequence[Permission]
) -> iam.CfnRole:
    """A role with its policy inline: the function does not exist without it.

    Args:
        scope: Where to make it.
        construct_id: ID below `scope`.
        log_group_arn: The function's log group.
        key: KMS key of its environment variables.
        permissions: What else it needs, to read the model for instance; and what it must not do.
    """
    from aws_cdk import aws_iam as iam  # noqa: PLC0415 - loaded by stacks with functions alone

    log = Permission(actions=("logs:CreateLogStream", "logs:PutLogEvents"), resources=(log_group_arn,))
    decrypt = () if key is None else (Permission(actions=("kms:Decrypt",), resources=(key.key_arn,)),)
    needed = [log, _TRACE, *decrypt, *permissions]
    role = iam.CfnRole(
        scope,
        construct_id,
        assume_role_policy_document=_TRUST,
        policies=[iam.CfnRole.PolicyProperty(policy_name="Serve", policy_document=policy_document(needed))],
    )
    acknowledge_wildcards(role, needed)
    return role
