"""Retries and waits take the time factor's share of what they take on AWS; jitter and the longest delay are kept.

States.Runtime ends an execution whatever its states retry and catch: States.ALL does not stand for it, and States.TaskFailed
not for a timeout either.

See: https://docs.aws.amazon.com/step-functions/latest/dg/concepts-error-handling.html
"""

import random
import time
import types
from typing import Any

from tests.local_aws.server import timing
from tests.local_aws.server.stepfunctions import engine
from tests.local_aws.server.stepfunctions.engine import Document

_NEVER_MEANT = frozenset({"States.Runtime", "States.DataLimitExceeded"})
# A state machine that polls would keep a core busy without a wait.
_SHORTEST_SECONDS = 0.02
_dice = random.Random()  # noqa: S311 - delays are spread, nothing is kept secret


def install() -> None:
    """Put waits and matching of errors into ministack."""
    engine.known["_scaled_sleep"] = wait
    engine.known["_error_matches"] = matches
    engine.known["_find_matching_retrier"] = _retrier
    # All that is left to sleep there is a nap before each execution, for no reason that AWS knows.
    engine.known["time"] = types.SimpleNamespace(time=time.time, monotonic=time.monotonic, sleep=_no_nap)


def _no_nap(_seconds: float) -> None:
    """Go on at once."""


def wait(seconds: float) -> None:
    """Wait as long as AWS would, compressed by the time factor."""
    least = min(seconds, _SHORTEST_SECONDS)
    time.sleep(least)
    timing.wait(seconds - least)


def matches(names: list[str], error: str) -> bool:
    """Tell whether a retrier or a catcher is meant for an error."""
    if error in names:
        return error != "States.Runtime"
    if error in _NEVER_MEANT:
        return False
    return "States.ALL" in names or ("States.TaskFailed" in names and error != "States.Timeout")


def _retrier(retriers: list[Document], error: str, counts: dict[int, int]) -> tuple[Document | None, int]:
    """Find the retrier for an error, and wait as it says: ministack would leave out its jitter and its longest delay."""
    for place, retrier in enumerate(retriers):
        if not matches(retrier.get("ErrorEquals", []), error):
            continue
        attempts = counts.get(place, 0)
        if attempts >= retrier.get("MaxAttempts", 3):
            break
        wait(_delay(retrier, attempts))
        return {**retrier, "IntervalSeconds": 0}, place
    return None, -1


def _delay(retrier: Document, attempts: int) -> float:
    delay: Any = retrier.get("IntervalSeconds", 1) * retrier.get("BackoffRate", 2.0) ** attempts
    longest = min(float(delay), float(retrier.get("MaxDelaySeconds", delay)))
    return _dice.uniform(0.0, longest) if retrier.get("JitterStrategy") == "FULL" else longest
