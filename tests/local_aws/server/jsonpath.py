"""JSONPath as the services read it: Step Functions all of it, batch transform the part without filters and descents.

A path that names one place gives the value there. Every other one (a wildcard, a slice, several indexes, a filter, a descent)
gives a list, which may be empty; several names of one object give an object with them.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

_NAME = re.compile(r"[^.\[\]*()?,\s]+")
_QUOTED = re.compile(r"'((?:[^'\\]|\\.)*)'|\"((?:[^\"\\]|\\.)*)\"")
_INTEGER = re.compile(r"-?\d+")
_SLICE = re.compile(r"(-?\d*)\s*:\s*(-?\d*)")
_CONDITION = re.compile(r"@(?P<path>[^=<>!\s]*)\s*(?:(?P<operator>==|!=|<=|>=|<|>)\s*(?P<value>.+))?")

_OPERATORS: dict[str, Callable[[Any, Any], bool]] = {
    "==": lambda found, wanted: bool(found == wanted),
    "!=": lambda found, wanted: bool(found != wanted),
    "<": lambda found, wanted: bool(found < wanted),
    "<=": lambda found, wanted: bool(found <= wanted),
    ">": lambda found, wanted: bool(found > wanted),
    ">=": lambda found, wanted: bool(found >= wanted),
}


class PathError(ValueError):
    """A path that cannot be read, or that leads nowhere."""


@dataclass(frozen=True, slots=True)
class Names:
    """One member of an object, or several."""

    names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Indexes:
    """Elements of a list: single ones and slices, in the order in which they are wanted."""

    wanted: tuple["int | slice", ...]

    @property
    def is_single(self) -> bool:
        """Whether it is one index."""
        return len(self.wanted) == 1 and isinstance(self.wanted[0], int)


@dataclass(frozen=True, slots=True)
class Everything:
    """All members or elements."""


@dataclass(frozen=True, slots=True)
class Condition:
    """The elements for which a condition holds."""

    text: str


@dataclass(frozen=True, slots=True)
class Descent:
    """Everything below, at any depth; the next step is taken from each of it."""


Step = Names | Indexes | Everything | Condition | Descent


@dataclass(frozen=True, slots=True)
class Path:
    """A path that was read.

    Args:
        text: As it was written.
        steps: What leads from the root to the place.
    """

    text: str
    steps: tuple[Step, ...]

    @classmethod
    def parse(cls, text: str) -> "Path":
        """Read a path.

        Raises:
            PathError: It is none.
        """
        if not text.startswith("$"):
            raise PathError(f"the path {text!r} does not begin with $")
        return cls(text, tuple(_steps(text, 1)))

    @property
    def is_definite(self) -> bool:
        """Whether it names one place."""
        return all(isinstance(step, Names) or (isinstance(step, Indexes) and step.is_single) for step in self.steps)

    def read(self, data: Any, *, whole_slices: bool = False, within: bool = False) -> Any:
        """Return what the path leads to.

        Args:
            data: The root.
            whole_slices: Whether a slice takes its end in.
            within: Whether an index must be within its list even where it is one of several.

        Raises:
            PathError: There is nothing at the place.
        """
        found = [data]
        for step in self.steps:
            found = [below for value in found for below in _take(step, value, whole_slices=whole_slices, within=within)]
        if not self.is_definite:
            return found
        if not found:
            raise PathError(f"there is nothing at {self.text}")
        return found[0]


def _steps(text: str, at: int) -> Iterator[Step]:
    while at < len(text):
        if text.startswith("..", at):
            yield Descent()
            at += 1 if text.startswith("..[", at) else 0
            at += 1
        if text[at] == "[":
            end = _closing(text, at)
            yield _bracket(text[at + 1 : end].strip(), text)
            at = end + 1
        elif text.startswith(".[", at):
            at += 1
        elif text.startswith(".*", at):
            yield Everything()
            at += 2
        elif text[at] == "." and (name := _NAME.match(text, at + 1)):
            yield Names((name[0],))
            at = name.end()
        else:
            raise PathError(f"the path {text!r} cannot be read from {text[at:]!r} on")


def _closing(text: str, at: int) -> int:
    """Return where the bracket that opens at a place closes."""
    depth, quote = 0, ""
    for place in range(at, len(text)):
        sign = text[place]
        if quote:
            quote = "" if sign == quote and text[place - 1] != "\\" else quote
        elif sign in "'\"":
            quote = sign
        elif sign in "[]":
            depth += 1 if sign == "[" else -1
            if depth == 0:
                return place
    raise PathError(f"a bracket of the path {text!r} does not close")


def _bracket(inside: str, text: str) -> Step:
    if inside == "*":
        return Everything()
    if inside.startswith("?(") and inside.endswith(")"):
        return Condition(inside[2:-1].strip())
    if inside[:1] in {"'", '"'}:
        names = [match[1] if match[1] is not None else match[2] for match in _QUOTED.finditer(inside)]
        if _QUOTED.sub("", inside).replace(",", "").strip():
            raise PathError(f"the names in [{inside}] of the path {text!r} cannot be read")
        return Names(tuple(re.sub(r"\\(.)", r"\1", name) for name in names))
    return Indexes(tuple(_index(part.strip(), text) for part in inside.split(",")))


def _index(part: str, text: str) -> "int | slice":
    if _INTEGER.fullmatch(part):
        return int(part)
    ends = _SLICE.fullmatch(part)
    if ends is None:
        raise PathError(f"[{part}] of the path {text!r} is no index, slice, name or filter")
    return slice(*(int(end) if end else None for end in ends.groups()))


def _take(step: Step, value: Any, *, whole_slices: bool, within: bool) -> list[Any]:
    if isinstance(step, Names):
        return _members(step, value)
    if isinstance(step, Indexes):
        return _elements(step, value, whole_slices=whole_slices, within=within) if isinstance(value, list) else []
    if isinstance(step, Descent):
        return list(_below(value))
    everything = list(value.values()) if isinstance(value, dict) else value if isinstance(value, list) else []
    if isinstance(step, Condition):
        return [each for each in everything if _holds(step.text, each)]
    return everything


def _members(step: Names, value: Any) -> list[Any]:
    if not isinstance(value, dict):
        return []
    if len(step.names) == 1:
        return [value[step.names[0]]] if step.names[0] in value else []
    return [{name: value[name] for name in step.names if name in value}]


def _elements(step: Indexes, value: list[Any], *, whole_slices: bool, within: bool) -> list[Any]:
    found: list[Any] = []
    for wanted in step.wanted:
        if isinstance(wanted, slice):
            end = wanted.stop
            if whole_slices and end is not None:
                end = end + 1 if end != -1 else None
            found.extend(value[wanted.start : end])
        elif -len(value) <= wanted < len(value):
            found.append(value[wanted])
        elif within:
            raise PathError(f"there is no element {wanted} among {len(value)}")
    return found


def _below(value: Any) -> Iterator[Any]:
    yield value
    if isinstance(value, dict | list):
        for each in value.values() if isinstance(value, dict) else value:
            yield from _below(each)


def _holds(text: str, value: Any) -> bool:
    """Tell whether a filter holds for a value; ``&&`` binds closer than ``||``."""
    return any(all(_is_true(part.strip(), value) for part in either.split("&&")) for either in text.split("||"))


def _is_true(text: str, value: Any) -> bool:
    condition = _CONDITION.fullmatch(text)
    if condition is None:
        raise PathError(f"the filter {text!r} cannot be read")
    try:
        found = Path.parse(f"${condition['path']}").read(value)
    except PathError:
        return False
    if condition["operator"] is None:
        return True
    try:
        return _OPERATORS[condition["operator"]](found, _literal(condition["value"].strip()))
    except TypeError:
        return False


def _literal(text: str) -> Any:
    known = {"true": True, "false": False, "null": None}
    if text in known:
        return known[text]
    quoted = _QUOTED.fullmatch(text)
    if quoted is not None:
        return quoted[1] if quoted[1] is not None else quoted[2]
    try:
        return float(text) if "." in text or "e" in text else int(text)
    except ValueError as error:
        raise PathError(f"{text!r} in a filter is no value") from error
