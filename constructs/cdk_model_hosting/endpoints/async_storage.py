"""Where an asynchronous endpoint finds requests, and leaves answers."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import combinations
from typing import TYPE_CHECKING

from cdk_model_hosting.arguments import require_like
from cdk_model_hosting.bucket_facts import facts_of
from cdk_model_hosting.buckets import check_prefix, private_bucket, read_below, write_below
from cdk_model_hosting.durations import whole_days
from cdk_model_hosting.errors import ConfigurationError
from cdk_model_hosting.limits import S3_DESTINATION
from cdk_model_hosting.same_region import KEYS_OF_BUCKETS, check_arn, check_bucket
from cdk_model_hosting.tokens import is_token

if TYPE_CHECKING:
    import aws_cdk as cdk
    from aws_cdk import aws_kms as kms
    from aws_cdk import aws_s3 as s3
    from constructs import Construct

    from cdk_model_hosting.permissions import Permission

_BUCKET = "a bucket such as Bucket.from_bucket_name(self, 'Requests', 'my-requests')"
_KEY = "a key such as Key.from_key_arn(self, 'Key', arn)"
_READS = "SageMaker reads the request that a caller names, which may be any object below the input prefix"
_WRITES = "SageMaker writes each answer under a name that it chooses below the prefixes of the output"
_UPLOADS = "callers choose the names of their requests below the input prefix"
_LOOKS = "SageMaker chooses the names of answers below the prefixes of the output"
_OWN_REGION = "SageMaker writes answers to buckets of the endpoint's own region only"
_DEFAULT_DAYS = 30


@dataclass(frozen=True, slots=True, kw_only=True)
class AsyncStorage:
    """The buckets and prefixes of an asynchronous endpoint.

    Args:
        bucket: Bucket of requests and answers, in the endpoint's region. One is made when omitted: encrypted, private,
            reached by TLS alone, and kept when the stack goes.
        input_bucket: Bucket of the requests, where they lie elsewhere.
        input_prefix: Prefix that callers put requests under.
        output_prefix: Prefix of the answers.
        failure_prefix: Prefix of what failed, and why.
        encryption_key: KMS key that SageMaker encrypts the answers with; the bucket's own way when omitted. A bucket that
            is made here is encrypted with it as a whole.
        expire_after: Whole days after which requests and answers go, in a bucket that is made here; 30 when omitted.

    Raises:
        ConfigurationError: When a prefix is no folder or lies in another one of the same bucket, or a bucket that was
            brought should expire.
    """

    bucket: s3.IBucket | None = None
    input_bucket: s3.IBucket | None = None
    input_prefix: str = "requests/"
    output_prefix: str = "answers/"
    failure_prefix: str = "failures/"
    encryption_key: kms.IKey | None = None
    expire_after: cdk.Duration | None = field(default=None, compare=False, repr=False)
    expire_days: int | None = field(init=False)

    def __post_init__(self) -> None:
        for what, bucket in (("bucket", self.bucket), ("input_bucket", self.input_bucket)):
            if bucket is not None:
                require_like(f"AsyncStorage {what}", bucket, "bucket_name", _BUCKET)
        if self.encryption_key is not None:
            require_like("AsyncStorage encryption_key", self.encryption_key, "key_arn", _KEY)
        self._check_prefixes()
        object.__setattr__(self, "expire_days", whole_days("AsyncStorage expire_after", self.expire_after))
        if self.bucket is not None and self.expire_after is not None:
            raise ConfigurationError(
                "AsyncStorage expire_after must be omitted with a bucket of your own, got both: its lifecycle is its owner's "
                "to set"
            )

    def bind(self, scope: Construct, construct_id: str) -> BoundStorage:
        """Make the bucket where none was brought.

        Args:
            scope: Where to make it.
            construct_id: ID below `scope`.

        Raises:
            ConfigurationError: When the bucket of the answers, or the key, is in another region.
        """
        bucket = self.bucket
        if bucket is None:
            days = _DEFAULT_DAYS if self.expire_days is None else self.expire_days
            own = [self.output_prefix, self.failure_prefix]
            if self.input_bucket is None:
                own.append(self.input_prefix)
            expire = dict.fromkeys(own, days)
            bucket = private_bucket(scope, construct_id, encryption_key=self.encryption_key, expire_days=expire)
        else:
            check_bucket("AsyncStorage bucket", bucket, scope, why=_OWN_REGION)
        if self.encryption_key is not None:
            check_arn("AsyncStorage encryption_key", self.encryption_key.key_arn, scope, why=KEYS_OF_BUCKETS)
        return BoundStorage(
            storage=self,
            bucket=bucket,
            input_bucket=bucket if self.input_bucket is None else self.input_bucket,
            # Without a key of its own SageMaker might take S3's default one instead of the bucket's.
            key=facts_of(bucket).key if self.encryption_key is None else self.encryption_key,
        )

    def _check_prefixes(self) -> None:
        prefixes = {
            "input_prefix": self.input_prefix,
            "output_prefix": self.output_prefix,
            "failure_prefix": self.failure_prefix,
        }
        for what, prefix in prefixes.items():
            check_prefix(f"AsyncStorage {what}", prefix)
        if self.input_bucket is not None and self.input_bucket is not self.bucket:
            del prefixes["input_prefix"]
        for (one, first), (other, second) in combinations(prefixes.items(), 2):
            if is_token(first) or is_token(second):
                continue
            if first.startswith(second) or second.startswith(first):
                raise ConfigurationError(
                    f"AsyncStorage {one} and {other} must lie apart, got {first!r} and {second!r}: who may write or read below "
                    "one of them could do so below the other"
                )


@dataclass(frozen=True, slots=True, kw_only=True)
class BoundStorage:
    """The buckets of one endpoint.

    Args:
        storage: What was asked for.
        bucket: Bucket of the answers.
        input_bucket: Bucket of the requests.
        key: KMS key that SageMaker encrypts answers with; None for S3's own.
    """

    storage: AsyncStorage
    bucket: s3.IBucket
    input_bucket: s3.IBucket
    key: kms.IKey | None

    @property
    def output_url(self) -> str:
        """S3 address of the answers."""
        return self._url(self.storage.output_prefix)

    @property
    def failure_url(self) -> str:
        """S3 address of what failed."""
        return self._url(self.storage.failure_prefix)

    def permissions(self) -> tuple[Permission, ...]:
        """What the execution role needs to read requests and to write answers."""
        storage = self.storage
        return (
            *read_below(self.input_bucket, storage.input_prefix, reason=_READS),
            *write_below(self.bucket, storage.output_prefix, storage.failure_prefix, reason=_WRITES, key=self.key),
        )

    def uploading(self) -> tuple[Permission, ...]:
        """What a caller needs to upload requests."""
        return write_below(self.input_bucket, self.storage.input_prefix, reason=_UPLOADS)

    def reading(self) -> tuple[Permission, ...]:
        """What somebody needs to find and read answers, and what failed."""
        storage = self.storage
        return read_below(self.bucket, storage.output_prefix, storage.failure_prefix, reason=_LOOKS, key=self.key)

    def _url(self, prefix: str) -> str:
        # SageMaker puts a slash between the address and the answer's name.
        url = f"s3://{facts_of(self.bucket).name}/{prefix.removesuffix('/')}"
        S3_DESTINATION.check("AsyncStorage address", url)
        return url
