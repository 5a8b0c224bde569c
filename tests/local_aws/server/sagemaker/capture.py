"""Data capture: requests and answers of an endpoint as JSON lines in S3.

What was captured within a moment is written as one object. The name of its file, beside the time, is ours: AWS documents
the folders alone. A bucket that the local S3 does not have loses what is written to it, as one that the role may not write to
does on AWS.

See: https://docs.aws.amazon.com/sagemaker/latest/dg/model-monitor-data-capture-endpoint.html
"""

import base64
import json
import logging
import random
import threading
import time
import uuid
from collections.abc import Mapping
from datetime import UTC, datetime

from tests.local_aws.server.sagemaker import artifacts, cloud
from tests.local_aws.server.sagemaker.containers import Reply
from tests.local_aws.server.sagemaker.forwarding import PREFIX
from tests.local_aws.server.sagemaker.state import Document, EndpointConfig, Variant

_LOG = logging.getLogger("local_aws.sagemaker")
_SECONDS_UNTIL_WRITTEN = 0.1
_MODES = {"Input": ("INPUT",), "Output": ("OUTPUT",), "InputAndOutput": ("INPUT", "OUTPUT")}

_dice = random.Random()  # noqa: S311 - requests are sampled, nothing is kept secret
_lock = threading.Lock()
_unwritten: dict[tuple[str, str, str, str], list[str]] = {}
"""Account, region, folder and key -> the lines that wait to be written there."""


def record(config: EndpointConfig, variant: Variant, headers: Mapping[str, str], body: bytes, reply: Reply) -> None:
    """Keep a request and its answer, if the endpoint captures them and this one is sampled.

    Args:
        config: The configuration of the fleet that answered.
        variant: The variant that answered.
        headers: The headers of the request, in lower case.
        body: The body of the request.
        reply: The answer.
    """
    settings: Document = config.request.get("DataCaptureConfig", {})
    if not settings or not settings.get("EnableCapture", True):
        return
    if _dice.random() * 100 >= settings["InitialSamplingPercentage"]:
        return
    now = datetime.now(UTC)
    modes = {mode for option in settings["CaptureOptions"] for mode in _MODES[option["CaptureMode"]]}
    given, answered = headers.get("content-type", ""), reply.headers.get("content-type", "")
    captured: Document = {}
    if "INPUT" in modes:
        captured["endpointInput"] = _side("INPUT", given, body, settings)
    if "OUTPUT" in modes:
        captured["endpointOutput"] = _side("OUTPUT", answered, reply.body, settings)
    known = {"inferenceId": headers[f"{PREFIX}inference-id"]} if f"{PREFIX}inference-id" in headers else {}
    line = {
        "captureData": captured,
        "eventMetadata": {"eventId": str(uuid.uuid4()), **known, "inferenceTime": f"{now:%Y-%m-%dT%H:%M:%SZ}"},
        "eventVersion": "0",
    }
    destination = settings["DestinationS3Uri"].rstrip("/")
    folder = f"{destination}/{variant.endpoint_name}/{variant.name}/{now:%Y/%m/%d/%H}/"
    _keep((cloud.account(), cloud.region(), folder, settings.get("KmsKeyId", "")), json.dumps(line))


def _side(mode: str, content_type: str, data: bytes, settings: Document) -> Document:
    encoding = _encoding(content_type, settings.get("CaptureContentTypeHeader", {}))
    try:
        text = base64.b64encode(data).decode() if encoding == "BASE64" else data.decode()
    except UnicodeDecodeError:  # it is not what its content type says
        encoding, text = "BASE64", base64.b64encode(data).decode()
    return {"observedContentType": content_type, "mode": mode, "data": text, "encoding": encoding}


def _encoding(content_type: str, header: Document) -> str:
    """Return CSV or JSON for a content type that the configuration lists as such, whatever its parameters."""
    plain = content_type.partition(";")[0].strip().lower()
    for encoding, listed in (("CSV", "CsvContentTypes"), ("JSON", "JsonContentTypes")):
        if plain in {known.lower() for known in header.get(listed, ())}:
            return encoding
    return "BASE64"


def _keep(key: tuple[str, str, str, str], line: str) -> None:
    """Keep a line until its file is written, which the first one of a file sees to."""
    with _lock:
        lines = _unwritten.setdefault(key, [])
        lines.append(line)
        is_first = len(lines) == 1
    if is_first:
        cloud.in_background(_write, key, name="data-capture")


def _write(key: tuple[str, str, str, str]) -> None:
    time.sleep(_SECONDS_UNTIL_WRITTEN)
    with _lock:
        lines = _unwritten.pop(key, [])
    name = f"{datetime.now(UTC):%M-%S-%f}-{uuid.uuid4()}.jsonl"
    bucket, folder = artifacts.split(key[2])
    data = "".join(f"{line}\n" for line in lines).encode()
    if not cloud.write_object(bucket, folder + name, data, "application/jsonlines", key[3]):
        _LOG.warning("data capture has nowhere to write to: the local S3 has no bucket %s", bucket)
