"""The multi-model example: each region's own verdicts, a version added while the endpoint runs, and room for two models."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any, cast

import pytest
from botocore.exceptions import ClientError

from stacks.multi_model import MultiModelStack
from tests.local_aws.examples.assembling import assemble
from tests.local_aws.examples.deciding import TOLERANCE, ask, decisions, probabilities, regional_records, train_region

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    import aws_cdk as cdk

    from cdk_model_hosting import MultiModel
    from examples.fraud.train import TrainedModel
    from tests.local_aws.cdk import Cdk
    from tests.local_aws.lifecycle import LocalAws

STACK = "MultiModel"
REGIONS = ("coast", "inland", "metro")
RECORDS = regional_records()
# In kilobytes. Each of the models counts for about 290.
ROOM_FOR_TWO = "700"


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

    @property
    def bucket(self) -> str:
        """The bucket of the store."""
        described = self.local.client("cloudformation").describe_stack_resources(StackName=STACK)["StackResources"]
        (bucket,) = [each["PhysicalResourceId"] for each in described if each["ResourceType"] == "AWS::S3::Bucket"]
        return str(bucket)

    def target(self, region: str) -> str:
        """The target model of a region's current version."""
        return self.outputs[f"{region.capitalize()}Model"]

    def check(self, target: str, version: str) -> None:
        """The endpoint answers by a target model what that model computes in Python."""
        answers = ask(self.local, self.outputs["EndpointName"], RECORDS, TargetModel=target)
        model = self.models[version]
        assert {answer["version"] for answer in answers} == {version}
        assert [answer["decision"] for answer in answers] == decisions(model, RECORDS)
        expected = pytest.approx(probabilities(model, RECORDS), abs=TOLERANCE)
        assert [answer["probability"] for answer in answers] == expected

    def metered(self, metric: str, statistic: str) -> float:
        """A statistic of what the endpoint has published of a metric so far."""
        now = time.time()
        points: list[Any] = self.local.client("cloudwatch").get_metric_statistics(
            Namespace="AWS/SageMaker",
            MetricName=metric,
            Dimensions=[
                {"Name": "EndpointName", "Value": self.outputs["EndpointName"]},
                {"Name": "VariantName", "Value": "AllTraffic"},
            ],
            StartTime=now - 3600,
            EndTime=now + 3600,
            Period=60,
            Statistics=[statistic],
        )["Datapoints"]
        return sum(float(point[statistic]) for point in points)

    def _make(self, app: cdk.App, environment: cdk.Environment) -> None:
        stack = MultiModelStack(app, STACK, regions_folder=str(self._scratch / "regions"), env=environment)
        detectors = cast("MultiModel", stack.node.find_child("Detectors"))
        memory = "PrimaryContainer.Environment.ONNX_SERVER_MODEL_MEMORY_KB"
        detectors.cfn_model.add_property_override(memory, ROOM_FOR_TWO)


@pytest.fixture(scope="module")
def deployed(bootstrapped: LocalAws, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployed]:
    """The example; once the stack is gone, what callers may have asked for is still there."""
    example = Deployed(bootstrapped, tmp_path_factory.mktemp("multi-model"))
    assembled = example.deploy()
    bucket, targets = example.bucket, {example.target(region) for region in REGIONS}
    assert assembled.is_deployed(STACK)
    yield example
    assembled.delete(STACK)
    endpoints = bootstrapped.client("sagemaker").list_endpoints()["Endpoints"]
    assert example.outputs["EndpointName"] not in [each["EndpointName"] for each in endpoints]
    kept = bootstrapped.client("s3").list_objects_v2(Bucket=bucket)["Contents"]
    assert {f"models/{target}" for target in targets} <= {each["Key"] for each in kept}


def test_the_target_model_decides(deployed: Deployed) -> None:
    verdicts = set()
    for region in REGIONS:
        deployed.check(deployed.target(region), f"{region}-1")
        verdicts.add(tuple(decisions(deployed.models[f"{region}-1"], RECORDS)))

    assert len(verdicts) == len(REGIONS)


def test_the_model_that_went_unused_makes_room(deployed: Deployed) -> None:
    coast, inland, metro = (deployed.target(region) for region in REGIONS)
    for target in (inland, metro):
        ask(deployed.local, deployed.outputs["EndpointName"], RECORDS[:1], TargetModel=target)
    hits, unloaded = deployed.metered("ModelCacheHit", "Sum"), deployed.metered("ModelUnloadingTime", "SampleCount")

    deployed.check(metro, "metro-1")
    assert deployed.metered("ModelCacheHit", "Sum") == hits + 1
    assert deployed.metered("ModelUnloadingTime", "SampleCount") == unloaded

    # In memory are inland and metro, and inland went unused for longer.
    deployed.check(coast, "coast-1")
    assert deployed.metered("ModelCacheHit", "Sum") == hits + 1
    assert deployed.metered("ModelUnloadingTime", "SampleCount") == unloaded + 1
    deployed.check(metro, "metro-1")
    assert deployed.metered("ModelCacheHit", "Sum") == hits + 2
    deployed.check(inland, "inland-1")
    assert deployed.metered("ModelUnloadingTime", "SampleCount") == unloaded + 2


def test_a_request_must_name_a_model_that_is_there(deployed: Deployed) -> None:
    with pytest.raises(ClientError, match="is missing a target model header"):
        ask(deployed.local, deployed.outputs["EndpointName"], RECORDS)
    with pytest.raises(ClientError, match="Failed to download model data"):
        ask(deployed.local, deployed.outputs["EndpointName"], RECORDS, TargetModel="nowhere.tar.gz")


def test_a_new_version_stands_beside_the_old_one_and_the_endpoint_does_not_move(deployed: Deployed) -> None:
    sagemaker = deployed.local.client("sagemaker")
    name = deployed.outputs["EndpointName"]
    before, targets = sagemaker.describe_endpoint(EndpointName=name), {each: deployed.target(each) for each in REGIONS}

    deployed.train("coast", generation=2)
    deployed.deploy()

    now = sagemaker.describe_endpoint(EndpointName=name)
    assert (now["EndpointConfigName"], now["LastModifiedTime"]) == (
        before["EndpointConfigName"],
        before["LastModifiedTime"],
    )
    assert deployed.target("coast") != targets["coast"]
    assert (deployed.target("inland"), deployed.target("metro")) == (targets["inland"], targets["metro"])
    deployed.check(deployed.target("coast"), "coast-2")
    deployed.check(targets["coast"], "coast-1")
    deployed.check(targets["metro"], "metro-1")
    assert decisions(deployed.models["coast-1"], RECORDS) != decisions(deployed.models["coast-2"], RECORDS)
