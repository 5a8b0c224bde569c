"""The output of a transform job: one object for each object of the input, and what data capture keeps of both."""

import json
import uuid
from datetime import UTC, datetime

from tests.local_aws.server.sagemaker.locations import Location
from tests.local_aws.server.sagemaker.transform_input import Source
from tests.local_aws.server.sagemaker.transform_state import TransformJob

_SUFFIX = ".out"


class OutputError(Exception):
    """The output cannot be written."""


def assemble(parts: list[bytes], *, by_line: bool) -> bytes:
    """Put answers together: as they are, or each with the end of a line, unless it has one already."""
    if not by_line:
        return b"".join(parts)
    return b"".join(part if part.endswith(b"\n") else part + b"\n" for part in parts)


def write(job: TransformJob, source: Source, data: bytes) -> None:
    """Write what became of an object of the input.

    Raises:
        OutputError: The local S3 has no such bucket.
    """
    target = _target(job).under(source.name + _SUFFIX)
    content_type = job.output.get("Accept", "application/octet-stream")
    if not target.write(data, content_type, job.output.get("KmsKeyId", "")):
        raise OutputError(f"Could not upload the output to {target}")


def capture(job: TransformJob, finished: list[Source]) -> None:
    """Write down which objects were transformed, and into which, if the job captures data.

    Data capture of a transform job copies nothing: it keeps manifests. Their names are ours; AWS documents the folders alone.
    """
    settings = job.request.get("DataCaptureConfig")
    if not settings or not finished:
        return
    hour = f"{datetime.fromtimestamp(job.created, UTC):%Y/%m/%d/%H}"
    captured = Location.parse(settings["DestinationS3Uri"])
    given = min((source.place.bucket, source.place.key.removesuffix(source.name)) for source in finished)
    manifests = {
        "input": (Location(*given), [source.name for source in finished]),
        "output": (_target(job).under(""), [source.name + _SUFFIX for source in finished]),
    }
    for side, (prefix, names) in manifests.items():
        manifest = json.dumps([{"prefix": f"{str(prefix).rstrip('/')}/"}, *names]).encode()
        place = captured.under(side, hour, f"{uuid.uuid4()}.jsonl")
        place.write(manifest, "application/jsonlines", settings.get("KmsKeyId", ""))


def _target(job: TransformJob) -> Location:
    return Location.parse(job.output["S3OutputPath"])
