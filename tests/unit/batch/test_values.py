"""What the values of a batch transform refuse, and what they let pass."""

from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_kms as kms

from cdk_model_hosting import (
    Batching,
    ModelClient,
    Processing,
    Retries,
    TransformCapture,
    TransformDestination,
    TransformFleet,
    TransformSource,
)
from tests.unit.batch.batched import KEY, records
from tests.unit.builders import new_stack, number_token, refused, text_token

LINES = "must be one of None, Line, RecordIO, TFRecord, got 'Lines': SageMaker splits files in no other way"
PACKED = "must be one of None, Gzip, got 'gzip': SageMaker unpacks no other files"
NO_BUCKET = (
    "must be a bucket such as Bucket.from_bucket_name(self, 'Records', 'my-records'), got 'records': nothing else is"
)
NO_KEY = "must be a key such as Key.from_key_arn(self, 'Key', arn), got 'alias/k': nothing else is understood there"
NO_FOLDER = "must end in '/' and not begin with one, got 'in': it names a folder of the bucket"
WILD = "must hold none of *, ? and $, got 'in/*/': IAM and CloudFormation read them as wildcards and references"


# Sources


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"prefix": "in"}, f"prefix {NO_FOLDER}"),
        ({"prefix": "in/*/"}, f"prefix {WILD}"),
        ({"bucket": "records"}, f"bucket {NO_BUCKET} understood there"),
        ({"split": "Lines"}, f"split {LINES}"),
        ({"compression": "gzip"}, f"compression {PACKED}"),
        ({"content_type": ""}, ("content_type must be 1-256 characters, got '' of 0 characters: SageMaker sends it as a "
         "header of every request")),
    ],
)  # fmt: skip
def test_fails_when_a_prefix_is_none(options: dict[str, Any], message: str) -> None:
    with refused(f"TransformSource.prefix {message}"):
        TransformSource.prefix(**options)


IN_A_FOLDER = (
    "must name a file in a folder such as manifests/nightly.json, got {}: jobs may read all manifests of that folder, and not "
    "of the whole bucket"
)


@pytest.mark.parametrize(
    ("key", "message"),
    [
        ("", "must be 1-1024 bytes, got '' of 0 bytes: S3 keeps no longer key"),
        ("nightly.json", IN_A_FOLDER.format("'nightly.json'")),
        ("/nightly.json", IN_A_FOLDER.format("'/nightly.json'")),
        ("lists/", IN_A_FOLDER.format("'lists/'")),
        (7, "must be a str, got 7: nothing else is understood there"),
    ],
)
def test_fails_when_a_manifest_is_none(key: Any, message: str) -> None:
    with refused(f"TransformSource.manifest key {message}"):
        TransformSource.manifest(key, data_prefix="in/")


def test_fails_when_a_manifests_files_lie_nowhere() -> None:
    with refused(f"TransformSource.manifest data_prefix {NO_FOLDER}"):
        TransformSource.manifest("lists/a.json", data_prefix="in")
    with refused(f"TransformSource.manifest data_bucket {NO_BUCKET} understood there"):
        TransformSource.manifest("lists/a.json", data_prefix="in/", data_bucket="records")  # type: ignore[arg-type]
    with refused(
        "TransformSource.manifest key's folder must hold none of *, ? and $, got 'li?ts/': IAM and CloudFormation read them as "
        "wildcards and references"
    ):
        TransformSource.manifest("li?ts/a.json", data_prefix="in/")


def test_tokens_pass_every_check_of_sources() -> None:
    stack = new_stack()
    token = text_token(stack)
    source = TransformSource.prefix(token, split=token, compression=token, content_type=token)
    assert source.folder == token
    assert source.is_split
    assert TransformSource.manifest(token, data_prefix=token).folder == token


def test_a_folder_is_what_all_input_lies_below() -> None:
    assert TransformSource.prefix("in/2027/").folder == "in/2027/"
    assert TransformSource.manifest("lists/2027/a.json", data_prefix="in/").folder == "lists/2027/"
    assert not TransformSource.prefix(split="None").is_split
    assert not TransformSource.prefix().is_split


def test_equal_sources_are_equal() -> None:
    bucket = records(new_stack())
    assert TransformSource.prefix("in/", bucket=bucket) == TransformSource.prefix("in/", bucket=bucket)


# Destinations and captures


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"prefix": "in"}, f"prefix {NO_FOLDER}"),
        ({"bucket": "records"}, f"bucket {NO_BUCKET} understood there"),
        ({"encryption_key": "alias/k"}, f"encryption_key {NO_KEY}"),
    ],
)
def test_fails_when_a_place_to_write_to_is_none(options: dict[str, Any], message: str) -> None:
    for kind in (TransformDestination, TransformCapture):
        with refused(f"{kind.__name__} {message}"):
            kind(**options)


