"""How fast the local AWS's clock runs where AWS would wait: rollouts, and the periods of alarms."""

import os
import time

_VARIABLE = "LOCAL_AWS_TIME_FACTOR"
_SHORTEST_PERIOD_SECONDS = 0.05
_LOOK_SECONDS = 0.05


class _Clock:
    """The time factor, which may be changed while the server runs."""

    factor = float(os.environ.get(_VARIABLE, "0"))


class Timer:
    """A wait that goes by the time factor of each moment, and is over at once where that is 0.

    A stage that is to last until somebody has seen it begins with the factor 1, and ends when that is taken back.

    Args:
        seconds: How long it takes on AWS.
    """

    def __init__(self, seconds: float) -> None:
        self._left = seconds
        self._since = time.monotonic()

    def left(self) -> float:
        """Return the seconds that are left to be really waited, if the time factor stays; 0 when it is over."""
        now = time.monotonic()
        passed, self._since = now - self._since, now
        self._left = max(self._left - passed / factor(), 0.0) if factor() else 0.0
        return self._left * factor()


def factor() -> float:
    """Return which part of a wait is really waited: none, unless LOCAL_AWS_TIME_FACTOR or a request says otherwise."""
    return _Clock.factor


def set_factor(value: float) -> None:
    """Change the time factor from now on.

    Raises:
        ValueError: It is negative, more than 1 or no number.
    """
    if not 0 <= value <= 1:
        raise ValueError(f"a time factor must be 0-1, got {value}")
    _Clock.factor = value


def wait(seconds: float) -> None:
    """Wait as long as AWS would, compressed by the time factor."""
    timer = Timer(seconds)
    while left := timer.left():
        time.sleep(min(left, _LOOK_SECONDS))


def compressed_period(seconds: float) -> float:
    """Return how long a period of a metric lasts here: compressed as the waits are, and as on AWS where those are none.

    An alarm has to see as many periods during a compressed canary as it would see during the real one.
    """
    return max(seconds * factor(), _SHORTEST_PERIOD_SECONDS) if factor() else float(seconds)


def seconds_on_aws(seconds: float) -> float:
    """Return how long a wait that took so long here would have taken on AWS."""
    return seconds / factor() if factor() else seconds
