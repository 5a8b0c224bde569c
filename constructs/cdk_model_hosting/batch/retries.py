"""How often a job is tried again that finds no instances."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from cdk_model_hosting.durations import literal, seconds
from cdk_model_hosting.errors import ConfigurationError
from cdk_model_hosting.limits import JOB_RETRIES, RETRY_WAIT_SECONDS

if TYPE_CHECKING:
    import aws_cdk as cdk

_DEFAULT_WAIT = 120
_DEFAULT_LONGEST = 1800


@dataclass(frozen=True, slots=True, kw_only=True)
class Retries:
    """Patience with a lack of instances: a quota that is used up, or a region that has none left of the type.

    Pauses double from one try to the next, and are shortened at random so that jobs do not come back all at once. Requests
    to SageMaker that are throttled are sent again for some minutes, whatever is said here. A job that fails because of
    its records or its model is not tried again.

    Args:
        attempts: Further tries, 0-99; 6 when omitted, which is an hour and a half with the usual pauses.
        wait: Pause before the first of them; 2 minutes when omitted.
        longest_wait: What pauses grow to; 30 minutes when omitted, or `wait` where that is longer.

    Raises:
        ConfigurationError: When a value is outside its range, or known only at deploy time.
    """

    attempts: int = 6
    wait: cdk.Duration | None = field(default=None, compare=False, repr=False)
    longest_wait: cdk.Duration | None = field(default=None, compare=False, repr=False)
    wait_seconds: int = field(init=False)
    longest_seconds: int = field(init=False)

    def __post_init__(self) -> None:
        JOB_RETRIES.check("Retries attempts", literal("Retries attempts", self.attempts))
        wait = _seconds("Retries wait", self.wait, _DEFAULT_WAIT)
        longest = _seconds("Retries longest_wait", self.longest_wait, max(_DEFAULT_LONGEST, wait))
        if longest < wait:
            raise ConfigurationError(
                f"Retries longest_wait must be at least wait, got {longest} and {wait} seconds: pauses grow from one to the "
                "other"
            )
        object.__setattr__(self, "wait_seconds", wait)
        object.__setattr__(self, "longest_seconds", longest)


def _seconds(what: str, duration: cdk.Duration | None, default: int) -> int:
    given = seconds(what, duration)
    if given is None:
        return default
    RETRY_WAIT_SECONDS.check(what, literal(what, given))
    return given
