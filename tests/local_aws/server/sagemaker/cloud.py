"""Everything that the emulated services take from ministack, in one place.

ministack is extended through private names, so its version is pinned exactly: this module is what to read when the pin
moves.
"""

import http
import os
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from ministack.core import concurrency, responses
from ministack.services import cloudwatch, cloudwatch_logs, eventbridge, s3, sns


def account() -> str:
    """Return the account of the request that is being served."""
    return str(responses.get_account_id())


def region() -> str:
    """Return the region of the request that is being served."""
    return str(responses.get_region())


def arn(service: str, resource: str) -> str:
    """Return the name of a resource of this account and region."""
    return f"arn:aws:{service}:{region()}:{account()}:{resource}"


def in_background(task: Callable[..., None], *arguments: Any, name: str) -> None:
    """Run a task on a thread of its own, in the account and region of the request."""
    concurrency.spawn_background(task, *arguments, thread_name=name)


def bucket_exists(bucket: str) -> bool:
    """Tell whether the local S3 has a bucket."""
    return s3._buckets.get(bucket) is not None


def object_keys(bucket: str, prefix: str) -> list[str]:
    """List the keys of a bucket of the local S3 that begin with a prefix."""
    record = s3._buckets.get(bucket)
    return sorted(key for key in list(record["objects"]) if key.startswith(prefix)) if record else []


def read_object(bucket: str, key: str) -> bytes | None:
    """Read an object of the local S3, or return None where there is none."""
    data: bytes | None = s3._get_object_data(bucket, key)
    return data


def write_object(bucket: str, key: str, data: bytes, content_type: str, kms_key: str = "") -> bool:
    """Write an object to the local S3, which tells whoever listens to the bucket; return whether it could be written."""
    encryption = {"x-amz-server-side-encryption": "aws:kms", "x-amz-server-side-encryption-aws-kms-key-id": kms_key}
    status, _headers, _body = s3._put_object(
        bucket, key, data, {"content-type": content_type, **(encryption if kms_key else {})}
    )
    return bool(status == http.HTTPStatus.OK)


def publish_message(topic_arn: str, message: str) -> bool:
    """Publish a message to a topic of the local SNS; return whether that was possible."""
    try:
        return sns.publish_internal(topic_arn, message) is not None
    except sns.SnsPublishError:
        return False


def record_metric(namespace: str, name: str, value: float, unit: str, dimensions: dict[str, str]) -> None:
    """Publish one value to the local CloudWatch."""
    cloudwatch.record_metric(namespace, name, value, unit, dimensions)


def put_event(source: str, detail_type: str, detail: str, resources: list[str]) -> None:
    """Send an event of a service to the default bus of the local EventBridge."""
    entry = {"Source": source, "DetailType": detail_type, "Detail": detail, "Resources": resources}
    eventbridge._put_events({"Entries": [entry]}, allow_aws_source=True)


def log(group: str, stream: str, lines: list[tuple[float, str]]) -> None:
    """Write lines, each with its time, to a stream of the local CloudWatch Logs; group and stream are made where they lack."""
    named = {"logGroupName": group, "logStreamName": stream}
    cloudwatch_logs._create_log_group(named)
    cloudwatch_logs._create_log_stream(named)
    events = [{"timestamp": int(when * 1000), "message": text} for when, text in lines]
    cloudwatch_logs._put_log_events({**named, "logEvents": events})


def endpoint_url() -> str:
    """Return where this server listens."""
    port = os.environ.get("GATEWAY_PORT") or os.environ.get("EDGE_PORT") or "4566"
    return f"http://127.0.0.1:{port}"


def scratch() -> Path:
    """Return the folder that lives as long as this local AWS does."""
    folder = os.environ.get("LOCAL_AWS_SCRATCH")
    if folder is None:
        folder = os.environ["LOCAL_AWS_SCRATCH"] = tempfile.mkdtemp(prefix="local-aws-")
    return Path(folder)