def test_fails_when_answers_cannot_be_put_together_so() -> None:
    with refused(
        "TransformDestination assemble must be one of None, Line, got 'Lines': SageMaker puts answers together as they are, or "
        "each on a line"
    ):
        TransformDestination(assemble="Lines")
    with refused(
        f"TransformDestination accept must be 1-256 characters, got '{'a' * 58}… of 257 characters: SageMaker sends it as a "
        "header of every request"
    ):
        TransformDestination(accept="a" * 257)


def test_fails_when_a_switch_of_a_capture_is_none() -> None:
    with refused("TransformCapture generate_inference_id must be a bool, got 1: nothing else is understood there"):
        TransformCapture(generate_inference_id=1)  # type: ignore[arg-type]


def test_tokens_pass_every_check_of_places() -> None:
    stack = new_stack()
    token = text_token(stack)
    key = kms.Key.from_key_arn(stack, "Key", KEY)
    TransformDestination(prefix=token, bucket=records(stack), assemble=token, accept=token, encryption_key=key)
    TransformCapture(prefix=token, bucket=records(stack, "Others"), encryption_key=key)


# Fleets


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (
            {"instance_type": "m5.large"},
            (
                "instance_type must be ml.<family>.<size> such as ml.c7g.large, got 'm5.large': SageMaker hosts on types of that "
                "form only"
            ),
        ),
        (
            {"instance_type": "ml.inf1.xlarge"},
            (
                "instance_type must be no Inf1 for a batch transform job, got ml.inf1.xlarge: SageMaker serves Inf1 instances by "
                "single-model real-time endpoints only"
            ),
        ),
        (
            {"instance_type": "ml.c7g.large"},
            (
                "instance_type ml.c7g.large: its family must be one of c4, c5, c6i, c7i, g4dn, g5, g6, g6e, inf2, m4, m5, m6i, "
                "m7i, p2, p3, r6i, r7i, trn1, got 'c7g': SageMaker runs transform jobs on no other instances that it hosts "
                "endpoints on"
            ),
        ),
        ({"count": 0}, "count must be 1-100 instances, got 0: SageMaker gives a job no more"),
        ({"count": 101}, "count must be 1-100 instances, got 101: SageMaker gives a job no more"),
        (
            {"instance_type": "ml.g5.xlarge", "ami_version": "al2-ami-sagemaker-inference-gpu-2"},
            (
                "ami_version must be one of al2-ami-sagemaker-batch-gpu-470, al2-ami-sagemaker-batch-gpu-535, got "
                "'al2-ami-sagemaker-inference-gpu-2': SageMaker publishes no other machine image for jobs"
            ),
        ),
        (
            {"ami_version": "al2-ami-sagemaker-batch-gpu-535"},
            (
                "ami_version must be omitted for ml.m5.large, got al2-ami-sagemaker-batch-gpu-535: it chooses the driver of GPU "
                "instances"
            ),
        ),
        ({"encryption_key": "alias/k"}, f"encryption_key {NO_KEY}"),
    ],
)
def test_fails_when_no_job_runs_on_such_instances(options: dict[str, Any], message: str) -> None:
    with refused(f"TransformFleet {message}"):
        TransformFleet(**{"instance_type": "ml.m5.large", **options})


def test_fails_when_a_key_has_no_volume_to_encrypt() -> None:
    with refused(
        "TransformFleet encryption_key must be omitted for ml.g5.xlarge, got one: its local NVMe disks are encrypted by the "
        "hardware with a key of their own, and it has no volume to encrypt"
    ):
        TransformFleet(instance_type="ml.g5.xlarge", encryption_key=kms.Key.from_key_arn(new_stack(), "Key", KEY))


def test_tokens_and_new_types_pass_every_check_of_fleets() -> None:
    stack = new_stack()
    token, key = text_token(stack), kms.Key.from_key_arn(stack, "Key", KEY)
    TransformFleet(instance_type=token, count=int(number_token(stack)), ami_version=token, encryption_key=key)
    TransformFleet(instance_type="ml.m9i.large", ami_version="al2-ami-sagemaker-batch-gpu-535")
    TransformFleet(instance_type="ml.g5.xlarge", ami_version=token)


# Requests


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (
            {"strategy": "Many"},
            "strategy must be one of MultiRecord, SingleRecord, got 'Many': SageMaker sends as many records as fit, or one",
        ),
        (
            {"payload_mb": 101},
            (
                "payload_mb must be 0-100 MB, got 101: SageMaker sends at most 100 MB in one request, or, with 0, a stream that "
                "only some containers read"
            ),
        ),
        ({"concurrency": -1}, "concurrency must be at least 0 requests, got -1: 0 leaves it to the container"),
        (
            {"payload_mb": 20, "concurrency": 6},
            (
                "payload_mb times concurrency, 20 times 6, must be 0-100 MB, got 120: SageMaker keeps no more in flight on an "
                "instance"
            ),
        ),
        (
            {"concurrency": 17},
            (
                "payload_mb times concurrency, 6 times 17, must be 0-100 MB, got 102: SageMaker keeps no more in flight on an "
                "instance"
            ),
        ),
    ],
)
def test_fails_when_requests_cannot_be_so(options: dict[str, Any], message: str) -> None:
    with refused(f"Batching {message}"):
        Batching(**options)


