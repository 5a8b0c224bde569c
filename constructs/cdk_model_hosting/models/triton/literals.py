"""Values that go into the archive, which is packed before anything is deployed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cdk_model_hosting.arguments import require, require_several
from cdk_model_hosting.errors import ConfigurationError
from cdk_model_hosting.tokens import is_token

if TYPE_CHECKING:
    from cdk_model_hosting.limits import Limit, TextLimit


def text(what: str, value: object, limit: TextLimit | None = None) -> None:
    """Refuse a text that is none, is empty or is known only at deploy time.

    Args:
        what: The argument as the user typed it.
        value: What was given.
        limit: What else it must keep to.

    Raises:
        ConfigurationError: When it is not such a text.
    """
    _known(what, value)
    require(what, value, str)
    if not isinstance(value, str):
        return
    if limit is not None:
        limit.check(what, value)
    elif not value:
        raise ConfigurationError(f"{what} must not be empty, got '': the server finds things by their names")


def number(what: str, value: object, limit: Limit, *, why: str = "") -> None:
    """Refuse a number that is none, is out of range or is known only at deploy time.

    Args:
        what: The argument as the user typed it.
        value: What was given; None passes.
        limit: Its range.
        why: Reason to give instead of the limit's own.

    Raises:
        ConfigurationError: When it is not such a number.
    """
    if value is None:
        return
    _known(what, value)
    require(what, value, int)
    if isinstance(value, int):
        limit.check(what, value, why=why)


def numbers(what: str, values: object) -> None:
    """Refuse what is not a list of whole numbers known now.

    Args:
        what: The argument as the user typed it.
        values: What was given.

    Raises:
        ConfigurationError: When it is not such a list.
    """
    _known(what, values)
    require_several(what, values)
    if isinstance(values, list | tuple):
        for value in values:
            _known(what, value)
        require_several(what, values, int)


def _known(what: str, value: object) -> None:
    if is_token(value):
        raise ConfigurationError(
            f"{what} must be known when the app is built, got a value of the deployment: it goes into the archive, which is "
            "packed before"
        )
