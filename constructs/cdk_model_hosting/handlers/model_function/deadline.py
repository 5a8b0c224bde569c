"""Until when an event must be answered."""

import math
from time import monotonic


class Deadline:
    """The end of an invocation. There is none before the first one."""

    def __init__(self) -> None:
        self._end = math.inf

    def begin(self, seconds: float) -> None:
        """Note that an invocation has begun.

        Args:
            seconds: What Lambda gives it.
        """
        self._end = monotonic() + seconds

    def left(self) -> float:
        """Seconds until the end, infinite when there is none."""
        return self._end - monotonic()
