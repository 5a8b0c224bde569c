"""Answers that are too large for what takes them to their callers."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from cdk_model_hosting.handlers.model_function.failures import PredictionFailed
from tests.handlers.model_function import events
from tests.handlers.model_function.stage import Context, Stage

MEBIBYTE = 1024**2
ANSWERING = """
    def load(path):
        return None

    def predict(model, request):
        return request["text"] * request["times"]
"""


SOURCES: dict[str, Callable[[Any], dict[str, Any]]] = {
    "http_api": events.http_api,
    "rest_api": events.rest_api,
    "load_balancer": events.load_balancer,
}


def size(answer: Any) -> int:
    """What Lambda makes of what its handler returns."""
    return len(json.dumps(answer, ensure_ascii=False).encode())


def http(name: str, stage: Stage, text: str, times: int) -> dict[str, Any]:
    answer: dict[str, Any] = stage.start(ANSWERING).handle(SOURCES[name]({"text": text, "times": times}), Context())
    return answer


@pytest.mark.parametrize(
    ("name", "most", "carrier"),
    [
        ("http_api", 6 * MEBIBYTE, "Lambda"),
        ("rest_api", 6 * MEBIBYTE, "Lambda"),
        ("load_balancer", MEBIBYTE, "a load balancer"),
    ],
)
# Quotes and what is no ASCII take more room on their way.
@pytest.mark.parametrize(("text", "room"), [("a", 1), ('"', 4), ("\u00e9", 7)])
def test_an_answer_that_is_too_large_for_its_way_is_a_failure(  # noqa: PLR0917 - the parameters of the test are its cases
    stage: Stage, name: str, most: int, carrier: str, text: str, room: int
) -> None:
    around = size(http(name, stage, text, 0))
    times = (most - around) // room

    fits = http(name, stage, text, times)
    assert fits["statusCode"] == 200
    assert most - room < size(fits) <= most
    assert stage.line["Failures"] == 0

    refused = http(name, stage, text, times + 1)
    assert refused["statusCode"] == 500
    assert json.loads(refused["body"]) == {
        "error": f"the answer must be at most {most} bytes, got {size(fits) + room}: {carrier} hands over no more",
        "id": "request-1",
    }
    assert (stage.line["status"], stage.line["message"], stage.line["Failures"]) == (500, "failed", 1)
    assert stage.line["errorType"] == "AnswerTooLarge"


@pytest.mark.parametrize(("text", "room"), [("a", 1), ([1], 3), ("\u00e9", 2)])
def test_one_that_is_too_large_for_whoever_invoked_the_function_is_an_error(
    stage: Stage, text: str | list[int], room: int
) -> None:
    function = stage.start(ANSWERING)
    # A list of n numbers has a comma and a space less than n.
    times = (6 * MEBIBYTE - 2 + (room == 3) * 2) // room

    assert size(function.handle({"text": text, "times": times}, Context())) <= 6 * MEBIBYTE
    assert stage.line["Failures"] == 0
    with pytest.raises(
        PredictionFailed, match=r"^the answer must be at most 6291456 bytes, got \d+: Lambda hands over no more$"
    ):
        function.handle({"text": text, "times": times + 1}, Context())
    assert (stage.line["message"], stage.line["Failures"]) == ("failed", 1)


def test_one_that_nobody_is_handed_may_be_of_any_size(stage: Stage) -> None:
    answer = stage.start(ANSWERING).handle(events.queue({"text": "a", "times": 7 * MEBIBYTE}), Context())

    assert answer == {"batchItemFailures": []}
