"""What models need to know of the bucket that their artifacts lie in."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

from cdk_model_hosting.limits import MODEL_DATA_URL
from cdk_model_hosting.permissions import Permission, arn
from cdk_model_hosting.tokens import is_token

if TYPE_CHECKING:
    from aws_cdk import aws_s3 as s3


@dataclass(frozen=True, slots=True)
class BucketFacts:
    """A bucket's attributes.

    Args:
        name: Its name; often a Token.
        arn: Its ARN.
        decrypt: What reading its objects needs besides.
    """

    name: str
    arn: str
    decrypt: tuple[Permission, ...]

    def object_arn(self, key: str) -> str | dict[str, Any]:
        """ARN of an object, or of several where the key ends in a wildcard.

        Args:
            key: The object's key.
        """
        if is_token(self.name) or is_token(key):
            return f"{self.arn}/{key}"
        return arn(f"arn:${{AWS::Partition}}:s3:::{self.name}/{key}")

    def url(self, what: str, key: str) -> str:
        """Address of an object or a prefix.

        Args:
            what: Whose address it is, for the message.
            key: The object's key, or the prefix.

        Raises:
            ConfigurationError: When it is longer than SageMaker accepts.
        """
        url = f"s3://{self.name}/{key}"
        MODEL_DATA_URL.check(what, url)
        return url

    def read(self, key: str) -> tuple[Permission, ...]:
        """What reading one object needs.

        Args:
            key: The object's key.
        """
        return (Permission(actions=("s3:GetObject",), resources=(self.object_arn(key),)), *self.decrypt)

    def read_below(self, prefix: str, *, reason: str) -> tuple[Permission, ...]:
        """What finding and reading every object below a prefix needs.

        Args:
            prefix: The prefix.
            reason: Why all of them are read.
        """
        objects = Permission(
            actions=("s3:GetObject",), resources=(self.object_arn(f"{prefix}*"),), wildcard_reason=reason
        )
        find = Permission(
            actions=("s3:ListBucket",),
            resources=(self.arn,),
            conditions={"StringLike": {"s3:prefix": [prefix, f"{prefix}*"]}},
        )
        return objects, find, *self.decrypt


# Many models share a bucket, and each of its attributes is a call into the CDK kernel.
_known: WeakKeyDictionary[s3.IBucket, BucketFacts] = WeakKeyDictionary()


def facts_of(bucket: s3.IBucket) -> BucketFacts:
    """A bucket's attributes, asked for once.

    Args:
        bucket: The bucket.
    """
    facts = _known.get(bucket)
    if facts is None:
        key = bucket.encryption_key
        decrypt = () if key is None else (Permission(actions=("kms:Decrypt",), resources=(key.key_arn,)),)
        facts = BucketFacts(bucket.bucket_name, bucket.bucket_arn, decrypt)
        _known[bucket] = facts
    return facts
