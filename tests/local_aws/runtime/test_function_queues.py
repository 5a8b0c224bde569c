"""Messages of a queue go to a function in batches, and those that fail come again until they are given up."""

import json
import time
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.local_aws.lifecycle import LocalAws
from tests.local_aws.runtime.versioned import Deployed, Properties, function
from tests.local_aws.stacks import Stack

SECONDS = 120.0
# Writes what it got to a bucket, and fails where a message says so.
CODE = """
import boto3, json, time, uuid

def handler(event, context):
    bodies = [json.loads(record["body"]) for record in event["Records"]]
    first = int(event["Records"][0]["attributes"]["ApproximateFirstReceiveTimestamp"]) / 1000
    told = {"bodies": bodies, "version": context.function_version, "hidden": time.time() - first}
    key = f"{context.function_name}/{uuid.uuid4()}"
    boto3.client("s3").put_object(Bucket="function-queues", Key=key, Body=json.dumps(told))
    if any(body.get("raise") for body in bodies):
        raise ValueError("no")
    failed = [record["messageId"] for record, body in zip(event["Records"], bodies) if body.get("fail")]
    if any(body.get("odd") for body in bodies):
        failed = ["of-nobody"]
    return {"batchItemFailures": [{"itemIdentifier": each} for each in failed]}
"""


def queued(visibility: int = 60, **mapping: Any) -> Properties:
    """A queue with a dead-letter queue, and a function behind it."""
    dead = {"deadLetterTargetArn": {"Fn::GetAtt": ["Dead", "Arn"]}, "maxReceiveCount": 3}
    return function("1", code=CODE) | {
        "Dead": {"Type": "AWS::SQS::Queue"},
        "Queue": {
            "Type": "AWS::SQS::Queue",
            "Properties": {"VisibilityTimeout": visibility, "RedrivePolicy": dead},
        },
        "Mapping": {
            "Type": "AWS::Lambda::EventSourceMapping",
            "Properties": {
                "EventSourceArn": {"Fn::GetAtt": ["Queue", "Arn"]},
                "FunctionName": {"Ref": "Alias"},
                "FunctionResponseTypes": ["ReportBatchItemFailures"],
                **mapping,
            },
        },
    }


OUTPUTS = {"Queue": {"Ref": "Queue"}, "Dead": {"Ref": "Dead"}, "Arn": {"Fn::GetAtt": ["Queue", "Arn"]}}


class Line:
    """A queue, what its function got, and what was given up."""

    def __init__(self, local: LocalAws, name: str, **mapping: Any) -> None:
        self.deployed = Deployed.of(local, name, queued(**mapping), **OUTPUTS)
        self.outputs = self.deployed.stack.outputs()
        self.sqs, self._s3 = local.client("sqs"), local.client("s3")

    def send(self, *bodies: dict[str, Any]) -> None:
        entries = [{"Id": str(number), "MessageBody": json.dumps(body)} for number, body in enumerate(bodies)]
        self.sqs.send_message_batch(QueueUrl=self.outputs["Queue"], Entries=entries)

    def batches(self) -> list[list[dict[str, Any]]]:
        return [told["bodies"] for told in self.told()]

    def told(self) -> list[dict[str, Any]]:
        """What the function wrote, in no order."""
        listed = self._s3.list_objects_v2(Bucket="function-queues", Prefix=f"{self.deployed.name}/").get("Contents", [])
        read = [self._s3.get_object(Bucket="function-queues", Key=each["Key"])["Body"].read() for each in listed]
        return [json.loads(body) for body in read]

    def given_up(self) -> list[dict[str, Any]]:
        found = self.sqs.receive_message(QueueUrl=self.outputs["Dead"], MaxNumberOfMessages=10, VisibilityTimeout=0)
        return [json.loads(message["Body"]) for message in found.get("Messages", [])]

    def left(self) -> int:
        names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
        told = self.sqs.get_queue_attributes(QueueUrl=self.outputs["Queue"], AttributeNames=names)["Attributes"]
        return sum(int(told[name]) for name in names)


def until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + SECONDS
    while not condition():
        assert time.monotonic() < deadline, "it did not come about"
        time.sleep(0.02)


