"""A bad request is told what is wrong with it, and never blamed on the server."""

import json
from typing import Any

import numpy as np
import pytest
from starlette.testclient import TestClient

from examples.containers.onnx.onnx_server.csv_records import read_csv
from examples.containers.onnx.onnx_server.errors import RequestError
from examples.containers.onnx.onnx_server.model import Model
from examples.fraud.features import MERCHANT_CATEGORIES
from examples.fraud.records import Sample

CSV = "text/csv"
JSON = "application/json"
LINES = "application/jsonlines"
CATEGORIES = ", ".join(MERCHANT_CATEGORIES)
WIDTH = 11


def _refused(client: TestClient, body: str | bytes, content_type: str, status: int = 400) -> str:
    answer = client.post("/invocations", content=body, headers={"content-type": content_type})
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == JSON
    assert list(answer.json()) == ["error"]
    reason: str = answer.json()["error"]
    return reason


@pytest.mark.parametrize(
    "wrong",
    [
        ("amount", "12,5", "a finite 32-bit number", "'12,5'"),
        ("amount", None, "a finite 32-bit number", "nothing"),
        ("amount", True, "a finite 32-bit number", "True"),
        ("amount", [1], "a finite 32-bit number", "[1]"),
        ("amount", 1e39, "a finite 32-bit number", "1e+39"),
        ("hour", 3.5, "a whole 32-bit number", "3.5"),
        ("hour", "3", "a whole 32-bit number", "'3'"),
        ("card_present", "yes", "true or false", "'yes'"),
        ("card_present", 2, "true or false", "2"),
        ("card_present", None, "true or false", "nothing"),
        ("merchant_category", "casino", f"one of {CATEGORIES}", "'casino'"),
        ("merchant_category", 3, f"one of {CATEGORIES}", "3"),
        ("merchant_category", "", f"one of {CATEGORIES}", "nothing"),
        ("merchant_category", {"a": 1}, f"one of {CATEGORIES}", "{'a': 1}"),
        ("merchant_category", "x" * 9_000, f"one of {CATEGORIES}", "'" + "x" * 39 + "..."),
    ],
)
@pytest.mark.parametrize("content_type", [JSON, LINES])
def test_a_wrong_json_value_is_named(
    client: TestClient,
    sample: Sample,
    content_type: str,
    wrong: tuple[str, Any, str, str],
) -> None:
    name, value, rule, shown = wrong
    records = [sample.records[0], sample.records[1] | {name: value}]
    body = json.dumps(records) if content_type == JSON else "\n".join(map(json.dumps, records))
    assert _refused(client, body, content_type) == f"row 2: {name} must be {rule}, got {shown}"


@pytest.mark.parametrize(
    "wrong",
    [
        ("amount", "abc", "a finite 32-bit number", "'abc'"),
        ("amount", "", "a finite 32-bit number", "nothing"),
        ("amount", "nan", "a finite 32-bit number", "'nan'"),
        ("amount", "-inf", "a finite 32-bit number", "'-inf'"),
        ("amount", "1_000", "a finite 32-bit number", "'1_000'"),
        ("amount", "0x10", "a finite 32-bit number", "'0x10'"),
        ("hour", "3.5", "a whole 32-bit number", "'3.5'"),
        ("card_present", "maybe", "true or false", "'maybe'"),
        ("merchant_category", "カジノ", f"one of {CATEGORIES}", "'カジノ'"),
    ],
)
def test_a_wrong_csv_value_is_named(client: TestClient, sample: Sample, wrong: tuple[str, str, str, str]) -> None:
    name, value, rule, shown = wrong
    record = sample.records[2] | {name: value}
    body = "\n".join([sample.csv_header, *sample.csv_rows[:2], ",".join(str(v) for v in record.values())])
    assert _refused(client, body, CSV) == f"row 3: {name} must be {rule}, got {shown}"


