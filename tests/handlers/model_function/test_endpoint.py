"""A function in front of an endpoint: what it asks SageMaker, and what it makes of the answers."""

import json
import sys

import pytest

from cdk_model_hosting.handlers.model_function import endpoint_attempts
from cdk_model_hosting.handlers.model_function.__main__ import main
from cdk_model_hosting.handlers.model_function.failures import EndpointBusy, EndpointFailed, RequestRefused
from tests.handlers.model_function import events
from tests.handlers.model_function.endpoint_server import Reply, Service, error, model_error
from tests.handlers.model_function.fronting import ASKING, FINE, Front
from tests.handlers.model_function.stage import Context

NO_CAPACITY = "Inference Component has no capacity to process this request."
TIMED_OUT = "Your invocation timed out while waiting for a response from container primary."


def test_the_endpoint_is_asked_and_its_answer_is_passed_on(front: Front, service: Service) -> None:
    status, body, _ = front.http(front.start())

    assert (status, body) == (200, {"given": {"score": 0.5}, "variant": "AllTraffic"})
    (asked,) = service.asked
    assert (asked.method, asked.path, asked.body) == ("POST", "/endpoints/fraud/invocations", b'{"value":20}')
    assert asked.headers["content-type"] == "application/json"
    assert "x-amzn-sagemaker-inference-component" not in asked.headers


def test_everything_that_can_be_asked_for_is(front: Front, service: Service) -> None:
    function = front.start(
        """
        def predict(endpoint, request):
            answer = endpoint.invoke(
                "1,2", content_type="text/csv", accept="text/plain", variant="B", target_model="eu.tar.gz",
                target_container="first", inference_id="i-1", custom_attributes="c=1",
            )
            return [answer.body.decode(), answer.content_type, answer.custom_attributes]
        """,
        COMPONENT="fraud-copies",
    )
    service.answers(
        Reply(body=b"ok", headers={"Content-Type": "text/plain", "X-Amzn-SageMaker-Custom-Attributes": "seen"})
    )

    assert function.handle({}, Context()) == ["ok", "text/plain", "seen"]
    (asked,) = service.asked
    expected = {
        "content-type": "text/csv",
        "accept": "text/plain",
        "x-amzn-sagemaker-target-variant": "B",
        "x-amzn-sagemaker-target-model": "eu.tar.gz",
        "x-amzn-sagemaker-target-container-hostname": "first",
        "x-amzn-sagemaker-inference-id": "i-1",
        "x-amzn-sagemaker-custom-attributes": "c=1",
        "x-amzn-sagemaker-inference-component": "fraud-copies",
    }
    assert {name: asked.headers.get(name) for name in expected} == expected
    assert asked.body == b"1,2"


@pytest.mark.parametrize(
    ("payload", "sent"),
    [
        ("b'\\x00'", b"\x00"),
        ("bytearray(b'a')", b"a"),
        ("'ä'", "ä".encode()),
        ("[1, None]", b"[1,null]"),
        ("__import__('numpy').float32([0.5])", b"[0.5]"),
    ],
)
def test_bytes_and_text_go_as_they_are_and_all_else_as_json(
    front: Front, service: Service, payload: str, sent: bytes
) -> None:
    front.start(f"def predict(endpoint, request): return endpoint.invoke({payload}).json()").handle({}, Context())

    assert service.asked[0].body == sent


def test_the_region_is_the_endpoints(front: Front, service: Service) -> None:
    front.start(REGION="us-west-2").handle({"amount": 1}, Context())

    assert "/us-west-2/sagemaker/" in service.asked[0].headers["authorization"]


def test_starting_asks_nothing(front: Front, service: Service) -> None:
    front.start(COMPONENT="copies")

    assert service.asked == []
    line = front.stage.line
    assert (line["message"], line["endpoint"]) == ("the endpoint can be asked", "fraud/copies")
    assert "ModelLoadTime" not in line


def test_a_sample_is_asked_for_when_the_function_begins(front: Front, service: Service) -> None:
    (front.stage.root / "sample.json").write_text('{"amount": 7}')
    front.start(SAMPLE="sample.json")
    assert service.asked[0].body == b'{"value":7}'

    service.answers(model_error(500, "broken"))
    with pytest.raises(Exception, match=r"EndpointFailed: the model failed with the status 500$"):
        front.start(SAMPLE="sample.json")


def test_the_time_of_the_endpoint_is_measured_and_the_attempts_are_counted(front: Front, service: Service) -> None:
    function = front.start()
    service.answers(error("ThrottlingException"), Reply(body=b"{}", seconds=0.05))
    front.http(function)

    line = front.stage.line
    assert line["endpointAttempts"] == 2
    assert 50 <= line["EndpointTime"] <= line["PredictTime"]
    (of_function, *_) = line["_aws"]["CloudWatchMetrics"]
    assert {"Name": "EndpointTime", "Unit": "Milliseconds"} in of_function["Metrics"]


