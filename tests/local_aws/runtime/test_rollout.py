"""An endpoint goes from one configuration to the next without a gap, or stays on the one that works."""

import os
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.local_aws.lifecycle import LocalAws
from tests.local_aws.runtime.hosting import Hosting, is_alive, unique

CANARY = {
    "BlueGreenUpdatePolicy": {
        "TrafficRoutingConfiguration": {
            "Type": "CANARY",
            "CanarySize": {"Type": "CAPACITY_PERCENT", "Value": 50},
            "WaitIntervalInSeconds": 600,
        },
        "TerminationWaitInSeconds": 120,
        "MaximumExecutionTimeoutInSeconds": 3600,
    }
}


def test_the_new_version_answers_after_an_update(hosting: Hosting) -> None:
    name = hosting.endpoint({"ModelName": hosting.model("1")})
    assert hosting.version(name) == "1"
    config = hosting.config({"ModelName": hosting.model("2")})

    known = hosting.update(name, config)

    assert known["EndpointConfigName"] == config
    assert hosting.version(name) == "2"


def test_no_request_fails_while_the_fleets_change(hosting: Hosting) -> None:
    name = hosting.endpoint({"ModelName": hosting.model("1")})
    versions: list[str] = []
    asked, over = threading.Event(), threading.Event()
    other = Hosting(hosting.local)

    def ask() -> None:
        while not over.is_set():
            versions.append(other.version(name))
            asked.set()

    caller = threading.Thread(target=ask)
    caller.start()
    assert asked.wait(30)
    for version in ("2", "3"):
        hosting.update(name, hosting.config({"ModelName": hosting.model(version)}), DeploymentConfig=CANARY)
    over.set()
    caller.join()

    # The first error would have ended the caller, and failed this test as an exception in a thread.
    assert versions[0] == "1"
    assert set(versions) >= {"1", "2"}
    assert hosting.version(name) == "3"


def test_old_containers_end_and_their_models_are_removed(hosting: Hosting) -> None:
    name = hosting.endpoint({"ModelName": hosting.model("1")})
    told = hosting.invoke(name)

    hosting.update(name, hosting.config({"ModelName": hosting.model("2")}))

    assert not is_alive(told["pid"])
    assert not Path(told["environment"]["SAGEMAKER_BASE_DIR"]).exists()


def test_a_version_that_ends_at_once_is_rolled_back(hosting: Hosting) -> None:
    name = hosting.endpoint({"ModelName": hosting.model("1")})
    before = hosting.sagemaker.describe_endpoint(EndpointName=name)["EndpointConfigName"]

    known = hosting.update(name, hosting.config({"ModelName": hosting.model("2", ECHO_HEALTH="exit")}))

    assert known["EndpointStatus"] == "InService"
    assert known["EndpointConfigName"] == before
    assert "FailureReason" not in known
    assert hosting.version(name) == "1"


def test_an_endpoint_that_never_gets_well_fails(hosting: Hosting) -> None:
    name = hosting.endpoint({"ModelName": hosting.model("1", ECHO_HEALTH="exit")})

    known = hosting.sagemaker.describe_endpoint(EndpointName=name)
    assert known["EndpointStatus"] == "Failed"
    assert known["FailureReason"].startswith(
        "The primary container for production variant Main did not pass the ping health check."
        " Please check CloudWatch logs for this endpoint."
    )
    with pytest.raises(ClientError, match="not found"):
        hosting.invoke(name)
    with pytest.raises(ClientError, match="Cannot update failed endpoint"):
        hosting.sagemaker.update_endpoint(EndpointName=name, EndpointConfigName=known["EndpointConfigName"])
    hosting.sagemaker.delete_endpoint(EndpointName=name)


