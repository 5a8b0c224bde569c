"""The multi-container example: the container that a request names answers, and a new version of one is a rollout of all."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from botocore.exceptions import ClientError

from stacks.multi_container import MultiContainerStack
from tests.local_aws.examples.assembling import assemble
from tests.local_aws.examples.deciding import TOLERANCE, ask, decisions, probabilities, regional_records, train_region

if TYPE_CHECKING:
    from pathlib import Path

    import aws_cdk as cdk

    from examples.fraud.train import TrainedModel
    from tests.local_aws.cdk import Cdk
    from tests.local_aws.lifecycle import LocalAws

STACK = "MultiContainer"
REGIONS = ("coast", "inland", "metro")
RECORDS = regional_records()


def check(local: LocalAws, endpoint: str, hostname: str, model: TrainedModel, version: str) -> None:
    """A container answers what its model computes in Python."""
    answers = ask(local, endpoint, RECORDS, TargetContainerHostname=hostname)
    assert {answer["version"] for answer in answers} == {version}
    assert [answer["decision"] for answer in answers] == decisions(model, RECORDS)
    expected = pytest.approx(probabilities(model, RECORDS), abs=TOLERANCE)
    assert [answer["probability"] for answer in answers] == expected


def test_each_container_answers_for_itself(bootstrapped: LocalAws, tmp_path: Path) -> None:
    def assembled(name: str) -> Cdk:
        def make(app: cdk.App, environment: cdk.Environment) -> None:
            MultiContainerStack(app, STACK, regions_folder=str(tmp_path / "regions"), env=environment)

        return assemble(bootstrapped, tmp_path / name, make)

    sagemaker = bootstrapped.client("sagemaker")
    models = {region: train_region(region, tmp_path / "regions") for region in REGIONS}
    first = assembled("first")
    endpoint = first.deploy(STACK)[STACK]["EndpointName"]
    for region, model in models.items():
        check(bootstrapped, endpoint, region, model, f"{region}-1")
    assert len({tuple(decisions(model, RECORDS)) for model in models.values()}) == len(REGIONS)
    with pytest.raises(ClientError, match="is missing a target container hostname header"):
        ask(bootstrapped, endpoint, RECORDS)
    with pytest.raises(ClientError, match="Target container hostname desert does not exist"):
        ask(bootstrapped, endpoint, RECORDS, TargetContainerHostname="desert")
    assert first.is_deployed(STACK)

    before = sagemaker.describe_endpoint(EndpointName=endpoint)["EndpointConfigName"]
    coast = train_region("coast", tmp_path / "regions", generation=2)
    second = assembled("second")
    assert second.deploy(STACK)[STACK]["EndpointName"] == endpoint

    assert sagemaker.describe_endpoint(EndpointName=endpoint)["EndpointConfigName"] != before
    check(bootstrapped, endpoint, "coast", coast, "coast-2")
    check(bootstrapped, endpoint, "inland", models["inland"], "inland-1")

    second.delete(STACK)
    assert endpoint not in [each["EndpointName"] for each in sagemaker.list_endpoints()["Endpoints"]]
