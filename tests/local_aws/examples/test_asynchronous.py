"""The asynchronous example: answers in a bucket and word on topics, down to no instance and back, and a new version."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from examples.fraud.records import sample_records
from examples.fraud.train import NAME, RECIPES, TrainedModel
from stacks.async_scale_to_zero import AsyncScaleToZeroStack
from tests.local_aws.examples.assembling import assemble
from tests.local_aws.examples.deciding import TOLERANCE, decisions, probabilities
from tests.local_aws.examples.queued import Caller, Listener
from tests.local_aws.runtime.queueing import until
from tests.local_aws.training import train

if TYPE_CHECKING:
    from pathlib import Path

    import aws_cdk as cdk

    from tests.local_aws.cdk import Cdk
    from tests.local_aws.lifecycle import LocalAws

STACK = "AsyncScaleToZero"
RECORDS = sample_records(40, seed=6).records
# A quarter of an hour without requests takes less than two seconds.
FACTOR = 0.002


class Deployed:
    """The example, with one version of the model after the other."""

    def __init__(self, local: LocalAws, scratch: Path) -> None:
        self.local = local
        self.sagemaker = local.client("sagemaker")
        self.outputs: dict[str, str] = {}
        self._scratch = scratch

    def deploy(self, version: str) -> tuple[Cdk, TrainedModel]:
        """Train a version and deploy it."""

        def make(app: cdk.App, environment: cdk.Environment) -> None:
            AsyncScaleToZeroStack(app, STACK, model_folder=str(self._scratch / version), env=environment)

        model = train(RECIPES[version])
        model.export(self._scratch / version, name=NAME, version=version)
        assembled = assemble(self.local, self._scratch / f"cdk.out.{version}", make)
        self.outputs = assembled.deploy(STACK)[STACK]
        return assembled, model

    @property
    def endpoint(self) -> str:
        return self.outputs["EndpointName"]

    def caller(self) -> Caller:
        return Caller(self.local, self.endpoint, self.outputs["RequestsGoTo"])

    def instances(self) -> int:
        (variant,) = self.sagemaker.describe_endpoint(EndpointName=self.endpoint)["ProductionVariants"]
        return int(variant["DesiredInstanceCount"])

    def comes_to(self, count: int) -> None:
        """Wait until the fleet has that many instances."""
        for _ in until(f"{count} instances of {self.endpoint}"):
            described = self.sagemaker.describe_endpoint(EndpointName=self.endpoint)
            if described["EndpointStatus"] == "InService" and self.instances() == count:
                return

    def scale(self, count: int) -> None:
        """Change the fleet's size, as Application Auto Scaling does."""
        self.sagemaker.update_endpoint_weights_and_capacities(
            EndpointName=self.endpoint,
            DesiredWeightsAndCapacities=[{"VariantName": "AllTraffic", "DesiredInstanceCount": count}],
        )
        self.comes_to(count)


def check(caller: Caller, model: TrainedModel, version: str) -> None:
    """The endpoint decides as the model does in Python."""
    predictions = caller.decided(caller.ask_about(RECORDS))
    assert {each["version"] for each in predictions} == {version}
    assert [each["decision"] for each in predictions] == decisions(model, RECORDS)
    expected = pytest.approx(probabilities(model, RECORDS), abs=TOLERANCE)
    assert [each["probability"] for each in predictions] == expected


def test_from_a_request_in_a_bucket_to_no_instance_and_back(bootstrapped: LocalAws, tmp_path: Path) -> None:
    deployed = Deployed(bootstrapped, tmp_path)
    _, model = deployed.deploy("1")
    caller = deployed.caller()
    answers = Listener(bootstrapped, deployed.outputs["AnswersAreToldTo"])
    failures = Listener(bootstrapped, deployed.outputs["FailuresAreToldTo"])
    assert deployed.instances() == 1

    # A request that the model can answer.
    check(caller, model, "1")
    asked = caller.ask_about(RECORDS)
    told = answers.hears(asked["InferenceId"])
    assert told["invocationStatus"] == "Completed"
    assert told["responseParameters"]["outputLocation"] == asked["OutputLocation"]
    assert asked["OutputLocation"].startswith(f"s3://{caller.bucket}/answers/")
    assert len(caller.decided(asked)) == len(RECORDS)

    # And one that it cannot.
    refused = caller.ask(json.dumps([{**RECORDS[0], "amount": "plenty"}]).encode())
    told = failures.hears(refused["InferenceId"])
    assert told["invocationStatus"] == "Failed"
    assert refused["FailureLocation"].startswith(f"s3://{caller.bucket}/failures/")
    assert "amount must be a finite 32-bit number" in json.loads(caller.read(refused["FailureLocation"]))["error"]
    assert not caller.is_there(refused["OutputLocation"])

    # Nobody asks for some time; then somebody does.
    with bootstrapped.time_factor(FACTOR):
        deployed.comes_to(0)
        asked = caller.ask_about(RECORDS)
        deployed.comes_to(1)
    assert [each["decision"] for each in caller.decided(asked)] == decisions(model, RECORDS)

    # A new version takes over the size that the fleet has reached.
    deployed.scale(3)
    config = deployed.sagemaker.describe_endpoint(EndpointName=deployed.endpoint)["EndpointConfigName"]
    second, better = deployed.deploy("2")
    assert deployed.sagemaker.describe_endpoint(EndpointName=deployed.endpoint)["EndpointConfigName"] != config
    assert deployed.instances() == 3
    check(caller, better, "2")
    assert second.is_deployed(STACK)

    second.delete(STACK)
    assert deployed.endpoint not in [each["EndpointName"] for each in deployed.sagemaker.list_endpoints()["Endpoints"]]
    assert caller.is_there(asked["OutputLocation"]), "answers outlive the stack"
