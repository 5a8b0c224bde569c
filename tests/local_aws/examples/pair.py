"""The fraud model and its successor, for the examples that set one beside the other."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import pytest

from examples.fraud.records import sample_records
from examples.fraud.train import NAME, RECIPES, Recipe, TrainedModel
from tests.local_aws.examples.assembling import assemble
from tests.local_aws.examples.deciding import TOLERANCE, Record, decisions, probabilities
from tests.local_aws.training import train

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    import aws_cdk as cdk

    from tests.local_aws.cdk import Cdk
    from tests.local_aws.lifecycle import LocalAws

SAMPLE = sample_records(40)
_CURRENT, _CANDIDATE = "current", "candidate"
_VERSIONS = {**RECIPES, "3": replace(RECIPES["2"], seed=33)}


@dataclass(kw_only=True)
class Answer:
    """What an endpoint answered.

    Args:
        variant: The variant that it was.
        content_type: What the body is.
        body: As it came.
    """

    variant: str
    content_type: str
    body: bytes


@dataclass
class Pair:
    """An example of two models, deployed by the CLI as often as a test asks for it.

    Args:
        local: The local AWS, bootstrapped.
        scratch: Where models and cloud assemblies go.
        stack: The example's class, which takes the folders of both models.
        name: Its name in app.py.
        given: What it takes besides.
    """

    local: LocalAws
    scratch: Path
    stack: Callable[..., cdk.Stack]
    name: str
    given: dict[str, Any] = field(default_factory=dict)
    models: dict[str, TrainedModel] = field(default_factory=dict)
    outputs: dict[str, str] = field(default_factory=dict)
    _deployments: int = 0

    def __post_init__(self) -> None:
        self.train(_CURRENT, "1")
        self.train(_CANDIDATE, "2")
        self.runtime = self.local.client("sagemaker-runtime")
        self.sagemaker = self.local.client("sagemaker")

    @property
    def endpoint(self) -> str:
        """The endpoint's name."""
        return self.outputs["EndpointName"]

    def train(self, role: str, version: str) -> None:
        """Train a version for one of the two places."""
        recipe: Recipe = _VERSIONS[version]
        self.models[version] = train(recipe)
        self.models[version].export(self.scratch / role, name=NAME, version=version)

    def deploy(self) -> Cdk:
        """Deploy what is trained."""
        self._deployments += 1
        folders = {"model_folder": str(self.scratch / _CURRENT), "candidate_folder": str(self.scratch / _CANDIDATE)}
        assembled = assemble(
            self.local,
            self.scratch / f"cdk.out.{self._deployments}",
            lambda app, env: self.stack(app, self.name, **folders, **self.given, env=env),
        )
        self.outputs = assembled.deploy(self.name)[self.name]
        return assembled

    def destroy(self, assembled: Cdk) -> None:
        """Destroy the stack, and see that its endpoint is gone."""
        assembled.delete(self.name)
        assert self.endpoint not in [each["EndpointName"] for each in self.sagemaker.list_endpoints()["Endpoints"]]

    def ask(self, body: bytes, content_type: str = "application/json", **more: str) -> Answer:
        """Send one request."""
        told = self.runtime.invoke_endpoint(
            EndpointName=self.endpoint, ContentType=content_type, Accept=content_type, Body=body, **more
        )
        return Answer(
            variant=told["InvokedProductionVariant"], content_type=told["ContentType"], body=told["Body"].read()
        )

    def predict(self, records: Sequence[Record], **more: str) -> tuple[str, list[Record]]:
        """Ask about records; return the variant that answered, and its predictions."""
        answer = self.ask(json.dumps(list(records)).encode(), **more)
        return answer.variant, json.loads(answer.body)["predictions"]

    def invocations(self, variant: str) -> float:
        """Requests that a variant has got so far."""
        now = time.time()
        points: list[dict[str, float]] = self.local.client("cloudwatch").get_metric_statistics(
            Namespace="AWS/SageMaker",
            MetricName="Invocations",
            Dimensions=[{"Name": "EndpointName", "Value": self.endpoint}, {"Name": "VariantName", "Value": variant}],
            StartTime=now - 3600,
            EndTime=now + 60,
            Period=7200,
            Statistics=["Sum"],
        )["Datapoints"]
        return sum(point["Sum"] for point in points)

    def check(self, version: str, predictions: list[Record], records: list[Record]) -> None:
        """The predictions are what a version of the model computes in Python."""
        model = self.models[version]
        assert {each["version"] for each in predictions} == {version}
        assert [each["decision"] for each in predictions] == decisions(model, records)
        expected = pytest.approx(probabilities(model, records), abs=TOLERANCE)
        assert [each["probability"] for each in predictions] == expected
