"""What the tests of asynchronous endpoints do over and over: an endpoint with topics, requests, and what came of them."""

import json
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from tests.local_aws.runtime.hosting import BUCKET, Hosting, unique

SECONDS_TO_ANSWER = 120.0


def until(what: str, seconds: float = SECONDS_TO_ANSWER) -> Iterator[None]:
    """Come back every now and then, and fail when that takes too long."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        yield
        time.sleep(0.05)
    raise AssertionError(f"waited in vain for {what}")


@dataclass
class Topic:
    """A topic with a queue that keeps what is said to it."""

    hosting: Hosting
    arn: str = field(init=False)
    _queue: str = field(init=False)

    def __post_init__(self) -> None:
        self._sqs = self.hosting.local.client("sqs")
        sns = self.hosting.local.client("sns")
        name = unique("topic")
        self.arn = sns.create_topic(Name=name)["TopicArn"]
        self._queue = self._sqs.create_queue(QueueName=name)["QueueUrl"]
        attributes = self._sqs.get_queue_attributes(QueueUrl=self._queue, AttributeNames=["QueueArn"])["Attributes"]
        sns.subscribe(
            TopicArn=self.arn,
            Protocol="sqs",
            Endpoint=attributes["QueueArn"],
            Attributes={"RawMessageDelivery": "true"},
        )

    def heard(self, event: str = "InferenceResult") -> list[dict[str, Any]]:
        """Take the messages of an event out of the queue."""
        messages = self._sqs.receive_message(QueueUrl=self._queue, MaxNumberOfMessages=10).get("Messages", [])
        for message in messages:
            self._sqs.delete_message(QueueUrl=self._queue, ReceiptHandle=message["ReceiptHandle"])
        told = [json.loads(message["Body"]) for message in messages]
        return [message for message in told if message["eventName"] == event]

    def hears(self, event: str = "InferenceResult") -> dict[str, Any]:
        """Wait for the next message of an event."""
        for _ in until(f"{event} on {self.arn}"):
            for message in self.heard(event):
                return message
        raise AssertionError


@dataclass
class Queued:
    """An asynchronous endpoint."""

    hosting: Hosting
    name: str
    prefix: str

    def ask(self, wish: object = None, **rest: Any) -> dict[str, Any]:
        """Send a request whose input lies in S3, and return the answer of the service."""
        place = {} if {"InputLocation", "Body"} & set(rest) else {"InputLocation": self.input(wish)}
        answer: dict[str, Any] = self.hosting.runtime.invoke_endpoint_async(EndpointName=self.name, **place, **rest)
        return answer

    def input(self, wish: object) -> str:
        """Put a request into S3."""
        key = f"{self.prefix}/input/{unique('request')}.json"
        self.hosting.local.client("s3").put_object(Bucket=BUCKET, Key=key, Body=json.dumps(wish).encode())
        return f"s3://{BUCKET}/{key}"

    def written(self, location: str) -> dict[str, Any] | None:
        """Return the object at a location, or None where there is none yet."""
        s3 = self.hosting.local.client("s3")
        try:
            found: dict[str, Any] = s3.get_object(Bucket=BUCKET, Key=location.removeprefix(f"s3://{BUCKET}/"))
        except s3.exceptions.NoSuchKey:
            return None
        return {**found, "Body": found["Body"].read()}

    def waits_for(self, location: str) -> dict[str, Any]:
        """Wait until there is an object at a location."""
        for _ in until(location):
            found = self.written(location)
            if found is not None:
                return found
        raise AssertionError

    def told(self, answer: dict[str, Any]) -> dict[str, Any]:
        """Wait for the output of a request, and return what the echo container told."""
        told: dict[str, Any] = json.loads(self.waits_for(answer["OutputLocation"])["Body"])
        return told

    def scale(self, count: int) -> None:
        """Change the instance count, and wait until that is done."""
        self.hosting.sagemaker.update_endpoint_weights_and_capacities(
            EndpointName=self.name,
            DesiredWeightsAndCapacities=[{"VariantName": "Main", "DesiredInstanceCount": count}],
        )
        self.hosting.settle(self.name)

    def metric(self, name: str, statistic: str = "Sum", **dimensions: str) -> float | None:
        """Read a metric of the last hour; None where there is none."""
        now = time.time()
        points = self.hosting.local.client("cloudwatch").get_metric_statistics(
            Namespace="AWS/SageMaker",
            MetricName=name,
            Dimensions=[
                {"Name": key, "Value": value} for key, value in {"EndpointName": self.name, **dimensions}.items()
            ],
            StartTime=now - 3600,
            EndTime=now + 3600,
            Period=7200,
            Statistics=[statistic],
        )["Datapoints"]
        # The period may fall on a boundary of the clock, which leaves two points.
        values = [float(point[statistic]) for point in points]
        return (sum(values) if statistic == "Sum" else max(values)) if values else None

    def meters(self, count: int = 1) -> None:
        """Wait until so many requests are metered, which happens after their answers are written."""
        for _ in until(f"{count} metered requests"):
            # The last metric that is published of a request.
            if self.metric("TotalProcessingTime", "SampleCount", VariantName="Main") == count:
                return

    def metrics(self) -> dict[str, set[frozenset[str]]]:
        """Return the dimensions by which each metric of the endpoint is published."""
        pages = self.hosting.local.client("cloudwatch").list_metrics(
            Namespace="AWS/SageMaker", Dimensions=[{"Name": "EndpointName", "Value": self.name}]
        )["Metrics"]
        found: dict[str, set[frozenset[str]]] = {}
        for metric in pages:
            names = frozenset(dimension["Name"] for dimension in metric["Dimensions"])
            found.setdefault(metric["MetricName"], set()).add(names)
        return found


def queued(
    hosting: Hosting,
    *,
    notify: dict[str, Any] | None = None,
    concurrency: int | None = None,
    failure_path: bool = True,
    model: str | None = None,
) -> Queued:
    """Create an asynchronous endpoint, and wait until it is no longer Creating."""
    prefix = unique("async")
    output: dict[str, Any] = {"S3OutputPath": f"s3://{BUCKET}/{prefix}/output"}
    if failure_path:
        output["S3FailurePath"] = f"s3://{BUCKET}/{prefix}/failure/"
    if notify is not None:
        output["NotificationConfig"] = notify
    client = {"ClientConfig": {"MaxConcurrentInvocationsPerInstance": concurrency}} if concurrency else {}
    config = hosting.config(
        {"ModelName": model if model is not None else hosting.model("1"), "InitialInstanceCount": 1},
        AsyncInferenceConfig={"OutputConfig": output, **client},
    )
    name = unique("async-endpoint")
    hosting.sagemaker.create_endpoint(EndpointName=name, EndpointConfigName=config)
    hosting.settle(name)
    return Queued(hosting, name, prefix)
