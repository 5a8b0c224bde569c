"""Durations as whole seconds, or days."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cdk_model_hosting.arguments import require_duration
from cdk_model_hosting.errors import ConfigurationError
from cdk_model_hosting.tokens import is_token

if TYPE_CHECKING:
    import aws_cdk as cdk

_MILLIS = 1000
_DAY_SECONDS = 86_400


def seconds(what: str, duration: cdk.Duration | None) -> int | None:
    """A duration in whole seconds; None stays None, and a Token stays one.

    Value objects keep seconds and not Durations: two equal Durations are not equal in Python.

    Args:
        what: The argument as the user typed it.
        duration: The duration.

    Raises:
        ConfigurationError: When it is not a whole number of seconds.
    """
    if duration is None:
        return None
    require_duration(what, duration)
    if duration.is_unresolved():
        return _unresolved(what, duration)
    millis = duration.to_milliseconds()
    if millis % _MILLIS:
        raise ConfigurationError(
            f"{what} must be a whole number of seconds, got {millis:g} milliseconds: the service counts in seconds"
        )
    return int(millis // _MILLIS)


def _unresolved(what: str, duration: cdk.Duration) -> int:
    if duration.unit_label() != "seconds":
        raise ConfigurationError(
            f"{what} must be given as Duration.seconds when it is known only at deploy time, got {duration.unit_label()}: "
            "CloudFormation cannot convert it"
        )
    return duration.to_seconds()  # type: ignore[return-value]  # CDK types every number as a float


def whole_days(what: str, duration: cdk.Duration | None) -> int | None:
    """A duration in whole days; None stays None.

    Args:
        what: The argument as the user typed it.
        duration: The duration.

    Raises:
        ConfigurationError: When it is not a whole number of days of at least one, or known only at deploy time.
    """
    if duration is None:
        return None
    length = literal(what, seconds(what, duration) or 0)
    if length < _DAY_SECONDS or length % _DAY_SECONDS:
        raise ConfigurationError(
            f"{what} must be one whole day or more of them, got {length:g} seconds: S3 counts the age of objects in days"
        )
    return int(length // _DAY_SECONDS)


def literal(what: str, number: float) -> float:
    """A number that must be known when the app is built, because others are computed from it.

    Args:
        what: The argument as the user typed it.
        number: The number.

    Raises:
        ConfigurationError: When it is a Token.
    """
    if is_token(number):
        raise ConfigurationError(
            f"{what} must be a literal number, got one that is known only at deploy time: CloudFormation cannot compute "
            "with it"
        )
    return number
