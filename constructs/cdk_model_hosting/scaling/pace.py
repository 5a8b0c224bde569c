"""How fast a policy may act."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypedDict

from cdk_model_hosting.arguments import require
from cdk_model_hosting.durations import seconds

if TYPE_CHECKING:
    import aws_cdk as cdk


class RenderedPace(TypedDict):
    """A pace as policies take it."""

    out_seconds: int | None
    in_seconds: int | None
    scale_in: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """How fast target tracking may act.

    Args:
        scale_out_cooldown: Pause after growing; 5 minutes when omitted.
        scale_in_cooldown: Pause after shrinking; 5 minutes when omitted.
        scale_in: Whether the fleet may shrink by the policy.

    Raises:
        ConfigurationError: When a time is not a whole number of seconds.
    """

    scale_out_cooldown: cdk.Duration | None = field(default=None, compare=False, repr=False)
    scale_in_cooldown: cdk.Duration | None = field(default=None, compare=False, repr=False)
    scale_in: bool = True
    out_seconds: int | None = field(init=False)
    in_seconds: int | None = field(init=False)

    def __post_init__(self) -> None:
        require("Pace scale_in", self.scale_in, bool)
        object.__setattr__(self, "out_seconds", seconds("Pace scale_out_cooldown", self.scale_out_cooldown))
        object.__setattr__(self, "in_seconds", seconds("Pace scale_in_cooldown", self.scale_in_cooldown))

    def render(self) -> RenderedPace:
        """The pace as policies take it."""
        return RenderedPace(out_seconds=self.out_seconds, in_seconds=self.in_seconds, scale_in=self.scale_in)


def render_pace(what: str, pace: Pace | None) -> RenderedPace:
    """A pace as policies take it; the service's own when None.

    Args:
        what: The factory as the user typed it.
        pace: The pace.

    Raises:
        ConfigurationError: When it is something else.
    """
    if pace is None:
        return Pace().render()
    require(f"{what} pace", pace, Pace)
    return pace.render()
