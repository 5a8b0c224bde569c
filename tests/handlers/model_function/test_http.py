"""Requests over HTTP, from everything that hands them to Lambda."""

import base64
import json
from collections.abc import Callable
from typing import Any

import pytest

from tests.handlers.model_function import events
from tests.handlers.model_function.stage import Context, Stage

Event = Callable[..., dict[str, Any]]

SOURCES = {
    "rest_api": events.rest_api,
    "http_api": events.http_api,
    "function_url": events.function_url,
    "load_balancer": events.load_balancer,
}
PICKY = """
    def load(path):
        return None

    def predict(model, request):
        if request == "wrong":
            raise ValueError("the request must be right, got wrong")
        if request == "empty":
            raise ValueError
        if request == "secret":
            raise RuntimeError("password=hunter2")
        if request == "nan":
            return float("nan")
        if request == "set":
            return {1, 2}
        return request
"""


@pytest.fixture(params=list(SOURCES.items()), ids=list(SOURCES))
def source(request: pytest.FixtureRequest) -> tuple[str, Event]:
    found: tuple[str, Event] = request.param
    return found


def test_a_prediction_is_answered_to_every_source(stage: Stage, source: tuple[str, Event]) -> None:
    name, event = source
    answer = stage.start().handle(event({"amount": 21}), Context())

    assert answer["statusCode"] == 200
    assert json.loads(answer["body"]) == {"doubled": 42}
    assert answer["headers"] == {"content-type": "application/json"}
    assert answer["isBase64Encoded"] is False
    assert ("statusDescription" in answer) == (name == "load_balancer")
    assert (stage.line["source"], stage.line["status"], stage.line["message"]) == (name, 200, "answered")


def test_a_rest_api_that_hands_over_lists_of_headers_alone_is_understood(stage: Stage) -> None:
    event = events.rest_api("amount=20", headers={"Content-Type": "application/x-www-form-urlencoded"}) | {
        "headers": None
    }

    assert stage.start().handle(event, Context())["statusCode"] == 415


def test_an_http_api_with_the_older_format_is_answered_like_a_rest_api(stage: Stage) -> None:
    answer = stage.start().handle(events.rest_api({"amount": 1}, version="1.0"), Context())

    assert (answer["statusCode"], stage.line["source"]) == (200, "rest_api")


def test_a_target_group_with_lists_of_headers_is_answered_in_lists(stage: Stage) -> None:
    answer = stage.start().handle(events.load_balancer({"amount": 1}, multi_value=True), Context())

    assert answer["multiValueHeaders"] == {"content-type": ["application/json"]}
    assert answer["statusDescription"] == "200 OK"
    assert "headers" not in answer


@pytest.mark.parametrize("multi_value", [False, True])
def test_a_health_check_is_answered_without_a_prediction(stage: Stage, multi_value: bool) -> None:
    function = stage.start()
    before = len(stage.lines)
    event = events.load_balancer(None, headers={"user-agent": "ELB-HealthChecker/2.0"}, multi_value=multi_value)

    assert function.handle(event, Context())["statusCode"] == 200
    assert len(stage.lines) == before


@pytest.mark.parametrize("text", ['{"amount": 1}', '\ufeff{"amount": 1}'])
@pytest.mark.parametrize("is_base64", [False, True])
def test_a_body_may_be_base64_and_begin_with_a_byte_order_mark(stage: Stage, text: str, is_base64: bool) -> None:
    body = base64.b64encode(text.encode()).decode() if is_base64 else text

    answer = stage.start().handle(events.function_url(body, is_base64=is_base64), Context())

    assert json.loads(answer["body"]) == {"doubled": 2}


@pytest.mark.parametrize(("body", "kind"), [({"amount": 1}, "dict"), ([1], "list"), (5, "int")])
def test_a_body_that_only_somebody_who_invokes_directly_can_send_is_refused(
    stage: Stage, source: tuple[str, Event], body: Any, kind: str
) -> None:
    answer = stage.start().handle({**source[1](None), "body": body}, Context())

    assert answer["statusCode"] == 400
    assert stage.line["reasons"] == [f"the body must be a text, as HTTP has it, got a {kind}"]
    assert stage.line["Failures"] == 0


@pytest.mark.parametrize(
    ("headers", "several"),
    [*((each, each) for each in ("none", ["a"], {1: 2}, None)), (None, {"Content-Encoding": 5})],
)
def test_headers_that_are_none_are_as_if_there_were_none(
    stage: Stage, source: tuple[str, Event], headers: Any, several: Any
) -> None:
    event = {**source[1]({"amount": 1}), "headers": headers, "multiValueHeaders": several}

    assert stage.start().handle(event, Context())["statusCode"] == 200


