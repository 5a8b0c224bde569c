"""Filters and joins: what of a record goes into the container, and what of it goes beside the inference.

A row of CSV is taken as a list of its cells, a line of JSON as what it says. A slice takes its end in, as the developer guide has
it, and an index beyond the columns is an error.

See: https://docs.aws.amazon.com/sagemaker/latest/dg/batch-transform-data-processing.html
"""

import csv
import io
import json
import uuid
from dataclasses import dataclass
from typing import Any

from tests.local_aws.server.jsonpath import Path, PathError
from tests.local_aws.server.sagemaker.transform_rules import content_format
from tests.local_aws.server.sagemaker.transform_state import TransformJob

_CSV = "text/csv"
_JSON = "application/json"


class RecordError(Exception):
    """A record, or an inference, is not what the job says; the message is for its log."""


@dataclass(frozen=True, slots=True)
class Processing:
    """What a job does with its records.

    Args:
        content: The format of the input.
        accept: The format of the output.
        input_filter: What of a record the container gets.
        output_filter: What of the inference, or of the join, is kept.
        joins: Whether the record stands beside its inference.
        stamp: When the job was started, for outputs with an inference ID; empty for others.
    """

    content: str
    accept: str
    input_filter: Path
    output_filter: Path
    joins: bool
    stamp: str

    @classmethod
    def of(cls, job: TransformJob, *, stamp: str) -> "Processing":
        """Return what a job asks for.

        Args:
            job: The job.
            stamp: The time that goes beside inference IDs.
        """
        given = job.request.get("DataProcessing", {})
        identified = job.request.get("DataCaptureConfig", {}).get("GenerateInferenceId", False)
        return cls(
            content=content_format(job.input.get("ContentType", "")),
            accept=content_format(str(job.output.get("Accept", job.input.get("ContentType", "")))),
            input_filter=Path.parse(given.get("InputFilter", "$")),
            output_filter=Path.parse(given.get("OutputFilter", "$")),
            joins=given.get("JoinSource", "None") == "Input",
            stamp=stamp if identified else "",
        )

    @property
    def touches_output(self) -> bool:
        """Whether the inferences are looked at, and not only written down."""
        return self.joins or bool(self.output_filter.steps) or bool(self.stamp)

    def asked(self, record: bytes) -> bytes:
        """Return what the container gets of a record.

        Raises:
            RecordError: It is not in the format of the input, or has nothing where the filter looks.
        """
        if not self.input_filter.steps:
            return record
        return _text(_filtered(self.input_filter, _value(record, self.content)), self.content)

    def kept(self, records: list[bytes], inferences: bytes) -> list[bytes]:
        """Return what is written for the records of one request.

        Args:
            records: The records as they lie in the input.
            inferences: What the container answered.

        Raises:
            RecordError: There are more or fewer inferences than records, or one is not in the format of the output.
        """
        answered = self._apart(inferences, len(records))
        if len(answered) != len(records):
            raise RecordError(f"The algorithm answered {len(records)} records with {len(answered)} inferences")
        return [self._kept(*pair) for pair in zip(records, answered, strict=True)]

    def _apart(self, inferences: bytes, count: int) -> list[bytes]:
        if self.accept == _JSON and count == 1:
            return [inferences]
        return [line for line in inferences.splitlines() if line]

    def _kept(self, record: bytes, inference: bytes) -> bytes:
        value = _value(inference, self.accept)
        if self.joins:
            value = self._joined(_value(record, self.content), value)
        if self.output_filter.steps:
            value = _filtered(self.output_filter, value)
        return _text(self._identified(value), self.accept)

    def _joined(self, record: Any, inference: Any) -> Any:
        if self.content == _CSV:
            return [*record, *inference]
        known = record if isinstance(record, dict) else {"SageMakerInput": record}
        return {**known, "SageMakerOutput": inference}

    def _identified(self, value: Any) -> Any:
        if not self.stamp:
            return value
        identifier = str(uuid.uuid4())
        if self.accept == _CSV:
            return [*(value if isinstance(value, list) else [value]), identifier, self.stamp]
        known = value if isinstance(value, dict) else {"SageMakerOutput": value}
        return {**known, "SageMakerInferenceId": identifier, "SageMakerInferenceTime": self.stamp}


def _filtered(path: Path, value: Any) -> Any:
    try:
        return path.read(value, whole_slices=True, within=True)
    except PathError as error:
        raise RecordError(f"The filter {path.text} does not fit a record: {error}") from error


def _value(data: bytes, content: str) -> Any:
    try:
        text = data.decode()
        if content != _CSV:
            return json.loads(text)
        (row,) = csv.reader([text], strict=True)
    except (ValueError, csv.Error) as error:
        name = "CSV" if content == _CSV else "JSON"
        raise RecordError(f"Failed to parse a record as {name}: {error}") from error
    return row


def _text(value: Any, content: str) -> bytes:
    if content != _CSV:
        return json.dumps(value, separators=(",", ":")).encode()
    written = io.StringIO()
    csv.writer(written, lineterminator="").writerow(value if isinstance(value, list) else [value])
    return written.getvalue().encode()
