"""Downloads that Lambda breaks off, in the middle of whatever they do, to let the environment begin anew on the same disk."""

import hashlib
import io
import shutil
import tarfile
from collections import namedtuple
from collections.abc import Callable
from pathlib import Path
from typing import Any, NoReturn

import pytest

from cdk_model_hosting.handlers.model_function import download, parts
from cdk_model_hosting.handlers.model_function.bucket import BucketModel
from cdk_model_hosting.handlers.model_function.download import fetch
from cdk_model_hosting.handlers.model_function.progress import notes_of
from tests.handlers.model_function.store import Store, failure, model

CONTENT = bytes(range(256)) * 10
BreakOff = Callable[..., Path]


class BrokenOffError(BaseException):
    """What nobody catches, as nobody catches the end of his process."""


class EndingBody:
    """A body with which the process ends after some bytes."""

    def __init__(self, body: Any) -> None:
        self._body, self._has_come = body, False

    def read(self, _: int) -> bytes:
        if self._has_come:
            raise BrokenOffError
        self._has_come = True
        some: bytes = self._body.read(300)
        return some

    def close(self) -> None:
        self._body.close()


class EndingClient:
    """A client with which the process ends in the middle of a part."""

    def __init__(self, s3: Any, start: int) -> None:
        self._s3, self._start, self._is_over = s3, start, False

    def get_object(self, **asked: Any) -> Any:
        if self._is_over:
            raise BrokenOffError
        answer = self._s3.get_object(**asked)
        if asked["Range"].startswith(f"bytes={self._start}-"):
            self._is_over = True
            answer["Body"] = EndingBody(answer["Body"])
        return answer


def end(*_: Any, **__: Any) -> NoReturn:
    raise BrokenOffError


@pytest.fixture(autouse=True)
def parts_in_order(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parts, "_PART_BYTES", 1000)
    monkeypatch.setattr(parts, "_AT_ONCE", 1)


@pytest.fixture
def break_off(store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> BreakOff:
    """Begin with a model, break it off in the part that begins there, or else at a function, and return what there is of it."""

    def broken_off(wanted: BucketModel, *, part: int | None = None, at: str | None = None) -> Path:
        with monkeypatch.context() as patched:
            # A process that is ended cleans nothing up.
            patched.setattr(download, "_remove", lambda *_: None)
            if at is not None:
                patched.setattr(download, at, end)
            s3 = store.s3 if part is None else EndingClient(store.s3, part)
            with pytest.raises(BrokenOffError):
                fetch(wanted, s3=s3, cache=tmp_path)
        store.calls.clear()
        (file,) = tmp_path.glob("*.download")
        return file

    return broken_off


def known(content: bytes, key: str = "fraud.onnx") -> BucketModel:
    return model(key, sha256=hashlib.sha256(content).hexdigest())


@pytest.mark.parametrize(
    ("where", "calls"),
    [({"part": 0}, 3), ({"part": 1000}, 3), ({"part": 2000}, 2), ({"at": "sha256_of"}, 1)],
    ids=["first part", "second part", "last part", "checksum"],
)
def test_only_what_is_missing_comes(
    store: Store, tmp_path: Path, break_off: BreakOff, where: dict[str, Any], calls: int
) -> None:
    """The call for the first part is always made: it tells which object it is."""
    store.put(CONTENT)
    break_off(known(CONTENT), **where)

    path = fetch(known(CONTENT), s3=store.s3, cache=tmp_path)

    assert path.read_bytes() == CONTENT
    assert len(store.calls) == calls
    assert {each.suffix for each in tmp_path.iterdir()} == {".lock", ""}


def test_an_archive_is_unpacked_anew_and_not_downloaded(store: Store, tmp_path: Path, break_off: BreakOff) -> None:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as opened:
        entry = tarfile.TarInfo("model.onnx")
        entry.size = len(CONTENT)
        opened.addfile(entry, io.BytesIO(CONTENT))
    archive = packed.getvalue()
    store.put(archive, "fraud.tar")
    break_off(known(archive, "fraud.tar"), at="unpack")

    folder = fetch(known(archive, "fraud.tar"), s3=store.s3, cache=tmp_path)

    assert [(each.name, each.read_bytes()) for each in folder.iterdir()] == [("model.onnx", CONTENT)]
    assert store.calls == ["GetObject"]


def test_parts_of_another_object_are_not_gone_on_with(store: Store, tmp_path: Path, break_off: BreakOff) -> None:
    store.put(CONTENT[::-1])
    break_off(known(CONTENT), part=2000)
    store.put(CONTENT)

    assert fetch(known(CONTENT), s3=store.s3, cache=tmp_path).read_bytes() == CONTENT
    assert len(store.calls) == 3


@pytest.mark.parametrize("left", ["", "1", "1000", "1000\n20"])
def test_a_note_that_was_broken_off_counts_for_nothing(
    store: Store, tmp_path: Path, break_off: BreakOff, left: str
) -> None:
    store.put(CONTENT)
    notes = notes_of(break_off(known(CONTENT), part=2000))
    kind = notes.read_text().partition("\n")[0]
    notes.write_text(f"{kind}\n{left}" if left else kind)

    assert fetch(known(CONTENT), s3=store.s3, cache=tmp_path).read_bytes() == CONTENT
    assert len(store.calls) == (2 if "\n" in left else 3)


def test_notes_without_their_file_count_for_nothing(store: Store, tmp_path: Path, break_off: BreakOff) -> None:
    store.put(CONTENT)
    break_off(known(CONTENT), at="sha256_of").unlink()

    assert fetch(known(CONTENT), s3=store.s3, cache=tmp_path).read_bytes() == CONTENT


def test_what_is_there_needs_no_further_room(
    store: Store, tmp_path: Path, break_off: BreakOff, monkeypatch: pytest.MonkeyPatch
) -> None:
    usage = namedtuple("usage", "total used free")  # noqa: PYI024 - what the standard library returns
    store.put(CONTENT)
    break_off(known(CONTENT), at="sha256_of")
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage(4096, 4096, 0))

    assert fetch(known(CONTENT), s3=store.s3, cache=tmp_path).read_bytes() == CONTENT


def test_a_part_that_is_there_is_not_read_again(store: Store, tmp_path: Path, break_off: BreakOff) -> None:
    store.put(CONTENT)
    with break_off(known(CONTENT), part=2000).open("r+b") as file:
        file.write(b"spoilt")

    assert " must have the SHA-256 " in failure(known(CONTENT), store, tmp_path)


def test_what_fails_leaves_nothing_to_go_on_with(store: Store, tmp_path: Path, break_off: BreakOff) -> None:
    store.put(CONTENT)
    wanted = known(CONTENT[::-1])
    break_off(wanted, part=2000)

    assert " must have the SHA-256 " in failure(wanted, store, tmp_path)
