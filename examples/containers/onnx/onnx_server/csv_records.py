"""Records from CSV, with or without a header row."""

import csv
import io
from collections.abc import Sequence

from .description import Feature
from .errors import bad_request
from .table import Table, require_records


def read_csv(body: bytes, features: Sequence[Feature]) -> Table:
    """Read a CSV body: one record a row.

    The first row is a header when it holds a feature's name; columns may then stand in any order, and further columns are
    ignored. Without a header, the values stand in the model's order.
    """
    rows = _rows(body)
    names = [feature.name for feature in features]
    header = [cell.strip() for cell in rows[0]] if rows else []
    if set(header).isdisjoint(names):
        positions, width = list(range(len(names))), len(names)
    else:
        positions, width = _positions(header, names), len(header)
        rows = rows[1:]
    require_records(rows)
    if set(map(len, rows)) != {width}:
        number, row = next((number, row) for number, row in enumerate(rows, start=1) if len(row) != width)
        raise bad_request(f"row {number} must have {width} values, got {len(row)}")
    columns = list(zip(*rows, strict=True))
    return Table(columns=[columns[position] for position in positions], rows=len(rows), textual=True)


def _rows(body: bytes) -> list[list[str]]:
    try:
        text = body.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise bad_request(f"the body must be UTF-8 text: {error.reason} at byte {error.start}") from error
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    try:
        return [row for row in reader if row]
    except csv.Error as error:
        raise bad_request(f"line {reader.line_num} must be CSV: {error}") from error


def _positions(header: list[str], names: list[str]) -> list[int]:
    for name in names:
        if header.count(name) != 1:
            fault = "missing from" if name not in header else "named more than once in"
            raise bad_request(f"{name} is {fault} the header row")
    return [header.index(name) for name in names]
