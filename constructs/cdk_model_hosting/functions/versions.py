"""Published versions of a function, and the alias that says which of them is live."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import aws_cdk as cdk
    from aws_cdk import aws_iam as iam
    from aws_cdk import aws_lambda as lambda_

LIVE = "live"
"""The name of the alias."""

_DIGITS = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class Live:
    """The alias of the version that is live.

    Args:
        arn: Its ARN.
        function_name: Reference to the function.
        function_arn: ARN of the function, without a version.
        cfn_alias: Its resource.
        role: The function's role.
        timeout_seconds: Time for one event.
        reserved: Environments that the function has for itself, and at most; None when it takes from the account's.
        name: Its name.
    """

    arn: str
    function_name: str
    function_arn: str
    cfn_alias: lambda_.CfnAlias
    role: iam.CfnRole
    timeout_seconds: int
    reserved: int | None = None
    name: str = LIVE


def release_of(stack: cdk.Stack, facts: dict[str, Any]) -> str:
    """A short text that changes whenever a new version must be published, and never else.

    Lambda publishes none where nothing has changed, and CloudFormation then fails; and where something has changed but no version
    is made, the alias goes on with the old one.

    Args:
        stack: The function's stack.
        facts: All that a version keeps.
    """
    resolved = json.dumps(stack.resolve(facts), sort_keys=True)
    return hashlib.sha256(resolved.encode()).hexdigest()[:_DIGITS]
