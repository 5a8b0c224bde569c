"""Reading objects of S3 from beginning to end, a chunk at a time."""

import zlib
from collections.abc import Iterator
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from .failures import CheckFailed, is_absent, is_changed, is_denied
from .job import Place

_CHUNK_BYTES = 1024 * 1024
# Connections that break without a byte in between.
_MOST_BREAKS = 5
_GZIP = 16 + zlib.MAX_WBITS


class Object:
    """An object that is being read.

    Args:
        s3: The client of S3.
        place: Where the object lies.
        answer: What S3 says of it, with the body.
    """

    def __init__(self, s3: Any, place: Place, answer: dict[str, Any]) -> None:
        self._s3 = s3
        self._place = place
        self._body = answer["Body"]
        self._etag = answer["ETag"]
        self._size: int = answer["ContentLength"]
        self.written = answer["LastModified"]

    @classmethod
    def open(cls, s3: Any, place: Place) -> "Object | None":
        """Ask for an object.

        Args:
            s3: The client of S3.
            place: Where it should lie.

        Returns:
            The object, if it is there.
        """
        try:
            return cls(s3, place, s3.get_object(Bucket=place.bucket, Key=place.key))
        except ClientError as error:
            # Of a key that is not there, who may not list the whole bucket is told that it is forbidden.
            if is_absent(error) or (is_denied(error) and not _is_listed(s3, place)):
                return None
            raise

    def close(self) -> None:
        """Read no more of it."""
        self._body.close()

    def chunks(self) -> Iterator[bytes]:
        """Its bytes. A connection that breaks is made anew from where it broke.

        Raises:
            CheckFailed: When the object is written anew meanwhile.
        """
        at = breaks = 0
        while at < self._size:
            try:
                chunk = self._body.read(_CHUNK_BYTES)
            except BotoCoreError:
                breaks += 1
                if breaks > _MOST_BREAKS:
                    raise
                self._body = self._from(at)
                continue
            at += len(chunk)
            breaks = 0
            yield chunk

    def _from(self, at: int) -> Any:
        self._body.close()
        try:
            return self._s3.get_object(
                Bucket=self._place.bucket, Key=self._place.key, Range=f"bytes={at}-", IfMatch=self._etag
            )["Body"]
        except ClientError as error:
            if is_changed(error) or is_absent(error):
                raise CheckFailed(f"{self._place} was written anew while its records were counted") from error
            raise


def _is_listed(s3: Any, place: Place) -> bool:
    found = s3.list_objects_v2(Bucket=place.bucket, Prefix=place.key, MaxKeys=1).get("Contents", [])
    return any(each["Key"] == place.key for each in found)


def unpacked(chunks: Iterator[bytes]) -> Iterator[bytes]:
    """What gzip has packed, in chunks of a bounded size however well it is packed.

    Args:
        chunks: The bytes of one member or of several.

    Raises:
        CheckFailed: When they are none, or do not end as they should.
    """
    member: Any = None
    try:
        for packed in chunks:
            rest = packed
            while rest:
                if member is None or member.eof:
                    member = zlib.decompressobj(_GZIP)
                yield member.decompress(rest, _CHUNK_BYTES)
                rest = member.unconsumed_tail or member.unused_data
        if member is not None:
            yield member.flush()
    except zlib.error as error:
        raise CheckFailed(f"it is not compressed as the job says: {error}") from error
    if member is not None and not member.eof:
        raise CheckFailed("it is not compressed as the job says: it ends too early")
