"""Inputs against outputs: what is compared with what, and what comes of it."""

import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError

from cdk_model_hosting.handlers.record_check import check
from cdk_model_hosting.handlers.record_check.failures import CheckFailed, RecordsMissing
from cdk_model_hosting.handlers.record_check.inputs import Pair, pairs
from cdk_model_hosting.handlers.record_check.surroundings import OBJECTS_AT_ONCE
from tests.handlers.record_check.stage import BUCKET, CREATED, Stage, lines, millis, packed


def raises(kind: type[Exception], message: str) -> Any:
    return pytest.raises(kind, check=lambda error: str(error) == message)


def test_what_was_counted_is_the_answer(stage: Stage) -> None:
    stage.pair("a.csv", lines(3), b"0.1\n0.2\n0.3\n")
    stage.pair("deep/b.csv", lines(2), b"0.1\n0.2\n")
    assert stage.check() == {
        "job": "nightly-7",
        "files": 2,
        "records": 5,
        "bytes": len(lines(3) + lines(2)) + 5 * len(b"0.1\n"),
        "left_out": 0,
    }


def test_each_file_is_a_line_in_the_log(stage: Stage, caplog: pytest.LogCaptureFixture) -> None:
    stage.pair("a.csv", lines(3), lines(3))
    stage.check()
    told = [json.loads(each.message) for each in caplog.records]
    assert [each["message"] for each in told] == ["checking", "counted", "checked"]
    assert told[1] == {
        "message": "counted",
        "input": f"s3://{BUCKET}/in/a.csv",
        "records": 3,
        "output_records": 3,
    }


def test_records_that_are_missing_are_told_by_file(stage: Stage) -> None:
    stage.pair("a.csv", lines(3), lines(3))
    stage.pair("b.csv", lines(3), lines(2))
    stage.pair("c.csv", lines(3), None)
    message = (
        "2 of 3 outputs of the transform job nightly-7 do not have as many records as their inputs: "
        "s3://records/in/b.csv has 3, and s3://records/out/b.csv.out has 2; "
        "s3://records/in/c.csv has 3, and there is no s3://records/out/c.csv.out of this job"
    )
    with raises(RecordsMissing, message):
        stage.check()


def test_records_too_many_are_told_too(stage: Stage) -> None:
    stage.pair("a.json", b'{"a": 1}\n', b'{\n"score": 1\n}\n')
    message = (
        "1 of 1 outputs of the transform job nightly-7 do not have as many records as their inputs: "
        "s3://records/in/a.json has 1, and s3://records/out/a.json.out has 3"
    )
    with raises(RecordsMissing, message):
        stage.check(content_type="application/json")


def test_for_csv_the_usual_cause_is_told(stage: Stage) -> None:
    stage.pair("a.csv", b'1,"two\nlines"\n', b"0.5\n")
    message = (
        "1 of 1 outputs of the transform job nightly-7 do not have as many records as their inputs: "
        "s3://records/in/a.csv has 2, and s3://records/out/a.csv.out has 1. "
        "A cell of CSV with an end of line in it is split there"
    )
    with raises(RecordsMissing, message):
        stage.check(content_type="text/csv; charset=utf-8")


def test_many_differences_are_counted_and_few_are_told(stage: Stage) -> None:
    for number in range(25):
        stage.pair(f"{number:02}.csv", lines(1), None)
    with pytest.raises(RecordsMissing, match=r"^25 of 25 outputs .*/09\.csv\.out of this job; and 15 others$"):
        stage.check()


def test_an_input_without_records_needs_no_output(stage: Stage) -> None:
    stage.pair("empty.csv", b"", None)
    stage.pair("blank.csv", b"\n\n", b"")
    stage.put("in/folder/", b"")
    assert stage.check()["files"] == 2


def test_a_file_that_is_not_split_is_a_record_whatever_is_in_it(stage: Stage) -> None:
    stage.pair("a.png", b"a\nb\nc\n", b"cat")
    stage.pair("b.png", b"a\nb\nc\n", b'{\n"a": "dog"\n}')
    assert stage.check(split=None, assemble=None)["records"] == 2
    stage.put("out/b.png.out", b"")
    with pytest.raises(RecordsMissing, match=r"s3://records/in/b\.png has 1, and s3://records/out/b\.png\.out has 0$"):
        stage.check(split="None", assemble="None")


