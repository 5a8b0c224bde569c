"""CloudFormation always gets an answer, and one that it can read."""

import json
from typing import Any

import pytest

from cdk_model_hosting.handlers.endpoint_guard import entry, surroundings
from tests.handlers.endpoint_guard.stage import FUNCTION, Stage

NOTHING: dict[str, Any] = {"Endpoints": {}}


def test_success_is_answered(stage: Stage) -> None:
    assert stage.send("EndpointRollout", "Create", NOTHING) == {
        "Status": "SUCCESS",
        "PhysicalResourceId": "EndpointRollout-EndpointRollout",
        "StackId": stage.stack.stack_id,
        "RequestId": "request",
        "LogicalResourceId": "EndpointRollout",
    }
    assert stage.answers.headers[0]["Content-Type"] == ""


@pytest.mark.parametrize("kind", ["Update", "Delete"])
def test_the_physical_id_stays(stage: Stage, kind: str) -> None:
    answer = stage.send("EndpointRollout", kind, NOTHING, PhysicalResourceId="given-once")

    assert answer is not None
    assert answer["PhysicalResourceId"] == "given-once"


def test_a_failure_is_answered_with_its_reason(stage: Stage) -> None:
    assert stage.fail("EndpointRollout", "Create", {"Endpoints": {"a": {"Name": "nobody", "Config": "c"}}}) == (
        "endpoint nobody does not exist: c was deployed to it"
    )


def test_a_resource_that_nobody_knows_is_refused(stage: Stage) -> None:
    assert stage.fail("Other", "Create", {}) == (
        "the endpoint guard has no Custom::Other, only Custom::EndpointRollout, Custom::ScalingRegistration, "
        "Custom::ScalingRelease"
    )


def test_an_error_of_the_guard_itself_is_answered(stage: Stage) -> None:
    assert stage.fail("EndpointRollout", "Create", {"Endpoints": {"a": {"Name": "no config"}}}) == (
        "the endpoint guard failed: KeyError: 'Config'"
    )


@pytest.mark.parametrize("character", ["x", "é", '"', "𝄞", "\n"])
def test_a_long_reason_is_cut_to_what_cloudformation_takes(stage: Stage, character: str) -> None:
    reason = stage.fail("EndpointRollout", "Create", {"Endpoints": {"a": {"Name": character * 5000, "Config": "c"}}})

    assert len(stage.answers.bodies[0]) <= 4096
    assert len(stage.answers.bodies[0]) > 4000
    assert reason.endswith("…")


def test_an_answer_that_does_not_arrive_is_sent_again(stage: Stage) -> None:
    stage.answers.failures_to_come = 2

    stage.succeed("EndpointRollout", "Create", NOTHING)

    assert stage.clock.slept == [2.0, 4.0]


def test_an_answer_that_never_arrives_ends_the_invocation(stage: Stage, caplog: pytest.LogCaptureFixture) -> None:
    stage.answers.failures_to_come = 4

    with pytest.raises(OSError, match="503"):
        stage.send("EndpointRollout", "Create", NOTHING)
    assert "signature=secret" not in caplog.text


def test_the_log_is_one_json_document_a_line(stage: Stage, caplog: pytest.LogCaptureFixture) -> None:
    stage.succeed("EndpointRollout", "Create", NOTHING)

    messages = [json.loads(record.message) for record in caplog.records if record.name == "endpoint_guard"]
    assert [each["message"] for each in messages] == ["handling", "answering"]


def test_lambda_calls_the_handler(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    class Context:
        invoked_function_arn = FUNCTION

        def get_remaining_time_in_millis(self) -> int:
            return 900_000

    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    surroundings.client.cache_clear()
    event = {
        "RequestType": "Create",
        "RequestId": "request",
        "ResponseURL": stage.answers.url,
        "StackId": stage.stack.stack_id,
        "LogicalResourceId": "Rollout",
        "ResourceType": "Custom::EndpointRollout",
        "ResourceProperties": {"Endpoints": {"a": {"Name": "nobody", "Config": "c"}}},
    }

    entry.handler(event, Context())

    assert json.loads(stage.answers.bodies[0])["Reason"] == "endpoint nobody does not exist: c was deployed to it"
    assert surroundings.client("sagemaker") is surroundings.client("sagemaker")
    surroundings.client.cache_clear()
