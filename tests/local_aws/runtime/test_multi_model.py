"""A multi-model endpoint loads what is asked for, and forgets what went unused for the longest time."""

import functools
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from botocore.exceptions import ClientError

from tests.local_aws.runtime.gates import Gate
from tests.local_aws.runtime.hosting import BUCKET, Hosting
from tests.local_aws.runtime.reading import eventually
from tests.local_aws.runtime.several import Shelf, model_of, published, single

INSTANCES = "/aws/sagemaker/Endpoints"
MICROSECONDS = 1e6


@pytest.fixture
def shelf(hosting: Hosting) -> Shelf:
    """Give a test a prefix of its own."""
    return Shelf(hosting)


@pytest.fixture
def deployed(hosting: Hosting, shelf: Shelf) -> Iterator[Callable[..., str]]:
    """Return a function that deploys the models of the shelf; what it deployed is deleted afterwards."""
    names: list[str] = []

    def deploy(**container: str) -> str:
        names.append(hosting.endpoint({"ModelName": model_of(hosting, shelf.container(**container))}))
        return names[-1]

    yield deploy
    for name in names:
        hosting.sagemaker.delete_endpoint(EndpointName=name)


def test_a_model_is_loaded_when_it_is_asked_for(hosting: Hosting, shelf: Shelf, deployed: Callable[..., str]) -> None:
    shelf.put("first.tar.gz", "first")
    endpoint = deployed()
    # Put there after the endpoint: a new model needs no deployment.
    shelf.put("deep/second.tar.gz", "second")

    told = hosting.invoke(endpoint, TargetModel="first.tar.gz", CustomAttributes="trace=7")
    assert hosting.version(endpoint, TargetModel="deep/second.tar.gz") == "second"
    again = hosting.invoke(endpoint, TargetModel="first.tar.gz")

    assert told["files"] == {"version.txt": "first"}
    assert told["environment"]["SAGEMAKER_MULTI_MODEL"] == "true"
    assert told["headers"]["x-amzn-sagemaker-target-model"] == "first.tar.gz"
    assert told["headers"]["x-amzn-sagemaker-custom-attributes"] == "trace=7"
    # The container never learns what the model is called outside.
    (name,) = told["loaded"]
    assert told["path"] == f"/models/{name}/invoke"
    assert "first" not in name
    assert again["pid"] == told["pid"]
    assert len(again["loaded"]) == 2


def test_what_it_costs_is_metered(hosting: Hosting, shelf: Shelf, deployed: Callable[..., str]) -> None:
    shelf.put("slow.tar.gz", seconds=0.3)
    shelf.put("quick.tar.gz")
    endpoint = deployed(ECHO_MODELS="1")

    for target in ("slow.tar.gz", "slow.tar.gz", "quick.tar.gz"):
        hosting.invoke(endpoint, TargetModel=target)

    assert published(hosting, endpoint, "ModelCacheHit") == [3, 1]
    times, waited = published(hosting, endpoint, "ModelLoadingWaitTime")
    assert times == 2
    assert 0.3 * MICROSECONDS < waited < 100 * MICROSECONDS
    # A refusal for want of room is no loading.
    times, total = published(hosting, endpoint, "ModelLoadingTime")
    assert times == 2
    assert 0.3 * MICROSECONDS < total < 100 * MICROSECONDS
    assert published(hosting, endpoint, "ModelDownloadingTime")[0] == 2
    assert published(hosting, endpoint, "ModelUnloadingTime")[0] == 1
    # They are counted once they answer.
    counted = functools.partial(published, hosting, endpoint, "LoadedModelCount", namespace=INSTANCES)
    eventually(counted, lambda found: found == [2, 2])
    times, total = published(hosting, endpoint, "ModelLatency")
    assert times == 3
    # Waiting for a model is no part of what the model takes.
    assert total > 0
    assert published(hosting, endpoint, "OverheadLatency")[1] >= waited


def test_the_least_recently_used_model_makes_room(hosting: Hosting, shelf: Shelf, deployed: Callable[..., str]) -> None:
    for target in "abc":
        shelf.put(f"{target}.tar.gz", target)
    endpoint = deployed(ECHO_MODELS="2")

    names = {target: hosting.invoke(endpoint, TargetModel=f"{target}.tar.gz")["path"].split("/")[2] for target in "ab"}
    hosting.invoke(endpoint, TargetModel="a.tar.gz")
    told = hosting.invoke(endpoint, TargetModel="c.tar.gz")

    assert names["a"] in told["loaded"]
    assert names["b"] not in told["loaded"]
    # What is unloaded stays on disk: it comes back even when it is gone from S3.
    shelf.remove("b.tar.gz")
    assert hosting.version(endpoint, TargetModel="b.tar.gz") == "b"
    assert published(hosting, endpoint, "ModelDownloadingTime")[0] == 3


