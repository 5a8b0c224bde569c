"""The component example: each region's own verdicts, one that wakes when it is asked, and a bad version that is taken back."""

from __future__ import annotations

import contextlib
import threading
import time
from typing import TYPE_CHECKING, Any

import numpy as np
import onnx
import pytest
from botocore.exceptions import ClientError

from stacks.components import ComponentsStack
from tests.local_aws.cdk import CdkError
from tests.local_aws.examples.assembling import assemble
from tests.local_aws.examples.deciding import TOLERANCE, ask, decisions, probabilities, regional_records, train_region
from tests.local_aws.examples.metered import metered
from tests.local_aws.runtime.queueing import until

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    import aws_cdk as cdk

    from examples.fraud.train import TrainedModel
    from tests.local_aws.cdk import Cdk
    from tests.local_aws.lifecycle import LocalAws

STACK = "Components"
REGIONS = ("coast", "inland", "metro")
RECORDS = regional_records(20)
NO_CAPACITY = "Inference Component has no capacity to process this request"
# Ten minutes of baking take three seconds, and a minute of an alarm a third of one.
FACTOR = 0.005


class Deployed:
    """The example, deployed by the CLI as often as a test asks for it."""

    def __init__(self, local: LocalAws, scratch: Path) -> None:
        self.local = local
        self.sagemaker = local.client("sagemaker")
        self.models: dict[str, TrainedModel] = {}
        self.outputs: dict[str, str] = {}
        self.regions = scratch / "regions"
        self._scratch = scratch
        self._deployments = 0
        for region in REGIONS:
            self.train(region)

    @property
    def endpoint(self) -> str:
        return self.outputs["EndpointName"]

    def name(self, region: str) -> str:
        """Name of a region's component."""
        return self.outputs[f"{region.capitalize()}Component"]

    def train(self, region: str, *, generation: int = 1) -> None:
        """Train a region's model, in place of the one before."""
        self.models[f"{region}-{generation}"] = train_region(region, self.regions, generation=generation)

    def assembled(self) -> Cdk:
        """What is trained, as it would be deployed."""

        def make(app: cdk.App, environment: cdk.Environment) -> None:
            ComponentsStack(app, STACK, regions_folder=str(self.regions), env=environment)

        self._deployments += 1
        return assemble(self.local, self._scratch / f"cdk.out.{self._deployments}", make)

    def deploy(self) -> Cdk:
        """Deploy what is trained."""
        assembled = self.assembled()
        self.outputs = assembled.deploy(STACK)[STACK]
        return assembled

    def ask(self, region: str) -> list[dict[str, Any]]:
        """Ask a region's component about all records."""
        return ask(self.local, self.endpoint, RECORDS, InferenceComponentName=self.name(region))

    def check(self, region: str, version: str) -> None:
        """A component answers what its model computes in Python."""
        model, answers = self.models[version], self.ask(region)
        assert {answer["version"] for answer in answers} == {version}
        assert [answer["decision"] for answer in answers] == decisions(model, RECORDS)
        expected = pytest.approx(probabilities(model, RECORDS), abs=TOLERANCE)
        assert [answer["probability"] for answer in answers] == expected

    def copies(self, region: str) -> int:
        """How many copies of a region's model run."""
        found = self.sagemaker.describe_inference_component(InferenceComponentName=self.name(region))
        return int(found["RuntimeConfig"]["CurrentCopyCount"])

    def runs(self, region: str) -> str:
        """Name of the model that a component serves."""
        found = self.sagemaker.describe_inference_component(InferenceComponentName=self.name(region))
        return str(found["Specification"]["ModelName"])

    def scale(self, region: str, copies: int) -> None:
        """Change the copies, as Application Auto Scaling does."""
        self.sagemaker.update_inference_component_runtime_config(
            InferenceComponentName=self.name(region), DesiredRuntimeConfig={"CopyCount": copies}
        )
        for _ in until(f"{copies} copies of {region}"):
            if self.copies(region) == copies:
                return

    def failures(self, region: str) -> float:
        """Requests that found no copy."""
        name = self.name(region)
        return metered(self.local, "NoCapacityInvocationFailures", "Sum", InferenceComponentName=name)


@pytest.fixture(scope="module")
def deployed(bootstrapped: LocalAws, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployed]:
    """The example; in the end all of it is gone, the components first."""
    example = Deployed(bootstrapped, tmp_path_factory.mktemp("components"))
    assembled = example.deploy()
    assert assembled.is_deployed(STACK)
    yield example
    assembled.delete(STACK)
    assert example.endpoint not in [each["EndpointName"] for each in example.sagemaker.list_endpoints()["Endpoints"]]
    left = [
        each["InferenceComponentName"] for each in example.sagemaker.list_inference_components()["InferenceComponents"]
    ]
    assert not {example.name(region) for region in REGIONS} & {*left}


