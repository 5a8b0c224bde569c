"""A serial pipeline: every container gets what the one before it answered."""

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.local_aws.runtime.hosting import Hosting
from tests.local_aws.runtime.several import Shelf, model_of, published, single


def _answer(wish: object, content_type: str = "application/json") -> dict[str, Any]:
    """Wish for an answer that the next container takes as its own wish."""
    return {"do": "answer", "body": wish, "type": content_type}


@pytest.fixture(scope="module")
def pipeline(hosting: Hosting) -> str:
    """Give the module an endpoint of two containers in a row, which no test changes."""
    containers = [single(hosting, "one", SIDE="left"), single(hosting, "two", SIDE="right")]
    return hosting.endpoint({"ModelName": model_of(hosting, *containers)})


def test_an_answer_is_the_next_question(hosting: Hosting, pipeline: str) -> None:
    told = hosting.invoke(pipeline, {"some": "record"}, CustomAttributes="trace=7")
    before = told["wish"]

    assert before["wish"] == {"some": "record"}
    assert before["files"] == {"version.txt": "one"}
    assert told["files"] == {"version.txt": "two"}
    assert (before["environment"]["SIDE"], told["environment"]["SIDE"]) == ("left", "right")
    for one in (before, told):
        assert one["path"] == "/invocations"
        assert one["headers"]["x-amzn-sagemaker-custom-attributes"] == "trace=7"
    assert before["environment"]["SAGEMAKER_SAFE_PORT_RANGE"] != told["environment"]["SAGEMAKER_SAFE_PORT_RANGE"]


def test_the_content_type_goes_with_the_answer(hosting: Hosting, pipeline: str) -> None:
    told = hosting.invoke(pipeline, _answer({"an": "answer"}, "text/csv"), Accept="text/plain")

    assert told["wish"] == {"an": "answer"}
    assert told["headers"]["content-type"] == "text/csv"
    # What the caller accepts is the last container's business alone.
    assert told["headers"]["accept"] == "text/plain"
    assert hosting.invoke(pipeline, Accept="text/plain")["wish"]["headers"]["accept"] == "*/*"


def test_what_the_last_container_answers_is_the_answer(hosting: Hosting, pipeline: str) -> None:
    wish = _answer(_answer("the end", "text/plain"))

    answer = hosting.runtime.invoke_endpoint(
        EndpointName=pipeline, Body=json.dumps(wish), ContentType="application/json"
    )

    assert json.load(answer["Body"]) == "the end"
    assert answer["ContentType"] == "text/plain"


@pytest.mark.parametrize("place", [1, 2])
@pytest.mark.parametrize(("status", "kind"), [(415, "client"), (503, "server")])
def test_an_error_names_its_container(hosting: Hosting, pipeline: str, place: int, status: int, kind: str) -> None:
    failing: dict[str, Any] = {"do": "status", "status": status}

    with pytest.raises(hosting.runtime.exceptions.ModelError) as caught:
        hosting.invoke(pipeline, failing if place == 1 else _answer(failing))

    assert caught.value.response["OriginalStatusCode"] == status
    assert caught.value.response["OriginalMessage"] == "as you wished"
    expected = f'Received {kind} error ({status}) from container-{place} with message "as you wished". See '
    assert caught.value.response["Error"]["Message"].startswith(expected)


def test_latency_is_metered_by_container_and_in_total(hosting: Hosting) -> None:
    containers = [single(hosting, "one", "prepare"), single(hosting, "two", "predict")]
    metered = hosting.endpoint({"ModelName": model_of(hosting, *containers)})

    # The first one's answer is no wish of its kind, so only the first one sleeps.
    hosting.invoke(metered, {"do": "sleep", "seconds": 0.2})
    with pytest.raises(hosting.runtime.exceptions.ModelError, match=r"\(418\) from prepare with"):
        hosting.invoke(metered, {"do": "status", "status": 418})

    first = published(hosting, metered, "ContainerLatency", container="prepare")
    second = published(hosting, metered, "ContainerLatency", container="predict")
    total = published(hosting, metered, "ModelLatency")
    assert [first[0], second[0], total[0]] == [2, 1, 2]
    assert 200_000 < first[1] < 20_000_000
    assert total[1] == pytest.approx(first[1] + second[1])
    # Errors are counted for the whole alone.
    assert published(hosting, metered, "Invocation4XXErrors") == [2, 1]
    assert published(hosting, metered, "Invocation4XXErrors", container="prepare") == [0, 0]
    hosting.sagemaker.delete_endpoint(EndpointName=metered)


def test_a_container_of_many_models_at_one_place(hosting: Hosting) -> None:
    shelf = Shelf(hosting)
    shelf.put("north.tar.gz", "north")
    shelf.put("south.tar.gz", "south")
    mixed = hosting.endpoint({"ModelName": model_of(hosting, single(hosting, "one"), shelf.container())})

    told = hosting.invoke(mixed, {"some": "record"}, TargetModel="south.tar.gz")

    assert told["files"] == {"version.txt": "south"}
    assert told["headers"]["x-amzn-sagemaker-target-model"] == "south.tar.gz"
    assert told["wish"]["wish"] == {"some": "record"}
    assert "x-amzn-sagemaker-target-model" not in told["wish"]["headers"]
    assert hosting.version(mixed, TargetModel="north.tar.gz") == "north"
    assert published(hosting, mixed, "ModelCacheHit") == [2, 0]
    assert published(hosting, mixed, "ContainerLatency", container="container-2")[0] == 2
    with pytest.raises(ClientError, match="is missing a target model header"):
        hosting.invoke(mixed)
    with pytest.raises(ClientError, match="Failed to download model data"):
        hosting.invoke(mixed, TargetModel="east.tar.gz")
    hosting.sagemaker.delete_endpoint(EndpointName=mixed)


def test_no_request_may_name_a_container(hosting: Hosting, pipeline: str) -> None:
    with pytest.raises(ClientError, match="is not a multi-container endpoint with direct invocation"):
        hosting.invoke(pipeline, TargetContainerHostname="container-1")
