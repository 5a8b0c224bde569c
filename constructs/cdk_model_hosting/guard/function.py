"""The Lambda function that answers the custom resources of a stack's endpoints."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

from cdk_model_hosting.limits import INLINE_POLICY_CHARACTERS
from cdk_model_hosting.permissions import policy_document
from cdk_model_hosting.resource_function import ResourceFunction

if TYPE_CHECKING:
    from collections.abc import Sequence

    import aws_cdk as cdk
    from aws_cdk import aws_iam as iam

    from cdk_model_hosting.permissions import Permission

# What a reference may become: the ARNs of log groups are the longest.
_CHARACTERS_OF_A_TOKEN = 96
_TOO_MANY = (
    "IAM keeps no longer ones, and each endpoint with allow_instance_type_change takes one; put some of them into another "
    "stack"
)


class EndpointGuard(ResourceFunction):
    """One function for all endpoints of a stack, with a role and a log group of its own."""

    def __init__(self, stack: cdk.Stack) -> None:
        self._lengths: dict[str, int] = {}
        super().__init__(
            stack,
            "EndpointGuard",
            handler="endpoint_guard",
            description="Compares SageMaker endpoints with what was deployed, and owns their scaling where asked to",
            calls_itself=True,
        )

    def policy(self, construct_id: str, permissions: Sequence[Permission]) -> iam.CfnPolicy:
        """What one kind of the function's work needs, as a policy of its own: see `HandlerFunction.policy`.

        Args:
            construct_id: ID of the policy.
            permissions: The permissions; the same ones whenever it is asked for.

        Raises:
            ConfigurationError: When IAM keeps no further one.
        """
        if construct_id not in self._lengths:
            text = json.dumps(policy_document(permissions), separators=(",", ":"))
            self._lengths[construct_id] = len(text) + text.count("${Token[") * _CHARACTERS_OF_A_TOKEN
            what = "Policies of the function that watches over a stack's endpoints"
            INLINE_POLICY_CHARACTERS.check(what, sum(self._lengths.values()), why=_TOO_MANY)
        return super().policy(construct_id, permissions)

    @staticmethod
    def of(stack: cdk.Stack) -> EndpointGuard:
        """The stack's guard, made when it is first asked for.

        Args:
            stack: The stack.
        """
        guard = _guards.get(stack)
        if guard is None:
            guard = _guards[stack] = EndpointGuard(stack)
        return guard


_guards: WeakKeyDictionary[cdk.Stack, EndpointGuard] = WeakKeyDictionary()
