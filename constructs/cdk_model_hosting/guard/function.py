"""The Lambda function that answers the custom resources of a stack's endpoints."""

from __future__ import annotations

from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

from cdk_model_hosting.resource_function import ResourceFunction

if TYPE_CHECKING:
    import aws_cdk as cdk


class EndpointGuard(ResourceFunction):
    """One function for all endpoints of a stack, with a role and a log group of its own."""

    def __init__(self, stack: cdk.Stack) -> None:
        super().__init__(
            stack,
            "EndpointGuard",
            handler="endpoint_guard",
            description="Compares SageMaker endpoints with what was deployed, and owns their scaling where asked to",
            calls_itself=True,
        )

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
