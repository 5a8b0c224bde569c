"""What a transform job reads."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from cdk_model_hosting.arguments import require, require_like
from cdk_model_hosting.buckets import check_prefix
from cdk_model_hosting.errors import ConfigurationError
from cdk_model_hosting.limits import (
    OBJECT_KEY,
    TRANSFORM_COMPRESSION,
    TRANSFORM_CONTENT_TYPE,
    TRANSFORM_SPLIT,
)
from cdk_model_hosting.tokens import is_token

if TYPE_CHECKING:
    from aws_cdk import aws_s3 as s3

BUCKET = "a bucket such as Bucket.from_bucket_name(self, 'Records', 'my-records')"
LINE = "Line"
NOT = "None"


@dataclass(frozen=True, slots=True, kw_only=True)
class TransformSource:
    """Files in S3, and how records are found in them. Made by one of its factories.

    A start by hand may name another prefix, or another manifest, below the same folder.

    See: https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_TransformInput.html
    """

    what: str
    data_type: str
    key: str
    bucket: s3.IBucket | None
    data_prefix: str
    data_bucket: s3.IBucket | None
    split: str | None
    compression: str | None
    content_type: str | None

    def __post_init__(self) -> None:
        for what, bucket in (("bucket", self.bucket), ("data_bucket", self.data_bucket)):
            if bucket is not None:
                require_like(f"{self.what} {what}", bucket, "bucket_name", BUCKET)
        TRANSFORM_SPLIT.check(f"{self.what} split", self.split)
        TRANSFORM_COMPRESSION.check(f"{self.what} compression", self.compression)
        TRANSFORM_CONTENT_TYPE.check(f"{self.what} content_type", self.content_type)

    @staticmethod
    def prefix(
        prefix: str = "input/",
        *,
        bucket: s3.IBucket | None = None,
        split: str | None = None,
        compression: str | None = None,
        content_type: str | None = None,
    ) -> TransformSource:
        """All files below a prefix.

        Args:
            prefix: The prefix, ending in ``/``.
            bucket: Its bucket, in the job's region; the destination's when omitted, or one that is made where that has none
                either.
            split: How records are found in a file: ``Line``, ``RecordIO`` or ``TFRecord``. When omitted a file is one
                record, and must fit into one request.
            compression: ``Gzip`` for files that are to be unpacked.
            content_type: What the records are, such as ``text/csv``: the container reads it as a header.

        Raises:
            ConfigurationError: When a value is outside what the service accepts.
        """
        check_prefix("TransformSource.prefix prefix", prefix)
        return TransformSource(
            what="TransformSource.prefix",
            data_type="S3Prefix",
            key=prefix,
            bucket=bucket,
            data_prefix=prefix,
            data_bucket=None,
            split=split,
            compression=compression,
            content_type=content_type,
        )

    @staticmethod
    def manifest(
        key: str,
        *,
        data_prefix: str,
        bucket: s3.IBucket | None = None,
        data_bucket: s3.IBucket | None = None,
        split: str | None = None,
        compression: str | None = None,
        content_type: str | None = None,
    ) -> TransformSource:
        """The files that a manifest lists: ``[{"prefix": "s3://bucket/records/"}, "2027/a.csv", "2027/b.csv"]``.

        Args:
            key: The manifest's key, in a folder.
            data_prefix: Prefix that all listed files lie below, ending in ``/``.
            bucket: The manifest's bucket, in the job's region; as for `prefix` when omitted.
            data_bucket: Bucket of the listed files; the manifest's when omitted.
            split: How records are found in a file, as for `prefix`.
            compression: ``Gzip`` for files that are to be unpacked.
            content_type: What the records are, such as ``text/csv``.

        Raises:
            ConfigurationError: When a value is outside what the service accepts.
        """
        what = "TransformSource.manifest key"
        require(what, key, str)
        OBJECT_KEY.check(what, key)
        if not is_token(key):
            folder = key.rpartition("/")[0]
            if not folder or key.endswith("/"):
                raise ConfigurationError(
                    f"{what} must name a file in a folder such as manifests/nightly.json, got {key!r}: jobs may read all "
                    "manifests of that folder, and not of the whole bucket"
                )
            check_prefix(f"{what}'s folder", f"{folder}/")
        check_prefix("TransformSource.manifest data_prefix", data_prefix)
        return TransformSource(
            what="TransformSource.manifest",
            data_type="ManifestFile",
            key=key,
            bucket=bucket,
            data_prefix=data_prefix,
            data_bucket=data_bucket,
            split=split,
            compression=compression,
            content_type=content_type,
        )

    @property
    def is_manifest(self) -> bool:
        """Whether it is a list of files."""
        return self.data_type == "ManifestFile"

    @property
    def folder(self) -> str:
        """What every input lies below; of a manifest whose key is a Token, the key itself."""
        if not self.is_manifest or is_token(self.key):
            return self.key
        return f"{self.key.rpartition('/')[0]}/"

    @property
    def is_split(self) -> bool:
        """Whether files are more than one record."""
        return self.split is not None and self.split != NOT
