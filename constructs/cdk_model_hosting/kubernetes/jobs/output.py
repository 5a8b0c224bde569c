"""Where a batch job leaves its answers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from cdk_model_hosting.arguments import require_like
from cdk_model_hosting.batch.source import BUCKET
from cdk_model_hosting.buckets import check_prefix, write_below

if TYPE_CHECKING:
    from aws_cdk import aws_s3 as s3

    from cdk_model_hosting.permissions import Permission


@dataclass(frozen=True, slots=True, kw_only=True)
class JobOutput:
    """A prefix in S3. Workers may write there, and nowhere else.

    Args:
        bucket: The bucket.
        prefix: The prefix, ending in ``/``.

    Raises:
        ConfigurationError: When the prefix names no folder.
    """

    bucket: s3.IBucket
    prefix: str = "output/"

    def __post_init__(self) -> None:
        require_like("JobOutput bucket", self.bucket, "bucket_name", BUCKET)
        check_prefix("JobOutput prefix", self.prefix)

    @property
    def uri(self) -> str:
        """Its address, ending in ``/``."""
        return f"s3://{self.bucket.bucket_name}/{self.prefix}"

    @property
    def permissions(self) -> tuple[Permission, ...]:
        """What writing there takes."""
        return write_below(self.bucket, self.prefix, reason="a worker names its answers after what it has read")
