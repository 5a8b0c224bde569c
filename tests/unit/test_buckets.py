from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3
from aws_cdk.assertions import Template
from cdk_nag import AwsSolutionsChecks

from cdk_model_hosting.buckets import check_prefix, private_bucket, read_below, write_below
from cdk_model_hosting.permissions import Permission
from tests.unit.builders import att, new_stack, only, refused, resources, text_token

KEY = "arn:aws:kms:eu-west-1:111122223333:key/1"
REASON = "a test reads and writes all of it"


def key_in(stack: cdk.Stack, construct_id: str = "Key", arn: str = KEY) -> kms.IKey:
    return kms.Key.from_key_arn(stack, construct_id, arn)


def brought(stack: cdk.Stack, **options: Any) -> s3.IBucket:
    return s3.Bucket.from_bucket_attributes(stack, "Brought", bucket_arn="arn:aws:s3:::mine", **options)


def rendered(stack: cdk.Stack, permissions: tuple[Permission, ...]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = stack.resolve([each.render() for each in permissions])
    return found


# The bucket that is made


@pytest.fixture(scope="module")
def made() -> cdk.Stack:
    stack = new_stack()
    private_bucket(stack, "Bucket", expire_days={"out/": 7, "in/": 30})
    return stack


def test_nobody_but_the_account_reaches_it(made: cdk.Stack) -> None:
    assert only(made, "AWS::S3::Bucket")["PublicAccessBlockConfiguration"] == {
        "BlockPublicAcls": True,
        "BlockPublicPolicy": True,
        "IgnorePublicAcls": True,
        "RestrictPublicBuckets": True,
    }


def test_nobody_reaches_it_without_tls(made: cdk.Stack) -> None:
    (statement,) = only(made, "AWS::S3::BucketPolicy")["PolicyDocument"]["Statement"]
    assert (statement["Effect"], statement["Action"], statement["Principal"]) == ("Deny", "s3:*", {"AWS": "*"})
    assert statement["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}
    assert len(statement["Resource"]) == 2


def test_it_outlives_its_stack(made: cdk.Stack) -> None:
    (bucket,) = resources(made, "AWS::S3::Bucket").values()
    assert (bucket["DeletionPolicy"], bucket["UpdateReplacePolicy"]) == ("Retain", "Retain")


def test_objects_go_after_their_time_and_parts_of_uploads_after_a_week(made: cdk.Stack) -> None:
    assert only(made, "AWS::S3::Bucket")["LifecycleConfiguration"]["Rules"] == [
        {"ExpirationInDays": 7, "Prefix": "out/", "Status": "Enabled"},
        {"ExpirationInDays": 30, "Prefix": "in/", "Status": "Enabled"},
        {"AbortIncompleteMultipartUpload": {"DaysAfterInitiation": 7}, "Status": "Enabled"},
    ]


def test_objects_stay_when_nothing_is_said() -> None:
    stack = new_stack()
    private_bucket(stack, "Bucket")
    (rule,) = only(stack, "AWS::S3::Bucket")["LifecycleConfiguration"]["Rules"]
    assert "ExpirationInDays" not in rule


@pytest.mark.parametrize("with_key", [False, True])
def test_it_is_encrypted_by_s3_or_by_the_key(with_key: bool) -> None:
    stack = new_stack()
    private_bucket(stack, "Bucket", encryption_key=key_in(stack) if with_key else None)
    (rule,) = only(stack, "AWS::S3::Bucket")["BucketEncryption"]["ServerSideEncryptionConfiguration"]
    assert rule == (
        {
            "BucketKeyEnabled": True,
            "ServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": KEY},
        }
        if with_key
        else {"ServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}}
    )


def test_nag_is_told_why_it_has_no_access_logs() -> None:
    app = cdk.App()
    private_bucket(cdk.Stack(app, "Stack"), "Bucket")
    cdk.Validations.of(app).add_plugins(AwsSolutionsChecks(app))
    app.synth()


# Prefixes


@pytest.mark.parametrize("prefix", ["a/", "a/b/", "a-b_c.d/"])
def test_a_folder_passes(prefix: str) -> None:
    check_prefix("Thing prefix", prefix)


def test_a_token_passes() -> None:
    check_prefix("Thing prefix", text_token(new_stack()))


@pytest.mark.parametrize("prefix", ["", "a", "/", "/a/"])
def test_fails_when_a_prefix_is_no_folder(prefix: str) -> None:
    with refused(
        f"Thing prefix must end in '/' and not begin with one, got {prefix!r}: it names a folder of the bucket"
    ):
        check_prefix("Thing prefix", prefix)


@pytest.mark.parametrize("prefix", ["*/", "a?/", "${x}/"])
def test_fails_when_a_prefix_holds_a_wildcard(prefix: str) -> None:
    with refused(
        f"Thing prefix must hold none of *, ? and $, got {prefix!r}: IAM and CloudFormation read them as wildcards and "
        "references"
    ):
        check_prefix("Thing prefix", prefix)


@pytest.mark.parametrize("prefix", [None, 3])
def test_fails_when_a_prefix_is_no_text(prefix: Any) -> None:
    with refused(f"Thing prefix must be a str, got {prefix}: nothing else is understood there"):
        check_prefix("Thing prefix", prefix)


# Permissions


def test_reading_finds_and_gets_what_lies_below_alone() -> None:
    stack = new_stack()
    permissions = read_below(brought(stack), "a/", "b/", reason=REASON)
    assert rendered(stack, permissions) == [
        {
            "Action": "s3:GetObject",
            "Effect": "Allow",
            "Resource": ["arn:aws:s3:::mine/a/*", "arn:aws:s3:::mine/b/*"],
        },
        {
            "Action": "s3:ListBucket",
            "Effect": "Allow",
            "Resource": "arn:aws:s3:::mine",
            "Condition": {"StringLike": {"s3:prefix": ["a/*", "b/*"]}},
        },
    ]
    assert [each.wildcard_reason for each in permissions] == [REASON, None]


def test_writing_puts_what_lies_below_alone() -> None:
    stack = new_stack()
    permissions = write_below(brought(stack), "a/", "b/", reason=REASON)
    assert rendered(stack, permissions) == [
        {
            "Action": ["s3:AbortMultipartUpload", "s3:PutObject"],
            "Effect": "Allow",
            "Resource": ["arn:aws:s3:::mine/a/*", "arn:aws:s3:::mine/b/*"],
        }
    ]
    assert permissions[0].wildcard_reason == REASON


@pytest.mark.parametrize("whose", ["bucket", "given", "both"])
def test_the_key_is_the_given_one_or_else_the_buckets(whose: str) -> None:
    stack = new_stack()
    other = f"{KEY}0"
    bucket = brought(stack, encryption_key=None if whose == "given" else key_in(stack))
    given = None if whose == "bucket" else key_in(stack, "Given", other)
    used = KEY if whose == "bucket" else other
    reading = rendered(stack, read_below(bucket, "a/", reason=REASON, key=given))
    assert reading[2:] == [{"Action": "kms:Decrypt", "Effect": "Allow", "Resource": used}]
    writing = rendered(stack, write_below(bucket, "a/", reason=REASON, key=given))
    assert writing[1:] == [{"Action": ["kms:Decrypt", "kms:GenerateDataKey"], "Effect": "Allow", "Resource": used}]


def test_the_bucket_that_is_made_is_referred_to() -> None:
    stack = new_stack()
    permissions = rendered(stack, read_below(private_bucket(stack, "Bucket"), "a/", reason=REASON))
    (name,) = Template.from_stack(stack).find_resources("AWS::S3::Bucket")
    assert permissions[1]["Resource"] == att(name, "Arn")
