"""The example stacks, deployed as a user deploys them, answering real records."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import aws_cdk as cdk
import pytest

from examples.fraud.records import sample_records
from examples.fraud.train import NAME, RECIPES
from stacks.realtime_canary import RealtimeCanaryStack
from tests.local_aws.cdk import Cdk, run
from tests.local_aws.examples.assembling import assemble
from tests.local_aws.lifecycle import LocalAws
from tests.local_aws.training import train

ROOT = Path(__file__).resolve().parents[2]
STACK = "RealtimeCanary"
OTHERS = ("RealtimeLinear", "RealtimeRolling", "RealtimeScheduled")


@pytest.fixture(scope="module")
def first(bootstrapped: LocalAws, tmp_path_factory: pytest.TempPathFactory) -> Cdk:
    """The example app with the first version of the model, as a user synthesizes it: once, for it holds every example."""
    scratch = tmp_path_factory.mktemp("first")
    context = f"fraud_model={exported('1', scratch)}"
    output = scratch / "cdk.out"
    stacks = (STACK, *OTHERS)
    run(bootstrapped, "synth", *stacks, "--quiet", "--output", str(output), "--context", context, folder=ROOT)
    return Cdk(local=bootstrapped, assembly=output)


@pytest.fixture(scope="module")
def others(first: Cdk) -> Iterator[dict[str, dict[str, str]]]:
    """The outputs of the examples that differ in how a new version comes, deployed together."""
    yield first.deploy(*OTHERS)
    first.delete(*OTHERS)


def exported(version: str, scratch: Path) -> Path:
    """The folder of a version of the model."""
    train(RECIPES[version]).export(scratch / "model", name=NAME, version=version)
    return scratch / "model"


def with_a_new_model(local: LocalAws, scratch: Path) -> Cdk:
    """The example with the second version of the model."""

    def make(app: cdk.App, environment: cdk.Environment) -> None:
        RealtimeCanaryStack(app, STACK, model_folder=str(exported("2", scratch)), env=environment)

    return assemble(local, scratch / "cdk.out", make)


def answers(local: LocalAws, endpoint: str) -> list[dict[str, Any]]:
    response = local.client("sagemaker-runtime").invoke_endpoint(
        EndpointName=endpoint,
        ContentType="application/json",
        Body=json.dumps(sample_records(4).records).encode(),
    )
    assert response["InvokedProductionVariant"] == "AllTraffic"
    found: list[dict[str, Any]] = json.loads(response["Body"].read())["predictions"]
    return found


def test_a_new_version_replaces_the_old_one_and_keeps_the_capacity(
    bootstrapped: LocalAws, first: Cdk, tmp_path: Path
) -> None:
    sagemaker = bootstrapped.client("sagemaker")
    name = first.deploy(STACK)[STACK]["EndpointName"]
    assert {answer["version"] for answer in answers(bootstrapped, name)} == {"1"}
    assert not first.has_differences(STACK)
    assert not first.has_drifted(STACK)
    before = sagemaker.describe_endpoint(EndpointName=name)["EndpointConfigName"]

    sagemaker.update_endpoint_weights_and_capacities(
        EndpointName=name, DesiredWeightsAndCapacities=[{"VariantName": "AllTraffic", "DesiredInstanceCount": 5}]
    )
    sagemaker.get_waiter("endpoint_in_service").wait(EndpointName=name, WaiterConfig={"Delay": 1, "MaxAttempts": 60})
    second = with_a_new_model(bootstrapped, tmp_path)
    second.deploy(STACK)

    assert {answer["version"] for answer in answers(bootstrapped, name)} == {"2"}
    endpoint = sagemaker.describe_endpoint(EndpointName=name)
    assert endpoint["EndpointConfigName"] != before
    assert endpoint["ProductionVariants"][0]["DesiredInstanceCount"] == 5
    configs = [config["EndpointConfigName"] for config in sagemaker.list_endpoint_configs()["EndpointConfigs"]]
    assert before not in configs
    assert second.is_deployed(STACK)

    second.destroy(STACK)
    assert name not in [each["EndpointName"] for each in sagemaker.list_endpoints()["Endpoints"]]
    targets = bootstrapped.client("application-autoscaling").describe_scalable_targets(ServiceNamespace="sagemaker")
    assert f"endpoint/{name}/variant/AllTraffic" not in [each["ResourceId"] for each in targets["ScalableTargets"]]


@pytest.mark.parametrize("stack", OTHERS)
def test_every_example_deploys_and_answers(
    bootstrapped: LocalAws, first: Cdk, others: dict[str, dict[str, str]], stack: str
) -> None:
    name = others[stack]["EndpointName"]
    assert {answer["version"] for answer in answers(bootstrapped, name)} == {"1"}
    assert first.is_deployed(stack)
