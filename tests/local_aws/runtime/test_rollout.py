"""An endpoint goes from one configuration to the next without a gap, or stays on the one that works."""

import functools
import operator
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.local_aws.lifecycle import LocalAws
from tests.local_aws.runtime.hosting import Hosting, is_alive, unique
from tests.local_aws.runtime.reading import eventually

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
    over = threading.Event()
    other = Hosting(hosting.local)

    def ask() -> None:
        while not over.is_set():
            versions.append(other.version(name))

    caller = threading.Thread(target=ask)
    caller.start()
    try:
        eventually(lambda: versions[-1:], bool)
        for version in ("2", "3"):
            hosting.update(name, hosting.config({"ModelName": hosting.model(version)}), DeploymentConfig=CANARY)
            # The first error would have ended the caller.
            eventually(lambda: versions[-1], functools.partial(operator.eq, version))
    finally:
        over.set()
        caller.join()


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


def test_a_version_that_never_answers_a_ping_is_rolled_back_while_the_old_one_answers(
    hosting: Hosting, impatient: Callable[[], None]
) -> None:
    name = hosting.endpoint({"ModelName": hosting.model("1")})
    config = hosting.config({"ModelName": hosting.model("2", ECHO_HEALTH="never")})

    hosting.sagemaker.update_endpoint(EndpointName=name, EndpointConfigName=config)

    during = hosting.sagemaker.describe_endpoint(EndpointName=name)
    assert during["EndpointStatus"] == "Updating"
    assert during["PendingDeploymentSummary"]["EndpointConfigName"] == config
    assert hosting.version(name) == "1"
    with pytest.raises(ClientError, match="Cannot update in-progress endpoint"):
        hosting.sagemaker.update_endpoint(EndpointName=name, EndpointConfigName=config)
    with pytest.raises(ClientError, match="Cannot update in-progress endpoint"):
        hosting.sagemaker.delete_endpoint(EndpointName=name)
    impatient()
    after = hosting.settle(name)
    assert after["EndpointConfigName"] != config
    assert "PendingDeploymentSummary" not in after
    assert hosting.version(name) == "1"


def test_both_fleets_answer_while_a_canary_bakes(hosting: Hosting) -> None:
    name = hosting.endpoint({"ModelName": hosting.model("1")})
    config = hosting.config({"ModelName": hosting.model("2")})

    with hosting.local.time_factor(1):
        hosting.sagemaker.update_endpoint(EndpointName=name, EndpointConfigName=config, DeploymentConfig=CANARY)
        for version in ("1", "2"):
            eventually(lambda: hosting.version(name), functools.partial(operator.eq, version))
        assert hosting.sagemaker.describe_endpoint(EndpointName=name)["EndpointStatus"] == "Updating"

    assert hosting.settle(name)["EndpointConfigName"] == config
    assert {hosting.version(name) for _ in range(5)} == {"2"}


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
        EndpointName=name, WaiterConfig={"Delay": 0.1, "MaxAttempts": 600}
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

    eventually(lambda: is_alive(pid), lambda alive: not alive)


def _scale(hosting: Hosting, name: str, *, count: int, weight: float) -> None:
    hosting.sagemaker.update_endpoint_weights_and_capacities(
        EndpointName=name,
        DesiredWeightsAndCapacities=[{"VariantName": "Main", "DesiredInstanceCount": count, "DesiredWeight": weight}],
    )
    hosting.settle(name)


def _properties(hosting: Hosting, name: str) -> tuple[int, float]:
    variant = hosting.sagemaker.describe_endpoint(EndpointName=name)["ProductionVariants"][0]
    return variant["DesiredInstanceCount"], variant["DesiredWeight"]
