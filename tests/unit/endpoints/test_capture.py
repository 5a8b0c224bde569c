import dataclasses
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3
from cdk_nag import AwsSolutionsChecks

from cdk_model_hosting.endpoints.capture import DataCapture
from cdk_model_hosting.permissions import Permission
from tests.unit.builders import att, join, new_stack, number_token, only, refused, resources, sub, text_token
from tests.unit.endpoints.configured import configured

KEY = "arn:aws:kms:eu-west-1:111122223333:key/1"


def bucket_in(stack: cdk.Stack, **options: Any) -> s3.IBucket:
    return s3.Bucket.from_bucket_attributes(stack, "Brought", bucket_name="captures", **options)


def captured(stack: cdk.Stack, capture: DataCapture) -> dict[str, Any]:
    config: dict[str, Any] = configured(stack, data_capture_config=capture.bind(stack).config)["DataCaptureConfig"]
    return config


def rendered(stack: cdk.Stack, permissions: tuple[Permission, ...]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = stack.resolve([each.render() for each in permissions])
    return found


# What the endpoint configuration says


def test_all_of_both_sides_is_kept_by_default() -> None:
    stack = new_stack()
    bucket = bucket_in(stack)
    assert captured(stack, DataCapture(bucket=bucket)) == {
        "EnableCapture": True,
        "InitialSamplingPercentage": 100,
        "DestinationS3Uri": "s3://captures/captured",
        "CaptureOptions": [{"CaptureMode": "Input"}, {"CaptureMode": "Output"}],
        "CaptureContentTypeHeader": {"CsvContentTypes": ["text/csv"], "JsonContentTypes": ["application/json"]},
    }


def test_everything_can_be_chosen() -> None:
    stack = new_stack()
    capture = DataCapture(
        percent=20,
        bucket=bucket_in(stack),
        prefix="fraud/live/",
        modes=["Output"],
        csv_content_types=(),
        json_content_types=["application/jsonlines", "application/x-npy"],
        encryption_key=kms.Key.from_key_arn(stack, "Key", KEY),
    )
    assert captured(stack, capture) == {
        "EnableCapture": True,
        "InitialSamplingPercentage": 20,
        "DestinationS3Uri": "s3://captures/fraud/live",
        "KmsKeyId": KEY,
        "CaptureOptions": [{"CaptureMode": "Output"}],
        "CaptureContentTypeHeader": {"JsonContentTypes": ["application/jsonlines", "application/x-npy"]},
    }


def test_without_content_types_everything_is_base64() -> None:
    stack = new_stack()
    capture = DataCapture(bucket=bucket_in(stack), csv_content_types=(), json_content_types=())
    assert "CaptureContentTypeHeader" not in captured(stack, capture)


def test_a_buckets_own_key_is_named() -> None:
    stack = new_stack()
    bucket = bucket_in(stack, encryption_key=kms.Key.from_key_arn(stack, "Key", KEY))
    assert captured(stack, DataCapture(bucket=bucket))["KmsKeyId"] == KEY


def test_an_experiment_names_the_same_place() -> None:
    stack = new_stack()
    bucket = bucket_in(stack, encryption_key=kms.Key.from_key_arn(stack, "Key", KEY))
    storage = DataCapture(bucket=bucket).bind(stack).storage
    assert stack.resolve(storage) == {
        "destination": "s3://captures/captured",
        "kmsKey": KEY,
        "contentType": {"csvContentTypes": ["text/csv"], "jsonContentTypes": ["application/json"]},
    }


# The bucket that is made


@pytest.fixture(scope="module")
def made() -> cdk.Stack:
    stack = new_stack()
    captured(stack, DataCapture(prefix="fraud/", expire_after=cdk.Duration.days(30)))
    return stack


def test_a_bucket_is_made_where_none_is_brought(made: cdk.Stack) -> None:
    (bucket,) = resources(made, "AWS::S3::Bucket")
    config = only(made, "AWS::SageMaker::EndpointConfig")["DataCaptureConfig"]
    assert config["DestinationS3Uri"] == join("s3://", {"Ref": bucket}, "/fraud")
    assert "KmsKeyId" not in config


def test_captures_go_after_their_time(made: cdk.Stack) -> None:
    rules = only(made, "AWS::S3::Bucket")["LifecycleConfiguration"]["Rules"]
    assert {"ExpirationInDays": 30, "Prefix": "fraud/", "Status": "Enabled"} in rules


def test_captures_go_after_three_months_when_nothing_is_said() -> None:
    stack = new_stack()
    DataCapture().bind(stack)
    rules = only(stack, "AWS::S3::Bucket")["LifecycleConfiguration"]["Rules"]
    assert {"ExpirationInDays": 90, "Prefix": "captured/", "Status": "Enabled"} in rules


def test_a_key_encrypts_the_bucket_that_is_made_as_a_whole() -> None:
    stack = new_stack()
    config = captured(stack, DataCapture(encryption_key=kms.Key.from_key_arn(stack, "Key", KEY)))
    assert config["KmsKeyId"] == KEY
    encryption = only(stack, "AWS::S3::Bucket")["BucketEncryption"]["ServerSideEncryptionConfiguration"]
    assert encryption[0]["ServerSideEncryptionByDefault"] == {"KMSMasterKeyID": KEY, "SSEAlgorithm": "aws:kms"}


def test_nag_finds_nothing_in_the_bucket_that_is_made() -> None:
    app = cdk.App()
    stack = cdk.Stack(app, "Stack")
    DataCapture().bind(stack)
    cdk.Validations.of(app).add_plugins(AwsSolutionsChecks(app))
    app.synth()


# What the execution role may do


def test_the_role_may_write_below_the_prefix_alone() -> None:
    stack = new_stack()
    permissions = DataCapture(bucket=bucket_in(stack)).bind(stack).permissions
    assert rendered(stack, permissions) == [
        {
            "Action": ["s3:AbortMultipartUpload", "s3:PutObject"],
            "Effect": "Allow",
            "Resource": sub("arn:${AWS::Partition}:s3:::captures/captured/*"),
        }
    ]
    assert permissions[0].wildcard_reason == (
        "SageMaker names what it captures by endpoint, variant and hour below the prefix"
    )


@pytest.mark.parametrize("whose", ["bucket", "capture"])
def test_the_role_may_use_the_key(whose: str) -> None:
    stack = new_stack()
    key = kms.Key.from_key_arn(stack, "Key", KEY)
    bucket = bucket_in(stack, encryption_key=key if whose == "bucket" else None)
    capture = DataCapture(bucket=bucket, encryption_key=key if whose == "capture" else None)
    assert rendered(stack, capture.bind(stack).permissions)[1:] == [
        {"Action": ["kms:Decrypt", "kms:GenerateDataKey"], "Effect": "Allow", "Resource": KEY}
    ]


def test_the_role_may_write_to_the_bucket_that_is_made() -> None:
    stack = new_stack()
    permissions = rendered(stack, DataCapture().bind(stack).permissions)
    (bucket,) = resources(stack, "AWS::S3::Bucket")
    assert permissions[0]["Resource"] == join(att(bucket, "Arn"), "/captured/*")


# What is refused


@pytest.mark.parametrize("percent", [-1, 101])
def test_fails_when_the_share_is_none(percent: int) -> None:
    with refused(f"DataCapture percent must be 0-100 %, got {percent}: it is a share of all requests"):
        DataCapture(percent=percent)


def test_fails_when_the_share_is_no_whole_number() -> None:
    with refused("DataCapture percent must be 0-100 %, got 2.5: it must be a whole number"):
        DataCapture(percent=2.5)


def test_nothing_captured_is_allowed_with_a_word_on_it() -> None:
    (advice,) = DataCapture(percent=0).advice()
    assert (advice.id, advice.text) == (
        "nothingCaptured",
        "nothing is captured: the share of the requests is 0 %, which leaves everything else in place",
    )
    assert DataCapture(percent=1).advice() == []


@pytest.mark.parametrize("prefix", ["", "captured", "/captured/"])
def test_fails_when_the_prefix_is_no_folder(prefix: str) -> None:
    with refused(
        f"DataCapture prefix must end in '/' and not begin with one, got {prefix!r}: it names a folder of the bucket"
    ):
        DataCapture(prefix=prefix)


def test_fails_when_a_mode_is_none() -> None:
    with refused(
        "DataCapture mode must be one of Input, Output, got 'InputAndOutput': both are captured by naming both"
    ):
        DataCapture(modes=["InputAndOutput"])


@pytest.mark.parametrize("modes", [[], ["Input", "Input"]])
def test_fails_when_modes_are_none_or_doubled(modes: list[str]) -> None:
    with refused(f"DataCapture modes must be Input, Output or both, got {modes}: each names one side of a request"):
        DataCapture(modes=modes)


@pytest.mark.parametrize("what", ["csv_content_types", "json_content_types"])
def test_fails_when_there_are_too_many_content_types(what: str) -> None:
    many: dict[str, Any] = {what: [f"text/x{each}" for each in range(11)]}
    with refused(
        f"DataCapture {what} must have 1-10 content types, got 11: SageMaker keeps no longer list of CSV or of JSON types"
    ):
        DataCapture(**many)


@pytest.mark.parametrize("content_type", ["csv", "text/csv; charset=utf-8", "application/a+json"])
def test_fails_when_a_content_type_has_another_form(content_type: str) -> None:
    with refused(
        "DataCapture json_content_types element must be 1-256 characters (type/subtype of letters, digits, hyphens and "
        f"dots), got {content_type!r}: SageMaker compares it with the header of each request"
    ):
        DataCapture(json_content_types=[content_type])


def test_fails_when_content_types_are_one_text() -> None:
    with refused(
        "DataCapture csv_content_types must be a list or tuple, got 'text/csv': nothing else is understood there"
    ):
        DataCapture(csv_content_types="text/csv")


def test_fails_when_a_bucket_that_was_brought_should_expire() -> None:
    with refused(
        "DataCapture expire_after must be omitted with a bucket of your own, got both: its lifecycle is its owner's to set"
    ):
        DataCapture(bucket=bucket_in(new_stack()), expire_after=cdk.Duration.days(1))


def test_fails_when_it_should_expire_within_a_day() -> None:
    with refused(
        "DataCapture expire_after must be one whole day or more of them, got 43200 seconds: S3 counts the age of objects in "
        "days"
    ):
        DataCapture(expire_after=cdk.Duration.hours(12))


@pytest.mark.parametrize(
    ("what", "kind"),
    [("bucket", "a bucket such as Bucket.from_bucket_name(self, 'Captured', 'my-captures')"),
     ("encryption_key", "a key such as Key.from_key_arn(self, 'Key', arn)")],
)  # fmt: skip
def test_fails_when_bucket_or_key_are_named_by_text(what: str, kind: str) -> None:
    given: dict[str, Any] = {what: "mine"}
    with refused(f"DataCapture {what} must be {kind}, got 'mine': nothing else is understood there"):
        DataCapture(**given)


def test_fails_when_the_address_is_too_long() -> None:
    stack = new_stack()
    capture = DataCapture(bucket=bucket_in(stack), prefix=f"{'p' * 510}/")
    with refused(
        "DataCapture address must be 1-512 characters (an s3:// or https:// address), got "
        f"{repr('s3://captures/' + 'p' * 510)[:59]}… of 524 characters: SageMaker writes to no other address"
    ):
        capture.bind(stack)


# Tokens and values


def test_everything_may_be_a_token() -> None:
    stack = new_stack()
    types = cdk.CfnParameter(stack, "Types", type="CommaDelimitedList").value_as_list
    bucket = s3.Bucket.from_bucket_name(stack, "Brought", text_token(stack, "Bucket"))
    capture = DataCapture(
        percent=number_token(stack, "Percent"),
        bucket=bucket,
        prefix=text_token(stack, "Prefix"),
        modes=[text_token(stack, "Mode")],
        csv_content_types=types,
        json_content_types=[text_token(stack, "Json")],
    )
    assert captured(stack, capture) == {
        "EnableCapture": True,
        "InitialSamplingPercentage": {"Ref": "Percent"},
        "DestinationS3Uri": join("s3://", {"Ref": "Bucket"}, "/", {"Ref": "Prefix"}),
        "CaptureOptions": [{"CaptureMode": {"Ref": "Mode"}}],
        "CaptureContentTypeHeader": {"CsvContentTypes": {"Ref": "Types"}, "JsonContentTypes": [{"Ref": "Json"}]},
    }
    assert capture.advice() == []


def test_a_list_changed_later_changes_nothing() -> None:
    modes = ["Input"]
    capture = DataCapture(modes=modes)
    modes.append("Output")
    assert capture.modes == ("Input",)
    assert capture == DataCapture(modes=("Input",))
    with pytest.raises(dataclasses.FrozenInstanceError):
        capture.percent = 1  # type: ignore[misc]
