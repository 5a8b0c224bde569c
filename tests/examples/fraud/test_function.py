"""The predictor of the fraud model: what it decides, and what it refuses."""

import json
from pathlib import Path
from typing import Any

import pytest

from cdk_model_hosting.handlers.model_function import onnx_loader
from examples.containers.onnx.onnx_server.json_records import read_json
from examples.containers.onnx.onnx_server.matrix import to_matrix
from examples.containers.onnx.onnx_server.model import Model
from examples.fraud.function.predictor import predict
from examples.fraud.records import Sample

SAMPLE: dict[str, Any] = json.loads(
    (Path(__file__).parents[3] / "examples" / "fraud" / "function" / "sample.json").read_text()
)


@pytest.fixture(scope="module")
def session(folders: dict[str, Path]) -> Any:
    return onnx_loader.load(folders["1"])


def test_it_decides_as_the_container_does(session: Any, model: Model, sample: Sample) -> None:
    table = read_json(json.dumps(sample.records).encode(), model.description.features)
    expected = model.probabilities(to_matrix(table, model.description.features))

    answers = [predict(session, record) for record in sample.records]

    assert [answer["probability"] for answer in answers] == pytest.approx(expected.tolist(), abs=1e-6)
    assert {answer["decision"] for answer in answers} == {"approve", "review"}
    assert {answer["version"] for answer in answers} == {"1"}


def test_another_model_shows_in_the_answers(folders: dict[str, Path]) -> None:
    assert predict(onnx_loader.load(folders["2"]), SAMPLE)["version"] == "2"


@pytest.mark.parametrize(
    ("request_", "reason"),
    [
        ([1, 2], "a transaction must be an object, got [1, 2]"),
        ({}, "amount must be a finite number, got nothing"),
        (SAMPLE | {"amount": "abc"}, 'amount must be a finite number, got "abc"'),
        (SAMPLE | {"amount": True}, "amount must be a finite number, got true"),
        (SAMPLE | {"amount": 1e39}, "amount must be a finite number, got 1e+39"),
        (SAMPLE | {"amount": 10**400}, f"amount must be a finite number, got 1{'0' * 39}"),
        (SAMPLE | {"card_present": 1}, "card_present must be true or false, got 1"),
        (
            SAMPLE | {"merchant_category": []},
            (
                "merchant_category must be one of grocery, restaurant, fuel, travel, online_retail, electronics, "
                "cash_withdrawal, gambling, got []"
            ),
        ),
    ],
)
def test_it_refuses_what_is_no_transaction(session: Any, request_: Any, reason: str) -> None:
    with pytest.raises(ValueError) as raised:  # noqa: PT011 - the whole message is compared
        predict(session, request_)

    assert str(raised.value) == reason
