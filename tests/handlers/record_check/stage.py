"""A stage for the record check: S3 with a bucket, and a transform job that is over."""

import gzip
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from botocore.exceptions import ClientError

from cdk_model_hosting.handlers.log import Log
from cdk_model_hosting.handlers.record_check import entry
from cdk_model_hosting.handlers.record_check.surroundings import Surroundings

REGION = "us-east-1"
BUCKET = "records"
JOB = "nightly-7"
CREATED = datetime(2026, 11, 20, tzinfo=UTC)


@dataclass
class Stage:
    """Everything around the check.

    Args:
        s3: The client of S3.
        seconds: What is left of the invocation, told each time somebody asks.
        asked: The calls of S3 and what they were asked, in order.
        refusals: Error codes that calls are refused with, by operation and key.
    """

    s3: Any
    seconds: Callable[[], float] = lambda: 900.0
    asked: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    refusals: dict[tuple[str, str | None], str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.s3.meta.events.register("provide-client-params.s3.*", self._called)

    def put(self, key: str, content: bytes) -> None:
        self.s3.put_object(Bucket=BUCKET, Key=key, Body=content)

    def pair(self, name: str, given: bytes, made: bytes | None) -> None:
        """Put an input where inputs are, and its output, if there is one, where outputs are."""
        self.put(f"in/{name}", given)
        if made is not None:
            self.put(f"out/{name}.out", made)

    def refuse(self, operation: str, key: str | None, code: str) -> None:
        """Refuse a call from now on."""
        self.refusals[operation, key] = code

    def check(self, **changes: Any) -> dict[str, Any]:
        """Check a job that is split and assembled by lines, with changes to its event."""
        self.asked.clear()
        surroundings = Surroundings(s3=lambda: self.s3, remaining=self.seconds, log=Log("record_check"))
        return entry.handle(event(**changes), surroundings)

    def _called(self, model: Any, params: dict[str, Any], **_: Any) -> None:
        self.asked.append((model.name, dict(params)))
        code = self.refusals.get((model.name, params.get("Key")))
        if code is not None:
            raise ClientError({"Error": {"Code": code, "Message": "Not for you."}}, model.name)


def event(
    *,
    source: str = f"s3://{BUCKET}/in/",
    data_type: str = "S3Prefix",
    target: str = f"s3://{BUCKET}/out",
    split: str | None = "Line",
    assemble: str | None = "Line",
    **more: Any,
) -> dict[str, Any]:
    """What is known of a job; members that are None are not there."""
    given = {
        "DataSource": {"S3DataSource": {"S3DataType": data_type, "S3Uri": source}},
        "SplitType": split,
        "CompressionType": more.pop("compression", None),
        "ContentType": more.pop("content_type", None),
    }
    made = {"S3OutputPath": target, "AssembleWith": assemble}
    return {"TransformJobName": JOB, "TransformInput": _given(given), "TransformOutput": _given(made), **more}


def millis(time: datetime) -> int:
    return int(time.timestamp() * 1000)


def lines(count: int, *, end: bytes = b"\n") -> bytes:
    return b"".join(b"%d,1.5,2.5%s" % (number, end) for number in range(count))


def packed(*members: bytes) -> bytes:
    return b"".join(gzip.compress(each) for each in members)


def _given(members: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in members.items() if value is not None}