def test_compressed_inputs_have_plain_outputs(stage: Stage) -> None:
    stage.pair("a.csv.gz", packed(lines(3), lines(4)), lines(7))
    assert stage.check(compression="Gzip")["records"] == 7


def test_files_that_are_not_split_need_not_be_unpacked(stage: Stage) -> None:
    stage.pair("a.bin.gz", b"not packed at all", b"answer")
    assert stage.check(compression="Gzip", split=None)["records"] == 1


def test_step_functions_spells_enumerations_its_own_way(stage: Stage) -> None:
    stage.pair("a.csv.gz", packed(lines(3)), lines(3))
    assert stage.check(data_type="S3_PREFIX", split="LINE", assemble="LINE", compression="GZIP")["records"] == 3
    with pytest.raises(CheckFailed, match=r"s3://records/in/a\.csv\.gz cannot be counted: the object is no RecordIO$"):
        stage.check(split="RECORD_IO", assemble="LINE")


@pytest.mark.parametrize(
    ("source", "key", "output"),
    [
        (f"s3://{BUCKET}/in/", "in/2027/a.csv", "out/2027/a.csv.out"),
        (f"s3://{BUCKET}/in/2027/a.csv", "in/2027/a.csv", "out/a.csv.out"),
        (f"s3://{BUCKET}/in/20", "in/2027/a.csv", "out/2027/a.csv.out"),
        (f"s3://{BUCKET}/in", "in/a.csv", "out/in/a.csv.out"),
        (f"s3://{BUCKET}/in", "in/a.csv", "out/a.csv.out"),
        (f"s3://{BUCKET}", "a.csv", "out/a.csv.out"),
        (f"s3://{BUCKET}/in/", "in/a b+c.csv", "out/a b+c.csv.out"),
    ],
)
@pytest.mark.parametrize("target", [f"s3://{BUCKET}/out", f"s3://{BUCKET}/out/"])
def test_an_output_is_called_like_its_input(stage: Stage, source: str, key: str, output: str, target: str) -> None:
    other = "s3://results" if source == f"s3://{BUCKET}" else target
    stage.put(key, lines(1))
    if other != target:
        stage.s3.create_bucket(Bucket="results")
        stage.s3.put_object(Bucket="results", Key=output.removeprefix("out/"), Body=lines(1))
    else:
        stage.put(output, lines(1))
    assert stage.check(source=source, target=other)["records"] == 1


def test_a_manifest_lists_the_input(stage: Stage) -> None:
    stage.pair("2027/a.csv", lines(3), lines(3))
    stage.put("in/2027/not-listed.csv", lines(5))
    stage.put("lists/nightly.json", json.dumps([{"prefix": f"s3://{BUCKET}/in/"}, "2027/a.csv"]).encode())
    answer = stage.check(source=f"s3://{BUCKET}/lists/nightly.json", data_type="ManifestFile")
    assert (answer["files"], answer["records"]) == (1, 3)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"nothing", "JSONDecodeError: Expecting value: line 1 column 1 (char 0)"),
        (b'["a.csv"]', "TypeError: string indices must be integers, not 'str'"),
        (b"[]", "ValueError: not enough values to unpack (expected at least 1, got 0)"),
    ],
)
def test_a_manifest_that_is_none_is_refused(stage: Stage, content: bytes, reason: str) -> None:
    stage.put("list.json", content)
    with raises(CheckFailed, f"the manifest s3://records/list.json cannot be read: {reason}"):
        stage.check(source=f"s3://{BUCKET}/list.json", data_type="ManifestFile")


def test_a_manifest_that_is_not_there_is_told(stage: Stage) -> None:
    with raises(CheckFailed, "there is no manifest s3://records/list.json"):
        stage.check(source=f"s3://{BUCKET}/list.json", data_type="ManifestFile")


