"""The serverless example: copies that are kept ready as scaling says, and a new version; and a cold start without them."""

from __future__ import annotations

import shutil
import time
from typing import TYPE_CHECKING

import aws_cdk as cdk
import pytest

from cdk_model_hosting import Container, ContainerImage, ModelArtifact, ServerlessEndpoint, SingleModel
from examples.fraud.records import sample_records
from examples.fraud.train import NAME, RECIPES, TrainedModel
from stacks.serverless import ServerlessStack
from tests.local_aws.cdk import CdkError
from tests.local_aws.examples.assembling import assemble
from tests.local_aws.examples.deciding import TOLERANCE, ask, decisions, probabilities
from tests.local_aws.examples.metered import metered
from tests.local_aws.runtime.queueing import until
from tests.local_aws.runtime.reading import eventually
from tests.local_aws.training import train

if TYPE_CHECKING:
    from pathlib import Path

    from tests.local_aws.cdk import Cdk
    from tests.local_aws.lifecycle import LocalAws

STACK, PLAIN, VARIANT = "Serverless", "ServerlessWithoutScaling", "AllTraffic"
TARGET = {"ServiceNamespace": "sagemaker", "ScalableDimension": "sagemaker:variant:DesiredProvisionedConcurrency"}
RECORDS = sample_records(40, seed=5).records
# Five minutes without a request are three seconds then, and as many seconds a minute of an alarm.
FACTOR = 0.01


class Deployed:
    """The example with one version of the model after the other, and the same without copies that are kept ready."""

    def __init__(self, local: LocalAws, scratch: Path) -> None:
        self.local = local
        self.sagemaker = local.client("sagemaker")
        self.endpoint = self.plain = ""
        self._scratch = scratch

    @property
    def config(self) -> str:
        """The configuration that serves."""
        return str(self.sagemaker.describe_endpoint(EndpointName=self.endpoint)["EndpointConfigName"])

    def deploy(self, version: str) -> tuple[Cdk, TrainedModel]:
        """Train a version and deploy it."""
        model = train(RECIPES[version])
        model.export(self._scratch / version, name=NAME, version=version)
        assembled = self._assemble(version)
        outputs = assembled.deploy(STACK, PLAIN)
        self.endpoint, self.plain = outputs[STACK]["EndpointName"], outputs[PLAIN]["EndpointName"]
        return assembled, model

    def break_off(self, version: str) -> Cdk:
        """Synthesize the example with a version whose file was broken off."""
        shutil.copytree(self._scratch / version, self._scratch / "broken")
        file = self._scratch / "broken" / "model.onnx"
        content = file.read_bytes()
        file.write_bytes(content[: len(content) // 2])
        return self._assemble("broken")

    def _assemble(self, version: str) -> Cdk:
        folder = self._scratch / version

        def make(app: cdk.App, environment: cdk.Environment) -> None:
            ServerlessStack(app, STACK, model_folder=str(folder), env=environment)
            Plain(app, PLAIN, folder, environment)

        return assemble(self.local, self._scratch / f"cdk.out.{version}", make)

    def check(self, endpoint: str, model: TrainedModel, version: str) -> None:
        """An endpoint decides as the model does in Python."""
        answers = ask(self.local, endpoint, RECORDS)
        assert {answer["version"] for answer in answers} == {version}
        assert [answer["decision"] for answer in answers] == decisions(model, RECORDS)
        assert {answer["decision"] for answer in answers} == {"approve", "review"}
        expected = pytest.approx(probabilities(model, RECORDS), abs=TOLERANCE)
        assert [answer["probability"] for answer in answers] == expected

    def ready(self) -> int:
        """How many copies are kept ready."""
        (variant,) = self.sagemaker.describe_endpoint(EndpointName=self.endpoint)["ProductionVariants"]
        return int(variant["CurrentServerlessConfig"]["ProvisionedConcurrency"])

    def cold_starts(self, endpoint: str) -> float:
        """How many requests have waited for a copy so far."""
        dimensions = {"EndpointName": endpoint, "VariantName": VARIANT}
        return metered(self.local, "ModelSetupTime", "SampleCount", **dimensions)


class Plain(cdk.Stack):
    """A serverless endpoint as it is when nothing is said of its concurrency."""

    def __init__(self, scope: cdk.App, construct_id: str, folder: Path, environment: cdk.Environment) -> None:
        super().__init__(scope, construct_id, env=environment)
        image = ContainerImage.from_asset("examples/containers/onnx")
        serving = Container(image=image, artifact=ModelArtifact.from_asset(str(folder)))
        endpoint = ServerlessEndpoint(self, "Endpoint", model=SingleModel(self, "Model", container=serving))
        cdk.CfnOutput(self, "EndpointName", value=endpoint.endpoint_name)


def test_from_a_cold_start_to_a_new_version(bootstrapped: LocalAws, tmp_path: Path) -> None:
    deployed = Deployed(bootstrapped, tmp_path)
    scaling = bootstrapped.client("application-autoscaling")
    first, model = deployed.deploy("1")
    assert first.is_deployed(STACK)

    # Without copies that are kept ready the first request waits for one, and so does the first after a pause.
    deployed.check(deployed.plain, model, "1")
    deployed.check(deployed.plain, model, "1")
    assert deployed.cold_starts(deployed.plain) == 1
    with bootstrapped.time_factor(FACTOR):
        time.sleep(300 * FACTOR + 1)
    deployed.check(deployed.plain, model, "1")
    assert deployed.cold_starts(deployed.plain) == 2

    # What is kept ready answers at once, and there is more of it when more than 70 % of it is in use.
    assert deployed.ready() == 1
    with bootstrapped.time_factor(FACTOR):
        for _ in until("more copies that are kept ready"):
            deployed.check(deployed.endpoint, model, "1")
            if deployed.ready() > 1:
                break
    assert deployed.cold_starts(deployed.endpoint) == 0

    # The clock moves the bounds, and those the copies.
    resource = f"endpoint/{deployed.endpoint}/variant/{VARIANT}"
    found = scaling.describe_scheduled_actions(ServiceNamespace="sagemaker", ResourceId=resource)["ScheduledActions"]
    bounds = {each["ScheduledActionName"]: each["ScalableTargetAction"] for each in found}
    assert bounds == {"open": {"MinCapacity": 5, "MaxCapacity": 20}, "closed": {"MinCapacity": 1, "MaxCapacity": 5}}
    scaling.register_scalable_target(**TARGET, ResourceId=resource, **bounds["open"])
    eventually(deployed.ready, lambda count: count >= 5)

    config = deployed.config
    second, better = deployed.deploy("2")
    assert deployed.config != config
    deployed.check(deployed.endpoint, better, "2")
    deployed.check(deployed.plain, better, "2")

    # A version that never gets well fails the deployment, and the one before it goes on.
    config = deployed.config
    with pytest.raises(CdkError, match="rolled"):
        deployed.break_off("2").deploy(STACK)
    assert deployed.config == config
    deployed.check(deployed.endpoint, better, "2")

    second.delete(STACK, PLAIN)
    endpoints = [each["EndpointName"] for each in deployed.sagemaker.list_endpoints()["Endpoints"]]
    assert not {deployed.endpoint, deployed.plain} & {*endpoints}
    targets = scaling.describe_scalable_targets(ServiceNamespace="sagemaker")["ScalableTargets"]
    assert resource not in [each["ResourceId"] for each in targets]
