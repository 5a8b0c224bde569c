"""Records from JSON and from JSON lines."""

from collections.abc import Sequence
from typing import Any

import orjson

from .description import Feature
from .errors import RequestError, bad_request
from .table import Table, require_records

_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_CALLED = {
    dict: "an object",
    list: "a list",
    str: "a string",
    bool: "a boolean",
    int: "a number",
    float: "a number",
    type(None): "null",
}


def read_json(body: bytes, features: Sequence[Feature]) -> Table:
    """Read a JSON body.

    It is one record, a list of records, or an object whose `instances` is a list of records. A record is an object, whose
    further fields are ignored, or a list of values in the model's order.
    """
    try:
        parsed = orjson.loads(body.removeprefix(_BYTE_ORDER_MARK))
    except orjson.JSONDecodeError as error:
        raise bad_request(f"the body must be JSON: {error}") from error
    return _table(_records(parsed, features), features)


def read_json_lines(body: bytes, features: Sequence[Feature]) -> Table:
    """Read JSON lines: one record a line, empty lines ignored."""
    lines = [line for line in body.removeprefix(_BYTE_ORDER_MARK).splitlines() if line.strip()]
    records: list[Any] = []
    try:
        records.extend(map(orjson.loads, lines))
    except orjson.JSONDecodeError as error:
        raise bad_request(f"row {len(records) + 1} must be JSON: {error}") from error
    return _table(records, features)


def _records(parsed: object, features: Sequence[Feature]) -> list[Any]:
    if isinstance(parsed, dict):
        if "instances" not in parsed or any(feature.name == "instances" for feature in features):
            return [parsed]
        instances = parsed["instances"]
        if not isinstance(instances, list):
            raise bad_request(f"instances must be a list of records, got {_CALLED[type(instances)]}")
        return instances
    if isinstance(parsed, list):
        # A list without any record in it is itself one.
        holds_records = not parsed or any(isinstance(item, (dict, list)) for item in parsed)
        return parsed if holds_records else [parsed]
    raise bad_request(f"the body must be a record or a list of records, got {_CALLED[type(parsed)]}")


def _table(records: list[Any], features: Sequence[Feature]) -> Table:
    require_records(records)
    kinds = set(map(type, records))
    columns: Sequence[Sequence[Any]]
    if kinds == {dict}:
        columns = _from_objects(records, features)
    elif kinds == {list}:
        columns = _from_lists(records, features)
    else:
        raise _mixture(records, width=len(features))
    return Table(columns=columns, rows=len(records), textual=False)


def _from_objects(records: list[dict[str, Any]], features: Sequence[Feature]) -> list[list[Any]]:
    try:
        return [[record[feature.name] for record in records] for feature in features]
    except KeyError as error:
        name = error.args[0]
        number = next(number for number, record in enumerate(records, start=1) if name not in record)
        raise bad_request(f"row {number}: {name} is missing") from error


def _from_lists(records: list[list[Any]], features: Sequence[Feature]) -> list[tuple[Any, ...]]:
    width = len(features)
    if set(map(len, records)) != {width}:
        number, record = next((number, record) for number, record in enumerate(records, 1) if len(record) != width)
        raise bad_request(f"row {number} must have {width} values, got {len(record)}")
    return list(zip(*records, strict=True))


def _mixture(records: list[Any], *, width: int) -> RequestError:
    # Either some row is no record at all, or objects and lists are mixed: the first row then says what the others must be.
    first = type(records[0])
    if first is dict:
        rule = "an object, as row 1 is"
    elif first is list:
        rule = "a list, as row 1 is"
    else:
        rule = f"an object or a list of {width} values"
    fits = {dict, list} & {first}
    number, record = next((number, record) for number, record in enumerate(records, 1) if type(record) not in fits)
    return bad_request(f"row {number} must be {rule}, got {_CALLED[type(record)]}")
