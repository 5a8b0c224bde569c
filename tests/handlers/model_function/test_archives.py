"""Models that come as archives."""

import errno
import hashlib
import io
import shutil
import tarfile
import zipfile
from collections import namedtuple
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from cdk_model_hosting.handlers.model_function.download import fetch
from tests.handlers.model_function.store import BUCKET, Store, failure, model


def tar(**files: bytes) -> bytes:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as archive:
        for name, content in files.items():
            entry = tarfile.TarInfo(name.replace("__", "/"))
            entry.size = len(content)
            archive.addfile(entry, io.BytesIO(content))
    return packed.getvalue()


def zipped(**files: bytes) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for name, content in files.items():
            archive.writestr(name.replace("__", "/"), content)
    return packed.getvalue()


@pytest.mark.parametrize(
    ("key", "pack"),
    [("m.tar.gz", tar), ("m.tgz", tar), ("m.tar", tar), ("m.zip", zipped)],
    # Names that are the same in every process: workers tell tests apart by them.
    ids=["tar.gz", "tgz", "tar", "zip"],
)
def test_an_archive_is_unpacked(store: Store, tmp_path: Path, key: str, pack: Callable[..., bytes]) -> None:
    packed = pack(model=b"weights", beside__labels=b"labels")
    store.put(packed, key)

    folder = fetch(model(key, sha256=hashlib.sha256(packed).hexdigest()), s3=store.s3, cache=tmp_path)

    assert (folder / "model").read_bytes() == b"weights"
    assert (folder / "beside" / "labels").read_bytes() == b"labels"


@pytest.mark.parametrize(
    ("key", "content", "reason"),
    [
        ("m.tar.gz", b"no archive", "ReadError: file could not be opened successfully"),
        ("m.tar.gz", tar(model=bytes(range(256)) * 100)[:-20], "EOFError: "),
        ("m.zip", b"no archive", "BadZipFile: File is not a zip file"),
        ("m.tar.gz", tar(**{"..__outside": b"x"}), "OutsideDestinationError: "),
    ],
)
def test_fails_when_an_archive_is_broken(store: Store, tmp_path: Path, key: str, content: bytes, reason: str) -> None:
    etag = store.put(content, key)["ETag"].strip('"')

    message = failure(model(key, etag=etag), store, tmp_path / "cache")

    assert message.startswith(f"the model s3://models/{key} cannot be unpacked: {reason}")
    assert not (tmp_path / "outside").exists()


def test_what_was_broken_off_is_made_anew(store: Store, tmp_path: Path) -> None:
    store.put(tar(model=b"whole"), "model.tgz")
    wanted = model("model.tgz", version_id=store.s3.head_object(Bucket=BUCKET, Key="model.tgz")["VersionId"])
    begun = tmp_path / f"{wanted.identity}.part"
    begun.mkdir()
    (begun / "model").write_bytes(b"ha")
    (begun / "other").write_bytes(b"left over")
    (tmp_path / f"{wanted.identity}.download").write_bytes(b"ha")

    folder = fetch(wanted, s3=store.s3, cache=tmp_path)

    assert {each.name: each.read_bytes() for each in folder.iterdir()} == {"model": b"whole"}
    assert not begun.exists()


def test_fails_when_there_is_no_room_for_what_is_in_it(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: Any, **__: Any) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(tarfile.TarFile, "extractall", full)
    etag = store.put(tar(model=b"x"), "model.tar.gz")["ETag"].strip('"')
    usage = namedtuple("usage", "total used free")  # noqa: PYI024 - the same
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage(512, 100, 412))

    assert failure(model("model.tar.gz", etag=etag), store, tmp_path) == (
        f"the model s3://models/model.tar.gz has no room in {tmp_path}, which has 412 bytes free: it takes more, and an archive as "
        "much again as it holds; raise the function's ephemeral storage"
    )
