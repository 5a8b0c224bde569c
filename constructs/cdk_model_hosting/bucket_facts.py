"""What is known of a bucket, asked for once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

from cdk_model_hosting.limits import MODEL_DATA_URL
from cdk_model_hosting.permissions import Permission, arn
from cdk_model_hosting.tokens import is_token

if TYPE_CHECKING:
    from aws_cdk import aws_kms as kms
    from aws_cdk import aws_s3 as s3


@dataclass(frozen=True, slots=True)
class BucketFacts:
    """A bucket's attributes.

    Args:
        name: Its name; often a Token.
        arn: Its ARN.
        key: KMS key of its objects, as far as the CDK knows it.
        key_arn: ARN of that key.
    """

    name: str
    arn: str
    key: kms.IKey | None
    key_arn: str | None

    def object_arn(self, key: str) -> str | dict[str, Any]:
        """ARN of an object, or of several where the key ends in a wildcard.

        Args:
            key: The object's key.
        """
        # The ARN of a bucket that is imported by its name holds a Token for the partition: it is written without.
        # A key with a dollar in it would be read as a reference there, as a Token is one.
        if is_token(self.name) or "$" in key or not is_token(self.arn):
            return f"{self.arn}/{key}"
        return arn(f"arn:${{AWS::Partition}}:s3:::{self.name}/{key}")

    def url(self, what: str, key: str) -> str:
        """Address of an artifact, or of the prefix of one.

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
        return Permission(actions=("s3:GetObject",), resources=(self.object_arn(key),)), *self.decrypt

    @property
    def decrypt(self) -> tuple[Permission, ...]:
        """What reading its objects needs besides."""
        return () if self.key_arn is None else (Permission(actions=("kms:Decrypt",), resources=(self.key_arn,)),)


# Many constructs share a bucket, and each of its attributes is a call into the CDK kernel.
_known: WeakKeyDictionary[s3.IBucket, BucketFacts] = WeakKeyDictionary()


def facts_of(bucket: s3.IBucket) -> BucketFacts:
    """A bucket's attributes, asked for once.

    Args:
        bucket: The bucket.
    """
    facts = _known.get(bucket)
    if facts is None:
        key = bucket.encryption_key
        key_arn = None if key is None else key.key_arn
        facts = _known[bucket] = BucketFacts(bucket.bucket_name, bucket.bucket_arn, key, key_arn)
    return facts
