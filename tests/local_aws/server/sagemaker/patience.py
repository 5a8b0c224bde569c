"""How long a container may take until it is well, at the most: a test that has seen enough of the waiting makes it short."""

import math


class _Patience:
    """The longest time, which may be changed while somebody waits."""

    seconds = math.inf


def seconds() -> float:
    """Return the longest time; infinite unless somebody said otherwise."""
    return _Patience.seconds


def set_seconds(value: float | None) -> None:
    """Change the longest time from now on, for those who wait already too.

    Args:
        value: Seconds; None for as long as the service and the variant say.

    Raises:
        ValueError: It is no time.
    """
    if value is not None and not value >= 0:
        raise ValueError(f"a patience must be a number of seconds, got {value}")
    _Patience.seconds = math.inf if value is None else float(value)
