"""What is a record, however its bytes come in."""

import gzip
import random
import struct

import pytest

from cdk_model_hosting.handlers.record_check.failures import CheckFailed
from cdk_model_hosting.handlers.record_check.reading import unpacked
from cdk_model_hosting.handlers.record_check.records import COUNTERS, Counter, Lines, RecordIo, TfRecords, Whole


def counted(counter: Counter, content: bytes, portion: int) -> int:
    for at in range(0, len(content), portion):
        counter.feed(content[at : at + portion])
    return counter.total()


PORTIONS = [1, 2, 3, 7, 1000]


@pytest.mark.parametrize("portion", PORTIONS)
@pytest.mark.parametrize(
    ("content", "records"),
    [
        (b"", 0),
        (b"\n", 0),
        (b"\r\n\r\n", 0),
        (b"one", 1),
        (b"one\n", 1),
        (b"one\ntwo", 2),
        (b"one\r\ntwo\r\n", 2),
        (b"one\n\n\n\ntwo\n\n", 2),
        (b"\n\none\n\n", 1),
        (b"one\r\n\r\n\r\ntwo\r\n", 2),
        (b" \n\t\n", 2),
        (b'a,"two\nlines"\n', 2),
    ],
)
def test_lines_with_something_in_them_count(content: bytes, records: int, portion: int) -> None:
    assert counted(Lines(), content, portion) == records


def test_lines_are_counted_as_a_slow_reader_would() -> None:
    dice = random.Random(7)  # noqa: S311 - nothing is kept secret
    for _ in range(300):
        content = bytes(dice.choices(b"ab\r\n\n", k=dice.randrange(60)))
        expected = sum(1 for line in content.replace(b"\r", b"").split(b"\n") if line)
        assert counted(Lines(), content, dice.randrange(1, 9)) == expected, content


@pytest.mark.parametrize(("content", "records"), [(b"", 0), (b"a\nb\n", 1)])
def test_an_object_that_is_not_split_is_one_record(content: bytes, records: int) -> None:
    assert counted(Whole(), content, 1) == records


def tf_record(data: bytes) -> bytes:
    return struct.pack("<QI", len(data), 0) + data + struct.pack("<I", 0)


def record_io(data: bytes, part: int = 0) -> bytes:
    return struct.pack("<II", 0xCED7230A, part << 29 | len(data)) + data + b"\0" * (-len(data) % 4)


@pytest.mark.parametrize("portion", PORTIONS)
def test_records_of_tensorflow_count(portion: int) -> None:
    content = b"".join(tf_record(b"x" * length) for length in (0, 1, 5, 300, 2))
    assert counted(TfRecords(), content, portion) == 5


@pytest.mark.parametrize("portion", PORTIONS)
def test_records_of_mxnet_count_once_in_however_many_parts(portion: int) -> None:
    whole = [record_io(b"x" * length) for length in (0, 1, 4, 301)]
    in_parts = [record_io(b"begin", 1), record_io(b"middle", 2), record_io(b"end", 3)]
    assert counted(RecordIo(), b"".join([*whole[:2], *in_parts, *whole[2:]]), portion) == 5


@pytest.mark.parametrize(("counter", "content"), [(TfRecords(), tf_record(b"data")), (RecordIo(), record_io(b"data"))])
def test_an_object_that_ends_within_a_record_is_refused(counter: Counter, content: bytes) -> None:
    with pytest.raises(CheckFailed, match=r"^the object ends within a record of (TFRecord|RecordIO)$"):
        counted(counter, content * 2 + content[:-1], 1000)


def test_what_is_no_recordio_is_refused() -> None:
    with pytest.raises(CheckFailed, match=r"^the object is no RecordIO$"):
        RecordIo().feed(b"id,amount\n1,2\n")


def test_every_way_to_split_has_its_counter() -> None:
    assert sorted(COUNTERS) == ["line", "none", "recordio", "tfrecord"]


@pytest.mark.parametrize("portion", PORTIONS)
def test_gzip_is_unpacked_member_by_member(portion: int) -> None:
    content = gzip.compress(b"one\ntwo\n") + gzip.compress(b"") + gzip.compress(b"three")
    chunks = (content[at : at + portion] for at in range(0, len(content), portion))
    assert b"".join(unpacked(chunks)) == b"one\ntwo\nthree"


def test_what_is_packed_well_comes_out_in_chunks_of_a_bounded_size() -> None:
    chunks = [len(each) for each in unpacked(iter([gzip.compress(bytes(20_000_000))]))]
    assert sum(chunks) == 20_000_000
    assert max(chunks) <= 1024 * 1024


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"id,amount\n", "Error -3 while decompressing data: incorrect header check"),
        (gzip.compress(b"id,amount\n")[:-3], "it ends too early"),
        (gzip.compress(b"id,amount\n")[:-8] + bytes(8), "Error -3 while decompressing data: incorrect data check"),
    ],
    # Packed bytes hold the time, and workers tell tests apart by their names.
    ids=["no gzip", "cut off", "wrong sum"],
)
def test_gzip_that_is_broken_is_refused(content: bytes, reason: str) -> None:
    with pytest.raises(CheckFailed) as failure:
        list(unpacked(iter([content])))
    assert str(failure.value) == f"it is not compressed as the job says: {reason}"
