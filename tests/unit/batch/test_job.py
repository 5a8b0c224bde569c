"""The request of a job, as SageMaker's API takes it."""

from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3

from cdk_model_hosting import (
    Batching,
    ModelClient,
    Processing,
    TransformCapture,
    TransformDestination,
    TransformFleet,
    TransformSource,
)
from tests.strict_shapes import violations
from tests.unit.batch.batched import KEY, batch_in, records, request
from tests.unit.builders import att, new_stack, number_token, refused, single, text_token

SPLIT: dict[str, Any] = {"split": "Line", "content_type": "text/csv"}


def is_expression(value: object) -> bool:
    """Whether a value is known only when the job starts."""
    return isinstance(value, str) and value.startswith("{%")


def accepted(made: dict[str, Any]) -> None:
    """Fail for what SageMaker's own model of the API refuses."""
    asked = {**made, "ModelName": "model"}
    assert violations("sagemaker", "CreateTransformJobRequest", asked, opaque=is_expression) == []


def test_the_least_is_an_address_and_a_fleet() -> None:
    stack = new_stack()
    batch_in(stack)
    made = request(stack)
    assert made == {
        "TransformJobName": "{% $job %}",
        "ModelName": att("Model0301700E", "ModelName"),
        "TransformInput": {"DataSource": {"S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": "{% $from %}"}}},
        "TransformOutput": {"S3OutputPath": "{% $to %}"},
        "TransformResources": {"InstanceType": "ml.m5.large", "InstanceCount": 1},
    }
    accepted(made)


def test_everything_can_be_said() -> None:
    stack = new_stack()
    key = kms.Key.from_key_arn(stack, "Key", KEY)
    batch_in(
        stack,
        source=TransformSource.manifest(
            "lists/a.json", data_prefix="in/", bucket=records(stack), compression="Gzip", **SPLIT
        ),
        destination=TransformDestination(accept="text/csv", encryption_key=key),
        fleet=TransformFleet(
            instance_type="ml.p3.2xlarge", count=3, ami_version="al2-ami-sagemaker-batch-gpu-535", encryption_key=key
        ),
        batching=Batching(strategy="SingleRecord", payload_mb=0, concurrency=4),
        processing=Processing(input_filter="$[1:]", join=True, output_filter="$[0,-1]"),
        client=ModelClient(timeout=cdk.Duration.minutes(5), max_retries=0),
        environment={"MODE": "batch"},
        capture=TransformCapture(generate_inference_id=True, encryption_key=key),
        tags={"team": "fraud"},
    )
    made = request(stack)
    accepted(made)
    del made["ModelName"]
    assert made == {
        "TransformJobName": "{% $job %}",
        "BatchStrategy": "SingleRecord",
        "MaxPayloadInMB": 0,
        "MaxConcurrentTransforms": 4,
        "ModelClientConfig": {"InvocationsTimeoutInSeconds": 300, "InvocationsMaxRetries": 0},
        "Environment": {"MODE": "batch"},
        "TransformInput": {
            "DataSource": {"S3DataSource": {"S3DataType": "ManifestFile", "S3Uri": "{% $from %}"}},
            "ContentType": "text/csv",
            "CompressionType": "Gzip",
            "SplitType": "Line",
        },
        "TransformOutput": {
            "S3OutputPath": "{% $to %}",
            "Accept": "text/csv",
            "AssembleWith": "Line",
            "KmsKeyId": KEY,
        },
        "TransformResources": {
            "InstanceType": "ml.p3.2xlarge",
            "InstanceCount": 3,
            "VolumeKmsKeyId": KEY,
            "TransformAmiVersion": "al2-ami-sagemaker-batch-gpu-535",
        },
        "DataProcessing": {"InputFilter": "$[1:]", "OutputFilter": "$[0,-1]", "JoinSource": "Input"},
        "DataCaptureConfig": {
            "DestinationS3Uri": "s3://records/captured",
            "KmsKeyId": KEY,
            "GenerateInferenceId": True,
        },
        "Tags": [{"Key": "team", "Value": "fraud"}],
    }