@pytest.mark.parametrize(("payload", "concurrency"), [(100, 1), (0, 500), (6, 0), (None, 16), (50, 2)])
def test_what_fits_into_an_instance_passes(payload: int | None, concurrency: int) -> None:
    Batching(payload_mb=payload, concurrency=concurrency)


def test_fails_when_sagemaker_is_not_so_patient() -> None:
    with refused("ModelClient timeout must be 1-3600 seconds, got 7200: SageMaker waits for an hour at most"):
        ModelClient(timeout=cdk.Duration.hours(2))
    with refused("ModelClient max_retries must be 0-3 retries, got 4: SageMaker sends a request four times at most"):
        ModelClient(max_retries=4)


def test_tokens_pass_every_check_of_requests() -> None:
    stack = new_stack()
    token, number = text_token(stack), int(number_token(stack))
    Batching(strategy=token, payload_mb=number, concurrency=number)
    Batching(payload_mb=100, concurrency=number)
    Batching(payload_mb=number, concurrency=100)
    ModelClient(timeout=cdk.Duration.seconds(number), max_retries=number)


# Filters


@pytest.mark.parametrize(
    "path",
    [
        "$", "$[1:]", "$[0,-1]", "$[0,5:]", "$[:5]", "$[2:5]", "$.features", "$.a.b", "$['id','SageMakerOutput']", "$.id.*",
        "$.field1.['child1','child2']", "$[*]", "$['id', 'x']",
    ],
)  # fmt: skip
def test_filters_that_sagemaker_reads_pass(path: str) -> None:
    assert Processing(input_filter=path, output_filter=path).input_filter == path


@pytest.mark.parametrize("path", ["", "features", "$..id", "$[?(@.a>1)]", "$[0", "$.a b", "$." + "a" * 62])
def test_fails_when_a_filter_is_none(path: str) -> None:
    shape = "(a JSONPath of names, indexes, slices and wildcards that begins with $)"
    for what in ("input_filter", "output_filter"):
        got = f"'{path}' of {len(path)} characters" if not 1 <= len(path) <= 63 else repr(path)
        got = got if len(path) < 60 else f"'{path[:58]}… of 64 characters"
        with refused(
            f"Processing {what} must be 1-63 characters {shape}, got {got}: SageMaker reads no other part of JSONPath"
        ):
            Processing(**{what: path})  # type: ignore[arg-type]


def test_fails_when_nothing_is_processed() -> None:
    with refused("Processing must have a filter or join, got none of them: omit it to write the answers as they are"):
        Processing()
    with refused("Processing join must be a bool, got 'Input': nothing else is understood there"):
        Processing(join="Input")  # type: ignore[arg-type]


def test_tokens_pass_every_check_of_filters() -> None:
    token = text_token(new_stack())
    Processing(input_filter=token, output_filter=token)


# Retries


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (
            {"attempts": 100},
            "attempts must be 0-99 tries, got 100: the number of the try is part of the job's name, which is short",
        ),
        ({"attempts": -1}, ("attempts must be 0-99 tries, got -1: the number of the try is part of the job's name, which is "
         "short")),
        (
            {"wait": cdk.Duration.seconds(0)},
            "wait must be 1-31622400 seconds, got 0: Step Functions lets pauses grow to a year at most",
        ),
        (
            {"wait": cdk.Duration.minutes(2), "longest_wait": cdk.Duration.minutes(1)},
            "longest_wait must be at least wait, got 60 and 120 seconds: pauses grow from one to the other",
        ),
    ],
)  # fmt: skip
def test_fails_when_retries_cannot_be_so(options: dict[str, Any], message: str) -> None:
    with refused(f"Retries {message}"):
        Retries(**options)


def test_fails_when_retries_are_known_only_at_deploy_time() -> None:
    stack = new_stack()
    token = int(number_token(stack))
    literal = (
        "must be a literal number, got one that is known only at deploy time: CloudFormation cannot compute with it"
    )
    with refused(f"Retries attempts {literal}"):
        Retries(attempts=token)
    with refused(f"Retries wait {literal}"):
        Retries(wait=cdk.Duration.seconds(token))


def test_pauses_have_a_usual_length_and_never_shrink() -> None:
    usual = Retries()
    assert (usual.attempts, usual.wait_seconds, usual.longest_seconds) == (6, 120, 1800)
    long = Retries(wait=cdk.Duration.hours(1))
    assert (long.wait_seconds, long.longest_seconds) == (3600, 3600)
