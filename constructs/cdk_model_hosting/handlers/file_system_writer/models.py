"""The models on a file system: one folder each, and who uses it."""

import fcntl
import shutil
import tarfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, cast

from botocore.exceptions import ClientError

from .arriving import MARGIN_SECONDS, Arriving
from .failures import PublishError, is_denied
from .request import Request
from .surroundings import Surroundings

_BOOKS = ".publishing"
_BLOCK_BYTES = 1024 * 1024
# Permissions that the same deployment has given take a moment to be in force everywhere.
_PATIENCE = (5.0, 10.0, 15.0, 30.0, 60.0)
_LOOK_AGAIN_SECONDS = 2.0


class PublishedModel:
    """A model on the file system.

    Args:
        request: What is asked for.
        surroundings: The world.
    """

    def __init__(self, request: Request, surroundings: Surroundings) -> None:
        self._request = request
        self._surroundings = surroundings
        books = surroundings.root / _BOOKS
        self._folder = surroundings.root / request.digest
        # A lock is never removed: who waits for it would hold another file than who comes next.
        self._lock = books / f"{request.digest}.lock"
        self._own = books / request.digest
        self._user = self._own / "users" / request.user

    def publish(self) -> None:
        """Unpack the model, unless it is there already, and write down who uses it.

        Raises:
            PublishError: When it cannot be had, or is not the one that was meant.
        """
        log = self._surroundings.log
        with self._alone():
            self._user.parent.mkdir(parents=True, exist_ok=True)
            if self._folder.is_dir():
                log.happened("already there", digest=self._request.digest)
            else:
                self._fetch()
            self._user.touch()

    def remove(self) -> None:
        """Write down who does not use the model any more, and remove it when nobody does."""
        log = self._surroundings.log
        with self._alone():
            self._user.unlink(missing_ok=True)
            users = self._user.parent
            if users.is_dir() and any(users.iterdir()):
                log.happened("others use it", digest=self._request.digest)
                return
            if self._folder.is_dir():
                gone = self._own / "gone"
                _remove(gone)
                self._own.mkdir(parents=True, exist_ok=True)
                # At once, as it came: nobody finds a part of it.
                self._folder.rename(gone)
            _remove(self._own)
            log.happened("removed", digest=self._request.digest)

    def _fetch(self) -> None:
        for pause in (*_PATIENCE, None):
            try:
                self._unpack()
            except ClientError as error:
                if pause is None or not is_denied(error):
                    raise
                self._surroundings.log.failed("not allowed yet", error, origin=self._request.origin)
                self._surroundings.sleep(pause)
            else:
                return

    def _unpack(self) -> None:
        request, surroundings = self._request, self._surroundings
        arriving = Arriving(surroundings.s3(), bucket=request.bucket, key=request.key, remaining=surroundings.remaining)
        partial = self._own / "partial"
        # What was broken off before begins anew.
        _remove(partial)
        partial.mkdir()
        try:
            self._extract(arriving, partial)
            found = arriving.finish()
            if found != request.digest:
                raise PublishError(
                    f"the archive {request.origin} must have the SHA-256 {request.digest}, got {found}: it is another one, or damaged"
                )
            partial.rename(self._folder)
        finally:
            shutil.rmtree(partial, ignore_errors=True)
        surroundings.log.happened("published", digest=request.digest)

    def _extract(self, arriving: Arriving, partial: Path) -> None:
        try:
            # As a stream, it is only read.
            with tarfile.open(fileobj=cast("IO[bytes]", arriving), mode="r|", bufsize=_BLOCK_BYTES) as archive:
                for member in archive:
                    # Nothing outside of the folder, and no links that lead out of it.
                    archive.extract(member, partial, filter="data")
        except tarfile.TarError as error:
            raise PublishError(
                f"the archive {self._request.origin} cannot be unpacked: {type(error).__name__}: {error}"
            ) from error

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """Lets one invocation at a time go on with this model, whichever stack it works for."""
        self._lock.parent.mkdir(parents=True, exist_ok=True)
        with self._lock.open("w") as file:
            while True:
                try:
                    fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                except BlockingIOError:
                    if self._surroundings.remaining() < MARGIN_SECONDS:
                        raise PublishError(
                            f"the model {self._request.digest} is still being published by another deployment: deploy again when it is done"
                        ) from None
                    self._surroundings.sleep(_LOOK_AGAIN_SECONDS)
                else:
                    break
            yield


def _remove(folder: Path) -> None:
    if folder.is_dir():
        shutil.rmtree(folder)