def test_each_component_decides_for_its_region(deployed: Deployed) -> None:
    for region in REGIONS:
        deployed.check(region, f"{region}-1")

    assert len({tuple(decisions(deployed.models[f"{region}-1"], RECORDS)) for region in REGIONS}) == len(REGIONS)
    # Coast starts with one copy as the others do, and scaling raises it to its minimum.
    for _ in until("two copies of coast"):
        if [deployed.copies(region) for region in REGIONS] == [2, 1, 1]:
            break
    with pytest.raises(ClientError, match="Inference Component Name header is required"):
        ask(deployed.local, deployed.endpoint, RECORDS[:1])


def test_one_that_sleeps_fails_the_requests_that_wake_it(deployed: Deployed) -> None:
    deployed.scale("metro", 0)

    with deployed.local.time_factor(FACTOR):
        with pytest.raises(ClientError, match=NO_CAPACITY):
            deployed.ask("metro")
        for _ in until("an answer of metro, which sleeps"):
            with contextlib.suppress(ClientError):
                deployed.check("metro", "metro-1")
                break

    # While requests fail, the policy adds a copy a minute.
    assert 1 <= deployed.copies("metro") <= 2
    assert deployed.failures("metro") >= 1
    deployed.check("coast", "coast-1")
    assert deployed.failures("coast") == 0


def test_a_new_version_leaves_the_others_alone(deployed: Deployed) -> None:
    deployed.scale("inland", 3)
    before = {region: deployed.runs(region) for region in REGIONS}

    deployed.train("inland", generation=2)
    deployed.deploy()

    deployed.check("inland", "inland-2")
    assert deployed.copies("inland") == 3
    now = {region: deployed.runs(region) for region in REGIONS}
    assert {region for region in REGIONS if now[region] != before[region]} == {"inland"}


def test_a_bad_version_is_taken_back_and_fails_the_deployment(deployed: Deployed) -> None:
    good, served = (deployed.regions / "coast" / "model.onnx").read_bytes(), deployed.runs("coast")
    (deployed.regions / "coast" / "model.onnx").write_bytes(fails_on_real_records(good))
    bad, answered, over = deployed.assembled(), [], threading.Event()

    def customers() -> None:
        while not over.is_set():
            try:
                answered.extend(deployed.ask("coast"))
            except ClientError as error:
                answered.append(dict(error.response))
                time.sleep(0.02)

    with deployed.local.time_factor(FACTOR):
        traffic = threading.Thread(target=customers)
        traffic.start()
        try:
            with pytest.raises(CdkError) as caught:
                bad.deploy(STACK)
        finally:
            over.set()
            traffic.join()

    name = deployed.name("coast")
    assert f"inference component {name} runs {served} where" in str(caught.value)
    assert "SageMaker has rolled the update back" in str(caught.value)
    assert any("Error" in each for each in answered), "customers got to see the bad version"
    # What served before serves again, and its model was not deleted.
    deployed.check("coast", "coast-1")
    assert deployed.sagemaker.describe_model(ModelName=deployed.runs("coast"))
    (deployed.regions / "coast" / "model.onnx").write_bytes(good)


def fails_on_real_records(graph: bytes) -> bytes:
    """A model that loads, passes the health check with a row of zeros, and answers nothing else with a finite number."""
    model = onnx.load_from_string(graph)
    (features,), (probabilities_, *_) = model.graph.input, model.graph.output[::-1]
    helper = onnx.helper
    nodes = [
        helper.make_node("Abs", [features.name], ["sizes"]),
        helper.make_node("ReduceMax", ["sizes"], ["largest"], axes=[1], keepdims=1),
        helper.make_node("Sign", ["largest"], ["is_real"]),
        helper.make_node("Sub", ["one", "is_real"], ["is_zero"]),
        helper.make_node("Div", ["one", "is_zero"], [probabilities_.name]),
    ]
    one = onnx.numpy_helper.from_array(np.array([[1.0]], dtype=np.float32), "one")
    output = helper.make_tensor_value_info(probabilities_.name, onnx.TensorProto.FLOAT, [None, 1])
    spoiled = helper.make_graph(nodes, "spoiled", [features], [output], [one])
    opsets = [helper.make_opsetid("", 17)]
    return bytes(helper.make_model(spoiled, opset_imports=opsets, ir_version=model.ir_version).SerializeToString())
