"""Durations as whole seconds."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import aws_cdk as cdk


def seconds(duration: cdk.Duration | None) -> int | None:
    """A duration in whole seconds; None stays None.

    Value objects keep seconds and not Durations: two equal Durations are not equal in Python.
    """
    return None if duration is None else int(duration.to_seconds())
