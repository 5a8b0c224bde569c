"""The explainer: its configuration is in place; what SageMaker Clarify would say is not played."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING, Any

import pytest

from examples.fraud.features import FEATURE_NAMES
from examples.fraud.records import sample_records
from examples.fraud.train import NAME, RECIPES
from stacks.explained import ExplainedStack
from tests.local_aws import paths
from tests.local_aws.examples.assembling import assemble
from tests.local_aws.examples.deciding import TOLERANCE, decisions, probabilities
from tests.local_aws.training import train

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from examples.fraud.train import TrainedModel
    from tests.local_aws.cdk import Cdk
    from tests.local_aws.lifecycle import LocalAws

STACK = "Explained"
SAMPLE = sample_records(40)


class Explained:
    """The example, deployed by the CLI as often as a test asks for it."""

    def __init__(self, local: LocalAws, scratch: Path) -> None:
        self.local = local
        self.runtime = local.client("sagemaker-runtime")
        self.sagemaker = local.client("sagemaker")
        self.endpoint = ""
        self._scratch = scratch

    def deploy(self, version: str) -> Cdk:
        """Deploy a version of the model."""
        self.model: TrainedModel = train(RECIPES[version])
        folder = self._scratch / f"version-{version}"
        self.model.export(folder, name=NAME, version=version)
        assembled = assemble(
            self.local,
            self._scratch / f"cdk.out.{version}",
            lambda app, env: ExplainedStack(app, STACK, model_folder=str(folder), env=env),
        )
        self.endpoint = assembled.deploy(STACK)[STACK]["EndpointName"]
        return assembled

    def config(self) -> dict[str, Any]:
        """The endpoint configuration that serves."""
        name = self.sagemaker.describe_endpoint(EndpointName=self.endpoint)["EndpointConfigName"]
        found: dict[str, Any] = self.sagemaker.describe_endpoint_config(EndpointConfigName=name)
        return found

    def ask(self, **more: str) -> list[list[str]]:
        """Ask about the sample as the explainer asks the model; return the rows of the answer."""
        body = "\n".join(SAMPLE.csv_rows).encode()
        told = self.runtime.invoke_endpoint(
            EndpointName=self.endpoint, ContentType="text/csv", Accept="text/csv", Body=body, **more
        )
        return list(csv.reader(io.StringIO(told["Body"].read().decode())))


@pytest.fixture(scope="module")
def deployed(bootstrapped: LocalAws, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Explained]:
    example = Explained(bootstrapped, tmp_path_factory.mktemp("explained"))
    assembled = example.deploy("1")
    assert assembled.is_deployed(STACK)
    yield example
    assembled.delete(STACK)
    endpoints = example.sagemaker.list_endpoints()["Endpoints"]
    assert example.endpoint not in [each["EndpointName"] for each in endpoints]


def test_the_explainer_is_configured_with_the_examples_baseline(deployed: Explained) -> None:
    explainer = deployed.config()["ExplainerConfig"]["ClarifyExplainerConfig"]

    assert explainer["EnableExplanations"] == "[1]=='review'"
    assert explainer["InferenceConfig"] == {"FeatureHeaders": list(FEATURE_NAMES), "ProbabilityIndex": 0}
    assert (explainer["ShapConfig"]["NumberOfSamples"], explainer["ShapConfig"]["Seed"]) == (500, 2026)
    baseline = explainer["ShapConfig"]["ShapBaselineConfig"]
    bucket, key = baseline["ShapBaselineUri"].removeprefix("s3://").split("/", 1)
    kept = deployed.local.client("s3").get_object(Bucket=bucket, Key=key)["Body"].read()
    assert kept == (paths.REPOSITORY / "examples/fraud/baseline.csv").read_bytes()


def test_the_fleet_scales_by_what_it_explains(deployed: Explained) -> None:
    autoscaling = deployed.local.client("application-autoscaling")

    found = autoscaling.describe_scaling_policies(
        ServiceNamespace="sagemaker", ResourceId=f"endpoint/{deployed.endpoint}/variant/AllTraffic"
    )["ScalingPolicies"]

    (policy,) = found
    metric = policy["TargetTrackingScalingPolicyConfiguration"]["CustomizedMetricSpecification"]
    assert (metric["MetricName"], metric["Statistic"]) == ("ExplanationsPerInstance", "Sum")


def test_the_answers_are_what_the_configuration_reads(deployed: Explained) -> None:
    rows = deployed.ask(EnableExplanations="`false`")

    expected = pytest.approx(probabilities(deployed.model, SAMPLE.records), abs=TOLERANCE)
    assert [float(row[0]) for row in rows] == expected
    assert [row[1] for row in rows] == decisions(deployed.model, SAMPLE.records)
    assert {row[1] for row in rows} == {"approve", "review"}


def test_an_explanation_is_not_played(deployed: Explained) -> None:
    with pytest.raises(deployed.runtime.exceptions.ModelError, match="SageMaker Clarify is not played"):
        deployed.ask()


def test_a_new_version_takes_its_place_with_the_same_explainer(deployed: Explained) -> None:
    before = deployed.config()

    deployed.deploy("2")

    assert deployed.config()["EndpointConfigName"] != before["EndpointConfigName"]
    assert deployed.config()["ExplainerConfig"] == before["ExplainerConfig"]
    assert {row[2] for row in deployed.ask(EnableExplanations="`false`")} == {"2"}
