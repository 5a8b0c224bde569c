"""The members of a JSON object, taken out by what they must be."""

import math
from collections.abc import Callable
from datetime import date, datetime
from typing import Any, TypeVar

from .errors import RequestError

_SHOWN_CHARACTERS = 40
_ABSENT = object()

_Read = TypeVar("_Read")


class Fields:
    """A JSON object, which refuses what is missing or of another kind by its full name.

    Args:
        value: What the caller sent.
        name: What the caller calls it, such as ``payment 3``.

    Raises:
        RequestError: It is no object.
    """

    def __init__(self, value: object, name: str) -> None:
        if not isinstance(value, dict):
            raise _refusal(name, "an object", value)
        self._members: dict[str, Any] = value
        self._name = name

    def nested(self, key: str) -> "Fields":
        """An object in it."""
        return Fields(self._members.get(key, _ABSENT), self._path(key))

    def text(self, key: str) -> str:
        """A text that says something."""
        return self._read(key, "a text", _text)

    def texts(self, key: str) -> list[str]:
        """A list of such texts; it may be empty."""
        return self._read(key, "a list of texts", lambda value: [_text(each) for each in _list(value)])

    def flag(self, key: str) -> bool:
        """True or false."""
        return self._read(key, "true or false", _flag)

    def number(self, key: str, *, above: float = -math.inf, low: float = -math.inf, high: float = math.inf) -> float:
        """A finite number above `above`, and from `low` to `high`."""

        def read(value: object) -> float:
            number = _number(value)
            if not (above < number and low <= number <= high):
                raise ValueError(number)
            return number

        bounds = f" above {above:g}" if math.isfinite(above) else ""
        bounds += f" from {low:g} to {high:g}" if math.isfinite(low) else ""
        return self._read(key, f"a number{bounds}", read)

    def day(self, key: str) -> date:
        """A date."""
        return self._read(key, "a date such as 2019-05-01", lambda value: date.fromisoformat(_text(value)))

    def moment(self, key: str) -> datetime:
        """A moment."""
        return self._read(key, "a time with its offset from UTC, such as 2026-03-14T02:31:00+01:00", _moment)

    def moments(self, key: str) -> list[datetime]:
        """A list of moments; it may be empty."""
        rule = "a list of times with their offsets from UTC"
        return self._read(key, rule, lambda value: [_moment(each) for each in _list(value)])

    def refuse(self, key: str, rule: str) -> RequestError:
        """What to raise when a member does not fit the others."""
        return _refusal(self._path(key), rule, self._members[key])

    def _read(self, key: str, rule: str, read: Callable[[object], _Read]) -> _Read:
        value = self._members.get(key, _ABSENT)
        try:
            return read(value)
        except (TypeError, ValueError) as error:
            raise _refusal(self._path(key), rule, value) from error

    def _path(self, key: str) -> str:
        return f"{self._name}: {key}" if ":" not in self._name else f"{self._name}.{key}"


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError(value)
    if not value.strip():
        raise ValueError(value)
    return value


def _flag(value: object) -> bool:
    if not isinstance(value, bool):
        raise TypeError(value)
    return value


def _number(value: object) -> float:
    # A boolean is an int to Python, and no number to us.
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise TypeError(value)
    if not math.isfinite(value):
        raise ValueError(value)
    return float(value)


def _moment(value: object) -> datetime:
    moment = datetime.fromisoformat(_text(value))
    if moment.tzinfo is None:
        raise ValueError(value)
    return moment


def _list(value: object) -> list[Any]:
    if not isinstance(value, list):
        raise TypeError(value)
    return value


def _refusal(name: str, rule: str, value: object) -> RequestError:
    if value is _ABSENT or value is None:
        return RequestError(f"{name} must be {rule}, got nothing")
    shown = repr(value)
    cut = shown if len(shown) <= _SHOWN_CHARACTERS else f"{shown[:_SHOWN_CHARACTERS]}..."
    return RequestError(f"{name} must be {rule}, got {cut}")
