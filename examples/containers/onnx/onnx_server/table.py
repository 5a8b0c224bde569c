"""Records turned into columns, still as the caller wrote them."""

from collections.abc import Sequence
from dataclasses import dataclass

from .errors import bad_request


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """The values of a request.

    Args:
        columns: One sequence a feature, in the model's order, all of the same length.
        rows: Their length.
        textual: True when every value is text (CSV), False when values have JSON's types.
    """

    columns: Sequence[Sequence[object]]
    rows: int
    textual: bool


def require_records(records: Sequence[object]) -> None:
    """Refuse a body without records."""
    if not records:
        raise bad_request("the body must hold at least one record, got none")