@pytest.mark.parametrize(
    "kind", ["application/json; charset=utf-8", "APPLICATION/JSON", "application/vnd.payments+json", ""]
)
def test_json_goes_by_several_names(stage: Stage, kind: str) -> None:
    event = events.http_api({"amount": 1}, headers={"content-type": kind})

    assert stage.start().handle(event, Context())["statusCode"] == 200


def test_a_body_without_a_content_type_is_taken_for_json(stage: Stage) -> None:
    event = events.http_api({"amount": 1})
    del event["headers"]

    assert stage.start().handle(event, Context())["statusCode"] == 200


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (None, "the body must be JSON, got nothing"),
        ("  ", "the body must be JSON, got nothing"),
        ("{", "the body must be JSON: Expecting property name enclosed in double quotes: line 1 column 2 (char 1)"),
        ('{"amount": NaN}', "the body must be JSON: NaN is no number in JSON"),
        ("-Infinity", "the body must be JSON: -Infinity is no number in JSON"),
        ("[" * 100_000, "the body must be JSON: maximum recursion depth exceeded"),
    ],
)
def test_a_body_that_is_no_json_is_refused(stage: Stage, source: tuple[str, Event], body: Any, reason: str) -> None:
    answer = stage.start().handle(source[1](body), Context())

    assert answer["statusCode"] == 400
    assert json.loads(answer["body"])["error"].startswith(reason)
    assert (stage.line["level"], stage.line["message"], stage.line["status"]) == ("WARNING", "refused", 400)
    assert stage.line["reasons"][0].startswith(reason)
    assert "refusedAt" not in stage.line


def test_a_number_that_python_will_not_read_is_refused(stage: Stage) -> None:
    answer = stage.start().handle(events.http_api("1" * 5000), Context())

    assert answer["statusCode"] == 400


@pytest.mark.parametrize("body", ["not base64!", "YQ", base64.b64encode(b"\xff").decode()])
def test_a_body_that_is_no_base64_or_no_text_is_refused(stage: Stage, body: str) -> None:
    assert stage.start().handle(events.http_api(body, is_base64=True), Context())["statusCode"] == 400


@pytest.mark.parametrize(
    ("headers", "reason"),
    [
        ({"content-type": "text/csv"}, "the Content-Type must be application/json, got 'text/csv'"),
        ({"content-encoding": "gzip"}, "the Content-Encoding must be identity, got 'gzip'"),
    ],
)
def test_another_kind_of_body_is_refused(stage: Stage, headers: dict[str, str], reason: str) -> None:
    answer = stage.start().handle(events.load_balancer("a,b", headers=headers), Context())

    assert (answer["statusCode"], answer["statusDescription"]) == (415, "415 Unsupported Media Type")
    assert json.loads(answer["body"]) == {"error": reason}


@pytest.mark.parametrize(
    ("request_", "reason"),
    [("wrong", "the request must be right, got wrong"), ("empty", "the model refused the request")],
)
def test_what_the_model_refuses_is_told_with_the_reason(
    stage: Stage, source: tuple[str, Event], request_: str, reason: str
) -> None:
    function = stage.start(PICKY)
    answer = function.handle(source[1](json.dumps(request_)), Context())

    assert (answer["statusCode"], json.loads(answer["body"])) == (422, {"error": reason})
    assert (stage.line["message"], stage.line["reasons"], stage.line["Refusals"]) == ("refused", [reason], 1)
    # A ValueError that nobody meant is found by its line.
    assert stage.line["refusedAt"].startswith(str(stage.root))


@pytest.mark.parametrize("request_", ["secret", "nan", "set"])
def test_any_other_error_is_told_by_an_id_alone(stage: Stage, source: tuple[str, Event], request_: str) -> None:
    answer = stage.start(PICKY).handle(source[1](json.dumps(request_)), Context(aws_request_id="one-of-many"))

    assert answer["statusCode"] == 500
    assert json.loads(answer["body"]) == {"error": "the prediction failed", "id": "one-of-many"}
    line = stage.line
    assert (line["level"], line["message"], line["requestId"]) == ("ERROR", "failed", "one-of-many")
    assert (line["Failures"], line["Refusals"]) == (1, 0)
    assert "Traceback" in line["stackTrace"]


def test_the_log_has_what_the_caller_is_not_told(stage: Stage) -> None:
    stage.start(PICKY).handle(events.http_api('"secret"'), Context())

    assert stage.line["errorType"] == "RuntimeError"
    assert "password=hunter2" in stage.line["stackTrace"]


def test_what_numpy_makes_becomes_json(stage: Stage) -> None:
    code = """
        import numpy as np

        def load(path):
            return None

        def predict(model, request):
            return {"scores": np.array([[0.5, 1.0]], dtype=np.float32), "best": np.int64(1), "sure": np.bool_(True)}
    """
    answer = stage.start(code).handle(events.http_api({}), Context())

    assert json.loads(answer["body"]) == {"scores": [[0.5, 1.0]], "best": 1, "sure": True}
