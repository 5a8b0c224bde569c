"""The Triton example: each region's ensemble in a real Triton server, and a new version beside the old one."""

from __future__ import annotations

import io
import json
import tarfile
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError

from stacks.triton_ensembles import TritonEnsemblesStack
from tests.local_aws.examples.assembling import assemble
from tests.local_aws.examples.deciding import TOLERANCE, probabilities, regional_records, train_region
from tests.triton.needed import needed

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    import aws_cdk as cdk

    from examples.fraud.train import TrainedModel
    from tests.local_aws.cdk import Cdk
    from tests.local_aws.lifecycle import LocalAws

STACK = "TritonEnsembles"
REGIONS = ("coast", "inland", "metro")
RECORDS = regional_records(20)
# What an ensemble's archive holds: each of its models in a folder of its own.
FILES = {
    "classifier/1/model.onnx",
    "classifier/config.pbtxt",
    "decider/1/model.py",
    "decider/config.pbtxt",
    "decider/model.json",
    "fraud/1",
    "fraud/config.pbtxt",
    "reader/1/model.py",
    "reader/config.pbtxt",
    "reader/model.json",
}


class Deployed:
    """The example, deployed by the CLI as often as a test asks for it."""

    def __init__(self, local: LocalAws, scratch: Path) -> None:
        self.local = local
        self.models: dict[str, TrainedModel] = {}
        self.outputs: dict[str, str] = {}
        self._scratch = scratch
        self._deployments = 0
        for region in REGIONS:
            self.train(region)

    def train(self, region: str, *, generation: int = 1) -> None:
        """Train a region's model, in place of the one before."""
        self.models[f"{region}-{generation}"] = train_region(region, self._scratch / "regions", generation=generation)

    def deploy(self) -> Cdk:
        """Deploy what is trained."""
        self._deployments += 1
        assembled = assemble(self.local, self._scratch / f"cdk.out.{self._deployments}", self._make)
        self.outputs = assembled.deploy(STACK)[STACK]
        return assembled

    def target(self, region: str) -> str:
        """The target model of a region's current version."""
        return self.outputs[f"{region.capitalize()}Model"]

    def resource(self, kind: str) -> str:
        """The name of the only resource of a type."""
        described = self.local.client("cloudformation").describe_stack_resources(StackName=STACK)["StackResources"]
        (found,) = [each["PhysicalResourceId"] for each in described if each["ResourceType"] == kind]
        return str(found).rpartition("/")[2]

    def ask(self, target: str, records: list[dict[str, Any]]) -> dict[str, list[Any]]:
        """What the endpoint answers by a target model: the tensors by their names."""
        data = [json.dumps(each) for each in records]
        tensor = {"name": "transaction", "datatype": "BYTES", "shape": [len(data), 1], "data": data}
        response = self.local.client("sagemaker-runtime").invoke_endpoint(
            EndpointName=self.outputs["EndpointName"],
            TargetModel=target,
            ContentType="application/json",
            Body=json.dumps({"inputs": [tensor]}),
        )
        return {each["name"]: each["data"] for each in json.loads(response["Body"].read())["outputs"]}

    def check(self, target: str, version: str) -> list[str]:
        """The endpoint answers by a target model what that model computes in Python."""
        model, answer = self.models[version], self.ask(target, RECORDS)
        expected = probabilities(model, RECORDS)
        assert answer["fraud_probability"] == pytest.approx(expected, abs=TOLERANCE)
        decisions = ["review" if each >= model.threshold else "approve" for each in expected]
        assert answer["decision"] == decisions
        return decisions

    def _make(self, app: cdk.App, environment: cdk.Environment) -> None:
        TritonEnsemblesStack(app, STACK, regions_folder=str(self._scratch / "regions"), env=environment)


@pytest.fixture(scope="module")
def deployed(bootstrapped: LocalAws, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployed]:
    """The example; once the stack is gone, the endpoint is gone too."""
    example = Deployed(bootstrapped, tmp_path_factory.mktemp("triton"))
    assembled = example.deploy()
    assert assembled.is_deployed(STACK)
    yield example
    assembled.delete(STACK)
    endpoints = bootstrapped.client("sagemaker").list_endpoints()["Endpoints"]
    assert example.outputs["EndpointName"] not in [each["EndpointName"] for each in endpoints]


def test_what_is_deployed_is_a_gpu_with_ensembles_in_its_store(deployed: Deployed) -> None:
    sagemaker, s3 = deployed.local.client("sagemaker"), deployed.local.client("s3")
    container = sagemaker.describe_model(ModelName=deployed.resource("AWS::SageMaker::Model"))["PrimaryContainer"]
    assert container["Mode"] == "MultiModel"
    assert container["Image"].endswith("/sagemaker-tritonserver:25.09-py3")
    endpoint = sagemaker.describe_endpoint(EndpointName=deployed.outputs["EndpointName"])
    config = sagemaker.describe_endpoint_config(EndpointConfigName=endpoint["EndpointConfigName"])
    assert config["ProductionVariants"][0]["InstanceType"] == "ml.g5.xlarge"

    for region in REGIONS:
        key = f"models/{deployed.target(region)}"
        archive = s3.get_object(Bucket=deployed.resource("AWS::S3::Bucket"), Key=key)["Body"].read()
        with tarfile.open(fileobj=io.BytesIO(archive)) as packed:
            assert set(packed.getnames()) >= FILES


def test_the_ensemble_of_each_region_decides(deployed: Deployed) -> None:
    needed()
    verdicts = {tuple(deployed.check(deployed.target(region), f"{region}-1")) for region in REGIONS}
    assert len(verdicts) == len(REGIONS)


def test_what_a_step_refuses_is_told(deployed: Deployed) -> None:
    needed()
    with pytest.raises(ClientError, match="transaction cannot be read"):
        deployed.ask(deployed.target("coast"), [{**RECORDS[0], "merchant_category": "charity"}])


def test_a_new_version_stands_beside_the_old_one_and_the_endpoint_does_not_move(deployed: Deployed) -> None:
    sagemaker, name = deployed.local.client("sagemaker"), deployed.outputs["EndpointName"]
    before, targets = sagemaker.describe_endpoint(EndpointName=name), {each: deployed.target(each) for each in REGIONS}

    deployed.train("coast", generation=2)
    deployed.deploy()

    now = sagemaker.describe_endpoint(EndpointName=name)
    assert now["EndpointConfigName"] == before["EndpointConfigName"]
    assert now["LastModifiedTime"] == before["LastModifiedTime"]
    assert [region for region in REGIONS if deployed.target(region) != targets[region]] == ["coast"]
    needed()
    # Their archives hold models of the same names, which stay apart.
    newer = deployed.check(deployed.target("coast"), "coast-2")
    assert deployed.check(targets["coast"], "coast-1") != newer
