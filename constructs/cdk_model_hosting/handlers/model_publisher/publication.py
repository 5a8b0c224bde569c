"""One archive that is to be in a store."""

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Self

from botocore.exceptions import ClientError

from .failures import PublishError, is_absent, is_changed, is_denied
from .surroundings import PARTS_AT_ONCE, Surroundings

# Permissions that the same deployment has given take a moment to be in force everywhere.
_PATIENCE = (5.0, 10.0, 15.0, 30.0, 60.0)
# What is left of the invocation when it gives up and tells so itself.
_MARGIN_SECONDS = 30.0
_PART_BYTES = 256 * 1024 * 1024
_MARK = "cdk-model-hosting-content"
"""The name under which an archive in a store keeps what it is."""


@dataclass(frozen=True, kw_only=True)
class Publication:
    """An archive, and the place in a store where it belongs.

    Args:
        bucket: The store's bucket.
        key: The archive's key there, which no other content ever has.
        source_bucket: Where the archive lies.
        source_key: Its key there.
        content: Digest of what tells this content from any other.
    """

    bucket: str
    key: str
    source_bucket: str
    source_key: str
    content: str

    @classmethod
    def of(cls, properties: Mapping[str, Any]) -> Self:
        """Read the properties of a custom resource.

        Args:
            properties: As CloudFormation sent them.
        """
        return cls(
            bucket=properties["Bucket"],
            key=properties["Key"],
            source_bucket=properties["SourceBucket"],
            source_key=properties["SourceKey"],
            content=hashlib.sha256(properties["Content"].encode()).hexdigest(),
        )

    def publish(self, surroundings: Surroundings) -> None:
        """Copy the archive into the store, unless it is there already.

        Args:
            surroundings: The world.

        Raises:
            PublishError: When the key has another content already, or the archive cannot be had.
        """
        for pause in _PATIENCE:
            try:
                self._publish(surroundings)
            except ClientError as error:
                if not is_denied(error):
                    raise
                surroundings.log.failed("not allowed yet", error, key=self.key)
                surroundings.sleep(pause)
            else:
                return
        try:
            self._publish(surroundings)
        except ClientError as error:
            if is_denied(error):
                raise PublishError(
                    f"{error.operation_name} was refused for copying {self._origin} to {self._place}: the archive does not "
                    "exist, or its bucket or KMS key does not let the stack's model publisher use it"
                ) from error
            raise

    def _publish(self, surroundings: Surroundings) -> None:
        s3 = surroundings.s3()
        if self._is_there(s3):
            surroundings.log.happened("already there", bucket=self.bucket, key=self.key)
            return
        size, etag = self._source(s3)
        surroundings.log.happened("copying", bucket=self.bucket, key=self.key, size=size)
        try:
            self._copy(s3, etag, surroundings)
        except Exception as error:
            if is_changed(error):
                raise PublishError(f"the archive {self._origin} was written anew while it was copied") from error
            raise
        copied = s3.head_object(Bucket=self.bucket, Key=self.key)
        if copied["ContentLength"] != size:
            raise PublishError(
                f"{self._place} has {copied['ContentLength']} bytes, and its source {size}: somebody else writes there"
            )

    def _is_there(self, s3: Any) -> bool:
        """Whether the store has this content under this key.

        Looking for a key that is not there would be refused without the right to list the whole bucket.
        """
        listed = s3.list_objects_v2(Bucket=self.bucket, Prefix=self.key, MaxKeys=1).get("Contents", [])
        if not any(each["Key"] == self.key for each in listed):
            return False
        if s3.head_object(Bucket=self.bucket, Key=self.key)["Metadata"].get(_MARK) == self.content:
            return True
        raise PublishError(
            f"{self._place} is there already with another content: SageMaker goes on serving what it has loaded under a "
            "name, so a changed model must have a new version or a new name"
        )

    def _source(self, s3: Any) -> tuple[int, str]:
        """Size and entity tag of the archive."""
        try:
            found = s3.head_object(Bucket=self.source_bucket, Key=self.source_key)
        except ClientError as error:
            if is_absent(error):
                raise PublishError(f"there is no archive {self._origin}") from error
            raise
        if found["ContentLength"] == 0:
            raise PublishError(f"the archive {self._origin} is empty")
        return found["ContentLength"], found["ETag"]

    def _copy(self, s3: Any, etag: str, surroundings: Surroundings) -> None:
        from boto3.s3.transfer import TransferConfig  # noqa: PLC0415 - a deleted resource needs none

        s3.copy(
            {"Bucket": self.source_bucket, "Key": self.source_key},
            self.bucket,
            self.key,
            ExtraArgs={
                # An archive that is written anew while it is copied would be a mixture.
                "CopySourceIfMatch": etag,
                "MetadataDirective": "REPLACE",
                "Metadata": {_MARK: self.content},
                "ContentType": "application/gzip",
            },
            Callback=_in_time(surroundings),
            # Every archive goes by parts: a plain copy takes along tags, for which the function has no permission.
            Config=TransferConfig(
                multipart_threshold=1, multipart_chunksize=_PART_BYTES, max_concurrency=PARTS_AT_ONCE
            ),
        )

    @property
    def _place(self) -> str:
        return f"s3://{self.bucket}/{self.key}"

    @property
    def _origin(self) -> str:
        return f"s3://{self.source_bucket}/{self.source_key}"


def _in_time(surroundings: Surroundings) -> Callable[[int], None]:
    """Ends the copy when the invocation's own end is near, so that nothing is left behind and the reason is told."""

    def copied(_size: int) -> None:
        if surroundings.remaining() < _MARGIN_SECONDS:
            raise PublishError("S3 did not copy the archive within 15 minutes: it is too large, or too far away")

    return copied
