"""The matrix that the graph reads, from the values that the caller wrote.

A whole column is converted at once; only a column in which something looks odd is gone through value by value, to accept what
is merely unusual (spaces around a number) or to name the row and the field that are wrong.
"""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from .description import Feature
from .errors import bad_request
from .table import Table

_LARGEST = float(np.finfo(np.float32).max)
_MISSING = float("nan")
_NUMERIC = {"number", "integer"}
_SHOWN_CHARACTERS = 40

Numbers = npt.NDArray[np.float64]


def to_matrix(table: Table, features: Sequence[Feature]) -> npt.NDArray[np.float32]:
    """Convert a table.

    Raises:
        RequestError: 400, for a value that is not what its feature must be.
    """
    matrix = np.empty((table.rows, len(features)), dtype=np.float32)
    for index, (feature, values) in enumerate(zip(features, table.columns, strict=True)):
        column = _at_once(feature, values, textual=table.textual)
        matrix[:, index] = column if column is not None else _one_by_one(feature, values, textual=table.textual)
    return matrix


def _at_once(feature: Feature, values: Sequence[object], *, textual: bool) -> Numbers | None:
    if feature.type not in _NUMERIC:
        codes = feature.text_codes if textual else feature.json_codes
        try:
            return np.array([codes[value] for value in values])
        # An unknown value, or one that cannot be a key.
        except (KeyError, TypeError):
            return None
    column = _numbers_from_text(values) if textual else _numbers_from_json(values)
    if column is None or not (np.abs(column) <= _LARGEST).all():
        return None
    if feature.type == "integer" and (column != np.floor(column)).any():
        return None
    return column


def _numbers_from_text(values: Sequence[object]) -> Numbers | None:
    # Python reads 1_000 as a number; nobody else does.
    if any("_" in text for text in values):  # type: ignore[operator]
        return None
    try:
        return np.array(list(map(float, values)))  # type: ignore[arg-type]
    except ValueError:
        return None


def _numbers_from_json(values: Sequence[object]) -> Numbers | None:
    # By exact type: a boolean is an int to Python, and no number to us.
    if set(map(type, values)) <= {int, float}:
        return np.array(values, dtype=np.float64)
    return None


def _one_by_one(feature: Feature, values: Sequence[object], *, textual: bool) -> Numbers:
    column = np.empty(len(values))
    for index, value in enumerate(values):
        try:
            column[index] = _from_text(feature, str(value).strip()) if textual else _from_json(feature, value)
        except (ValueError, KeyError, TypeError) as error:
            if value is None or value == "":
                raise bad_request(f"row {index + 1}: {feature.name} must be {feature.rule}, got nothing") from error
            shown = repr(value) if len(repr(value)) <= _SHOWN_CHARACTERS else repr(value)[:_SHOWN_CHARACTERS] + "..."
            raise bad_request(f"row {index + 1}: {feature.name} must be {feature.rule}, got {shown}") from error
    return column


def _from_text(feature: Feature, text: str) -> float:
    if feature.type not in _NUMERIC:
        return feature.text_codes[text]
    if not text and feature.nullable:
        return _MISSING
    if "_" in text:
        raise ValueError(text)
    return _checked(feature, float(text))


def _from_json(feature: Feature, value: object) -> float:
    if feature.type not in _NUMERIC:
        return feature.json_codes[value]
    if value is None and feature.nullable:
        return _MISSING
    if type(value) is not int and type(value) is not float:
        raise TypeError(value)
    return _checked(feature, float(value))


def _checked(feature: Feature, number: float) -> float:
    # The comparison is false for NaN as well.
    if not abs(number) <= _LARGEST or (feature.type == "integer" and number != int(number)):
        raise ValueError(number)
    return number