def test_a_model_for_which_there_is_no_room_at_all(
    hosting: Hosting, shelf: Shelf, deployed: Callable[..., str]
) -> None:
    shelf.put("a.tar.gz")
    endpoint = deployed(ECHO_MODELS="0")

    with pytest.raises(hosting.runtime.exceptions.ModelError) as caught:
        hosting.invoke(endpoint, TargetModel="a.tar.gz")

    assert caught.value.response["OriginalStatusCode"] == 507
    assert caught.value.response["OriginalMessage"] == "no room for another model"
    assert published(hosting, endpoint, "Invocation5XXErrors") == [1, 1]


def test_a_model_in_use_is_not_unloaded(
    hosting: Hosting, shelf: Shelf, deployed: Callable[..., str], tmp_path: Path
) -> None:
    shelf.put("busy.tar.gz")
    shelf.put("other.tar.gz")
    endpoint = deployed(ECHO_MODELS="1")
    hosting.invoke(endpoint, TargetModel="busy.tar.gz")

    with ThreadPoolExecutor() as threads, Gate(tmp_path / "gate") as gate:
        busy = threads.submit(hosting.invoke, endpoint, gate.wish, TargetModel="busy.tar.gz")
        gate.reached()
        with pytest.raises(hosting.runtime.exceptions.ModelError, match="no room for another model"):
            hosting.invoke(endpoint, TargetModel="other.tar.gz")
        gate.open()
        assert busy.result()["files"] == {"version.txt": "1"}

    assert hosting.version(endpoint, TargetModel="other.tar.gz") == "1"


def test_many_requests_for_a_new_model_load_it_once(
    hosting: Hosting, shelf: Shelf, deployed: Callable[..., str]
) -> None:
    shelf.put("a.tar.gz", seconds=0.3)
    endpoint = deployed()

    with ThreadPoolExecutor(8) as threads:
        versions = list(threads.map(lambda _: hosting.version(endpoint, TargetModel="a.tar.gz"), range(8)))

    assert versions == ["1"] * 8
    assert published(hosting, endpoint, "ModelLoadingTime")[0] == 1


def test_a_model_that_takes_too_long_is_not_ready_yet(
    hosting: Hosting, shelf: Shelf, deployed: Callable[..., str], tmp_path: Path
) -> None:
    endpoint = deployed()

    with Gate(tmp_path / "gate") as gate, hosting.local.time_factor(0.01):
        shelf.put("huge.tar.gz", "huge", gate=str(gate.folder))
        with pytest.raises(ClientError) as caught:
            hosting.invoke(endpoint, TargetModel="huge.tar.gz")

    assert caught.value.response["Error"]["Code"] == "ModelNotReadyException"
    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == 429
    # It goes on loading meanwhile.
    assert hosting.version(endpoint, TargetModel="huge.tar.gz") == "huge"
    assert published(hosting, endpoint, "ModelLoadingTime")[0] == 1


def test_without_a_cache_a_model_is_gone_after_its_answer(
    hosting: Hosting, shelf: Shelf, deployed: Callable[..., str]
) -> None:
    shelf.put("a.tar.gz", "old")
    endpoint = deployed(cache="Disabled")

    assert hosting.version(endpoint, TargetModel="a.tar.gz") == "old"
    _wait_for(lambda: published(hosting, endpoint, "ModelUnloadingTime")[0] == 1)
    # It is gone from disk as well, so it is downloaded again.
    shelf.put("a.tar.gz", "new")
    told = hosting.invoke(endpoint, TargetModel="a.tar.gz")

    assert told["files"] == {"version.txt": "new"}
    assert len(told["loaded"]) == 1
    assert published(hosting, endpoint, "ModelCacheHit") == [2, 0]
    assert published(hosting, endpoint, "ModelDownloadingTime")[0] == 2


def test_models_without_a_cache_under_load(hosting: Hosting, shelf: Shelf, deployed: Callable[..., str]) -> None:
    for target in "ab":
        shelf.put(f"{target}.tar.gz", target)
    endpoint = deployed(cache="Disabled")

    with ThreadPoolExecutor(8) as threads:
        versions = threads.map(lambda n: hosting.version(endpoint, TargetModel=f"{'ab'[n % 2]}.tar.gz"), range(40))

    assert list(versions) == ["a", "b"] * 20


