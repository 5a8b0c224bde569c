"""Connections that break, objects that change and time that ends while records are counted."""

import itertools
from typing import Any

import pytest
from botocore.exceptions import IncompleteReadError, ReadTimeoutError

from cdk_model_hosting.handlers.record_check import reading
from cdk_model_hosting.handlers.record_check.failures import CheckFailed, CheckTookTooLong
from cdk_model_hosting.handlers.record_check.job import Place
from cdk_model_hosting.handlers.record_check.reading import Object
from tests.handlers.record_check.stage import BUCKET, Stage, lines


@pytest.fixture(autouse=True)
def small_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Read so little at once that small objects take several reads."""
    monkeypatch.setattr(reading, "_CHUNK_BYTES", 64)


class Breaking:
    """A body that breaks after so many reads."""

    def __init__(self, body: Any, reads: int) -> None:
        self.body, self.reads = body, reads

    def read(self, size: int) -> bytes:
        if not self.reads:
            raise ReadTimeoutError(endpoint_url="https://records")
        self.reads -= 1
        data: bytes = self.body.read(size)
        return data

    def close(self) -> None:
        self.body.close()


def break_after(stage: Stage, monkeypatch: pytest.MonkeyPatch, *reads: int) -> None:
    """Let the bodies of the next objects break after so many reads."""
    get_object, to_come = stage.s3.get_object, list(reads)

    def get(**asked: Any) -> Any:
        answer = get_object(**asked)
        if to_come:
            answer["Body"] = Breaking(answer["Body"], to_come.pop(0))
        return answer

    monkeypatch.setattr(stage.s3, "get_object", get)


def whole(stage: Stage, key: str) -> bytes:
    found = Object.open(stage.s3, Place(BUCKET, key))
    assert found is not None
    return b"".join(found.chunks())


def test_a_connection_that_breaks_goes_on_where_it_broke(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    content = lines(100)
    stage.put("in/a.csv", content)
    break_after(stage, monkeypatch, 2, 3, 0, 0)
    assert whole(stage, "in/a.csv") == content
    ranges = [asked.get("Range") for _name, asked in stage.asked if _name == "GetObject"]
    assert ranges == [None, "bytes=128-", "bytes=320-", "bytes=320-", "bytes=320-"]


def test_a_connection_that_always_breaks_is_given_up(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    stage.put("in/a.csv", lines(100))
    break_after(stage, monkeypatch, *itertools.repeat(0, 9))
    with pytest.raises(ReadTimeoutError):
        whole(stage, "in/a.csv")
    assert sum(name == "GetObject" for name, _asked in stage.asked) == 6


def test_an_object_that_is_written_anew_meanwhile_is_refused(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    stage.put("in/a.csv", lines(100))
    found = Object.open(stage.s3, Place(BUCKET, "in/a.csv"))
    assert found is not None
    chunks = found.chunks()
    next(chunks)
    stage.put("in/a.csv", lines(99))
    monkeypatch.setattr(found, "_body", Breaking(found._body, 0))
    with pytest.raises(CheckFailed, match=r"^s3://records/in/a\.csv was written anew while its records were counted$"):
        next(chunks)


def test_a_body_that_ends_too_early_is_asked_for_again(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    content = lines(50)
    stage.put("in/a.csv", content)
    found = Object.open(stage.s3, Place(BUCKET, "in/a.csv"))
    assert found is not None

    class Short:
        def read(self, _size: int) -> bytes:
            raise IncompleteReadError(actual_bytes=0, expected_bytes=len(content))

        def close(self) -> None: ...

    monkeypatch.setattr(found, "_body", Short())
    assert b"".join(found.chunks()) == content


def test_time_that_ends_is_told_before_lambda_ends_it(stage: Stage) -> None:
    for number in range(40):
        stage.pair(f"{number}.csv", lines(20), lines(20))
    left = itertools.count(60, -1)
    stage.seconds = lambda: float(next(left))
    with pytest.raises(
        CheckTookTooLong,
        match=r"^the records of the transform job nightly-7 could not be counted in the time of the function, which got "
        r"through \d+ of the input's files and \d+ bytes of input and output: split the input over several jobs, or do not "
        r"check records$",
    ):
        stage.check()


def test_time_is_looked_at_within_a_file(stage: Stage) -> None:
    stage.pair("a.csv", lines(1000), lines(1000))
    stage.seconds = iter([900.0, *itertools.repeat(31.0, 20), *itertools.repeat(29.0, 500)]).__next__
    with pytest.raises(CheckTookTooLong, match=r"which got through 0 of the input's files and 0 bytes"):
        stage.check()
