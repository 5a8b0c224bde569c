"""No front: a function is invoked directly."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from cdk_model_hosting.functions.fronts.bound import BoundFront
from cdk_model_hosting.functions.fronts.front import Front

if TYPE_CHECKING:
    from constructs import Construct

    from cdk_model_hosting.functions.versions import Live


@dataclass(frozen=True, slots=True)
class NoFront(Front):
    """No front. Made by `Front.none`."""

    def bind(self, scope: Construct, live: Live) -> BoundFront:  # noqa: ARG002 - there is nothing to make
        """Make nothing."""
        return BoundFront(kind="Front.none")
