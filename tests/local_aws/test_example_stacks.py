"""The example stacks, deployed as a user deploys them, answering real records."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from examples.fraud.records import sample_records
from examples.fraud.train import NAME, RECIPES
from tests.local_aws.cdk import Cdk, run
from tests.local_aws.lifecycle import LocalAws
from tests.local_aws.training import train

ROOT = Path(__file__).resolve().parents[2]
STACK = "RealtimeCanary"

Synthesize = Callable[..., Cdk]


@pytest.fixture(scope="module")
def synthesize(bootstrapped: LocalAws, tmp_path_factory: pytest.TempPathFactory) -> Synthesize:
    """Synthesize the example app with one version of the fraud model."""

    def synthesized(version: str, stack: str = STACK) -> Cdk:
        scratch = tmp_path_factory.mktemp(f"version-{version}")
        train(RECIPES[version]).export(scratch / "model", name=NAME, version=version)
        context = f"fraud_model={scratch / 'model'}"
        output = scratch / "cdk.out"
        run(bootstrapped, "synth", stack, "--quiet", "--output", str(output), "--context", context, folder=ROOT)
        return Cdk(local=bootstrapped, assembly=output)

    return synthesized


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
    bootstrapped: LocalAws, synthesize: Synthesize
) -> None:
    sagemaker = bootstrapped.client("sagemaker")
    first = synthesize("1")
    name = first.deploy(STACK)[STACK]["EndpointName"]
    assert {answer["version"] for answer in answers(bootstrapped, name)} == {"1"}
    assert not first.has_differences(STACK)
    assert not first.has_drifted(STACK)
    before = sagemaker.describe_endpoint(EndpointName=name)["EndpointConfigName"]

    sagemaker.update_endpoint_weights_and_capacities(
        EndpointName=name, DesiredWeightsAndCapacities=[{"VariantName": "AllTraffic", "DesiredInstanceCount": 5}]
    )
    sagemaker.get_waiter("endpoint_in_service").wait(EndpointName=name, WaiterConfig={"Delay": 1, "MaxAttempts": 60})
    second = synthesize("2")
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


@pytest.mark.parametrize("stack", ["RealtimeLinear", "RealtimeRolling", "RealtimeScheduled"])
def test_every_example_deploys_and_answers(bootstrapped: LocalAws, synthesize: Synthesize, stack: str) -> None:
    app = synthesize("1", stack)
    name = app.deploy(stack)[stack]["EndpointName"]
    assert {answer["version"] for answer in answers(bootstrapped, name)} == {"1"}
    assert app.is_deployed(stack)
    app.destroy(stack)
