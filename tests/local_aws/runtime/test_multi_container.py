"""A multi-container endpoint with direct invocation: every request names the container that answers."""

import pytest
from botocore.exceptions import ClientError

from tests.local_aws.runtime.hosting import Hosting, is_alive
from tests.local_aws.runtime.several import model_of, published, single


@pytest.fixture(scope="module")
def several(hosting: Hosting) -> str:
    """Give the module an endpoint of two containers, which no test changes."""
    containers = [single(hosting, "one", "first", FLAVOUR="sour"), single(hosting, "two", "second")]
    return hosting.endpoint({"ModelName": model_of(hosting, *containers, mode="Direct")})


def test_the_named_container_answers_alone(hosting: Hosting, several: str) -> None:
    first = hosting.invoke(several, TargetContainerHostname="first", Accept="text/csv")
    second = hosting.invoke(several, TargetContainerHostname="second")

    assert first["files"] == {"version.txt": "one"}
    assert first["environment"]["FLAVOUR"] == "sour"
    assert first["headers"]["accept"] == "text/csv"
    assert "x-amzn-sagemaker-target-container-hostname" not in first["headers"]
    assert second["files"] == {"version.txt": "two"}
    assert "FLAVOUR" not in second["environment"]
    assert first["pid"] != second["pid"]


def test_containers_do_not_step_on_each_other(hosting: Hosting, several: str) -> None:
    told = [hosting.invoke(several, TargetContainerHostname=name)["environment"] for name in ("first", "second")]

    assert told[0]["SAGEMAKER_BIND_TO_PORT"] != told[1]["SAGEMAKER_BIND_TO_PORT"]
    assert told[0]["SAGEMAKER_BASE_DIR"] != told[1]["SAGEMAKER_BASE_DIR"]
    ranges = [tuple(map(int, environment["SAGEMAKER_SAFE_PORT_RANGE"].split("-"))) for environment in told]
    (_, last), (first, _) = sorted(ranges)
    assert last < first


def test_one_container_alone_may_take_any_port(hosting: Hosting, endpoint: str) -> None:
    assert "SAGEMAKER_SAFE_PORT_RANGE" not in hosting.invoke(endpoint)["environment"]


def test_an_error_names_the_container(hosting: Hosting, several: str) -> None:
    with pytest.raises(hosting.runtime.exceptions.ModelError, match=r"client error \(418\) from second with message"):
        hosting.invoke(several, {"do": "status", "status": 418}, TargetContainerHostname="second")


def test_a_request_must_name_a_container_that_is_there(hosting: Hosting, several: str) -> None:
    with pytest.raises(ClientError, match=r"Request [0-9a-f-]{36} is missing a target container hostname header\.$"):
        hosting.invoke(several)
    with pytest.raises(ClientError) as caught:
        hosting.invoke(several, TargetContainerHostname="third")

    assert caught.value.response["Error"] == {
        "Code": "ValidationError",
        "Message": f"Target container hostname third does not exist in endpoint {several}, only first, second.",
    }


def test_every_container_has_metrics_of_its_own(hosting: Hosting) -> None:
    containers = [single(hosting, "one", "first"), single(hosting, "two", "second")]
    metered = hosting.endpoint({"ModelName": model_of(hosting, *containers, mode="Direct")})

    hosting.invoke(metered, {"do": "sleep", "seconds": 0.2}, TargetContainerHostname="first")
    hosting.invoke(metered, TargetContainerHostname="second")
    for status in (400, 500):
        with pytest.raises(hosting.runtime.exceptions.ModelError):
            hosting.invoke(metered, {"do": "status", "status": status}, TargetContainerHostname="second")

    assert published(hosting, metered, "Invocations", container="first") == [1, 1]
    assert published(hosting, metered, "Invocations", container="second") == [3, 3]
    assert published(hosting, metered, "Invocation4XXErrors", container="first") == [1, 0]
    assert published(hosting, metered, "Invocation4XXErrors", container="second") == [3, 1]
    assert published(hosting, metered, "Invocation5XXErrors", container="second") == [3, 1]
    _, latency = published(hosting, metered, "ContainerLatency", container="first")
    assert 200_000 < latency < 20_000_000
    assert published(hosting, metered, "OverheadLatency", container="second")[0] == 3
    # What the variant has besides counts them all.
    assert published(hosting, metered, "Invocations") == [4, 4]
    assert published(hosting, metered, "ModelLatency")[0] == 4
    assert published(hosting, metered, "ContainerLatency") == [0, 0]
    hosting.sagemaker.delete_endpoint(EndpointName=metered)


def test_one_container_that_is_not_well_fails_them_all(hosting: Hosting) -> None:
    containers = [single(hosting, "one", "first"), single(hosting, "two", "second", ECHO_HEALTH="exit")]
    name = hosting.endpoint({"ModelName": model_of(hosting, *containers, mode="Direct")})

    known = hosting.sagemaker.describe_endpoint(EndpointName=name)

    assert known["EndpointStatus"] == "Failed"
    assert known["FailureReason"].startswith(
        "The second container for production variant Main did not pass the ping health check."
    )
    hosting.sagemaker.delete_endpoint(EndpointName=name)


def test_an_update_replaces_all_containers(hosting: Hosting) -> None:
    def config(version: str) -> str:
        containers = [single(hosting, f"{version}-{name}", name) for name in ("first", "second")]
        return hosting.config({"ModelName": model_of(hosting, *containers, mode="Direct")})

    updated = hosting.endpoint({"ModelName": model_of(hosting, single(hosting, "old"))})
    old = hosting.invoke(updated)["pid"]

    hosting.update(updated, config("new"))

    assert hosting.version(updated, TargetContainerHostname="second") == "new-second"
    assert not is_alive(old)
    hosting.sagemaker.delete_endpoint(EndpointName=updated)
