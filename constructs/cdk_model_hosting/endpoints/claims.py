"""Names that a stack's endpoints and inference components have for themselves."""

from __future__ import annotations

from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

from cdk_model_hosting.errors import ConfigurationError
from cdk_model_hosting.tokens import is_token

if TYPE_CHECKING:
    import aws_cdk as cdk


class Claims:
    """The names of one kind of resource that are taken, by stack.

    Args:
        what: What is called so, in the plural.
    """

    def __init__(self, what: str) -> None:
        self._what = what
        self._taken: WeakKeyDictionary[cdk.Stack, set[str]] = WeakKeyDictionary()

    def claim(self, stack: cdk.Stack, what: str, name: str) -> None:
        """Take a name.

        Args:
            stack: The stack; of nested ones, that which they are nested in.
            what: The argument as the user typed it.
            name: The name; a Token passes.

        Raises:
            ConfigurationError: When another one of the stack has it.
        """
        if is_token(name):
            return
        taken = self._taken.setdefault(stack, set())
        # ARNs are written in lower case.
        if name.lower() in taken:
            raise ConfigurationError(
                f"{what} must be unique in its stack, got {name!r} twice: SageMaker tells {self._what} apart by it, whatever "
                "their capitals"
            )
        taken.add(name.lower())


ENDPOINTS = Claims("endpoints")
"""Names of endpoints."""

COMPONENTS = Claims("inference components")
"""Names of inference components, adapters included."""
