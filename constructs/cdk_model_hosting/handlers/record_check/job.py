"""What a transform job was asked to do, as far as it tells how many records there must be."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Self

from .failures import CheckFailed

_SCHEME = "s3://"
_MILLIS = 1000
# A time that is later than this in seconds is one in milliseconds.
_LATEST_SECONDS = 1e11


@dataclass(frozen=True, slots=True)
class Place:
    """An object in S3, or all whose keys begin alike.

    Args:
        bucket: The bucket.
        key: The key, or its beginning.
    """

    bucket: str
    key: str

    def __str__(self) -> str:
        return f"{_SCHEME}{self.bucket}/{self.key}"

    @classmethod
    def of(cls, uri: str) -> Self:
        """Read an address.

        Args:
            uri: Such as ``s3://bucket/prefix/``.

        Raises:
            CheckFailed: When it is none of S3's.
        """
        bucket, _, key = uri.removeprefix(_SCHEME).partition("/")
        if not uri.startswith(_SCHEME) or not bucket:
            raise CheckFailed(f"{uri!r} is no address such as s3://bucket/prefix/")
        return cls(bucket, key)

    def under(self, name: str) -> "Place":
        """What is called so in this folder.

        Args:
            name: The name, from the folder on.
        """
        folder = f"{self.key.rstrip('/')}/" if self.key else ""
        return Place(self.bucket, folder + name)


@dataclass(frozen=True, kw_only=True)
class Job:
    """A transform job that is over.

    Args:
        name: Its name.
        source: Beginning of the keys of its input, or its manifest.
        is_manifest: Whether the source is a manifest.
        is_gzip: Whether the input is compressed.
        split: How the input is split: ``none``, ``line``, ``recordio`` or ``tfrecord``.
        is_csv: Whether the input is CSV.
        target: Folder of the output.
        created: When it was created, if that is known.
    """

    name: str
    source: Place
    is_manifest: bool
    is_gzip: bool
    split: str
    is_csv: bool
    target: Place
    created: datetime | None

    @classmethod
    def of(cls, event: Mapping[str, Any]) -> Self:
        """Read an event.

        Args:
            event: The description of a job.

        Raises:
            CheckFailed: When it describes no job whose records can be counted.
        """
        try:
            given, asked = event["TransformInput"], event["TransformOutput"]
            source = given["DataSource"]["S3DataSource"]
            split = _plain(given.get("SplitType", "None"))
            if split != "none" and _plain(asked.get("AssembleWith", "None")) != "line":
                raise CheckFailed(
                    "the records of an output that is not assembled by lines cannot be counted: set AssembleWith to Line"
                )
            created = event.get("CreationTime")
            return cls(
                name=event.get("TransformJobName", "?"),
                source=Place.of(source["S3Uri"]),
                is_manifest=_plain(source["S3DataType"]) == "manifestfile",
                is_gzip=_plain(given.get("CompressionType", "None")) == "gzip",
                split=split,
                is_csv=given.get("ContentType", "").partition(";")[0].strip().lower() == "text/csv",
                target=Place.of(asked["S3OutputPath"]),
                created=None if created is None else _time(created),
            )
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise CheckFailed(f"the event describes no transform job: {type(error).__name__}: {error}") from error


def _plain(value: str) -> str:
    """A value of an enumeration as all its spellings agree: ``S3Prefix`` and ``S3_PREFIX``."""
    return value.replace("_", "").lower()


def _time(value: float) -> datetime:
    """A time as Step Functions tells it, in milliseconds, or as the API does."""
    return datetime.fromtimestamp(value / _MILLIS if value > _LATEST_SECONDS else value, UTC)