@pytest.mark.parametrize("token", ["NaN", "Infinity", "-Infinity", "1e999", "1" + "0" * 400])
def test_numbers_that_json_does_not_have_are_refused(client: TestClient, sample: Sample, token: str) -> None:
    body = json.dumps(sample.records[0] | {"amount": 77777}).replace("77777", token)
    assert _refused(client, body, JSON).startswith("the body must be JSON: ")
    assert _refused(client, f"{json.dumps(sample.records[0])}\n{body}", LINES).startswith("row 2 must be JSON: ")


def test_a_missing_feature_is_named(client: TestClient, sample: Sample) -> None:
    lacking = {name: value for name, value in sample.records[1].items() if name != "hour"}
    assert _refused(client, json.dumps([sample.records[0], lacking]), JSON) == "row 2: hour is missing"
    header = sample.csv_header.replace("hour", "hours")
    assert _refused(client, f"{header}\n{sample.csv_rows[0]}", CSV) == "hour is missing from the header row"


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ("3", "the body must be a record or a list of records, got a number"),
        ("null", "the body must be a record or a list of records, got null"),
        ('"text"', "the body must be a record or a list of records, got a string"),
        ("true", "the body must be a record or a list of records, got a boolean"),
        ("[]", "the body must hold at least one record, got none"),
        ('{"instances": []}', "the body must hold at least one record, got none"),
        ('{"instances": {}}', "instances must be a list of records, got an object"),
        ('{"instances": [1]}', f"row 1 must be an object or a list of {WIDTH} values, got a number"),
        ("{}", "row 1: amount is missing"),
        ("[{}, []]", "row 2 must be an object, as row 1 is, got a list"),
        ("[[], {}]", "row 2 must be a list, as row 1 is, got an object"),
        ("[null, {}]", f"row 1 must be an object or a list of {WIDTH} values, got null"),
        ("[[1, 2], [3]]", f"row 1 must have {WIDTH} values, got 2"),
        ("[1, 2]", f"row 1 must have {WIDTH} values, got 2"),
    ],
)
def test_a_wrong_json_shape_is_explained(client: TestClient, body: str, reason: str) -> None:
    assert _refused(client, body, JSON) == reason


@pytest.mark.parametrize(
    "body", ["{", "[1,", "not json", "{'a': 1}", '{"a": 1,}', b"\xff\xfe{}", "[" * 5_000, '"\\ud800"']
)
def test_text_that_is_not_json_is_refused(client: TestClient, body: str | bytes) -> None:
    assert _refused(client, body, JSON).startswith("the body must be JSON: ")
    assert _refused(client, body, LINES).startswith("row 1 must be JSON: ")


@pytest.mark.parametrize(
    ("rows", "reason"),
    [
        (["{header}"], "the body must hold at least one record, got none"),
        (["{row}", "1,2"], f"row 2 must have {WIDTH} values, got 2"),
        (["{header}", "{row}", "{row},9"], f"row 2 must have {WIDTH} values, got 12"),
        (["{header},hour", "{row},9"], "hour is named more than once in the header row"),
        (["{row}", '"open'], "line 2 must be CSV: unexpected end of data"),
        (["{row}", '"a"b'], "line 2 must be CSV: ',' expected after '\"'"),
        (["\n", "\r\n"], "the body must hold at least one record, got none"),
        (["\ufeff"], "the body must hold at least one record, got none"),
    ],
)
def test_a_wrong_csv_shape_is_explained(client: TestClient, sample: Sample, rows: list[str], reason: str) -> None:
    text = "\n".join(rows).replace("{header}", sample.csv_header).replace("{row}", sample.csv_rows[0])
    assert _refused(client, text, CSV) == reason


def test_text_that_is_not_utf8_is_refused(client: TestClient) -> None:
    assert _refused(client, b"1,2,\xe9", CSV) == "the body must be UTF-8 text: unexpected end of data at byte 4"


