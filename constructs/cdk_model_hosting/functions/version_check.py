"""The Lambda function that lets new versions begin before any request goes to them."""

from __future__ import annotations

from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

from cdk_model_hosting.managed_policies import ManagedPolicies
from cdk_model_hosting.permissions import Permission
from cdk_model_hosting.resource_function import ResourceFunction

if TYPE_CHECKING:
    import aws_cdk as cdk
    from constructs import Construct

_REASON = "each version has a number of its own, which Lambda gives it when it is published"


class VersionCheck(ResourceFunction):
    """One function for all model functions of a stack. It may invoke their versions, ask for their state, and nothing else."""

    def __init__(self, stack: cdk.Stack) -> None:
        super().__init__(
            stack,
            "ModelFunctionVersionCheck",
            handler="version_check",
            description="Lets each new version of a model function begin before requests go to it",
        )
        self._allowed = ManagedPolicies(
            self,
            role_name=self.role_name,
            prefix="Invoke",
            description="The model functions of this stack whose versions are tried",
            what="ModelFunction verify_version policies of all functions of a stack",
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

    def check(self, scope: Construct, construct_id: str, *, version_arn: str, function_arn: str) -> cdk.CfnResource:
        """A custom resource that stands for a version that has begun.

        Args:
            scope: Where to make it.
            construct_id: ID below `scope`, another one for each version: an older one is not asked again in a rollback.
            version_arn: The version.
            function_arn: Its function.
        """
        policy = self._allowed.allow(
            Permission(
                actions=("lambda:GetFunctionConfiguration", "lambda:InvokeFunction"),
                resources=(f"{function_arn}:*",),
                wildcard_reason=_REASON,
            )
        )
        properties = {"Version": version_arn}
        return self.resource(scope, construct_id, "Custom::ModelFunctionVersion", properties, policy=policy)


_checks: WeakKeyDictionary[cdk.Stack, VersionCheck] = WeakKeyDictionary()
