"""A stage for the file system writer: a folder that stands for the file system, moto's S3, and a clock."""

import hashlib
import io
import tarfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from botocore.exceptions import ClientError

from cdk_model_hosting.handlers.file_system_writer import entry
from cdk_model_hosting.handlers.file_system_writer.surroundings import Surroundings
from cdk_model_hosting.handlers.log import Log

BUCKET = "assets"
KEY = "fraud.tar"
USER = "0" * 32
OTHER = "1" * 32
FILES = {"model.onnx": b"graph", "more/labels.json": b"[]"}


def packed(files: Mapping[str, bytes], change: Callable[[tarfile.TarInfo], None] = lambda _: None) -> bytes:
    """A tar archive of these files."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        for name, content in files.items():
            entry_ = tarfile.TarInfo(name)
            entry_.size, entry_.mode = len(content), 0o644
            change(entry_)
            archive.addfile(entry_, io.BytesIO(content))
    return buffer.getvalue()


def digest_of(archive: bytes) -> str:
    return hashlib.sha256(archive).hexdigest()


@dataclass
class Stage:
    """Everything around the writer.

    Args:
        s3: The client of S3.
        root: What is mounted.
        seconds: What is left of the invocation.
        refusals: Codes that the next reads of S3 are refused with.
        asked: The parameters of each read.
    """

    s3: Any
    root: Path
    seconds: float = 700.0
    slept: list[float] = field(default_factory=list)
    refusals: list[str] = field(default_factory=list)
    asked: list[dict[str, Any]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.s3.meta.events.register("provide-client-params.s3.GetObject", self._read)

    def put(self, archive: bytes, key: str = KEY) -> str:
        """Upload an archive, and return its digest."""
        self.s3.put_object(Bucket=BUCKET, Key=key, Body=archive)
        return digest_of(archive)

    def send(self, action: str, digest: str, *, user: str = USER, key: str = KEY) -> dict[str, str]:
        event = {"Action": action, "Digest": digest, "User": user, "Bucket": BUCKET, "Key": key}
        self.asked.clear()
        surroundings = Surroundings(
            root=self.root,
            s3=lambda: self.s3,
            remaining=lambda: self.seconds,
            log=Log("file_system_writer"),
            sleep=self._sleep,
        )
        return entry.handle(event, surroundings)

    def succeed(self, action: str, digest: str, **options: str) -> None:
        assert self.send(action, digest, **options) == {}

    def fail(self, action: str, digest: str, **options: str) -> str:
        answer = self.send(action, digest, **options)
        assert list(answer) == ["Failure"]
        return answer["Failure"]

    def models(self) -> dict[str, bytes]:
        """What functions find: the files of all models by name."""
        return {
            path.relative_to(self.root).as_posix(): path.read_bytes()
            for path in sorted(self.root.rglob("*"))
            if path.is_file() and ".publishing" not in path.parts
        }

    def books(self) -> list[str]:
        """What the writer keeps for itself, without its locks."""
        return [
            path.relative_to(self.root / ".publishing").as_posix()
            for path in sorted((self.root / ".publishing").rglob("*"))
            if path.is_file() and path.suffix != ".lock"
        ]

    def _sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.seconds -= seconds

    def _read(self, params: dict[str, Any], **_: Any) -> None:
        self.asked.append(dict(params))
        if self.refusals:
            raise ClientError({"Error": {"Code": self.refusals.pop(0), "Message": "Not for you."}}, "GetObject")
