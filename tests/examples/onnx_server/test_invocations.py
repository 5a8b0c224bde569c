"""Every way to ask gives the same predictions, in every way to answer."""

import csv
import io
import json
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from starlette.testclient import TestClient

from examples.containers.onnx.onnx_server.model import Model
from examples.fraud.features import FEATURE_NAMES, MERCHANT_CATEGORIES
from examples.fraud.records import Sample

CATEGORY = FEATURE_NAMES.index("merchant_category")


def _lists(sample: Sample) -> list[list[Any]]:
    return [list(record.values()) for record in sample.records]


def _shuffled(sample: Sample) -> str:
    # Columns in another order, one that the model does not know, and Windows line ends.
    names = ["transaction_id", *reversed(FEATURE_NAMES)]
    rows = [f"é-{index}," + ",".join(str(r[n]) for n in names[1:]) for index, r in enumerate(sample.records)]
    return "\r\n".join([",".join(names), *rows, ""])


def _quoted(sample: Sample) -> str:
    text = io.StringIO()
    csv.writer(text, quoting=csv.QUOTE_ALL).writerows(_lists(sample))
    return text.getvalue()


def _extra(sample: Sample) -> list[dict[str, Any]]:
    return [{"note": "naïve 漢字 \U0001f4b3", "nested": [{}]} | record for record in sample.records]


BODIES: dict[str, tuple[str, Callable[[Sample], str | bytes]]] = {
    "csv": ("text/csv", lambda s: "\n".join(s.csv_rows)),
    "csv with a header": ("text/csv", lambda s: "\n".join([s.csv_header, *s.csv_rows])),
    "csv with a charset": ("text/csv; charset=UTF-8", lambda s: "\n".join(s.csv_rows)),
    "csv in another order": ("text/csv", _shuffled),
    "csv quoted": ("text/csv", _quoted),
    "csv with a byte order mark": ("text/csv", lambda s: "\n".join([s.csv_header, *s.csv_rows]).encode("utf-8-sig")),
    "csv with blank lines": ("text/csv", lambda s: "\n\n".join(s.csv_rows) + "\n\n"),
    "csv with spaces": ("text/csv", lambda s: "\n".join(row.replace(",", " , ") for row in s.csv_rows)),
    "csv with numbers for booleans": (
        "text/csv",
        lambda s: "\n".join(row.replace("true", "1").replace("false", "0.0") for row in s.csv_rows),
    ),
    "csv with old line ends": ("text/csv", lambda s: "\r".join(s.csv_rows)),
    "json list": ("application/json", lambda s: json.dumps(s.records)),
    "json with a byte order mark": ("application/json", lambda s: json.dumps(s.records).encode("utf-8-sig")),
    "json instances": ("application/json", lambda s: json.dumps({"instances": s.records})),
    "json lists": ("application/json", lambda s: json.dumps(_lists(s))),
    "json lists as instances": ("application/json", lambda s: json.dumps({"instances": _lists(s)})),
    "json with more fields": ("APPLICATION/JSON", lambda s: json.dumps(_extra(s), ensure_ascii=False).encode()),
    "json with numbers for booleans": (
        "application/json",
        lambda s: json.dumps([{n: int(v) if isinstance(v, bool) else v for n, v in r.items()} for r in s.records]),
    ),
    "json lines": ("application/jsonlines", lambda s: "\n".join(map(json.dumps, s.records))),
    "json lines with a byte order mark": (
        "application/jsonlines",
        lambda s: "\n".join(map(json.dumps, s.records)).encode("utf-8-sig"),
    ),
    "json lines of lists": ("application/x-jsonlines", lambda s: "\n".join(map(json.dumps, _lists(s)))),
    "json lines, Windows": ("application/x-ndjson", lambda s: "\r\n\r\n".join(map(json.dumps, s.records)) + "\r\n"),
}


@pytest.fixture(scope="module")
def expected(sample: Sample, model: Model) -> list[dict[str, Any]]:
    """What the graph says, without any of the server's reading and writing."""
    rows = [
        [*values[:CATEGORY], MERCHANT_CATEGORIES.index(values[CATEGORY]), *values[CATEGORY + 1 :]]
        for values in _lists(sample)
    ]
    probabilities = model.probabilities(np.array(rows, dtype=np.float32)).round(6).tolist()
    threshold = model.description.threshold
    return [
        {"probability": probability, "decision": "review" if probability >= threshold else "approve", "version": "1"}
        for probability in probabilities
    ]


def _read(answer: bytes, media_type: str) -> list[dict[str, Any]]:
    text = answer.decode()
    if media_type == "text/csv":
        names = ("probability", "decision", "version")
        rows = [dict(zip(names, row, strict=True)) for row in csv.reader(io.StringIO(text))]
        return [row | {"probability": float(row["probability"])} for row in rows]
    if media_type == "application/json":
        predictions: list[dict[str, Any]] = json.loads(text)["predictions"]
        return predictions
    return [json.loads(line) for line in text.splitlines()]


@pytest.mark.parametrize("accept", ["application/json", "application/jsonlines", "text/csv"])
@pytest.mark.parametrize("body", BODIES)
def test_every_body_gives_what_the_graph_says(
    client: TestClient,
    sample: Sample,
    expected: list[dict[str, Any]],
    body: str,
    accept: str,
) -> None:
    content_type, written = BODIES[body]
    headers = {"content-type": content_type, "accept": accept}
    answer = client.post("/invocations", content=written(sample), headers=headers)
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"].partition(";")[0] == accept
    assert _read(answer.content, accept) == expected


def test_the_sample_holds_both_decisions(expected: list[dict[str, Any]]) -> None:
    assert {prediction["decision"] for prediction in expected} == {"approve", "review"}


@pytest.mark.parametrize("as_list", [False, True])
def test_one_bare_record_is_answered(
    client: TestClient,
    sample: Sample,
    expected: list[dict[str, Any]],
    as_list: bool,
) -> None:
    record = list(sample.records[0].values()) if as_list else sample.records[0]
    answer = client.post("/invocations", json=record)
    assert answer.json() == {"predictions": expected[:1]}


@pytest.mark.parametrize(
    ("accept", "answered"),
    [
        ("", "application/json"),
        ("*/*", "application/json"),
        ("application/*", "application/json"),
        ("text/*", "text/csv"),
        ("text/html, text/csv", "text/csv"),
        ("application/json;q=0.1, text/csv;q=0.9", "text/csv"),
        ("text/csv;q=0, */*;q=0.1", "application/json"),
        ("text/csv;q=nonsense, application/x-ndjson", "application/x-ndjson"),
        ("Application/X-JsonLines; charset=utf-8", "application/x-jsonlines"),
    ],
)
def test_the_accept_header_chooses(client: TestClient, sample: Sample, accept: str, answered: str) -> None:
    answer = client.post("/invocations", json=sample.records, headers={"accept": accept})
    assert answer.status_code == 200
    assert answer.headers["content-type"].partition(";")[0] == answered


def test_the_largest_allowed_number_of_records_is_answered(client: TestClient, sample: Sample) -> None:
    body = "\n".join(sample.csv_rows * 5)
    answer = client.post("/invocations", content=body, headers={"content-type": "text/csv"})
    assert len(answer.json()["predictions"]) == 200
