"""A model in a bucket, which is downloaded when the function begins."""

from dataclasses import astuple, dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from .failures import StartError


@dataclass(frozen=True, slots=True, kw_only=True)
class BucketModel:
    """An object in S3.

    Args:
        bucket: The bucket.
        key: The key. Its ending says whether the object is an archive.
        version_id: The object's version; the newest when None.
        etag: What its ETag must be, without quotes; not checked when None.
        sha256: What the checksum of its bytes must be; not checked when None.
    """

    bucket: str
    key: str
    version_id: str | None = None
    etag: str | None = None
    sha256: str | None = None

    def __str__(self) -> str:
        return f"s3://{self.bucket}/{self.key}"

    @property
    def name(self) -> str:
        """The name of its file."""
        return PurePosixPath(self.key).name

    @property
    def identity(self) -> str:
        """A name for a folder that no other model has."""
        import hashlib  # noqa: PLC0415 - needed for a model in a bucket alone

        return hashlib.sha256(repr(astuple(self)).encode()).hexdigest()[:32]

    def fetch(self) -> Path:
        """Download it, unless that was done before in the same environment.

        Returns:
            The file; the folder with its contents when it is an archive.

        Raises:
            StartError: When it cannot be had, or is not the one that was meant.
        """
        from tempfile import gettempdir  # noqa: PLC0415 - the same

        from .download import fetch  # noqa: PLC0415 - the same

        return fetch(self, s3=_client(), cache=Path(gettempdir()) / "cdk_model_function")


def _client() -> Any:
    try:
        import boto3  # noqa: PLC0415 - it takes as long as onnxruntime
        from botocore.config import Config  # noqa: PLC0415 - the same
    except ImportError as error:
        raise StartError(
            f"boto3 must be installed for a model in a bucket, got none: {error}: Lambda's Python has it, an image made from "
            "another one must bring it"
        ) from error
    # Lambda gives a function 10 seconds to begin. In a VPC without a way to S3 it must have told so by then.
    return boto3.client(
        "s3", config=Config(connect_timeout=2, read_timeout=10, retries={"mode": "standard", "total_max_attempts": 3})
    )
