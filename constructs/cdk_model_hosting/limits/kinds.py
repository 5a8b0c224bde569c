"""The kinds of service limit: a range of numbers, a set of values, a text."""

import math
import re
from abc import ABC, abstractmethod
from collections.abc import Sized
from dataclasses import dataclass

from cdk_model_hosting.errors import ConfigurationError
from cdk_model_hosting.tokens import is_token

READ = "2026-11-20"
"""The day on which the numbers of this package were last read in their sources."""

_SHOWN = 60
"""Characters of a wrong value that a message repeats."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule(ABC):
    """What every limit carries.

    Args:
        name: What the limit is about, as the limits page prints it.
        why: Reason that a message gives when the caller has none of its own.
        source: Address of the AWS page that states the limit.
        read: Day on which that page was read, ISO format.
    """

    name: str
    why: str
    source: str
    read: str = READ

    @property
    @abstractmethod
    def bounds(self) -> str:
        """What is allowed, without the unit, such as ``1-512``."""

    @property
    @abstractmethod
    def measure(self) -> str:
        """The unit, empty where the number itself says all."""

    def describe(self) -> str:
        """What is allowed, with the unit, such as ``1-512 GB``."""
        return f"{self.bounds} {self.measure}".rstrip()

    def _refuse(self, what: str, got: str, why: str, *, verb: str = "be") -> ConfigurationError:
        return ConfigurationError(f"{what} must {verb} {self.describe()}, got {got}: {why or self.why}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Limit(Rule):
    """A range of numbers.

    Args:
        name: What the limit is about.
        low: Smallest allowed number.
        high: Largest allowed number; unbounded when None.
        unit: Unit of the number, empty when it is a plain count.
        why: Reason a message gives when the caller has none of its own.
        source: Address of the AWS page that states the limit.
        read: Day on which that page was read.
        integer: Whether only whole numbers are allowed.
        above_low: Whether `low` itself is excluded.
    """

    low: float
    high: float | None
    unit: str = ""
    integer: bool = True
    above_low: bool = False

    @property
    def bounds(self) -> str:
        """What is allowed, without the unit."""
        if self.above_low:
            return f"more than {self.low}" + ("" if self.high is None else f" and at most {self.high}")
        if self.high is None:
            return f"at least {self.low}"
        return f"exactly {self.low}" if self.low == self.high else f"{self.low}-{self.high}"

    @property
    def measure(self) -> str:
        """The unit, in the singular after "at least 1"."""
        return self.unit.removesuffix("s") if self.low == 1 and self.high is None else self.unit

    def check(self, what: str, value: float | None, *, why: str = "", optional: bool = True) -> None:
        """Refuse a number outside the range.

        Args:
            what: The argument as the user typed it, such as ``Fleet volume_gb``.
            value: The number; Tokens that stand for one pass.
            why: Reason to give instead of the limit's own.
            optional: Whether None passes.

        Raises:
            ConfigurationError: When the value is not a number (whole, where only whole numbers are allowed) in the range.
        """
        if value is None and optional:
            return
        if is_token(value):
            _check_encoded(what, value)
            return
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise self._refuse(what, _show(value), "it must be a number")
        if isinstance(value, float) and not math.isfinite(value):
            raise self._refuse(what, _show(value), "it must be a finite number")
        if not self.contains(value):
            raise self._refuse(what, _show(value), why)
        if self.integer and isinstance(value, float) and not value.is_integer():
            raise self._refuse(what, _show(value), "it must be a whole number")

    def check_length(self, what: str, values: Sized | None, *, why: str = "") -> None:
        """Refuse a collection with too few or too many entries.

        Args:
            what: The argument as the user typed it.
            values: The collection; None and list Tokens pass.
            why: Reason to give instead of the limit's own.

        Raises:
            ConfigurationError: When the number of entries is outside the range.
        """
        if values is None or is_token(values):
            return
        if not self.contains(len(values)):
            raise self._refuse(what, str(len(values)), why, verb="have")

    def contains(self, value: float) -> bool:
        """Whether a number lies in the range."""
        if value < self.low or (self.above_low and value == self.low):
            return False
        return self.high is None or value <= self.high


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice(Rule):
    """A set of values.

    Args:
        name: What the limit is about.
        allowed: Every allowed value.
        unit: Unit of the values, empty for names.
        why: Reason a message gives when the caller has none of its own.
        source: Address of the AWS page that states the limit.
        read: Day on which that page was read.
    """

    allowed: tuple[int, ...] | tuple[str, ...]
    unit: str = ""

    @property
    def bounds(self) -> str:
        """What is allowed, without the unit."""
        return "one of " + ", ".join(str(value) for value in self.allowed)

    @property
    def measure(self) -> str:
        """The unit."""
        return self.unit

    def check(self, what: str, value: float | str | None, *, why: str = "", optional: bool = True) -> None:
        """Refuse a value outside the set.

        Args:
            what: The argument as the user typed it.
            value: The value; Tokens that stand for one pass.
            why: Reason to give instead of the limit's own.
            optional: Whether None passes.

        Raises:
            ConfigurationError: When the value is not in the set.
        """
        if value is None and optional:
            return
        if is_token(value):
            if isinstance(self.allowed[0], int):
                _check_encoded(what, value)
            return
        if isinstance(value, bool) or value not in self.allowed:
            raise self._refuse(what, _show(value), why)


@dataclass(frozen=True, slots=True, kw_only=True)
class TextLimit(Rule):
    """A length, and a pattern, of a text.

    Args:
        name: What the limit is about.
        low: Shortest allowed length.
        high: Longest allowed length.
        unit: What the length counts: ``characters``, or ``bytes`` of UTF-8.
        pattern: Regular expression the whole text must match; anything when empty.
        shape: The pattern in words, for messages: "letters, digits and hyphens".
        secret: Whether messages must not repeat the value.
        why: Reason a message gives when the caller has none of its own.
        source: Address of the AWS page that states the limit.
        read: Day on which that page was read.
    """

    low: int
    high: int
    unit: str = "characters"
    pattern: str = ""
    shape: str = ""
    secret: bool = False

    @property
    def bounds(self) -> str:
        """The allowed length, without the unit."""
        return f"{self.low}-{self.high}"

    @property
    def measure(self) -> str:
        """What the length counts, and the pattern in words."""
        return f"{self.unit} ({self.shape})" if self.shape else self.unit

    def length(self, value: str) -> int:
        """The length of a text in the limit's unit."""
        return len(value.encode()) if self.unit == "bytes" else len(value)

    def check(self, what: str, value: str | None, *, why: str = "", optional: bool = True) -> None:
        """Refuse a text that is too short, too long or of the wrong form.

        Args:
            what: The argument as the user typed it.
            value: The text; texts with a Token in them pass.
            why: Reason to give instead of the limit's own.
            optional: Whether None passes.

        Raises:
            ConfigurationError: When the length or the form is wrong.
        """
        if (value is None and optional) or is_token(value):
            return
        if not isinstance(value, str):
            raise self._refuse(what, _show(value), "it must be a string")
        length = self.length(value)
        if not self.low <= length <= self.high:
            got = f"{length} {self.unit}" if self.secret else f"{_show(value)} of {length} {self.unit}"
            raise self._refuse(what, got, why)
        if self.pattern and not re.fullmatch(self.pattern, value):
            raise self._refuse(what, "another form" if self.secret else _show(value), why)


def _check_encoded(what: str, value: object) -> None:
    """Refuse a Token that the CDK would not take for a number."""
    if not isinstance(value, int | float):
        raise ConfigurationError(
            f"{what} must be a number, got a Token of another kind: Token.as_number, or value_as_number of a parameter, makes "
            "it one"
        )


def _show(value: object) -> str:
    shown = repr(value)
    return shown if len(shown) <= _SHOWN else f"{shown[: _SHOWN - 1]}…"