@pytest.fixture(scope="module")
def bucket(local_aws: LocalAws) -> str:
    local_aws.client("s3").create_bucket(Bucket="function-queues")
    return "function-queues"


@pytest.mark.usefixtures("bucket")
def test_only_reported_messages_come_again_and_are_given_up_at_last(local_aws: LocalAws) -> None:
    line = Line(local_aws, "FunctionQueue")

    line.send({"n": 1}, {"n": 2, "fail": True}, {"n": 3})
    until(lambda: len(line.given_up()) == 1)

    got = [body["n"] for batch in line.batches() for body in batch]
    assert sorted(got) == [1, 2, 2, 2, 3]
    assert [body["n"] for body in line.given_up()] == [2]
    assert line.left() == 0


@pytest.mark.usefixtures("bucket")
@pytest.mark.parametrize(("name", "flaw"), [("FunctionQueueRaises", "raise"), ("FunctionQueueOdd", "odd")])
def test_all_messages_come_again_where_the_function_fails_or_reports_nonsense(
    local_aws: LocalAws, name: str, flaw: str
) -> None:
    line = Line(local_aws, name, BatchSize=2, MaximumBatchingWindowInSeconds=300)

    with local_aws.time_factor(0.005):
        line.send({"n": 1}, {"n": 2, flaw: True})
        until(lambda: len(line.given_up()) == 2)

    assert [len(batch) for batch in line.batches()] == [2, 2, 2]
    assert line.left() == 0


@pytest.mark.usefixtures("bucket")
def test_a_batch_waits_for_its_window_and_may_be_big(local_aws: LocalAws) -> None:
    line = Line(local_aws, "FunctionQueueWindow", BatchSize=100, MaximumBatchingWindowInSeconds=100)
    with local_aws.time_factor(1):
        for begin in (0, 10):
            line.send(*({"n": begin + number} for number in range(10)))
        time.sleep(0.3)
        assert line.batches() == []
    until(lambda: line.left() == 0)

    (batch,) = line.batches()
    assert len(batch) == 20


@pytest.mark.usefixtures("bucket")
def test_the_visibility_timeout_passes_with_the_time_factor(local_aws: LocalAws) -> None:
    line = Line(local_aws, "FunctionQueueVisibility")
    with local_aws.time_factor(0.02):
        line.send({"fail": True})
        until(lambda: len(line.batches()) == 2)

    # As the queue and the function saw it: of a minute a second and a bit, and not nearly all of it.
    assert 1.2 <= max(told["hidden"] for told in line.told()) < 50


def test_a_queue_must_hide_messages_as_long_as_the_function_takes(local_aws: LocalAws) -> None:
    stack = Stack(local_aws, "FunctionQueueShort")
    assert stack.apply({"Resources": queued(visibility=5)}) == "ROLLBACK_COMPLETE"
    reason = stack.reasons("CREATE_FAILED")["Mapping"]
    assert "Queue visibility timeout: 5 seconds is less than Function timeout: 10 seconds" in reason


def test_what_lambda_refuses_of_a_mapping(local_aws: LocalAws) -> None:
    line = Line(local_aws, "FunctionQueueRules", ScalingConfig={"MaximumConcurrency": 2})
    client = local_aws.client("lambda")
    (mapping,) = client.list_event_source_mappings(FunctionName=line.deployed.name)["EventSourceMappings"]
    assert mapping["ScalingConfig"] == {"MaximumConcurrency": 2}
    assert mapping["FunctionArn"] == line.deployed.alias

    with pytest.raises(ClientError, match="Maximum batch window in seconds must be greater than 0"):
        client.update_event_source_mapping(UUID=mapping["UUID"], BatchSize=11)
    line.sqs.set_queue_attributes(QueueUrl=line.outputs["Queue"], Attributes={"VisibilityTimeout": "9"})
    with pytest.raises(ClientError, match="Queue visibility timeout: 9 seconds is less than Function timeout: 10"):
        client.create_event_source_mapping(FunctionName=line.deployed.alias, EventSourceArn=line.outputs["Arn"])