def test_a_target_that_is_not_there(hosting: Hosting, shelf: Shelf, deployed: Callable[..., str]) -> None:
    endpoint = deployed()

    with pytest.raises(ClientError) as caught:
        hosting.invoke(endpoint, TargetModel="nobody.tar.gz")

    assert caught.value.response["Error"] == {
        "Code": "ValidationError",
        "Message": f"Failed to download model data (bucket: {BUCKET}, key: {shelf.prefix}nobody.tar.gz). Please ensure that"
        " there is an object located at the URL and that the role passed to CreateModel has permissions to download the"
        " model.",
    }
    shelf.put("nobody.tar.gz", "now")
    assert hosting.version(endpoint, TargetModel="nobody.tar.gz") == "now"


def test_a_target_that_cannot_be_used(hosting: Hosting, shelf: Shelf, deployed: Callable[..., str]) -> None:
    shelf.put_bytes("broken.tar.gz", b"no archive")
    shelf.put("refused.tar.gz", status=400)
    endpoint = deployed()

    with pytest.raises(ClientError, match=r"ValidationError.* is a valid tar\.gz archive\."):
        hosting.invoke(endpoint, TargetModel="broken.tar.gz")
    with pytest.raises(hosting.runtime.exceptions.ModelError) as caught:
        hosting.invoke(endpoint, TargetModel="refused.tar.gz")

    assert caught.value.response["OriginalStatusCode"] == 400
    assert caught.value.response["OriginalMessage"] == "this model does not load"
    shelf.put("broken.tar.gz", "mended")
    assert hosting.version(endpoint, TargetModel="broken.tar.gz") == "mended"


def test_a_crashed_container_loads_its_models_again(
    hosting: Hosting, shelf: Shelf, deployed: Callable[..., str]
) -> None:
    shelf.put("a.tar.gz", "a")
    endpoint = deployed()
    before = hosting.invoke(endpoint, TargetModel="a.tar.gz")["pid"]

    with pytest.raises(hosting.runtime.exceptions.ModelError):
        hosting.invoke(endpoint, {"do": "exit"}, TargetModel="a.tar.gz")

    def is_back() -> bool:
        try:
            return bool(hosting.invoke(endpoint, TargetModel="a.tar.gz")["pid"] != before)
        except hosting.runtime.exceptions.ModelError:
            return False

    _wait_for(is_back)


def test_requests_must_name_a_model_where_there_are_several_and_only_there(
    hosting: Hosting, endpoint: str, deployed: Callable[..., str]
) -> None:
    several = deployed()

    with pytest.raises(ClientError, match=r"Request [0-9a-f-]{36} is missing a target model header\.$"):
        hosting.invoke(several)
    with pytest.raises(
        ClientError,
        match=rf"Endpoint {endpoint} is not a multi-model endpoint and does not support target model header\.$",
    ):
        hosting.invoke(endpoint, TargetModel="a.tar.gz")


def test_a_container_that_does_not_list_its_models_is_not_well(hosting: Hosting, shelf: Shelf) -> None:
    name = hosting.endpoint({"ModelName": model_of(hosting, shelf.container(ECHO_HEALTH="unlisted"))})

    known = hosting.sagemaker.describe_endpoint(EndpointName=name)

    assert known["EndpointStatus"] == "Failed"
    assert "container for production variant Main did not pass the ping health check" in known["FailureReason"]
    hosting.sagemaker.delete_endpoint(EndpointName=name)


def test_an_image_must_say_what_it_can_do(
    hosting: Hosting, shelf: Shelf, tmp_path_factory: pytest.TempPathFactory
) -> None:
    context = tmp_path_factory.mktemp("plain")
    (context / "Dockerfile").write_text('FROM python:3.13-slim\nENTRYPOINT ["python"]\n', encoding="utf-8")
    plain = hosting.image.replace(":echo", ":plain")
    hosting.docker("build", "--tag", "plain", str(context))
    hosting.docker("tag", "plain", plain)
    label = "com.amazonaws.sagemaker.capabilities"

    with pytest.raises(ClientError) as caught:
        model_of(hosting, {**shelf.container(), "Image": plain})
    assert caught.value.response["Error"]["Message"] == (
        f"Your Ecr Image {plain} does not contain required {label}.multi-models=true Docker label(s)."
    )
    with pytest.raises(ClientError, match=rf"does not contain required {label}\.accept-bind-to-port=true"):
        model_of(hosting, single(hosting), {**single(hosting), "Image": plain})
    model_of(hosting, {**single(hosting), "Image": plain})


def _wait_for(condition: Callable[[], bool]) -> None:
    eventually(condition, bool)
