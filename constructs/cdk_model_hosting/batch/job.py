"""A transform job as SageMaker's API takes it, with what is known of it only when it starts as expressions."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from cdk_model_hosting.batch.source import LINE, NOT
from cdk_model_hosting.tokens import is_token

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cdk_model_hosting.batch.destination import TransformDestination
    from cdk_model_hosting.batch.fleet import TransformFleet
    from cdk_model_hosting.batch.processing import Processing
    from cdk_model_hosting.batch.requests import Batching, ModelClient
    from cdk_model_hosting.batch.source import TransformSource
    from cdk_model_hosting.batch.storage import TransformStorage

NAME = "{% $job %}"
INPUT = "{% $from %}"
OUTPUT = "{% $to %}"


@dataclass(frozen=True, slots=True, kw_only=True)
class TransformJob:
    """What every job of a batch transform has in common.

    Args:
        model_name: The model.
        storage: What is read and written.
        fleet: What it runs on.
        batching: How records become requests.
        processing: What is filtered and joined.
        client: How patient SageMaker is with the container.
        environment: Environment variables.
        tags: The job's tags.
    """

    model_name: str
    storage: TransformStorage
    fleet: TransformFleet
    batching: Batching
    processing: Processing | None
    client: ModelClient | None
    environment: Mapping[str, str]
    tags: Mapping[str, str]

    def request(self) -> dict[str, Any]:
        """The request of CreateTransformJob, as arguments of a state."""
        batching, client = self.batching, self.client
        return _given(
            {
                "TransformJobName": NAME,
                "ModelName": self.model_name,
                "BatchStrategy": batching.strategy,
                "MaxPayloadInMB": number(batching.payload_mb),
                "MaxConcurrentTransforms": number(batching.concurrency),
                "ModelClientConfig": None
                if client is None
                else _given(
                    {
                        "InvocationsTimeoutInSeconds": number(client.timeout_seconds),
                        "InvocationsMaxRetries": number(client.max_retries),
                    }
                ),
                "Environment": {name: text(value) for name, value in self.environment.items()},
                "TransformInput": self._input(),
                "TransformOutput": self._output(),
                "TransformResources": self._resources(),
                "DataProcessing": self._processing(),
                "DataCaptureConfig": self._capture(),
                "Tags": [{"Key": text(key), "Value": text(value)} for key, value in self.tags.items()],
            }
        )

    def _input(self) -> dict[str, Any]:
        source = self.storage.source
        return _given(
            {
                "DataSource": {"S3DataSource": {"S3DataType": source.data_type, "S3Uri": INPUT}},
                "ContentType": text(source.content_type),
                "CompressionType": source.compression,
                "SplitType": source.split,
            }
        )

    def _output(self) -> dict[str, Any]:
        destination, key = self.storage.destination, self.storage.output_key
        return _given(
            {
                "S3OutputPath": OUTPUT,
                "Accept": text(destination.accept),
                "AssembleWith": assembly(self.storage.source, destination),
                "KmsKeyId": None if key is None else key.key_arn,
            }
        )

    def _resources(self) -> dict[str, Any]:
        fleet = self.fleet
        return _given(
            {
                "InstanceType": fleet.instance_type,
                "InstanceCount": number(fleet.count),
                "VolumeKmsKeyId": None if fleet.encryption_key is None else fleet.encryption_key.key_arn,
                "TransformAmiVersion": fleet.ami_version,
            }
        )

    def _processing(self) -> dict[str, Any] | None:
        processing = self.processing
        if processing is None:
            return None
        return _given(
            {
                "InputFilter": processing.input_filter,
                "OutputFilter": processing.output_filter,
                "JoinSource": "Input" if processing.join else None,
            }
        )

    def _capture(self) -> dict[str, Any] | None:
        capture, key = self.storage.capture, self.storage.capture_key
        if capture is None:
            return None
        return _given(
            {
                "DestinationS3Uri": self.storage.capture_url,
                "KmsKeyId": None if key is None else key.key_arn,
                "GenerateInferenceId": capture.generate_inference_id or None,
            }
        )


def assembly(source: TransformSource, destination: TransformDestination) -> str | None:
    """How answers are put together; by lines where the input is split by lines and nothing else is said.

    Args:
        source: What is read.
        destination: Where answers go.
    """
    if destination.assemble is not None:
        return destination.assemble
    return LINE if source.split == LINE else None


def assembly_word(source: TransformSource, destination: TransformDestination) -> str:
    """The same in SageMaker's words.

    Args:
        source: What is read.
        destination: Where answers go.
    """
    return assembly(source, destination) or NOT


def text(value: str | None) -> str | None:
    """A text of the user's, which Step Functions must not take for an expression.

    Args:
        value: The text.
    """
    if value is None or not value.startswith("{%"):
        return value
    return f"{{% {json.dumps(value)} %}}"


def number(value: float | None) -> Any:
    """A number; one that is a Token becomes text in CloudFormation, and is read again when the job starts.

    Args:
        value: The number.
    """
    if value is None or not is_token(value):
        return value
    return {"Fn::Sub": ["{% $number('${Number}') %}", {"Number": value}]}


def _given(members: dict[str, Any]) -> dict[str, Any]:
    """The members that were given: neither None nor an empty collection."""
    return {name: value for name, value in members.items() if value is not None and value not in ({}, [])}
