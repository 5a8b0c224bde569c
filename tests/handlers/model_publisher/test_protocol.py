"""CloudFormation always gets an answer, and the log tells what happened."""

import json

import pytest

from cdk_model_hosting.handlers.model_publisher import entry, surroundings
from tests.handlers.model_publisher.stage import KEY, PROPERTIES, Stage


def test_success_is_answered(stage: Stage) -> None:
    assert stage.send() == {
        "Status": "SUCCESS",
        "PhysicalResourceId": "Model-PublishedModel",
        "StackId": "arn:aws:cloudformation:us-east-1:123456789012:stack/Stack/1",
        "RequestId": "request",
        "LogicalResourceId": "Model",
    }


@pytest.mark.parametrize("kind", ["Update", "Delete"])
def test_the_resource_stays_the_same(stage: Stage, kind: str) -> None:
    assert stage.send(kind, Key="models/other.tar.gz")["PhysicalResourceId"] == "Model-PublishedModel"


def test_an_error_of_the_publisher_itself_is_answered(stage: Stage) -> None:
    del stage.s3

    assert stage.fail().startswith("the model publisher failed: AttributeError: ")


def test_an_answer_that_does_not_arrive_is_sent_again(stage: Stage) -> None:
    stage.answers.failures_to_come = 1

    stage.succeed()

    assert stage.slept == [2.0]


def test_the_log_is_one_json_document_a_line(stage: Stage, caplog: pytest.LogCaptureFixture) -> None:
    stage.succeed()
    stage.fail("Update", Content="other")

    lines = [json.loads(record.message) for record in caplog.records if record.name == "model_publisher"]
    assert [each["message"] for each in lines] == [
        "handling", "copying", "answering", "handling", "failed", "answering",
    ]  # fmt: skip
    assert "PublishError" in lines[4]["error"]


def test_lambda_calls_the_handler(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    class Context:
        def get_remaining_time_in_millis(self) -> int:
            return 900_000

    for name, value in {
        "DEFAULT_REGION": "us-east-1",
        "ACCESS_KEY_ID": "nobody",
        "SECRET_ACCESS_KEY": "nothing",
    }.items():
        monkeypatch.setenv(f"AWS_{name}", value)
    surroundings.client.cache_clear()
    event = {
        "RequestType": "Create",
        "RequestId": "request",
        "ResponseURL": stage.answers.url,
        "StackId": "stack",
        "LogicalResourceId": "Model",
        "ResourceType": "Custom::PublishedModel",
        "ResourceProperties": PROPERTIES,
    }

    entry.handler(event, Context())

    assert json.loads(stage.answers.bodies[0])["Status"] == "SUCCESS"
    assert stage.content(KEY) == b"weights"
    assert surroundings.client() is surroundings.client()
    surroundings.client.cache_clear()
