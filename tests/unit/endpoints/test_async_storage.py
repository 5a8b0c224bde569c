from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3
from aws_cdk.assertions import Template

from cdk_model_hosting import AsyncStorage
from cdk_model_hosting.endpoints.async_storage import BoundStorage
from cdk_model_hosting.permissions import Permission
from tests.unit.builders import join, new_stack, only, refused, resources, text_token

KEY = "arn:aws:kms:eu-west-1:111122223333:key/1"
PUT = ["s3:AbortMultipartUpload", "s3:PutObject"]
USE = ["kms:Decrypt", "kms:GenerateDataKey"]
FIND = "s3:ListBucket"


def key_in(stack: cdk.Stack, construct_id: str = "Key", arn: str = KEY) -> kms.IKey:
    return kms.Key.from_key_arn(stack, construct_id, arn)


def brought(stack: cdk.Stack, name: str = "mine", **options: Any) -> s3.IBucket:
    return s3.Bucket.from_bucket_attributes(stack, name, bucket_arn=f"arn:aws:s3:::{name}", **options)


def bound(stack: cdk.Stack, **options: Any) -> BoundStorage:
    return AsyncStorage(**options).bind(stack, "Storage")


def allowed(stack: cdk.Stack, permissions: tuple[Permission, ...]) -> list[tuple[Any, Any]]:
    """Actions and resources of each permission."""
    found = stack.resolve([each.render() for each in permissions])
    return [(each["Action"], each["Resource"]) for each in found]


# The bucket


def test_one_bucket_is_made_for_all_when_none_is_brought() -> None:
    stack = new_stack()
    storage = bound(stack)
    (bucket,) = resources(stack, "AWS::S3::Bucket")
    assert storage.input_bucket is storage.bucket
    assert stack.resolve(storage.output_url) == join("s3://", {"Ref": bucket}, "/answers")
    assert stack.resolve(storage.failure_url) == join("s3://", {"Ref": bucket}, "/failures")
    assert storage.key is None


def expiring(stack: cdk.Stack) -> dict[str, int]:
    rules = only(stack, "AWS::S3::Bucket")["LifecycleConfiguration"]["Rules"]
    return {each["Prefix"]: each["ExpirationInDays"] for each in rules if "Prefix" in each}


def test_everything_in_it_goes_after_a_month_when_nothing_is_said() -> None:
    stack = new_stack()
    bound(stack)
    assert expiring(stack) == {"answers/": 30, "failures/": 30, "requests/": 30}


def test_answers_go_after_their_time_and_requests_elsewhere_stay() -> None:
    stack = new_stack()
    bound(stack, input_bucket=brought(stack), output_prefix="out/", expire_after=cdk.Duration.days(2))
    assert expiring(stack) == {"out/": 2, "failures/": 2}


def test_a_bucket_that_is_brought_is_left_as_it_is() -> None:
    stack = new_stack()
    storage = bound(stack, bucket=brought(stack), output_prefix="a/b/", failure_prefix="a/c/")
    Template.from_stack(stack).resource_count_is("AWS::S3::Bucket", 0)
    assert (storage.output_url, storage.failure_url) == ("s3://mine/a/b", "s3://mine/a/c")


# Keys


@pytest.mark.parametrize("whose", ["made", "bucket", "given"])
def test_answers_are_encrypted_with_the_given_key_or_else_the_buckets(whose: str) -> None:
    stack = new_stack()
    key = key_in(stack)
    options: dict[str, Any] = {}
    if whose != "made":
        options["bucket"] = brought(stack, encryption_key=key if whose == "bucket" else None)
    if whose != "bucket":
        options["encryption_key"] = key
    storage = bound(stack, **options)
    assert storage.key is not None
    assert storage.key.key_arn == KEY
    assert allowed(stack, storage.permissions())[-1] == (USE, KEY)
    assert allowed(stack, storage.reading())[-1] == ("kms:Decrypt", KEY)


def test_requests_are_read_and_uploaded_with_the_key_of_their_bucket() -> None:
    stack = new_stack()
    other = f"{KEY}0"
    storage = bound(
        stack,
        bucket=brought(stack),
        input_bucket=brought(stack, "inbox", encryption_key=key_in(stack, "Inbox", other)),
        encryption_key=key_in(stack),
    )
    assert allowed(stack, storage.permissions()) == [
        ("s3:GetObject", "arn:aws:s3:::inbox/requests/*"),
        (FIND, "arn:aws:s3:::inbox"),
        ("kms:Decrypt", other),
        (PUT, ["arn:aws:s3:::mine/answers/*", "arn:aws:s3:::mine/failures/*"]),
        (USE, KEY),
    ]
    assert allowed(stack, storage.uploading()) == [(PUT, "arn:aws:s3:::inbox/requests/*"), (USE, other)]


# Permissions


def test_sagemaker_reads_requests_and_writes_the_rest() -> None:
    stack = new_stack()
    permissions = bound(stack, bucket=brought(stack)).permissions()
    assert allowed(stack, permissions) == [
        ("s3:GetObject", "arn:aws:s3:::mine/requests/*"),
        (FIND, "arn:aws:s3:::mine"),
        (PUT, ["arn:aws:s3:::mine/answers/*", "arn:aws:s3:::mine/failures/*"]),
    ]
    assert permissions[1].conditions == {"StringLike": {"s3:prefix": ["requests/*"]}}
    assert [each.wildcard_reason for each in permissions] == [
        "SageMaker reads the request that a caller names, which may be any object below the input prefix",
        None,
        "SageMaker writes each answer under a name that it chooses below the prefixes of the output",
    ]