def test_a_csv_field_beyond_the_readers_limit_is_refused(model: Model) -> None:
    with pytest.raises(RequestError, match=r"^line 1 must be CSV: field larger than field limit") as refused:
        read_csv(b"x" * 200_000, model.description.features)
    assert refused.value.status == 400


@pytest.mark.parametrize("content_type", [CSV, JSON, LINES])
@pytest.mark.parametrize("body", [b"", b" \n "])
def test_an_empty_body_is_refused(client: TestClient, content_type: str, body: bytes) -> None:
    _refused(client, body, content_type)


@pytest.mark.parametrize(
    "content_type", ["", "text/plain", "application/octet-stream", "application/x-npy", "json", ";;="]
)
def test_an_unknown_content_type_is_refused(client: TestClient, sample: Sample, content_type: str) -> None:
    reason = _refused(client, json.dumps(sample.records), content_type, status=415)
    assert reason.startswith("Content-Type must be one of application/json, ")


def test_an_unknown_charset_is_refused(client: TestClient) -> None:
    reason = _refused(client, "1,2", "text/csv; charset=latin-1", status=415)
    assert reason == "the charset must be utf-8, got 'latin-1'"


@pytest.mark.parametrize("accept", ["text/html", "image/png, text/plain", "application/json;q=0", ",", "\xe9"])
def test_an_accept_header_that_cannot_be_met_is_refused(client: TestClient, sample: Sample, accept: str) -> None:
    answer = client.post("/invocations", json=sample.records, headers={b"accept": accept.encode("latin-1")})
    assert answer.status_code == 406
    assert answer.json()["error"].startswith("Accept must name one of application/json, ")


def test_too_many_records_are_refused(client: TestClient, sample: Sample) -> None:
    body = "\n".join((sample.csv_rows * 6)[:201])
    assert _refused(client, body, CSV, status=413) == "the body must hold at most 200 records, got 201"


def test_too_large_a_body_is_refused(client: TestClient) -> None:
    assert _refused(client, b"0" * 100_001, CSV, status=413) == "the body must be at most 100000 bytes, got 100001"


@pytest.mark.parametrize(
    ("method", "path"), [("GET", "/"), ("GET", "/models"), ("GET", "/invocations"), ("POST", "/ping")]
)
def test_what_is_not_served_is_refused(client: TestClient, method: str, path: str) -> None:
    answer = client.request(method, path)
    assert answer.status_code in {404, 405}
    assert answer.json()["error"] == f"{method} {path} is not served: only GET /ping and POST /invocations are"


def test_random_bodies_never_break_the_server(client: TestClient, sample: Sample) -> None:
    rng = np.random.default_rng(2026)
    valid = [
        (CSV, "\n".join([sample.csv_header, *sample.csv_rows[:3]]).encode()),
        (CSV, "\n".join(sample.csv_rows[:3]).encode()),
        (JSON, json.dumps(sample.records[:3]).encode()),
        (JSON, json.dumps({"instances": [list(record.values()) for record in sample.records[:3]]}).encode()),
        (LINES, "\n".join(map(json.dumps, sample.records[:3])).encode()),
    ]
    accepts = [JSON, LINES, CSV, "*/*", "text/html"]
    statuses = set()
    for _ in range(1_500):
        content_type, whole = valid[rng.integers(len(valid))]
        body = bytearray(whole if rng.random() < 0.8 else rng.bytes(int(rng.integers(1, 300))))
        for _ in range(int(rng.integers(0, 4))):
            body[int(rng.integers(len(body)))] = int(rng.choice([rng.integers(256), *b'0,"{}[]\n\r:-e. ']))
        if rng.random() < 0.2:
            body = body[: int(rng.integers(1, len(body) + 1))]
        headers = {"content-type": content_type, "accept": accepts[rng.integers(len(accepts))]}
        answer = client.post("/invocations", content=bytes(body), headers=headers)
        assert answer.status_code in {200, 400, 406}, (content_type, bytes(body), answer.text)
        statuses.add(answer.status_code)
    assert statuses == {200, 400, 406}
