"""A serverless variant answers after a cold start, throttles, cools down when idle, and is kept warm when asked to."""

import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.local_aws.runtime.gates import Gate
from tests.local_aws.runtime.hosting import Hosting, is_alive, unique
from tests.local_aws.runtime.reading import eventually, metric

SERVERLESS = {"MemorySizeInMB": 2048, "MaxConcurrency": 2}
# Five minutes without a request are a third of a second then.
FAST = 0.001


def config_of(hosting: Hosting, model: str, settings: dict[str, int] | None = None, **rest: Any) -> str:
    name = unique("serverless-config")
    variant = {"VariantName": "Main", "ModelName": model, "ServerlessConfig": {**SERVERLESS, **(settings or {})}}
    hosting.sagemaker.create_endpoint_config(EndpointConfigName=name, ProductionVariants=[variant], **rest)
    return name


def serverless(hosting: Hosting, model: str | None = None, **settings: int) -> str:
    name = unique("serverless")
    config = config_of(hosting, model or hosting.model("1"), settings)
    hosting.sagemaker.create_endpoint(EndpointName=name, EndpointConfigName=config)
    hosting.settle(name)
    return name


@pytest.fixture(scope="module")
def on_demand(hosting: Hosting) -> str:
    return serverless(hosting)


def test_the_first_request_starts_it_and_the_next_finds_it_warm(hosting: Hosting) -> None:
    cold = serverless(hosting)
    dimensions = {"EndpointName": cold, "VariantName": "Main"}
    assert metric(hosting, "ModelSetupTime", "SampleCount", **dimensions) is None

    first, second = hosting.invoke(cold), hosting.invoke(cold)

    assert first["pid"] == second["pid"]
    assert first["answer"]["InvokedProductionVariant"] == "Main"
    assert metric(hosting, "ModelSetupTime", "SampleCount", **dimensions) == 1
    setup = metric(hosting, "ModelSetupTime", "Maximum", **dimensions) or 0
    # The cold start is not the model's latency.
    assert (metric(hosting, "OverheadLatency", "Maximum", **dimensions) or 0) >= setup > 10_000
    assert metric(hosting, "InvocationsPerInstance", **dimensions) is None
    assert metric(hosting, "ServerlessConcurrentExecutionsUtilization", "Maximum", **dimensions) == 0.5
    assert metric(hosting, "ServerlessProvisionedConcurrencyUtilization", **dimensions) is None


def test_it_cools_down_without_requests_and_comes_back(hosting: Hosting, on_demand: str) -> None:
    before = hosting.invoke(on_demand)["pid"]

    with hosting.local.time_factor(FAST):
        eventually(lambda: is_alive(before), lambda alive: not alive)

    assert hosting.invoke(on_demand)["pid"] != before


def test_more_requests_at_once_than_it_may_answer_are_throttled(
    hosting: Hosting, on_demand: str, tmp_path: Path
) -> None:
    with ThreadPoolExecutor() as callers, Gate(tmp_path / "gate") as gate:
        busy = [callers.submit(hosting.invoke, on_demand, gate.wish) for _ in range(2)]
        gate.reached(2)
        with pytest.raises(ClientError) as caught:
            hosting.invoke(on_demand)
        gate.open()
        answered = {each.result()["pid"] for each in busy}

    assert caught.value.response["Error"]["Code"] == "ThrottlingException"
    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == 400
    assert len(answered) == 1
    assert hosting.version(on_demand) == "1"


def test_a_body_above_four_megabytes_is_refused(hosting: Hosting, on_demand: str) -> None:
    with pytest.raises(ClientError, match="Member must have length less than or equal to 4194304"):
        hosting.runtime.invoke_endpoint(EndpointName=on_demand, Body=b"x" * (4 * 1024 * 1024 + 1))


def test_provisioned_concurrency_keeps_it_warm(hosting: Hosting) -> None:
    warm = serverless(hosting, ProvisionedConcurrency=1)
    dimensions = {"EndpointName": warm, "VariantName": "Main"}

    with hosting.local.time_factor(FAST):
        before = hosting.invoke(warm)["pid"]
        time.sleep(0.6)
        assert hosting.invoke(warm)["pid"] == before

    assert metric(hosting, "ModelSetupTime", "SampleCount", **dimensions) is None
    assert metric(hosting, "ServerlessProvisionedConcurrencyInvocations", **dimensions) == 2
    assert metric(hosting, "ServerlessProvisionedConcurrencyUtilization", "Maximum", **dimensions) == 1


