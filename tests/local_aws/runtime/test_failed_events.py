"""Events that nobody waits for: tried again, and told about at the destination of the alias that was invoked."""

import json
import time
from typing import Any

import pytest

from tests.local_aws.lifecycle import LocalAws
from tests.local_aws.runtime.functional import Functions
from tests.local_aws.runtime.hosting import unique

# It counts its attempts in a file of its own process's machine, and fails as often as the event says.
COUNTING = """\
import pathlib

def handler(event, context):
    file = pathlib.Path(event["file"])
    attempts = int(file.read_text()) + 1 if file.exists() else 1
    file.write_text(str(attempts))
    if attempts <= event["failures"]:
        raise ValueError(f"attempt {attempts}")
    return {"attempts": attempts}
"""
SECONDS_TO_ARRIVE = 120.0


@pytest.fixture(scope="module")
def functions(local_aws: LocalAws) -> Functions:
    """Short words for what Lambda is asked to do."""
    return Functions(local_aws)


@pytest.fixture(scope="module")
def function(functions: Functions) -> str:
    """A function whose alias is ``live``."""
    name = functions.create(COUNTING, Timeout=10)
    functions.publish(name, "live")
    return name


class Queue:
    """A queue, and what came into it."""

    def __init__(self, local: LocalAws) -> None:
        self._sqs = local.client("sqs")
        self.url = self._sqs.create_queue(QueueName=unique("events"))["QueueUrl"]
        known = self._sqs.get_queue_attributes(QueueUrl=self.url, AttributeNames=["QueueArn"])
        self.arn = str(known["Attributes"]["QueueArn"])

    def message(self) -> Any:
        deadline = time.monotonic() + SECONDS_TO_ARRIVE
        while time.monotonic() < deadline:
            for message in self._sqs.receive_message(QueueUrl=self.url, WaitTimeSeconds=1).get("Messages", []):
                self._sqs.delete_message(QueueUrl=self.url, ReceiptHandle=message["ReceiptHandle"])
                return json.loads(message["Body"])
        raise AssertionError(f"nothing came to {self.url}")


def configure(
    functions: Functions,
    function: str,
    destination: str,
    settings: dict[str, int] | None = None,
    *,
    kind: str = "OnFailure",
) -> None:
    functions.client.put_function_event_invoke_config(
        FunctionName=function,
        Qualifier="live",
        DestinationConfig={kind: {"Destination": destination}},
        **(settings or {}),
    )


def send(functions: Functions, function: str, event: dict[str, Any]) -> None:
    functions.client.invoke(
        FunctionName=function, Qualifier="live", InvocationType="Event", Payload=json.dumps(event).encode()
    )


@pytest.fixture
def event(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """An event that always fails."""
    return {"file": str(tmp_path_factory.mktemp("event") / "attempts"), "failures": 9}


@pytest.mark.parametrize(
    ("settings", "condition", "attempts"),
    [
        ({}, "RetriesExhausted", 3),
        ({"MaximumRetryAttempts": 0}, "RetriesExhausted", 1),
        ({"MaximumEventAgeInSeconds": 90}, "EventAgeExceeded", 2),
    ],
    ids=["three", "one", "too-old"],
)
def test_a_failed_event_arrives_in_the_queue(  # noqa: PLR0917 - three of them are what a case is
    functions: Functions,
    function: str,
    event: dict[str, Any],
    settings: dict[str, int],
    condition: str,
    attempts: int,
) -> None:
    queue = Queue(functions.local)
    configure(functions, function, queue.arn, settings)
    send(functions, function, event)

    record = queue.message()

    assert record["requestContext"]["condition"] == condition
    assert record["requestContext"]["approximateInvokeCount"] == attempts
    assert record["requestContext"]["functionArn"].endswith(f":function:{function}:live")
    assert record["requestPayload"] == event
    assert record["responseContext"] == {"statusCode": 200, "executedVersion": "1", "functionError": "Unhandled"}
    assert record["responsePayload"] == {"errorMessage": f"attempt {attempts}", "errorType": "ValueError"}


def test_a_topic_and_a_bus_hear_of_it_too(functions: Functions, function: str, event: dict[str, Any]) -> None:
    queue = Queue(functions.local)
    sns, events = functions.local.client("sns"), functions.local.client("events")
    topic = sns.create_topic(Name=unique("failures"))["TopicArn"]
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=queue.arn)
    configure(functions, function, topic)
    send(functions, function, event)
    assert json.loads(queue.message()["Message"])["requestPayload"] == event

    bus, rule = unique("bus"), unique("rule")
    arn = events.create_event_bus(Name=bus)["EventBusArn"]
    pattern = {"detail-type": ["Lambda Function Invocation Result - Failure"]}
    events.put_rule(Name=rule, EventBusName=bus, EventPattern=json.dumps(pattern))
    events.put_targets(Rule=rule, EventBusName=bus, Targets=[{"Id": "queue", "Arn": queue.arn}])
    configure(functions, function, arn)
    send(functions, function, event)
    heard = queue.message()
    assert heard["source"] == "lambda"
    assert heard["detail"]["requestPayload"] == event
    assert [resource.split(":")[2] for resource in heard["resources"]] == ["events", "lambda"]


def test_an_event_that_succeeds_in_the_end_is_a_success(
    functions: Functions, function: str, event: dict[str, Any]
) -> None:
    queue = Queue(functions.local)
    configure(functions, function, queue.arn, kind="OnSuccess")
    send(functions, function, {**event, "failures": 1})
    record = queue.message()
    assert record["requestContext"]["condition"] == "Success"
    assert record["responsePayload"] == {"attempts": 2}


def test_a_dead_letter_queue_gets_the_event_itself(functions: Functions, event: dict[str, Any]) -> None:
    queue = Queue(functions.local)
    function = functions.create(COUNTING, DeadLetterConfig={"TargetArn": queue.arn})
    functions.client.invoke(FunctionName=function, InvocationType="Event", Payload=json.dumps(event).encode())
    assert queue.message() == event
