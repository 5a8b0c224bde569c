"""The Lambda function that lets new versions begin before any request goes to them."""

from __future__ import annotations

from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

from cdk_model_hosting.resource_function import ResourceFunction

if TYPE_CHECKING:
    import aws_cdk as cdk
    from constructs import Construct


class VersionCheck(ResourceFunction):
    """One function for all model functions of a stack. It may invoke their versions, ask for their state, and nothing else.

    Each version lets it do so by itself. A policy of its role would refer to all functions of the stack, and each check would wait
    for all of them: none of these functions could then know the live version of another.
    """

    def __init__(self, stack: cdk.Stack) -> None:
        super().__init__(
            stack,
            "ModelFunctionVersionCheck",
            handler="version_check",
            description="Lets each new version of a model function begin before requests go to it",
        )

    @staticmethod
    def of(stack: cdk.Stack) -> VersionCheck:
        """The stack's check, made when it is first asked for.

        Args:
            stack: The stack.
        """
        known = _checks.get(stack)
        if known is None:
            known = _checks[stack] = VersionCheck(stack)
        return known

    def check(self, scope: Construct, release: str, *, version_arn: str) -> cdk.CfnResource:
        """A custom resource that stands for a version that has begun.

        Args:
            scope: Where to make it.
            release: What tells the version from others. Each has a check of its own: an older one is not asked again in a rollback.
            version_arn: The version.
        """
        from aws_cdk import aws_lambda as lambda_  # noqa: PLC0415 - loaded by stacks with functions alone

        invoking, looking = (
            lambda_.CfnPermission(
                scope,
                f"{construct_id}{release}",
                action=f"lambda:{action}",
                function_name=version_arn,
                principal=self.role_arn,
            )
            for construct_id, action in (("Try", "InvokeFunction"), ("Look", "GetFunctionConfiguration"))
        )
        properties = {"Version": version_arn}
        checked = self.resource(scope, f"Check{release}", "Custom::ModelFunctionVersion", properties, policy=invoking)
        checked.add_resource_dependency(looking)
        return checked


_checks: WeakKeyDictionary[cdk.Stack, VersionCheck] = WeakKeyDictionary()
