"""The buckets of a batch transform."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING

from cdk_model_hosting.bucket_facts import facts_of
from cdk_model_hosting.buckets import private_bucket, read_below, write_below
from cdk_model_hosting.errors import ConfigurationError
from cdk_model_hosting.limits import TRANSFORM_URI
from cdk_model_hosting.same_region import KEYS_OF_BUCKETS, check_arn, check_bucket
from cdk_model_hosting.tokens import is_token

if TYPE_CHECKING:
    import aws_cdk as cdk
    from aws_cdk import aws_kms as kms
    from aws_cdk import aws_s3 as s3
    from constructs import Construct

    from cdk_model_hosting.batch.capture import TransformCapture
    from cdk_model_hosting.batch.destination import TransformDestination
    from cdk_model_hosting.batch.source import TransformSource
    from cdk_model_hosting.permissions import Permission

READS = "a transform job reads every file below the prefix of its input"
READS_OWN_REGION = "a transform job finds no objects of another region"
WRITES_OWN_REGION = "SageMaker writes what a job makes to buckets of the job's own region only"
WRITES = "SageMaker names what it writes below a prefix after the files that it reads"


@dataclass(frozen=True, slots=True, kw_only=True)
class TransformStorage:
    """What a job reads, and where it writes.

    Args:
        source: What is read.
        destination: Where answers go.
        capture: Where lists of both go.
        input_bucket: Bucket of the input, or of the manifest.
        output_bucket: Bucket of the answers.
    """

    source: TransformSource
    destination: TransformDestination
    capture: TransformCapture | None
    input_bucket: s3.IBucket
    output_bucket: s3.IBucket

    @staticmethod
    def bind(
        scope: Construct,
        source: TransformSource,
        destination: TransformDestination,
        capture: TransformCapture | None,
    ) -> TransformStorage:
        """Make a bucket where none was brought.

        Args:
            scope: The batch transform.
            source: What is read.
            destination: Where answers go.
            capture: Where lists of both go.

        Raises:
            ConfigurationError: When one prefix lies below another in one bucket.
        """
        bucket = source.bucket if source.bucket is not None else destination.bucket
        if bucket is None:
            bucket = private_bucket(scope, "Bucket", encryption_key=destination.encryption_key)
        storage = TransformStorage(
            source=source,
            destination=destination,
            capture=capture,
            input_bucket=bucket,
            output_bucket=bucket if destination.bucket is None else destination.bucket,
        )
        storage._check_apart()
        return storage

    @property
    def input_url(self) -> str:
        """S3 address of the input."""
        return _url(self.input_bucket, self.source.key)

    @property
    def output_url(self) -> str:
        """S3 address of the answers; SageMaker puts a slash between it and a name."""
        return _url(self.output_bucket, self.destination.prefix.removesuffix("/"))

    @property
    def output_key(self) -> kms.IKey | None:
        """KMS key of the answers. Without one SageMaker would take S3's default one, and not the bucket's."""
        given = self.destination.encryption_key
        return facts_of(self.output_bucket).key if given is None else given

    @property
    def capture_bucket(self) -> s3.IBucket:
        """Bucket of the captures."""
        return self.output_bucket if self.capture is None or self.capture.bucket is None else self.capture.bucket

    @property
    def capture_url(self) -> str | None:
        """S3 address of the captures."""
        return None if self.capture is None else _url(self.capture_bucket, self.capture.prefix.removesuffix("/"))

    @property
    def capture_key(self) -> kms.IKey | None:
        """KMS key of the captures."""
        given = None if self.capture is None else self.capture.encryption_key
        return facts_of(self.capture_bucket).key if given is None else given

    def permissions(self) -> list[Permission]:
        """What the model's role needs to read and write."""
        source = self.source
        found = [*read_below(self.input_bucket, source.folder, reason=READS)]
        if source.is_manifest:
            found.extend(read_below(self._data_bucket, source.data_prefix, reason=READS))
        found.extend(
            write_below(self.output_bucket, self.destination.prefix, key=self.output_key, reason=WRITES),
        )
        if self.capture is not None:
            found.extend(write_below(self.capture_bucket, self.capture.prefix, key=self.capture_key, reason=WRITES))
        return found

    def check_region(self, stack: cdk.Stack) -> None:
        """Refuse buckets and keys that jobs could not use.

        Args:
            stack: The batch transform's stack.

        Raises:
            ConfigurationError: When one is in another region.
        """
        source, destination, capture = self.source, self.destination, self.capture
        for what, bucket, why in (
            (f"{source.what} bucket", source.bucket, READS_OWN_REGION),
            (f"{source.what} data_bucket", source.data_bucket, READS_OWN_REGION),
            ("TransformDestination bucket", destination.bucket, WRITES_OWN_REGION),
            ("TransformCapture bucket", None if capture is None else capture.bucket, WRITES_OWN_REGION),
        ):
            if bucket is not None:
                check_bucket(what, bucket, stack, why=why)
        for owner, key in (
            ("TransformDestination", destination.encryption_key),
            ("TransformCapture", None if capture is None else capture.encryption_key),
        ):
            if key is not None:
                check_arn(f"{owner} encryption_key", key.key_arn, stack, why=KEYS_OF_BUCKETS)

    @property
    def _data_bucket(self) -> s3.IBucket:
        return self.input_bucket if self.source.data_bucket is None else self.source.data_bucket

    def _check_apart(self) -> None:
        """What is written must not be taken for input, nor captures for answers."""
        places = [
            ("source", self.input_bucket, self.source.folder),
            ("destination", self.output_bucket, self.destination.prefix),
        ]
        if self.capture is not None:
            places.append(("capture", self.capture_bucket, self.capture.prefix))
        for (what, bucket, prefix), (other, its_bucket, its_prefix) in combinations(places, 2):
            if is_token(prefix) or is_token(its_prefix) or facts_of(bucket).name != facts_of(its_bucket).name:
                continue
            if prefix.startswith(its_prefix) or its_prefix.startswith(prefix):
                raise ConfigurationError(
                    f"BatchTransform {other} prefix must lie apart from that of the {what}, got {its_prefix!r} and {prefix!r} "
                    "in one bucket: what one job writes, the next one would take for something else"
                )


def _url(bucket: s3.IBucket, key: str) -> str:
    url = f"s3://{facts_of(bucket).name}/{key}"
    TRANSFORM_URI.check("BatchTransform address", url)
    return url
