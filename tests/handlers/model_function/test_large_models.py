"""Models that are downloaded in several parts, some of which go wrong."""

import hashlib
import os
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ResponseStreamingError

from cdk_model_hosting.handlers.model_function import parts
from cdk_model_hosting.handlers.model_function.bucket import BucketModel
from cdk_model_hosting.handlers.model_function.download import fetch
from tests.handlers.model_function.store import BUCKET, Store, failure, model

CONTENT = bytes(range(256)) * 10


class Breaking:
    """A client whose connections for the first part break after a few bytes, so many times."""

    def __init__(self, s3: Any, breaks: int) -> None:
        self._s3, self._breaks = s3, breaks

    def get_object(self, **asked: Any) -> Any:
        answer = self._s3.get_object(**asked)
        if int(asked["Range"].partition("=")[2].partition("-")[0]) < 1000 and self._breaks:
            self._breaks -= 1
            answer["Body"] = BreakingBody(answer["Body"])
        return answer


class BreakingBody:
    """A body that breaks after one chunk."""

    def __init__(self, body: Any) -> None:
        self._body, self._chunks = body, 1

    def read(self, size: int) -> bytes:
        if not self._chunks:
            raise ResponseStreamingError(error="gone")
        self._chunks -= 1
        chunk: bytes = self._body.read(size)
        return chunk

    def close(self) -> None:
        self._body.close()


@pytest.fixture(autouse=True)
def small_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parts, "_PART_BYTES", 1000)
    monkeypatch.setattr(parts, "_CHUNK_BYTES", 300)


@pytest.fixture
def large(store: Store) -> BucketModel:
    store.put(CONTENT)
    return model(sha256=hashlib.sha256(CONTENT).hexdigest())


def test_the_parts_make_the_whole(store: Store, large: BucketModel, tmp_path: Path) -> None:
    assert fetch(large, s3=store.s3, cache=tmp_path).read_bytes() == CONTENT
    assert store.calls == ["GetObject"] * 3


@pytest.mark.parametrize("breaks", [1, 2])
def test_a_connection_that_breaks_is_made_anew(store: Store, large: BucketModel, tmp_path: Path, breaks: int) -> None:
    assert fetch(large, s3=Breaking(store.s3, breaks), cache=tmp_path).read_bytes() == CONTENT
    assert store.calls == ["GetObject"] * (3 + breaks)


def test_fails_when_it_breaks_again_and_again(store: Store, large: BucketModel, tmp_path: Path) -> None:
    store.s3 = Breaking(store.s3, 3)

    assert failure(large, store, tmp_path) == (
        "the model s3://models/fraud.onnx cannot be downloaded: An error occurred while reading from response stream: gone"
    )


def test_a_disk_may_take_less_at_once(
    store: Store, large: BucketModel, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write = os.pwrite
    monkeypatch.setattr(os, "pwrite", lambda target, chunk, at: write(target, chunk[:70], at))

    assert fetch(large, s3=store.s3, cache=tmp_path).read_bytes() == CONTENT


def test_fails_when_it_is_written_anew_meanwhile(store: Store, large: BucketModel, tmp_path: Path) -> None:
    def write() -> None:
        if len(store.calls) > 1:
            store.before.clear()
            store.s3.put_object(Bucket=BUCKET, Key="fraud.onnx", Body=CONTENT[::-1])

    store.before["GetObject"] = write
    expected = "the model s3://models/fraud.onnx must not change while it is downloaded, which it did"
    assert failure(large, store, tmp_path) == expected
