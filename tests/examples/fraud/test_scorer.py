"""What is made of messages: decisions in a table, once for each transaction, and nothing while one of them is none."""

import importlib
import json
import sys
from decimal import Decimal
from pathlib import Path
from types import ModuleType
from typing import Any, Self

import pytest

from cdk_model_hosting.handlers.model_function import onnx_loader
from examples.fraud.function.predictor import predict
from examples.fraud.records import Sample

FOLDER = Path(__file__).parents[3] / "examples" / "fraud" / "function"
SAMPLE: dict[str, Any] = json.loads((FOLDER / "sample.json").read_text())


class Table:
    """A table that keeps what is written, as a batch writer of boto3's does."""

    def __init__(self) -> None:
        self.items: dict[str, dict[str, Any]] = {}

    def batch_writer(self, *, overwrite_by_pkeys: list[str]) -> Self:
        assert overwrite_by_pkeys == ["transaction"]
        return self

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def put_item(self, *, Item: dict[str, Any]) -> None:  # noqa: N803 - boto3's name
        self.items[Item["transaction"]] = Item


@pytest.fixture
def table(monkeypatch: pytest.MonkeyPatch, scorer: ModuleType) -> Table:
    """The table that decisions go to."""
    table = Table()
    monkeypatch.setattr(scorer, "_table", lambda: table)
    return table


@pytest.fixture
def scorer(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """The module as the function imports it, beside the other."""
    monkeypatch.syspath_prepend(FOLDER)
    module = importlib.import_module("scorer")
    for name in ("scorer", "predictor"):
        monkeypatch.delitem(sys.modules, name)
    return module


@pytest.fixture(scope="module")
def session(folders: dict[str, Path]) -> Any:
    return onnx_loader.load(folders["1"])


def test_it_decides_as_about_one_and_writes_it_down(
    session: Any, sample: Sample, scorer: ModuleType, table: Table
) -> None:
    requests = [{"transaction": f"t-{number}", **record} for number, record in enumerate(sample.records)]
    decisions = [predict(session, record) for record in sample.records]
    assert len(decisions) > 1

    answers = scorer.score(session, requests)

    expected = [{"transaction": f"t-{number}", **each} for number, each in enumerate(decisions)]
    assert answers == expected
    assert list(table.items.values()) == [
        {**each, "probability": Decimal(str(each["probability"]))} for each in expected
    ]


@pytest.mark.parametrize(
    ("request_", "reason"),
    [
        (SAMPLE, "a transaction must have a name in the field transaction, got none"),
        ([1], "a transaction must have a name in the field transaction, got none"),
        ({**SAMPLE, "transaction": ""}, "a transaction must have a name in the field transaction, got none"),
        ({"transaction": "t-2"}, "amount must be a finite number, got nothing"),
    ],
)
def test_nothing_is_written_while_one_of_them_is_none(
    session: Any, scorer: ModuleType, table: Table, request_: Any, reason: str
) -> None:
    with pytest.raises(ValueError) as raised:  # noqa: PT011 - the whole message is compared
        scorer.score(session, [{"transaction": "t-1", **SAMPLE}, request_])

    assert str(raised.value) == reason
    assert table.items == {}
