"""What the factories of `Alarm` check, each with its own words."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from cdk_model_hosting.arguments import require, require_duration
from cdk_model_hosting.durations import literal
from cdk_model_hosting.errors import ConfigurationError

if TYPE_CHECKING:
    import aws_cdk as cdk

WHOLE = 100
MICROSECONDS_A_MILLI = 1_000


def share(what: str, percent: float, *, of: str) -> float:
    """A share that can be exceeded.

    Args:
        what: The argument as the user typed it.
        percent: Percent, 0 to below 100.
        of: What it is a share of.

    Raises:
        ConfigurationError: When it is a Token, or outside its range.
    """
    require(what, percent, int, float)
    if not 0 <= literal(what, percent) < WHOLE:
        raise ConfigurationError(f"{what} must be 0 to below 100 %, got {percent}: it is a share of {of}")
    return percent


def use(what: str, percent: float, *, of: str) -> float:
    """A share in use that can be exceeded.

    Args:
        what: The argument as the user typed it.
        percent: Percent, 0 for any use at all, or 1 to below 100.
        of: What it is a share of.

    Raises:
        ConfigurationError: When it is a Token, outside its range, or a fraction.
    """
    if 0 < share(what, percent, of=of) < 1:
        raise ConfigurationError(
            f"{what} must be 0 or 1 to below 100 %, got {percent}: whatever runs uses more than that; 90 stands for nine "
            "tenths"
        )
    return percent


def millis(what: str, duration: cdk.Duration, *, why: str) -> float:
    """A time in milliseconds.

    Args:
        what: The argument as the user typed it.
        duration: The time, above 0.
        why: Why it must be more than nothing.

    Raises:
        ConfigurationError: When it is known only at deploy time, or is no time at all.
    """
    require_duration(what, duration)
    if duration.is_unresolved():
        raise ConfigurationError(
            f"{what} must be a literal time, got one that is known only at deploy time: CloudFormation cannot convert it"
        )
    found = float(duration.to_milliseconds())
    if found <= 0:
        raise ConfigurationError(f"{what} must be more than 0 milliseconds, got {found:g}: {why}")
    return found


def percentile(what: str, number: float) -> str:
    """A percentile as CloudWatch writes it.

    Args:
        what: The argument as the user typed it.
        number: 1 to 100, with at most two decimals.

    Raises:
        ConfigurationError: When it is a Token, or none that CloudWatch computes.
    """
    require(what, number, int, float)
    if not 1 <= literal(what, number) <= WHOLE or round(number, 2) != number:
        raise ConfigurationError(
            f"{what} must be 1 to 100 with at most two decimals, such as 99, got {number}: it is a share of the answers"
        )
    return f"p{number:g}"


def count(what: str, number: float, *, why: str, least: int = 1) -> float:
    """A whole number.

    Args:
        what: The argument as the user typed it.
        number: The number.
        why: Why it is not less than the least.
        least: The least that it can be.

    Raises:
        ConfigurationError: When it is a Token, less than that, or not whole.
    """
    require(what, number, int, float)
    if not literal(what, number) >= least or not math.isfinite(number) or number != int(number):
        raise ConfigurationError(f"{what} must be a whole number of at least {least}, got {number}: {why}")
    return number


def multiple(what: str, times: float) -> float:
    """A multiple of something that is more than it.

    Args:
        what: The argument as the user typed it.
        times: More than 1.

    Raises:
        ConfigurationError: When it is a Token, or not more than 1.
    """
    require(what, times, int, float)
    if not 1 < literal(what, times) < math.inf:
        raise ConfigurationError(f"{what} must be more than 1, got {times}: what is no slower is no worse")
    return times
