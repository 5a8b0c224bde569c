"""What every policy is made of."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cdk_model_hosting.scaling.policy import Policy


@dataclass(frozen=True, slots=True)
class Ruled:
    """What the factories of `ScalingPolicy` fill in.

    Args:
        rule: What changes the size, and when.
    """

    rule: Policy
