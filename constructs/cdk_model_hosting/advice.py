"""Advice: what works, but not as one may expect."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Advice:
    """A warning that a construct attaches to itself.

    Args:
        id: Stable name, by which it can be acknowledged.
        text: One sentence: what happens, and why.
    """

    id: str
    text: str
