"""The pipeline example: a payment goes in, and out comes what the model decides about its features."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError

from examples.fraud.payments import sample_payments
from examples.fraud.train import NAME, RECIPES, TrainedModel
from stacks.pipeline import PipelineStack
from tests.local_aws.examples.assembling import assemble
from tests.local_aws.examples.deciding import TOLERANCE, ask, decisions, probabilities
from tests.local_aws.training import train

if TYPE_CHECKING:
    from pathlib import Path

    import aws_cdk as cdk

    from tests.local_aws.cdk import Cdk
    from tests.local_aws.lifecycle import LocalAws

STACK = "Pipeline"
SAMPLED = sample_payments(60, seed=8)


def check(local: LocalAws, endpoint: str, model: TrainedModel, version: str) -> None:
    """The endpoint answers payments with what the model computes in Python from the records that they are."""
    answers = ask(local, endpoint, SAMPLED.payments)
    records = SAMPLED.sample.records
    assert {answer["version"] for answer in answers} == {version}
    assert [answer["decision"] for answer in answers] == decisions(model, records)
    assert {answer["decision"] for answer in answers} == {"approve", "review"}
    expected = pytest.approx(probabilities(model, records), abs=TOLERANCE)
    assert [answer["probability"] for answer in answers] == expected


def refusal(local: LocalAws, endpoint: str, payment: dict[str, Any]) -> tuple[int, str, str]:
    """Status, reason and whole message of a refusal."""
    with pytest.raises(ClientError) as caught:
        ask(local, endpoint, [payment])
    told: dict[str, Any] = dict(caught.value.response)
    reason = json.loads(told["OriginalMessage"])["error"]
    return told["OriginalStatusCode"], reason, told["Error"]["Message"]


def test_from_a_payment_to_a_decision(bootstrapped: LocalAws, tmp_path: Path) -> None:
    def assembled(version: str) -> tuple[Cdk, TrainedModel]:
        def make(app: cdk.App, environment: cdk.Environment) -> None:
            PipelineStack(app, STACK, model_folder=str(tmp_path / version), env=environment)

        model = train(RECIPES[version])
        model.export(tmp_path / version, name=NAME, version=version)
        return assemble(bootstrapped, tmp_path / f"cdk.out.{version}", make), model

    sagemaker = bootstrapped.client("sagemaker")
    first, model = assembled("1")
    endpoint = first.deploy(STACK)[STACK]["EndpointName"]
    check(bootstrapped, endpoint, model, "1")
    assert first.is_deployed(STACK)

    # What is no payment ends in the first container; what only the model can refuse, in the second.
    payment = SAMPLED.payments[0]
    status, reason, message = refusal(bootstrapped, endpoint, {**payment, "amount": -1})
    assert (status, reason) == (400, "payment 1: amount must be a number above 0, got -1")
    assert message.startswith("Received client error (400) from features with message")
    status, reason, message = refusal(
        bootstrapped, endpoint, {**payment, "merchant": {**payment["merchant"], "category": "arms"}}
    )
    assert status == 400
    assert reason.startswith("row 1: merchant_category must be one of ")
    assert message.startswith("Received client error (400) from model with message")

    before = sagemaker.describe_endpoint(EndpointName=endpoint)["EndpointConfigName"]
    second, better = assembled("2")
    second.deploy(STACK)
    assert sagemaker.describe_endpoint(EndpointName=endpoint)["EndpointConfigName"] != before
    check(bootstrapped, endpoint, better, "2")

    second.delete(STACK)
    assert endpoint not in [each["EndpointName"] for each in sagemaker.list_endpoints()["Endpoints"]]
