"""What a caller of an asynchronous endpoint does, and what it hears: nothing that it could not do with its grants."""

from __future__ import annotations

import itertools
import json
from typing import TYPE_CHECKING, Any

from tests.local_aws.runtime.queueing import until

if TYPE_CHECKING:
    from tests.local_aws.lifecycle import LocalAws

_numbers = itertools.count(1)


class Caller:
    """Uploads requests, puts them into the queue, and reads what came of them.

    Args:
        local: The local AWS.
        endpoint: The endpoint's name.
        requests: The S3 address that requests go below.
    """

    def __init__(self, local: LocalAws, endpoint: str, requests: str) -> None:
        self.endpoint = endpoint
        self._s3 = local.client("s3")
        self._runtime = local.client("sagemaker-runtime")
        self.bucket, _, self._prefix = requests.removeprefix("s3://").partition("/")

    def ask(self, body: bytes, content_type: str = "application/json") -> dict[str, Any]:
        """Upload a request and put it into the queue; return what SageMaker says of it."""
        key = f"{self._prefix}{next(_numbers)}"
        self._s3.put_object(Bucket=self.bucket, Key=key, Body=body)
        answer: dict[str, Any] = self._runtime.invoke_endpoint_async(
            EndpointName=self.endpoint, InputLocation=f"s3://{self.bucket}/{key}", ContentType=content_type
        )
        return answer

    def ask_about(self, records: list[dict[str, Any]]) -> dict[str, Any]:
        """The same for records."""
        return self.ask(json.dumps(records).encode())

    def is_there(self, location: str) -> bool:
        """Whether there is an object at an address."""
        listed = self._s3.list_objects_v2(Bucket=self.bucket, Prefix=self._key(location))
        return bool(listed["KeyCount"])

    def read(self, location: str) -> bytes:
        """Wait for an object at an address, and read it."""
        for _ in until(location):
            if self.is_there(location):
                break
        body: bytes = self._s3.get_object(Bucket=self.bucket, Key=self._key(location))["Body"].read()
        return body

    def decided(self, answer: dict[str, Any]) -> list[dict[str, Any]]:
        """The predictions of a request, once they are there."""
        found: list[dict[str, Any]] = json.loads(self.read(answer["OutputLocation"]))["predictions"]
        return found

    def _key(self, location: str) -> str:
        return location.removeprefix(f"s3://{self.bucket}/")


class Listener:
    """A queue that is subscribed to a topic.

    Args:
        local: The local AWS.
        topic: The topic's ARN.
    """

    def __init__(self, local: LocalAws, topic: str) -> None:
        self._sqs = local.client("sqs")
        self._url = self._sqs.create_queue(QueueName=f"hears-{topic.rpartition(':')[2]}"[:80])["QueueUrl"]
        attributes = self._sqs.get_queue_attributes(QueueUrl=self._url, AttributeNames=["QueueArn"])["Attributes"]
        local.client("sns").subscribe(
            TopicArn=topic,
            Protocol="sqs",
            Endpoint=attributes["QueueArn"],
            Attributes={"RawMessageDelivery": "true"},
        )

    def hears(self, inference: str) -> dict[str, Any]:
        """Wait for the word on an inference."""
        while True:
            told = self.hears_next()
            if told.get("inferenceId") == inference:
                return told

    def hears_next(self) -> dict[str, Any]:
        """Wait for the next message."""
        for _ in until(f"a message in {self._url}"):
            for message in self._sqs.receive_message(QueueUrl=self._url).get("Messages", []):
                self._sqs.delete_message(QueueUrl=self._url, ReceiptHandle=message["ReceiptHandle"])
                told: dict[str, Any] = json.loads(message["Body"])
                return told
        raise AssertionError

    def heard_nothing(self) -> bool:
        """Whether there is no message."""
        return not self._sqs.receive_message(QueueUrl=self._url).get("Messages", [])
