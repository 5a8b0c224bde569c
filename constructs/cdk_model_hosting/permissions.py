"""IAM statements as plain values, rendered straight into a role's policy document."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import aws_cdk as cdk
from aws_cdk import aws_iam as iam

from cdk_model_hosting.tokens import is_token

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping


@dataclass(frozen=True, slots=True, kw_only=True)
class Permission:
    """One statement of an execution role.

    Args:
        actions: IAM actions.
        resources: ARNs, as text (Tokens included) or as CloudFormation intrinsics.
        conditions: IAM condition block.
        wildcard_reason: Why a resource holds a wildcard; every such statement must say so, and the reason is recorded
            for cdk-nag.
        is_denied: Whether it is refused instead, whatever else allows it.
    """

    actions: tuple[str, ...]
    resources: tuple[str | dict[str, Any], ...]
    conditions: Mapping[str, Any] | None = None
    wildcard_reason: str | None = None
    is_denied: bool = False

    def render(self) -> dict[str, Any]:
        """The statement as IAM's JSON."""
        statement: dict[str, Any] = {
            "Action": _one_or_all(self.actions),
            "Effect": "Deny" if self.is_denied else "Allow",
            "Resource": _one_or_all(self.resources),
        }
        if self.conditions:
            statement["Condition"] = dict(self.conditions)
        return statement

    def statement(self) -> iam.PolicyStatement:
        """The statement as CDK's own roles and policies take it."""
        return iam.PolicyStatement(
            effect=iam.Effect.DENY if self.is_denied else iam.Effect.ALLOW,
            actions=list(self.actions),
            resources=[each if isinstance(each, str) else cdk.Token.as_string(each) for each in self.resources],
            conditions=self.conditions,
        )


def policy_document(permissions: Iterable[Permission]) -> dict[str, Any]:
    """A policy document of the given permissions, equal ones once."""
    statements: list[dict[str, Any]] = []
    for permission in permissions:
        rendered = permission.render()
        if rendered not in statements:
            statements.append(rendered)
    return {"Version": "2012-10-17", "Statement": statements}


def arn(template: str) -> str | dict[str, Any]:
    """An ARN of this partition, region and account, such as ``arn:${AWS::Partition}:s3:::bucket``.

    A literal ``Fn::Sub`` costs no call into the CDK kernel, and reads in the template as it reads here. A template with a
    Token in it cannot be one, and becomes a text with more Tokens.
    """
    if not is_token(template):
        return {"Fn::Sub": template}
    for name, token in (
        ("Partition", cdk.Aws.PARTITION),
        ("Region", cdk.Aws.REGION),
        ("AccountId", cdk.Aws.ACCOUNT_ID),
    ):
        template = template.replace(f"${{AWS::{name}}}", token)
    return template


def _one_or_all(values: tuple[Any, ...]) -> Any:
    return values[0] if len(values) == 1 else list(values)
