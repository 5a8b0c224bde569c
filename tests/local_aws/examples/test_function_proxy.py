"""The example in front of an endpoint: shops that sign hear over an HTTP API what to do, whichever version the endpoint serves."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from stacks.function_proxy import FunctionProxyStack
from tests.local_aws.cdk import CdkError
from tests.local_aws.examples.deciding import TOLERANCE, decisions, probabilities
from tests.local_aws.examples.functions import PROXY_FOLDER, RECORDS, Example, assembled, cut, invoke, trained
from tests.local_aws.runtime.asking import Answered, ask

if TYPE_CHECKING:
    from pathlib import Path

    from examples.fraud.train import TrainedModel
    from tests.local_aws.lifecycle import LocalAws

EXAMPLE = Example("FunctionProxy", FunctionProxyStack, code=("proxy_folder", PROXY_FOLDER))
# Payments are in whole cents, and the model is to get the same amounts.
TRANSACTIONS = [{**record, "amount": round(record["amount"], 2)} for record in RECORDS]


def payment(transaction: dict[str, Any]) -> dict[str, Any]:
    """A transaction as the shop reports it."""
    reported = dict(transaction)
    return {
        "payment": reported.pop("transaction"),
        "cents": round(reported.pop("amount") * 100),
        "at": f"2026-11-21T{reported.pop('hour'):02}:30:00+01:00",
        "category": reported.pop("merchant_category").replace("_", " ").capitalize(),
        "card_number": "4111111111111111",
        **reported,
    }


def report(url: str, request: Any, signer: str | None = "shop") -> Answered:
    """What a shop hears."""
    body = json.dumps(request).encode()
    return ask(url, body, headers={"content-type": "application/json"}, signer=signer, service="execute-api")


def check(url: str, model: TrainedModel, version: str) -> None:
    """Shops hear what comes of the model's answers."""
    answers = [report(url, payment(transaction)) for transaction in TRANSACTIONS]
    assert {answer.status for answer in answers} == {200}
    heard = [answer.json() for answer in answers]
    assert [each["payment"] for each in heard] == [transaction["transaction"] for transaction in TRANSACTIONS]
    assert {each["version"] for each in heard} == {version}
    expected = probabilities(model, TRANSACTIONS)
    assert [each["probability"] for each in heard] == pytest.approx(expected, abs=TOLERANCE)
    losses = [
        probability * transaction["amount"] for probability, transaction in zip(expected, TRANSACTIONS, strict=True)
    ]
    assert [each["expected_loss"] for each in heard] == pytest.approx(losses, abs=0.02)
    for each, decision in zip(heard, decisions(model, TRANSACTIONS), strict=True):
        reviewed = decision == "review" or each["expected_loss"] >= 50
        wanted = "decline" if each["probability"] >= 0.6 else "review" if reviewed else "approve"
        assert each["action"] == wanted


def test_shops_hear_over_an_http_api_what_to_do(bootstrapped: LocalAws, tmp_path: Path) -> None:
    models = trained(tmp_path / "models")
    (old, old_folder), (new, new_folder) = models["1"], models["2"]
    first = assembled(bootstrapped, EXAMPLE, old_folder, tmp_path / "first")
    outputs = first.deploy(EXAMPLE.name)[EXAMPLE.name]
    url = outputs["Url"]
    assert url.endswith("/payments")

    check(url, old, "1")
    assert report(url, payment(TRANSACTIONS[0]), signer=None).status == 403
    # Refused by the function, and by the endpoint.
    refused = report(url, {**payment(TRANSACTIONS[0]), "cents": -1})
    assert (refused.status, refused.json()["error"]) == (422, "cents must be a whole number above 0, got -1")
    refused = report(url, {**payment(TRANSACTIONS[0]), "category": "Bribery"})
    assert refused.status == 422
    assert "merchant_category" in refused.json()["error"]
    assert first.is_deployed(EXAMPLE.name)

    second = assembled(bootstrapped, EXAMPLE, new_folder, tmp_path / "second")
    assert second.deploy(EXAMPLE.name)[EXAMPLE.name] == outputs
    check(url, new, "2")

    # The endpoint goes back to the version that it had.
    broken = assembled(bootstrapped, EXAMPLE, cut(old_folder, tmp_path / "broken"), tmp_path / "third")
    with pytest.raises(CdkError, match="rolled"):
        broken.deploy(EXAMPLE.name)
    check(url, new, "2")

    answer, kind = invoke(bootstrapped, outputs["FunctionArn"], payment(TRANSACTIONS[0]))
    assert (kind, answer["version"]) == (None, "2")
    second.delete(EXAMPLE.name)