def test_connections_are_kept(front: Front, service: Service) -> None:
    function = front.start()
    for _ in range(3):
        assert front.http(function)[0] == 200

    assert len({each.connection for each in service.asked}) == 1


# What goes wrong


@pytest.mark.parametrize(
    ("reply", "status", "reason", "retry_after"),
    [
        (model_error(400, '{"error": "amount must be a number"}'), 422, "amount must be a number", None),
        (model_error(413, "too large\n"), 422, "too large", None),
        (model_error(404, ""), 422, "the model refused the request", None),
        (model_error(500, "password=hunter2"), 502, "the model failed with the status 500", None),
        (model_error(0, "Unable to reach the container"), 502, "the model failed with the status 0", None),
        (model_error(0, TIMED_OUT), 504, "the model takes longer than SageMaker waits for it", None),
        (model_error(504, "late"), 504, "the model takes longer than SageMaker waits for it", None),
        (model_error(429, "busy"), 503, "the model is too busy", "1"),
        (model_error(503, "queue is full"), 503, "the model is too busy", "1"),
        (
            error("ValidationError", Message="Endpoint fraud of account 1 not found."),
            502,
            "there is no such endpoint in service, or no such component of it",
            None,
        ),
        (
            error("ValidationError", Message=NO_CAPACITY),
            503,
            "the endpoint has no copy of the model now",
            "60",
        ),
        (
            error("AccessDeniedException", 403, Message="arn:aws:iam::1:role/x may not"),
            502,
            "the endpoint does not take such a request: AccessDeniedException",
            None,
        ),
        (Reply(body=b"no JSON"), 502, "the answer of the endpoint must be JSON, and is none", None),
        (Reply(body=b"{", promises=10), 502, "the answer of the endpoint broke off", None),
    ],
)
def test_what_would_go_wrong_again_is_asked_once(
    front: Front, service: Service, *, reply: Reply, status: int, reason: str, retry_after: str | None
) -> None:
    function = front.start()
    service.answers(reply)

    answered, body, headers = front.http(function)

    assert (answered, body["error"], headers.get("retry-after")) == (status, reason, retry_after)
    assert body.get("id") == (None if status == 422 else "request-1")
    assert len(service.asked) == 1
    assert (front.stage.line["Refusals"], front.stage.line["Failures"]) == ((1, 0) if status == 422 else (0, 1))


def test_what_a_container_said_is_in_the_log(front: Front, service: Service) -> None:
    function = front.start()
    service.answers(error("ModelError", 424, Message="password=hunter2", OriginalStatusCode=500, OriginalMessage="x"))
    front.http(function)

    assert "password=hunter2" in front.stage.line["stackTrace"]


@pytest.mark.parametrize(
    "passing",
    [
        error("ThrottlingException"),
        error("ModelNotReadyException", 429),
        error("InternalFailure", 500),
        error("ServiceUnavailable", 503),
        error("InternalDependencyException", 530),
        Reply(hangs_up=True),
    ],
)
def test_what_passes_is_asked_again_at_most_three_times(front: Front, service: Service, passing: Reply) -> None:
    function = front.start()
    service.answers(passing, passing, FINE)
    assert front.http(function)[0] == 200
    assert len(service.asked) == 3

    service.answers(passing)
    status, body, headers = front.http(function)
    assert (status, headers["retry-after"], len(service.asked)) == (503, "1", 3)
    assert body["error"].startswith("the endpoint ")