def test_callers_upload_requests_and_nothing_else() -> None:
    stack = new_stack()
    uploading = bound(stack, bucket=brought(stack)).uploading()
    assert allowed(stack, uploading) == [(PUT, "arn:aws:s3:::mine/requests/*")]


def test_readers_find_and_read_answers_and_failures() -> None:
    stack = new_stack()
    permissions = bound(stack, bucket=brought(stack)).reading()
    assert allowed(stack, permissions) == [
        ("s3:GetObject", ["arn:aws:s3:::mine/answers/*", "arn:aws:s3:::mine/failures/*"]),
        (FIND, "arn:aws:s3:::mine"),
    ]
    assert permissions[1].conditions == {"StringLike": {"s3:prefix": ["answers/*", "failures/*"]}}


# What is refused


@pytest.mark.parametrize("what", ["input_prefix", "output_prefix", "failure_prefix"])
def test_fails_when_a_prefix_is_no_folder(what: str) -> None:
    options: dict[str, Any] = {what: "here"}
    with refused(
        f"AsyncStorage {what} must end in '/' and not begin with one, got 'here': it names a folder of the bucket"
    ):
        AsyncStorage(**options)


@pytest.mark.parametrize(
    ("one", "first", "other", "second"),
    [
        ("input_prefix", "answers/", "output_prefix", "answers/"),
        ("input_prefix", "a/", "output_prefix", "a/b/"),
        ("input_prefix", "a/b/", "failure_prefix", "a/"),
        ("output_prefix", "answers/", "failure_prefix", "answers/failures/"),
    ],
)
def test_fails_when_a_prefix_lies_in_another(one: str, first: str, other: str, second: str) -> None:
    options: dict[str, Any] = {one: first, other: second}
    with refused(
        f"AsyncStorage {one} and {other} must lie apart, got {first!r} and {second!r}: who may write or read below one of "
        "them could do so below the other"
    ):
        AsyncStorage(**options)


def test_prefixes_of_one_beginning_pass() -> None:
    AsyncStorage(input_prefix="fraud-in/", output_prefix="fraud/", failure_prefix="fraud-failed/")


def test_requests_in_a_bucket_of_their_own_may_lie_under_the_prefix_of_answers() -> None:
    stack = new_stack()
    requests = brought(stack, "inbox")
    AsyncStorage(input_bucket=requests, input_prefix="fraud/", output_prefix="fraud/")
    with refused(
        "AsyncStorage input_prefix and output_prefix must lie apart, got 'fraud/' and 'fraud/': who may write or read below "
        "one of them could do so below the other"
    ):
        AsyncStorage(bucket=requests, input_bucket=requests, input_prefix="fraud/", output_prefix="fraud/")


def test_a_token_passes_as_a_prefix() -> None:
    stack = new_stack()
    token = text_token(stack)
    storage = bound(stack, bucket=brought(stack), input_prefix=token, output_prefix=token)
    assert stack.resolve(storage.output_url) == join("s3://mine/", {"Ref": "Text"})


def test_fails_when_a_bucket_that_is_brought_should_expire() -> None:
    stack = new_stack()
    with refused(
        "AsyncStorage expire_after must be omitted with a bucket of your own, got both: its lifecycle is its owner's to set"
    ):
        AsyncStorage(bucket=brought(stack), expire_after=cdk.Duration.days(1))


@pytest.mark.parametrize(("hours", "seconds"), [(12, 43200), (36, 129600)])
def test_fails_when_the_time_is_not_whole_days(hours: int, seconds: int) -> None:
    with refused(
        f"AsyncStorage expire_after must be one whole day or more of them, got {seconds} seconds: S3 counts the age of "
        "objects in days"
    ):
        AsyncStorage(expire_after=cdk.Duration.hours(hours))


@pytest.mark.parametrize("what", ["bucket", "input_bucket"])
def test_fails_when_a_bucket_is_none(what: str) -> None:
    options: dict[str, Any] = {what: "mine"}
    with refused(
        f"AsyncStorage {what} must be a bucket such as Bucket.from_bucket_name(self, 'Requests', 'my-requests'), got "
        "'mine': nothing else is understood there"
    ):
        AsyncStorage(**options)


def test_fails_when_the_key_is_none() -> None:
    with refused(
        "AsyncStorage encryption_key must be a key such as Key.from_key_arn(self, 'Key', arn), got 'alias/mine': nothing "
        "else is understood there"
    ):
        AsyncStorage(encryption_key="alias/mine")  # type: ignore[arg-type]


def test_fails_when_the_address_is_too_long() -> None:
    stack = new_stack()
    storage = bound(stack, bucket=brought(stack), output_prefix=f"{'a' * 510}/")
    with pytest.raises(
        ValueError, match=r"^AsyncStorage address must be 1-512 characters .*: SageMaker writes to no other"
    ):
        _ = storage.output_url


def test_equal_storages_are_equal() -> None:
    first = AsyncStorage(expire_after=cdk.Duration.days(3))
    assert first == AsyncStorage(expire_after=cdk.Duration.hours(72))
    assert first != AsyncStorage(expire_after=cdk.Duration.days(4))