def test_what_came_after_the_job_is_not_its_input(stage: Stage) -> None:
    stage.pair("late.csv", lines(3), None)
    answer = stage.check(CreationTime=millis(CREATED))
    assert (answer["files"], answer["left_out"]) == (0, 1)


def test_what_was_there_before_the_job_is_not_its_output(stage: Stage) -> None:
    stage.pair("a.csv", lines(3), lines(3))
    written = stage.s3.head_object(Bucket=BUCKET, Key="in/a.csv")["LastModified"]
    assert stage.check(CreationTime=millis(written) + 999)["records"] == 3
    with pytest.raises(RecordsMissing, match=r"there is no s3://records/out/a\.csv\.out of this job$"):
        stage.check(CreationTime=millis(written + timedelta(seconds=1)))


def test_more_files_than_are_read_at_once(stage: Stage) -> None:
    for number in range(60):
        stage.pair(f"{number}.csv", lines(number), lines(number))
    answer = stage.check()
    assert (answer["files"], answer["records"]) == (60, sum(range(60)))


def test_a_list_of_several_pages(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(25):
        stage.pair(f"{number}.csv", lines(1), lines(1))
    list_page = stage.s3.list_objects_v2
    monkeypatch.setattr(stage.s3, "list_objects_v2", lambda **asked: list_page(**{**asked, "MaxKeys": 10}))
    assert stage.check()["files"] == 25
    assert [name for name, _ in stage.asked].count("ListObjectsV2") == 3


def test_an_input_that_goes_meanwhile_is_told(stage: Stage) -> None:
    stage.pair("a.csv", lines(3), lines(3))
    stage.refuse("GetObject", "in/a.csv", "NoSuchKey")
    with raises(CheckFailed, "the input s3://records/in/a.csv is not there any more"):
        stage.check()


def test_what_s3_refuses_is_told(stage: Stage) -> None:
    stage.refuse("ListObjectsV2", None, "AccessDenied")
    with raises(CheckFailed, "ListObjectsV2 was refused: Not for you (AccessDenied)") as failure:
        stage.check()
    assert isinstance(failure.value.__cause__, ClientError)


def test_who_may_list_folders_alone_is_told_that_what_is_missing_is_forbidden(stage: Stage) -> None:
    stage.put("in/a.csv", lines(3))
    stage.put("out/a.csv.out.old", lines(3))
    stage.refuse("GetObject", "out/a.csv.out", "AccessDenied")
    with pytest.raises(RecordsMissing, match=r"has 3, and there is no s3://records/out/a\.csv\.out of this job$"):
        stage.check()


def test_what_is_there_and_forbidden_is_told(stage: Stage) -> None:
    stage.pair("a.csv", lines(3), lines(3))
    stage.refuse("GetObject", "out/a.csv.out", "AccessDenied")
    with raises(CheckFailed, "GetObject was refused: Not for you (AccessDenied)"):
        stage.check()


@pytest.mark.parametrize("split", ["Line", "RecordIO", "TFRecord"])
def test_answers_without_line_ends_cannot_be_counted(stage: Stage, split: str) -> None:
    message = "the records of an output that is not assembled by lines cannot be counted: set AssembleWith to Line"
    with raises(CheckFailed, message):
        stage.check(split=split, assemble=None)


def test_no_more_is_under_way_than_memory_has_room_for(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(60):
        stage.pair(f"{number}.csv", lines(1), lines(1))
    taken, compared, ahead = 0, 0, []
    compare = check.Check._compare

    def counting(*arguments: Any) -> Iterator[Pair]:
        nonlocal taken
        for pair in pairs(*arguments):
            taken += 1
            yield pair

    def comparing(*arguments: Any) -> None:
        nonlocal compared
        ahead.append(taken - compared)
        compared += 1
        compare(*arguments)

    monkeypatch.setattr(check, "pairs", counting)
    monkeypatch.setattr(check.Check, "_compare", comparing)
    assert stage.check()["files"] == 60
    assert max(ahead) == OBJECTS_AT_ONCE + 1