def test_where_nobody_listens_the_log_has_a_hint(front: Front, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:1")
    status, body, _ = front.http(front.start())

    assert (status, body["error"]) == (503, "the endpoint cannot be reached")
    assert front.stage.line["endpointAttempts"] == 3
    assert "A function in a VPC needs an interface endpoint of SageMaker Runtime's" in front.stage.line["stackTrace"]


def test_a_slow_answer_is_waited_for_once(front: Front, service: Service) -> None:
    function = front.start(READ_SECONDS="1")
    service.answers(Reply(seconds=60))

    status, body, _ = front.http(function)

    assert (status, body["error"]) == (504, "the endpoint must answer within 1 seconds, which it did not")
    assert len(service.asked) == 1


def test_a_slow_answer_is_waited_for_only_as_long_as_the_function_lasts(front: Front, service: Service) -> None:
    function = front.start()
    service.answers(Reply(seconds=60))

    status, body, _ = front.http(function, seconds=2.9)

    assert (status, body["error"]) == (504, "the endpoint must answer within 1 seconds, which it did not")


def test_what_has_no_time_left_is_not_asked(front: Front, service: Service) -> None:
    status, body, _ = front.http(front.start(), seconds=1.9)

    assert (status, body["error"]) == (504, "the endpoint was not asked, because the function has no time left")
    assert service.asked == []


def test_it_is_not_asked_again_without_time_for_the_answer(
    front: Front, service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    function = front.start()
    service.answers(error("ServiceUnavailable", 503))
    assert front.http(function, seconds=60)[0] == 503
    assert len(service.asked) == 3

    # The pause would leave no time: half a minute of one at the least.
    monkeypatch.setattr(endpoint_attempts, "_FIRST_PAUSE_SECONDS", 60)
    service.answers(error("ServiceUnavailable", 503))
    assert front.http(function, seconds=60)[0] == 503
    assert len(service.asked) == 1


@pytest.mark.parametrize(
    ("reply", "kind", "reason"),
    [
        (model_error(400, "wrong"), RequestRefused, "wrong"),
        (model_error(500, "broken"), EndpointFailed, "the model failed with the status 500"),
        (model_error(429, "busy"), EndpointBusy, "the model is too busy"),
    ],
)
def test_who_invokes_it_directly_sees_what_kind_of_error_it_is(
    front: Front, service: Service, reply: Reply, kind: type[Exception], reason: str
) -> None:
    function = front.start()
    service.answers(reply)

    with pytest.raises(kind) as raised:
        function.handle({"amount": 1}, Context())

    assert (type(raised.value), str(raised.value)) == (kind, reason)
    assert raised.value.__suppress_context__


def test_the_users_function_can_do_something_else_instead(front: Front, service: Service) -> None:
    function = front.start(
        """
        def predict(endpoint, request):
            try:
                return endpoint.invoke(request).json()
            except endpoint.Busy as error:
                return {"again": error.retry_after}
            except endpoint.Refused as error:
                return {"refused": str(error)}
            except endpoint.Failed as error:
                return {"status": error.status}
        """
    )
    for reply, answer in (
        (model_error(503, "busy"), {"again": 1}),
        (model_error(400, "wrong"), {"refused": "wrong"}),
        (model_error(500, "broken"), {"status": 502}),
    ):
        service.answers(reply)
        assert function.handle({}, Context()) == answer


def test_a_number_that_json_has_none_for_is_no_fault_of_the_callers(front: Front, service: Service) -> None:
    function = front.start("def predict(endpoint, request): return endpoint.invoke([float('nan')]).json()")

    assert front.http(function)[0] == 500
    assert service.asked == []


# Batches


def test_a_busy_endpoint_is_not_asked_for_each_request_of_a_list(front: Front, service: Service) -> None:
    function = front.start("def predict(endpoint, requests): return endpoint.invoke(requests).json()", BATCH_SIZE="10")
    service.answers(model_error(503, "busy"))

    answer = function.handle(events.queue(1, 2, 3), Context())

    assert [each["itemIdentifier"] for each in answer["batchItemFailures"]] == ["m1", "m2", "m3"]
    assert len(service.asked) == 1


def test_a_list_that_is_refused_is_asked_for_one_by_one(front: Front, service: Service) -> None:
    function = front.start("def predict(endpoint, requests): return endpoint.invoke(requests).json()", BATCH_SIZE="10")
    service.answers(model_error(400, "wrong"), Reply(body=b"[1]"), model_error(400, "wrong"))

    answer = function.handle(events.queue(1, 2), Context())

    assert [each["itemIdentifier"] for each in answer["batchItemFailures"]] == ["m2"]
    assert [each.body for each in service.asked] == [b"[1,2]", b"[1]", b"[2]"]


# On this machine


def test_an_event_can_be_answered_on_this_machine(
    front: Front, service: Service, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "path", list(sys.path))
    event = front.stage.root / "event.json"
    event.write_text('{"amount": 7}')
    given = ["--event", str(event), "--code", str(front.stage.root), "--entry", f"{front.stage.module(ASKING)}:predict"]

    assert main([*given, "--endpoint", "fraud", "--component", "copies"]) == 0
    assert json.loads(capsys.readouterr().out) == {"given": {"score": 0.5}, "variant": "AllTraffic"}
    assert service.asked[0].headers["x-amzn-sagemaker-inference-component"] == "copies"

    service.answers(model_error(500, "broken"))
    assert main([*given, "--endpoint", "fraud"]) == 1
    assert capsys.readouterr().err.splitlines()[-1] == "the model failed with the status 500"
