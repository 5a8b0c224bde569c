"""An archive on its way from S3: read as it comes, counted, and gone on with where a connection breaks."""

import hashlib
from collections.abc import Callable
from typing import Any

from botocore.exceptions import BotoCoreError

from .failures import PublishError

MARGIN_SECONDS = 45.0
"""What is left of the invocation when it gives up, cleans up and tells so itself."""

_CHUNK_BYTES = 1024 * 1024
_ATTEMPTS = 5
_MEGABYTE = 1024 * 1024


class Arriving:
    """An object of S3 as a file that is read once, from its beginning to its end.

    It passes through the memory piece by piece, so that an archive of any size needs neither more of it nor a disk.

    Args:
        s3: The client of S3.
        bucket: The object's bucket.
        key: Its key.
        remaining: Seconds until Lambda ends the invocation.
    """

    def __init__(self, s3: Any, *, bucket: str, key: str, remaining: Callable[[], float]) -> None:
        self._s3 = s3
        self._asked = {"Bucket": bucket, "Key": key}
        self._remaining = remaining
        self._counted = hashlib.sha256()
        self._at = 0
        first = s3.get_object(**self._asked)
        self._body = first["Body"]
        self._size: int = first["ContentLength"]
        # Each later part must be of the object that the first one was of.
        self._asked["IfMatch"] = first["ETag"]

    def read(self, size: int) -> bytes:
        """Read the next bytes, none at the end.

        Args:
            size: How many at most.

        Raises:
            PublishError: When Lambda would end the invocation before the rest has come.
            ClientError: When S3 refuses it.
            BotoCoreError: When it does not come.
        """
        if self._remaining() < MARGIN_SECONDS:
            raise PublishError(
                f"the model was not published in time: {self._at // _MEGABYTE} of {self._size // _MEGABYTE} MB had been unpacked when the "
                "publisher's time was over: make it smaller, or bring it to the file system in another way"
            )
        for attempt in range(1, _ATTEMPTS + 1):
            try:
                if self._body is None:
                    self._body = self._s3.get_object(**self._asked, Range=f"bytes={self._at}-")["Body"]
                chunk: bytes = self._body.read(size)
            except BotoCoreError:
                self._body = None
                if attempt == _ATTEMPTS:
                    raise
            else:
                self._at += len(chunk)
                self._counted.update(chunk)
                return chunk
        raise AssertionError("the last attempt ends above")

    def finish(self) -> str:
        """Read what is left, and say what the SHA-256 of all was."""
        while self._at < self._size:
            self.read(_CHUNK_BYTES)
        return self._counted.hexdigest()