@pytest.mark.parametrize(
    ("split", "assemble", "expected"),
    [
        ("Line", None, "Line"),
        ("Line", "None", "None"),
        ("RecordIO", None, None),
        (None, None, None),
        (None, "Line", "Line"),
    ],
)
def test_answers_to_lines_are_lines_unless_somebody_says_otherwise(
    split: str | None, assemble: str | None, expected: str | None
) -> None:
    stack = new_stack()
    batch_in(
        stack,
        source=TransformSource.prefix(bucket=records(stack), split=split),
        destination=TransformDestination(assemble=assemble),
    )
    assert request(stack)["TransformOutput"].get("AssembleWith") == expected


def test_the_key_of_a_bucket_is_named() -> None:
    stack = new_stack()
    key = kms.Key.from_key_arn(stack, "Key", KEY)
    batch_in(
        stack, source=TransformSource.prefix(bucket=records(stack, encryption_key=key)), capture=TransformCapture()
    )
    made = request(stack)
    assert made["TransformOutput"]["KmsKeyId"] == KEY
    assert made["DataCaptureConfig"] == {"DestinationS3Uri": "s3://records/captured", "KmsKeyId": KEY}


def test_numbers_that_are_tokens_are_numbers_again_when_a_job_starts() -> None:
    stack = new_stack()
    token = int(number_token(stack))
    batch_in(
        stack,
        fleet=TransformFleet(instance_type=text_token(stack), count=token),
        batching=Batching(payload_mb=token, concurrency=token),
        client=ModelClient(timeout=cdk.Duration.seconds(token), max_retries=token),
    )
    made = request(stack)
    later = {"Fn::Sub": ["{% $number('${Number}') %}", {"Number": {"Ref": "Number"}}]}
    assert made["TransformResources"] == {"InstanceType": {"Ref": "Text"}, "InstanceCount": later}
    assert (made["MaxPayloadInMB"], made["MaxConcurrentTransforms"]) == (later, later)
    assert made["ModelClientConfig"] == {"InvocationsTimeoutInSeconds": later, "InvocationsMaxRetries": later}


def test_a_text_of_the_users_is_never_an_expression() -> None:
    stack = new_stack()
    batch_in(stack, environment={"TEMPLATE": '{% if x %}"a"{% endif %}', "PLAIN": "$x"})
    assert request(stack)["Environment"] == {"TEMPLATE": '{% "{% if x %}\\"a\\"{% endif %}" %}', "PLAIN": "$x"}


# What does not go together


def processed(source: dict[str, Any], destination: dict[str, Any], **processing: Any) -> None:
    stack = new_stack()
    batch_in(
        stack,
        source=TransformSource.prefix(bucket=records(stack), **source),
        destination=TransformDestination(**destination),
        processing=Processing(**processing),
    )


CSV = {"content_type": "text/csv", "split": "Line"}


@pytest.mark.parametrize(
    ("source", "destination", "message"),
    [
        (
            {},
            {"accept": "text/csv"},
            (
                "TransformSource.prefix content_type must be given with Processing, got none: SageMaker looks into CSV and JSON "
                "alone"
            ),
        ),
        (
            CSV,
            {},
            "TransformDestination accept must be given with Processing, got none: SageMaker looks into CSV and JSON alone",
        ),
        (
            {"content_type": "image/png"},
            {"accept": "text/csv"},
            (
                "TransformSource.prefix content_type must be one of text/csv, application/json, application/jsonlines, got "
                "'image/png': Processing looks into no other format"
            ),
        ),
        (
            CSV,
            {"accept": "application/jsonlines"},
            (
                "TransformDestination accept must be the source's content_type with Processing join, got 'application/jsonlines' "
                "and 'text/csv': a record and its answer become one"
            ),
        ),
        (
            {"content_type": "application/jsonlines", "split": "Line"},
            {"accept": "application/jsonlines", "assemble": "None"},
            (
                "TransformDestination assemble must be the source's split with Processing join, got 'None' and 'Line': each record "
                "is written with its answer"
            ),
        ),
        (
            {"content_type": "text/csv"},
            {"accept": "text/csv"},
            (
                "TransformSource.prefix split must be Line for text/csv with Processing, got 'None': SageMaker reads CSV line by "
                "line"
            ),
        ),
    ],
)
def test_fails_when_records_and_answers_do_not_go_together(
    source: dict[str, Any], destination: dict[str, Any], message: str
) -> None:
    with refused(message):
        processed(source, destination, join=True)


def test_fails_when_answers_to_filtered_csv_are_no_lines() -> None:
    with refused(
        "TransformDestination assemble must be Line for text/csv with Processing, got 'None': SageMaker reads CSV line by line"
    ):
        processed(CSV, {"accept": "text/csv", "assemble": "None"}, input_filter="$[1:]")


