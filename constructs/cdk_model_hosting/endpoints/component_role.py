"""The execution role that all inference components of an endpoint share, as SageMaker demands of them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from cdk_model_hosting.limits import INLINE_POLICY_CHARACTERS
from cdk_model_hosting.models.role import ExecutionRole
from cdk_model_hosting.permissions import Permission, arn

if TYPE_CHECKING:
    from collections.abc import Iterable

    import aws_cdk as cdk
    from aws_cdk import aws_iam as iam
    from constructs import Construct

_HERE = "arn:${AWS::Partition}:logs:${AWS::Region}:${AWS::AccountId}"
# What a reference may become: names of buckets are the longest that are common.
_CHARACTERS_OF_A_TOKEN = 64

# Containers of components do not log where those of endpoints do.
_LOGS = Permission(
    actions=("logs:CreateLogGroup", "logs:CreateLogStream", "logs:DescribeLogStreams", "logs:PutLogEvents"),
    resources=(arn(f"{_HERE}:log-group:/aws/sagemaker/InferenceComponents/*"),),
    wildcard_reason="log groups and streams are named after components and instances that do not exist yet",
)


class ComponentRole:
    """The role of an endpoint for inference components: made here with the least that they need, or brought.

    Args:
        endpoint: The endpoint.
        stack: Its stack.
        permissions: What it needs before there is any component.
        brought: The user's role; None to make one.
    """

    def __init__(
        self, endpoint: Construct, stack: cdk.Stack, permissions: Iterable[Permission], brought: iam.IRole | None
    ) -> None:
        first = (_LOGS, *permissions)
        self._role = ExecutionRole(endpoint, stack, first, brought)
        self._made_here = brought is None
        self._statements: list[str] = []
        self._waiting: list[cdk.CfnResource] = []
        self._is_given_more = False
        self.arn = self._role.arn
        self._count(first)

    @property
    def role(self) -> iam.IRole:
        """The role as other constructs take it. Whatever uses it waits for what it is granted here."""
        role = self._role.role
        self._is_given_more = True
        for each in self._waiting:
            each.node.add_dependency(role)
        return role

    def allow(self, *permissions: Permission) -> None:
        """Give the role what a component needs.

        Args:
            permissions: What it needs.

        Raises:
            ConfigurationError: When IAM keeps no policy that long.
        """
        self._role.allow(*permissions)
        self._count(permissions)

    def wait(self, resource: cdk.CfnResource) -> None:
        """Have a resource wait for what the role may do: SageMaker looks at once whether it can read the model.

        Args:
            resource: What is made with the role.
        """
        if self._role.policy is not None:
            resource.node.add_dependency(self._role.policy)
        if self._is_given_more:
            resource.node.add_dependency(self._role.role)
        self._waiting.append(resource)

    def _count(self, permissions: Iterable[Permission]) -> None:
        """Refuse more than a role made here can hold; what a role that was brought holds besides is not known."""
        if not self._made_here:
            return
        self._statements.extend(json.dumps(each.render()) for each in permissions)
        kept = dict.fromkeys(self._statements)
        length = sum(len(each) + each.count("${Token[") * _CHARACTERS_OF_A_TOKEN for each in kept)
        INLINE_POLICY_CHARACTERS.check("ComponentEndpoint role policy for all components", length)
