"""Arguments of the wrong kind, said in words: many apps are written without a type checker."""

from __future__ import annotations

import aws_cdk as cdk

from cdk_model_hosting.errors import ConfigurationError

_SHOWN = 60
_PAIR = 2


def require(what: str, value: object, *kinds: type) -> None:
    """Refuse a value of the wrong kind.

    Args:
        what: The argument as the user typed it.
        value: What was given.
        kinds: Classes that it may be an instance of.

    Raises:
        ConfigurationError: When it is an instance of none.
    """
    # True is an int to Python, and to nobody else.
    if not isinstance(value, kinds) or (isinstance(value, bool) and bool not in kinds):
        names = " or ".join(kind.__name__ for kind in kinds)
        article = "an" if names[0] in "AEIOUaeiou" else "a"
        raise ConfigurationError(
            f"{what} must be {article} {names}, got {_shown(value)}: nothing else is understood there"
        )


def require_duration(what: str, value: object) -> None:
    """Refuse what is no time of the CDK's.

    Args:
        what: The argument as the user typed it.
        value: What was given.

    Raises:
        ConfigurationError: When it is no ``aws_cdk.Duration``.
    """
    if not isinstance(value, cdk.Duration):
        raise ConfigurationError(
            f"{what} must be a Duration such as Duration.minutes(5), got {_shown(value)}: times come with their unit"
        )


def require_like(what: str, value: object, attribute: str, kind: str) -> None:
    """Refuse what is not of a kind that the CDK knows by its interface.

    Args:
        what: The argument as the user typed it.
        value: What was given.
        attribute: An attribute that every one of the kind has.
        kind: The kind in words.

    Raises:
        ConfigurationError: When it has no such attribute.
    """
    # The class is asked first: asking the value itself is a call into the CDK kernel.
    if not (hasattr(type(value), attribute) or hasattr(value, attribute)):
        raise ConfigurationError(f"{what} must be {kind}, got {_shown(value)}: nothing else is understood there")


def require_grantee(what: str, value: object) -> None:
    """Refuse what cannot be granted anything, such as a role's ARN.

    Args:
        what: The argument as the user typed it.
        value: What was given.

    Raises:
        ConfigurationError: When it is no ``aws_iam.IGrantable``.
    """
    require_like(what, value, "grant_principal", "somebody to grant to, such as a role, a user or a function")


def require_several(what: str, values: object, *kinds: type) -> None:
    """Refuse what is not a list, or holds a value of the wrong kind.

    Args:
        what: The argument as the user typed it.
        values: What was given.
        kinds: Classes that its elements may be instances of; any when none are named.

    Raises:
        ConfigurationError: When it is no list or tuple, or one of its elements is an instance of none.
    """
    require(what, values, list, tuple)
    if isinstance(values, list | tuple) and kinds:
        for each in values:
            require(f"{what} element", each, *kinds)


def require_pair(what: str, values: object) -> tuple[int, int]:
    """Refuse what is not two numbers, fewest and most.

    Args:
        what: The argument as the user typed it.
        values: What was given.

    Raises:
        ConfigurationError: When it is no list or tuple of two.
    """
    if not isinstance(values, list | tuple) or len(values) != _PAIR:
        raise ConfigurationError(
            f"{what} must be two numbers such as (2, 10), got {values!r}: fewest and most instances"
        )
    low, high = values
    return low, high


def _shown(value: object) -> str:
    shown = repr(value)
    return shown if len(shown) <= _SHOWN else f"{shown[:_SHOWN]}..."
