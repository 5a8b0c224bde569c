"""An object of S3 into a file, in parts that come at the same time."""

import os
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from botocore.exceptions import BotoCoreError

from .progress import Progress

_PART_BYTES = 8 * 1024 * 1024
_CHUNK_BYTES = 1024 * 1024
# One connection does not fill what Lambda gives a function of the network.
_AT_ONCE = 8
_ATTEMPTS = 3


def download(s3: Any, asked: Mapping[str, str], file: Path, *, sized: Callable[[int], None]) -> None:
    """Download an object, or what is missing of it.

    A small one takes a single call. All parts of a large one are of the object that the first one was of.

    Args:
        s3: The client of S3.
        asked: What of S3, as GetObject takes it.
        file: Where to.
        sized: Is told how many bytes it has before they come, and may raise.

    Raises:
        ClientError: When S3 refuses it; ``PreconditionFailed`` also when the object is written anew meanwhile.
        BotoCoreError: When it does not come.
    """
    first = s3.get_object(**asked, Range=f"bytes=0-{_PART_BYTES - 1}")
    size = int(first["ContentRange"].rpartition("/")[2])
    try:
        sized(size)
        progress = Progress(file, f"{first['ETag']} {size}")
        with file.open("r+b") as target, ThreadPoolExecutor(max_workers=_AT_ONCE) as pool:
            whole = _Parts(s3, {**asked, "IfMatch": first["ETag"]}, target.fileno(), size, progress)
            missing = [start for start in range(0, size, _PART_BYTES) if start not in progress.done]
            under_way = [pool.submit(whole.write, start) for start in missing if start]
            try:
                if 0 in missing:
                    whole.write(0, first["Body"])
                for each in under_way:
                    each.result()
            finally:
                pool.shutdown(cancel_futures=True)
    finally:
        first["Body"].close()


class _Parts:
    """The parts of one object."""

    def __init__(self, s3: Any, asked: Mapping[str, str], target: int, size: int, progress: Progress) -> None:
        self._s3 = s3
        self._asked = asked
        self._target = target
        self._size = size
        self._progress = progress

    def write(self, start: int, body: Any = None) -> None:
        """Write a part; when its connection breaks, from there on once more."""
        at, end = start, min(start + _PART_BYTES, self._size)
        for attempt in range(1, _ATTEMPTS + 1):
            try:
                for chunk in _chunks(self._body(at, end) if body is None else body):
                    at += self._put(chunk, at)
            except BotoCoreError:
                if attempt == _ATTEMPTS:
                    raise
                body = None
            else:
                self._progress.note(start)
                return

    def _put(self, chunk: bytes, at: int) -> int:
        done = 0
        while done < len(chunk):
            # A disk that gets full takes a part, and only then fails.
            done += os.pwrite(self._target, chunk[done:], at + done)
        return done

    def _body(self, at: int, end: int) -> Any:
        return self._s3.get_object(**self._asked, Range=f"bytes={at}-{end - 1}")["Body"]


def _chunks(body: Any) -> Iterator[bytes]:
    while chunk := body.read(_CHUNK_BYTES):
        yield chunk
