"""Buckets that constructs make for those who bring none."""

from __future__ import annotations

from typing import TYPE_CHECKING

import aws_cdk as cdk

from cdk_model_hosting.arguments import require
from cdk_model_hosting.bucket_facts import facts_of
from cdk_model_hosting.errors import ConfigurationError
from cdk_model_hosting.permissions import Permission
from cdk_model_hosting.tokens import is_token

if TYPE_CHECKING:
    from collections.abc import Mapping

    from aws_cdk import aws_kms as kms
    from aws_cdk import aws_s3 as s3
    from constructs import Construct

    from cdk_model_hosting.bucket_facts import BucketFacts

_FORGET_PARTS_AFTER_DAYS = 7
_NO_LOGS = (
    "Access logs take a second bucket that outlives the stack; bring a bucket with access logs of your own where they are "
    "needed"
)


def private_bucket(
    scope: Construct,
    construct_id: str,
    *,
    encryption_key: kms.IKey | None = None,
    expire_days: Mapping[str, int] | None = None,
) -> s3.Bucket:
    """A bucket that is encrypted, reached by TLS alone, closed to the public, and kept when the stack goes.

    Args:
        scope: Where to make it.
        construct_id: ID below `scope`.
        encryption_key: KMS key of its objects; S3's own when omitted.
        expire_days: Days after which objects go, by prefix; they stay when omitted.
    """
    from aws_cdk import aws_s3 as s3  # noqa: PLC0415 - loaded by those alone who bring no bucket

    rules = [
        s3.LifecycleRule(prefix=prefix, expiration=cdk.Duration.days(days))
        for prefix, days in (expire_days or {}).items()
    ]
    parts = s3.LifecycleRule(abort_incomplete_multipart_upload_after=cdk.Duration.days(_FORGET_PARTS_AFTER_DAYS))
    bucket = s3.Bucket(
        scope,
        construct_id,
        encryption=s3.BucketEncryption.S3_MANAGED if encryption_key is None else s3.BucketEncryption.KMS,
        encryption_key=encryption_key,
        bucket_key_enabled=None if encryption_key is None else True,
        block_public_access=s3.BlockPublicAccess.BLOCK_ALL,
        enforce_ssl=True,
        lifecycle_rules=[*rules, parts],
        removal_policy=cdk.RemovalPolicy.RETAIN,
    )
    cdk.Validations.of(bucket).acknowledge(cdk.Acknowledgment(id="AwsSolutions-S1", reason=_NO_LOGS))
    return bucket


def check_prefix(what: str, prefix: str) -> None:
    """Refuse a prefix that cannot be told from other keys, or that IAM and CloudFormation read as something else.

    Args:
        what: The argument as the user typed it.
        prefix: The prefix.

    Raises:
        ConfigurationError: When it is no text, does not end in ``/``, begins with one, or holds a wildcard.
    """
    require(what, prefix, str)
    if is_token(prefix):
        return
    if not prefix.endswith("/") or prefix.startswith("/"):
        raise ConfigurationError(
            f"{what} must end in '/' and not begin with one, got {prefix!r}: it names a folder of the bucket"
        )
    if set("*?$") & set(prefix):
        raise ConfigurationError(
            f"{what} must hold none of *, ? and $, got {prefix!r}: IAM and CloudFormation read them as wildcards and "
            "references"
        )


def read_below(bucket: s3.IBucket, *prefixes: str, reason: str, key: kms.IKey | None = None) -> tuple[Permission, ...]:
    """What finding and reading every object below some prefixes takes.

    Args:
        bucket: The bucket.
        prefixes: The prefixes.
        reason: Why all of them are read.
        key: KMS key of the objects; the bucket's when omitted.
    """
    facts = facts_of(bucket)
    below = tuple(f"{prefix}*" for prefix in prefixes)
    objects = Permission(
        actions=("s3:GetObject",), resources=tuple(facts.object_arn(each) for each in below), wildcard_reason=reason
    )
    # Who may not list the bucket is told of a missing object that it is forbidden.
    find = Permission(
        actions=("s3:ListBucket",), resources=(facts.arn,), conditions={"StringLike": {"s3:prefix": list(below)}}
    )
    return objects, find, *_use(facts, key, "kms:Decrypt")


def write_below(bucket: s3.IBucket, *prefixes: str, reason: str, key: kms.IKey | None = None) -> tuple[Permission, ...]:
    """What writing objects below some prefixes takes.

    Args:
        bucket: The bucket.
        prefixes: The prefixes.
        reason: Why any of them may be written.
        key: KMS key of the objects; the bucket's when omitted.
    """
    facts = facts_of(bucket)
    objects = Permission(
        actions=("s3:AbortMultipartUpload", "s3:PutObject"),
        resources=tuple(facts.object_arn(f"{prefix}*") for prefix in prefixes),
        wildcard_reason=reason,
    )
    # Parts of a multipart upload are put together by reading them again.
    return objects, *_use(facts, key, "kms:Decrypt", "kms:GenerateDataKey")


def _use(facts: BucketFacts, key: kms.IKey | None, *actions: str) -> tuple[Permission, ...]:
    arn = facts.key_arn if key is None or key is facts.key else key.key_arn
    return () if arn is None else (Permission(actions=actions, resources=(arn,)),)
