"""One measured figure, and the goal that it is held to."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """A figure of the table in the bench's output.

    Args:
        name: What was measured.
        value: What came out.
        bound: Most it may be; None when it is only shown.
        next_bound: The goal after that one.
        unit: Unit of the three.
        note: What helps to read it.
        timed: Whether it is a time or a ratio of times, which vary from run to run and fail nothing.
    """

    name: str
    value: float
    bound: float | None = None
    next_bound: float | None = None
    unit: str = ""
    note: str = ""
    timed: bool = False

    @property
    def met(self) -> bool:
        """Whether it is within its bound."""
        return self.bound is None or self.value <= self.bound

    @property
    def fails(self) -> bool:
        """Whether it must stop a build: a count that is out of bounds."""
        return not self.met and not self.timed

    @property
    def verdict(self) -> str:
        """One word or two on it."""
        if self.bound is None:
            return "shown"
        if not self.met:
            return "missed, but a time" if self.timed else "MISSED"
        if self.next_bound is not None and self.value > self.next_bound:
            return "met, next goal open"
        return "met"