@pytest.mark.parametrize("path", ["$.id", "$['id']"])
def test_fails_when_columns_are_chosen_by_names(path: str) -> None:
    for what in ("input_filter", "output_filter"):
        with refused(
            f"Processing {what} must choose columns by numbers such as $[1:] for text/csv, got {path!r}: SageMaker takes each "
            "line for a list"
        ):
            processed(CSV, {"accept": "text/csv"}, **{what: path})


def test_what_goes_together_passes() -> None:
    lines = {"content_type": "application/jsonlines; charset=utf-8", "split": "Line"}
    processed(lines, {"accept": "application/jsonlines"}, input_filter="$.features", join=True)
    processed({"content_type": "application/json"}, {"accept": "application/json"}, join=True)
    processed(lines, {"accept": "text/csv"}, output_filter="$[0]")


def test_tokens_pass_where_they_should_go_together() -> None:
    stack = new_stack()
    token = text_token(stack)
    given: list[tuple[dict[str, Any], dict[str, Any]]] = [
        ({"content_type": token, "split": "Line"}, {"accept": "text/csv"}),
        ({"content_type": "text/csv", "split": token}, {"accept": "text/csv", "assemble": token}),
    ]
    for number, (source, destination) in enumerate(given):
        batch_in(
            stack,
            f"Scoring{number}",
            model=single(stack, f"Model{number}"),
            source=TransformSource.prefix(bucket=records(stack, f"Records{number}"), **source),
            destination=TransformDestination(**destination),
            processing=Processing(join=True, input_filter=token),
        )


def test_fails_when_records_are_counted_where_a_file_is_one() -> None:
    with refused(
        "Batching strategy must be omitted for a source that is not split, got SingleRecord: each file is one record; give "
        "TransformSource.prefix split='Line' for a record a line"
    ):
        batch_in(new_stack(), batching=Batching(strategy="SingleRecord"))


# Where things lie


@pytest.mark.parametrize(
    ("prefix", "captured", "message"),
    [
        (
            "input/out/",
            None,
            "destination prefix must lie apart from that of the source, got 'input/out/' and 'input/'",
        ),
        ("output/", "input/", "capture prefix must lie apart from that of the source, got 'input/' and 'input/'"),
        (
            "output/",
            "output/x/",
            "capture prefix must lie apart from that of the destination, got 'output/x/' and 'output/'",
        ),
    ],
)
def test_fails_when_what_is_written_is_read_again(prefix: str, captured: str | None, message: str) -> None:
    with refused(
        f"BatchTransform {message} in one bucket: what one job writes, the next one would take for something else"
    ):
        batch_in(
            new_stack(),
            destination=TransformDestination(prefix=prefix),
            capture=None if captured is None else TransformCapture(prefix=captured),
        )


def test_one_prefix_in_two_buckets_is_two_places() -> None:
    stack = new_stack()
    other = records(stack, "Answers", bucket_name="answers")
    batch_in(stack, destination=TransformDestination(prefix="input/", bucket=other))
    elsewhere = new_stack()
    batch_in(elsewhere, destination=TransformDestination(prefix=text_token(elsewhere)))


def test_fails_when_an_address_is_too_long() -> None:
    address = f"s3://records/{'a' * 1011}/"
    with refused(
        f"BatchTransform address must be 1-1024 characters (an s3:// or https:// address), got '{address[:58]}… of 1025 "
        "characters: SageMaker reads and writes no other address"
    ):
        stack = new_stack()
        batch_in(stack, source=TransformSource.prefix(f"{'a' * 1011}/", bucket=records(stack)))


def test_a_bucket_is_made_where_none_is_brought() -> None:
    stack = new_stack()
    key = kms.Key(stack, "Key")
    batch = batch_in(stack, source=TransformSource.prefix(), destination=TransformDestination(encryption_key=key))
    assert batch.input_bucket is batch.output_bucket
    assert isinstance(batch.output_bucket, s3.Bucket)
    assert request(stack)["TransformOutput"]["KmsKeyId"] == att("Key961B73FD", "Arn")


def test_the_destinations_bucket_is_the_sources_too() -> None:
    stack = new_stack()
    bucket = records(stack)
    batch = batch_in(stack, source=TransformSource.prefix(), destination=TransformDestination(bucket=bucket))
    assert batch.input_bucket is bucket
