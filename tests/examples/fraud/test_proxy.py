"""What a function in front of the fraud model's endpoint makes of payments and answers."""

import json
from pathlib import Path
from typing import Any

import pytest

from examples.containers.onnx.onnx_server.json_records import read_json
from examples.containers.onnx.onnx_server.matrix import to_matrix
from examples.containers.onnx.onnx_server.model import Model
from examples.fraud.proxy.predictor import predict

PAYMENT: dict[str, Any] = json.loads(
    (Path(__file__).parents[3] / "examples" / "fraud" / "proxy" / "sample.json").read_text()
)


class Endpoint:
    """An endpoint that answers with a probability, and keeps what it was asked."""

    def __init__(self, probability: float, decision: str = "approve") -> None:
        self.asked: list[dict[str, Any]] = []
        self._prediction = {"probability": probability, "decision": decision, "version": "1"}

    def invoke(self, payload: dict[str, Any]) -> "Endpoint":
        self.asked.append(payload)
        return self

    def json(self) -> dict[str, Any]:
        return {"predictions": [self._prediction]}


def test_the_model_gets_its_features_and_nothing_else(model: Model) -> None:
    endpoint = Endpoint(0.01)
    answer = predict(endpoint, PAYMENT)

    assert answer == {
        "payment": "p-1",
        "action": "approve",
        "expected_loss": 0.42,
        "probability": 0.01,
        "version": "1",
    }
    (features,) = endpoint.asked
    assert features["amount"] == 42.5
    assert features["hour"] == 17
    assert features["merchant_category"] == "online_retail"
    assert set(features) == {each.name for each in model.description.features}
    table = read_json(json.dumps(features).encode(), model.description.features)
    assert len(model.probabilities(to_matrix(table, model.description.features))) == 1


@pytest.mark.parametrize(
    ("probability", "decision", "cents", "action"),
    [
        (0.59, "approve", 100, "approve"),
        (0.6, "approve", 100, "decline"),
        (0.2, "review", 100, "review"),
        (0.05, "approve", 99_900, "approve"),
        (0.05, "approve", 100_000, "review"),
        (0.7, "review", 100_000, "decline"),
    ],
)
def test_what_is_done_depends_on_the_loss_too(probability: float, decision: str, cents: int, action: str) -> None:
    assert predict(Endpoint(probability, decision), PAYMENT | {"cents": cents})["action"] == action


@pytest.mark.parametrize(
    ("payment", "reason"),
    [
        ([1], "a payment must be an object, got [1]"),
        ({}, "cents must be a whole number above 0, got nothing"),
        (PAYMENT | {"cents": 0}, "cents must be a whole number above 0, got 0"),
        (PAYMENT | {"cents": True}, "cents must be a whole number above 0, got true"),
        (PAYMENT | {"cents": "42"}, 'cents must be a whole number above 0, got "42"'),
        (PAYMENT | {"card_present": None}, "a payment must have card_present, got none"),
        (PAYMENT | {"at": "noon"}, 'at must be a time such as 2026-11-21T17:30:00+01:00, got "noon"'),
        ({**PAYMENT, "at": None}, "at must be a time such as 2026-11-21T17:30:00+01:00, got nothing"),
    ],
)
def test_fails_when_the_report_is_none(payment: Any, reason: str) -> None:
    endpoint = Endpoint(0.01)
    with pytest.raises(ValueError, match="must") as raised:
        predict(endpoint, payment)

    assert str(raised.value) == reason
    assert endpoint.asked == []