@pytest.fixture(scope="module")
def impatient(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hosting]:
    """Start a second local AWS that waits two seconds for a container, and lets a rollout wait a 500th of its time."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(os.environ, "LOCAL_AWS_HEALTH_SECONDS", "2")
        patch.setitem(os.environ, "LOCAL_AWS_TIME_FACTOR", "0.002")
        local = LocalAws.start(tmp_path_factory.mktemp("impatient"))
    try:
        prepared = Hosting(local)
        prepared.prepare()
        yield prepared
    finally:
        local.stop()


def test_a_version_that_never_answers_a_ping_is_rolled_back_while_the_old_one_answers(impatient: Hosting) -> None:
    name = impatient.endpoint({"ModelName": impatient.model("1")})
    config = impatient.config({"ModelName": impatient.model("2", ECHO_HEALTH="never")})

    impatient.sagemaker.update_endpoint(EndpointName=name, EndpointConfigName=config)

    during = impatient.sagemaker.describe_endpoint(EndpointName=name)
    assert during["EndpointStatus"] == "Updating"
    assert during["PendingDeploymentSummary"]["EndpointConfigName"] == config
    assert impatient.version(name) == "1"
    with pytest.raises(ClientError, match="Cannot update in-progress endpoint"):
        impatient.sagemaker.update_endpoint(EndpointName=name, EndpointConfigName=config)
    with pytest.raises(ClientError, match="Cannot update in-progress endpoint"):
        impatient.sagemaker.delete_endpoint(EndpointName=name)
    after = impatient.settle(name)
    assert after["EndpointConfigName"] != config
    assert "PendingDeploymentSummary" not in after
    assert impatient.version(name) == "1"


def test_both_fleets_answer_while_a_canary_bakes(impatient: Hosting) -> None:
    name = impatient.endpoint({"ModelName": impatient.model("1")})
    config = impatient.config({"ModelName": impatient.model("2")})

    impatient.sagemaker.update_endpoint(EndpointName=name, EndpointConfigName=config, DeploymentConfig=CANARY)

    versions = set()
    while impatient.sagemaker.describe_endpoint(EndpointName=name)["EndpointStatus"] == "Updating":
        versions.add(impatient.version(name))
    assert versions == {"1", "2"}
    assert impatient.version(name) == "2"


def test_counts_and_weights_go_back_to_the_configuration_unless_they_are_kept(hosting: Hosting) -> None:
    name = hosting.endpoint({"ModelName": hosting.model("1")})
    _scale(hosting, name, count=5, weight=0.5)

    hosting.update(name, hosting.config({"ModelName": hosting.model("2")}), RetainAllVariantProperties=True)
    assert _properties(hosting, name) == (5, 0.5)

    hosting.update(
        name,
        hosting.config({"ModelName": hosting.model("3")}),
        RetainAllVariantProperties=True,
        ExcludeRetainedVariantProperties=[{"VariantPropertyType": "DesiredWeight"}],
    )
    assert _properties(hosting, name) == (5, 1.0)

    hosting.update(name, hosting.config({"ModelName": hosting.model("4")}))
    assert _properties(hosting, name) == (2, 1.0)


def test_the_last_deployment_configuration_can_be_kept(hosting: Hosting) -> None:
    name = hosting.endpoint({"ModelName": hosting.model("1")}, DeploymentConfig=CANARY)
    config = hosting.config({"ModelName": hosting.model("2")})

    assert hosting.update(name, config, RetainDeploymentConfig=True)["LastDeploymentConfig"] == CANARY
    assert "LastDeploymentConfig" not in hosting.update(name, config)


@pytest.mark.parametrize(
    ("deployment", "message"),
    [
        (
            {
                **CANARY,
                "RollingUpdatePolicy": {
                    "MaximumBatchSize": {"Type": "INSTANCE_COUNT", "Value": 1},
                    "WaitIntervalInSeconds": 0,
                },
            },
            "cannot both be specified",
        ),
        (
            {
                "BlueGreenUpdatePolicy": {
                    "TrafficRoutingConfiguration": {
                        "Type": "CANARY",
                        "CanarySize": {"Type": "CAPACITY_PERCENT", "Value": 80},
                        "WaitIntervalInSeconds": 0,
                    }
                }
            },
            "CanarySize must be 0%-50% of the variant, got 80%",
        ),
        (
            {"BlueGreenUpdatePolicy": {"TrafficRoutingConfiguration": {"Type": "LINEAR", "WaitIntervalInSeconds": 0}}},
            "LinearStepSize must be specified when and only when",
        ),
        (
            {
                "BlueGreenUpdatePolicy": {
                    **CANARY["BlueGreenUpdatePolicy"],
                    "MaximumExecutionTimeoutInSeconds": 1300,
                }
            },
            "MaximumExecutionTimeoutInSeconds 1300 must exceed the 1320 seconds",
        ),
        (
            {
                "RollingUpdatePolicy": {
                    "MaximumBatchSize": {"Type": "CAPACITY_PERCENTAGE", "Value": 50},
                    "WaitIntervalInSeconds": 0,
                }
            },
            "Member must satisfy enum value set",
        ),
    ],
)
def test_a_deployment_that_the_service_excludes_is_refused(
    hosting: Hosting, endpoint: str, deployment: dict[str, Any], message: str
) -> None:
    config = hosting.sagemaker.describe_endpoint(EndpointName=endpoint)["EndpointConfigName"]

    with pytest.raises(ClientError, match=message):
        hosting.sagemaker.update_endpoint(EndpointName=endpoint, EndpointConfigName=config, DeploymentConfig=deployment)
    assert hosting.version(endpoint) == "1"


def test_guardrails_need_the_same_variant_names(hosting: Hosting, endpoint: str) -> None:
    renamed = hosting.config({"ModelName": hosting.model("2"), "VariantName": "Renamed"})

    with pytest.raises(ClientError, match="need the same variant names"):
        hosting.sagemaker.update_endpoint(EndpointName=endpoint, EndpointConfigName=renamed, DeploymentConfig=CANARY)


def test_an_endpoint_is_gone_once_it_is_deleted(hosting: Hosting) -> None:
    name = hosting.endpoint({"ModelName": hosting.model("1")})
    pid = hosting.invoke(name)["pid"]

    hosting.sagemaker.delete_endpoint(EndpointName=name)
    hosting.sagemaker.get_waiter("endpoint_deleted").wait(
        EndpointName=name, WaiterConfig={"Delay": 1, "MaxAttempts": 40}
    )

    with pytest.raises(ClientError, match="Could not find endpoint"):
        hosting.sagemaker.describe_endpoint(EndpointName=name)
    with pytest.raises(ClientError, match="not found"):
        hosting.invoke(name)
    assert not is_alive(pid)


def test_an_endpoint_goes_on_without_its_configuration_and_model(hosting: Hosting) -> None:
    model = hosting.model("1")
    name = hosting.endpoint({"ModelName": model})
    config = hosting.sagemaker.describe_endpoint(EndpointName=name)["EndpointConfigName"]

    hosting.sagemaker.delete_endpoint_config(EndpointConfigName=config)
    hosting.sagemaker.delete_model(ModelName=model)

    assert hosting.version(name) == "1"
    assert hosting.sagemaker.describe_endpoint(EndpointName=name)["EndpointConfigName"] == config


def test_containers_die_with_the_server(tmp_path: Path) -> None:
    local = LocalAws.start(tmp_path / unique("short-lived"))
    try:
        short = Hosting(local)
        short.prepare()
        pid = short.invoke(short.endpoint({"ModelName": short.model("1")}))["pid"]
        assert is_alive(pid)
    finally:
        local.stop()

    deadline = time.monotonic() + 10
    while is_alive(pid):
        assert time.monotonic() < deadline, f"the container {pid} outlived its server"
        time.sleep(0.1)


def _scale(hosting: Hosting, name: str, *, count: int, weight: float) -> None:
    hosting.sagemaker.update_endpoint_weights_and_capacities(
        EndpointName=name,
        DesiredWeightsAndCapacities=[{"VariantName": "Main", "DesiredInstanceCount": count, "DesiredWeight": weight}],
    )
    hosting.settle(name)


def _properties(hosting: Hosting, name: str) -> tuple[int, float]:
    variant = hosting.sagemaker.describe_endpoint(EndpointName=name)["ProductionVariants"][0]
    return variant["DesiredInstanceCount"], variant["DesiredWeight"]