def test_provisioned_concurrency_is_scaled(hosting: Hosting) -> None:
    scaled = serverless(hosting, ProvisionedConcurrency=1, MaxConcurrency=10)
    target = {
        "ServiceNamespace": "sagemaker",
        "ResourceId": f"endpoint/{scaled}/variant/Main",
        "ScalableDimension": "sagemaker:variant:DesiredProvisionedConcurrency",
    }

    hosting.autoscaling.register_scalable_target(**target, MinCapacity=3, MaxCapacity=5)

    def provisioned() -> int:
        variant = hosting.settle(scaled)["ProductionVariants"][0]
        assert variant["CurrentServerlessConfig"]["MaxConcurrency"] == 10
        return int(variant["CurrentServerlessConfig"]["ProvisionedConcurrency"])

    eventually(provisioned, lambda count: count == 3)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"ServerlessUpdateConfig": {"ProvisionedConcurrency": 3}}, "ProvisionedConcurrency 3 must not exceed"),
        ({"ServerlessUpdateConfig": {"MaxConcurrency": 3}, "DesiredInstanceCount": 2}, "has no instances"),
    ],
)
def test_concurrency_that_cannot_be_is_refused(
    hosting: Hosting, on_demand: str, change: dict[str, Any], message: str
) -> None:
    with pytest.raises(ClientError, match=message):
        hosting.sagemaker.update_endpoint_weights_and_capacities(
            EndpointName=on_demand, DesiredWeightsAndCapacities=[{"VariantName": "Main", **change}]
        )


def test_a_model_that_never_gets_well_fails_the_endpoint(hosting: Hosting) -> None:
    name = serverless(hosting, hosting.model("1", ECHO_HEALTH="exit"))

    known = hosting.sagemaker.describe_endpoint(EndpointName=name)
    assert known["EndpointStatus"] == "Failed"
    assert "did not pass the ping health check" in known["FailureReason"]


def test_it_can_become_an_instance_and_no_instance_can_become_serverless(hosting: Hosting) -> None:
    name = serverless(hosting)
    model = hosting.model("2")

    known = hosting.update(name, hosting.config({"ModelName": model}))

    assert known["ProductionVariants"][0]["CurrentInstanceCount"] == 2
    assert hosting.version(name) == "2"
    with pytest.raises(ClientError, match="cannot be updated from instances to serverless"):
        hosting.sagemaker.update_endpoint(EndpointName=name, EndpointConfigName=config_of(hosting, model))


@pytest.mark.parametrize(
    ("variant", "rest", "message"),
    [
        ({"ModelName": None}, {"ExecutionRoleArn": "role"}, "A serverless variant needs a ModelName"),
        ({"EnableSSMAccess": True}, {}, "EnableSSMAccess cannot be specified with ServerlessConfig"),
        ({}, {"EnableNetworkIsolation": True}, "EnableNetworkIsolation is not supported for serverless endpoints"),
    ],
)
def test_what_serverless_excludes_is_refused(
    hosting: Hosting, variant: dict[str, Any], rest: dict[str, Any], message: str
) -> None:
    given = {"VariantName": "Main", "ModelName": hosting.model("1"), "ServerlessConfig": SERVERLESS, **variant}
    rest = {key: hosting.role if value == "role" else value for key, value in rest.items()}

    with pytest.raises(ClientError, match=message):
        hosting.sagemaker.create_endpoint_config(
            EndpointConfigName=unique("refused"),
            ProductionVariants=[{key: value for key, value in given.items() if value is not None}],
            **rest,
        )


def test_models_of_the_marketplace_are_refused(hosting: Hosting) -> None:
    package = f"arn:aws:sagemaker:us-east-1:{hosting.local.account}:model-package/bought"
    name = unique("model")
    hosting.sagemaker.create_model(
        ModelName=name, ExecutionRoleArn=hosting.role, PrimaryContainer={"ModelPackageName": package}
    )

    with pytest.raises(ClientError, match="AWS Marketplace model packages are not supported for serverless"):
        config_of(hosting, name)
