"""A stage for the model publisher: S3 with two buckets, somebody who takes the answers, and a record of what is asked of S3."""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from botocore.exceptions import ClientError

from cdk_model_hosting.handlers.log import Log
from cdk_model_hosting.handlers.model_publisher import entry
from cdk_model_hosting.handlers.model_publisher.surroundings import Surroundings
from tests.handlers.endpoint_guard.stage import Answers

REGION = "us-east-1"
STORE = "store"
SOURCE = "releases"
KEY = "models/fraud-7.tar.gz"
SOURCE_KEY = "fraud/7/model.tar.gz"
PROPERTIES = {
    "ServiceToken": "arn:aws:lambda:us-east-1:123456789012:function:publisher",
    "Bucket": STORE,
    "Key": KEY,
    "SourceBucket": SOURCE,
    "SourceKey": SOURCE_KEY,
    "Content": f"{SOURCE}/{SOURCE_KEY}",
}


@dataclass(frozen=True)
class Call:
    """One call of S3."""

    operation: str
    parameters: dict[str, Any]


@dataclass
class Stage:
    """Everything around the publisher.

    Args:
        s3: The client of S3.
        answers: Where the answers go.
        seconds: What is left of the invocation.
        refusals: Error codes that the next calls are refused with, by operation.
        before: What happens just before an operation.
    """

    s3: Any
    answers: Answers
    seconds: float = 900.0
    slept: list[float] = field(default_factory=list)
    calls: list[Call] = field(default_factory=list)
    refusals: dict[str, list[str]] = field(default_factory=dict)
    before: dict[str, Callable[[], None]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.s3.meta.events.register("provide-client-params.s3.*", self._called)

    def put(self, content: bytes, key: str = SOURCE_KEY, bucket: str = SOURCE, **more: Any) -> None:
        self.s3.put_object(Bucket=bucket, Key=key, Body=content, **more)

    def content(self, key: str = KEY) -> bytes:
        found: bytes = self.s3.get_object(Bucket=STORE, Key=key)["Body"].read()
        return found

    def keys(self) -> list[str]:
        return [each["Key"] for each in self.s3.list_objects_v2(Bucket=STORE).get("Contents", [])]

    def send(self, kind: str = "Create", **properties: str) -> dict[str, Any]:
        """Let CloudFormation ask for something, and return the answer."""
        event = {
            "RequestType": kind,
            "RequestId": "request",
            "ResponseURL": self.answers.url,
            "StackId": "arn:aws:cloudformation:us-east-1:123456789012:stack/Stack/1",
            "LogicalResourceId": "Model",
            "ResourceType": "Custom::PublishedModel",
            "ResourceProperties": {**PROPERTIES, **properties},
            **({} if kind == "Create" else {"PhysicalResourceId": "Model-PublishedModel"}),
        }
        before = len(self.answers.bodies)
        self.calls.clear()
        surroundings = Surroundings(
            s3=lambda: self.s3, remaining=lambda: self.seconds, log=Log("model_publisher"), sleep=self.slept.append
        )
        entry.handle(event, surroundings)
        (body,) = self.answers.bodies[before:]
        answer: dict[str, Any] = json.loads(body)
        return answer

    def succeed(self, kind: str = "Create", **properties: str) -> None:
        answer = self.send(kind, **properties)
        assert answer["Status"] == "SUCCESS", answer["Reason"]

    def fail(self, kind: str = "Create", **properties: str) -> str:
        answer = self.send(kind, **properties)
        assert answer["Status"] == "FAILED"
        return str(answer["Reason"])

    @property
    def operations(self) -> list[str]:
        return [each.operation for each in self.calls]

    def _called(self, model: Any, params: dict[str, Any], **_: Any) -> None:
        self.calls.append(Call(model.name, dict(params)))
        self.before.get(model.name, lambda: None)()
        if self.refusals.get(model.name):
            code = self.refusals[model.name].pop(0)
            raise ClientError({"Error": {"Code": code, "Message": "Not for you."}}, model.name)
