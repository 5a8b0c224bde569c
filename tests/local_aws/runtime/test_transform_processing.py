"""Filters, joins, inference IDs and data capture: what becomes of a record on its way."""

import json
import re
from datetime import UTC
from typing import Any

import pytest

from tests.local_aws.runtime.hosting import BUCKET, Hosting
from tests.local_aws.runtime.transforming import Scoring

LINES = '7,1,2\n8,3,4\n9,"5",6\n'
JSON_LINES = '{"id": 7, "features": [1, 2]}\n{"id": 8, "features": [3, 4]}\n{"id": 9, "features": [5, 6], "note": "a, \\"b\\""}\n'
IN_JSON = {"given": {"ContentType": "application/jsonlines"}, "wanted": {"Accept": "application/jsonlines"}}
IDENTIFIER = r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"


@pytest.fixture(scope="module")
def model(hosting: Hosting) -> str:
    return Scoring(hosting).model()


@pytest.fixture
def scoring(hosting: Hosting) -> Scoring:
    return Scoring(hosting)


@pytest.mark.parametrize("strategy", ["MultiRecord", "SingleRecord"])
@pytest.mark.parametrize(
    ("processing", "written"),
    [
        ({"InputFilter": "$[1:]"}, "3\n7\n11\n"),
        ({"InputFilter": "$[1:1]"}, "1\n3\n5\n"),
        ({"InputFilter": "$[-1]"}, "2\n4\n6\n"),
        ({"InputFilter": "$[1:]", "JoinSource": "Input"}, "7,1,2,3\n8,3,4,7\n9,5,6,11\n"),
        ({"InputFilter": "$[1:]", "JoinSource": "Input", "OutputFilter": "$[0,-1]"}, "7,3\n8,7\n9,11\n"),
        ({"InputFilter": "$[1,2]", "JoinSource": "Input", "OutputFilter": "$[0,2:]"}, "7,2,3\n8,4,7\n9,6,11\n"),
        ({"InputFilter": "$[1:]", "OutputFilter": "$[0]"}, "3\n7\n11\n"),
    ],
)
def test_csv_is_filtered_and_joined(
    scoring: Scoring, model: str, strategy: str, processing: dict[str, str], written: str
) -> None:
    scoring.put("a.csv", LINES)

    ended = scoring.run(model, BatchStrategy=strategy, DataProcessing=processing)

    assert ended["TransformJobStatus"] == "Completed"
    assert scoring.written() == {"a.csv.out": written}


@pytest.mark.parametrize("strategy", ["MultiRecord", "SingleRecord"])
@pytest.mark.parametrize(
    ("processing", "written"),
    [
        ({}, [{"score": 3.0}, {"score": 7.0}, {"score": 11.0}]),
        (
            {"JoinSource": "Input"},
            [
                {"id": 7, "features": [1, 2], "SageMakerOutput": {"score": 3.0}},
                {"id": 8, "features": [3, 4], "SageMakerOutput": {"score": 7.0}},
                {"id": 9, "features": [5, 6], "note": 'a, "b"', "SageMakerOutput": {"score": 11.0}},
            ],
        ),
        (
            {"JoinSource": "Input", "OutputFilter": "$['id','SageMakerOutput']"},
            [{"id": number, "SageMakerOutput": {"score": score}} for number, score in ((7, 3.0), (8, 7.0), (9, 11.0))],
        ),
        ({"JoinSource": "Input", "OutputFilter": "$.SageMakerOutput.score"}, [3.0, 7.0, 11.0]),
        ({"OutputFilter": "$.score"}, [3.0, 7.0, 11.0]),
    ],
)
def test_json_lines_are_filtered_and_joined(
    scoring: Scoring, model: str, strategy: str, processing: dict[str, str], written: list[Any]
) -> None:
    scoring.put("a.jsonl", JSON_LINES)

    ended = scoring.run(model, **IN_JSON, BatchStrategy=strategy, DataProcessing=processing)

    assert ended["TransformJobStatus"] == "Completed"
    assert [json.loads(line) for line in scoring.written()["a.jsonl.out"].splitlines()] == written


def test_a_whole_file_of_json_is_one_record(scoring: Scoring, model: str) -> None:
    scoring.put("a.json", '{"id": 7, "features": [1, 2]}')
    whole = {"ContentType": "application/json", "SplitType": None}

    scoring.run(
        model,
        given=whole,
        wanted={"Accept": "application/json", "AssembleWith": None},
        DataProcessing={"JoinSource": "Input"},
    )

    assert json.loads(scoring.written()["a.json.out"]) == {
        "id": 7,
        "features": [1, 2],
        "SageMakerOutput": {"score": 3.0},
    }


def test_json_that_is_no_object_is_put_into_one(scoring: Scoring, hosting: Hosting) -> None:
    scoring.put("a.jsonl", '["some", "words"]')

    scoring.run(hosting.model("1"), **IN_JSON, BatchStrategy="SingleRecord", DataProcessing={"JoinSource": "Input"})

    joined = json.loads(scoring.written()["a.jsonl.out"])
    assert joined["SageMakerInput"] == ["some", "words"]
    assert joined["SageMakerOutput"]["body_bytes"] == len('["some", "words"]')


@pytest.mark.parametrize(
    ("lines", "rest", "why"),
    [
        (
            LINES,
            {"DataProcessing": {"InputFilter": "$[0,9]"}},
            "The filter $[0,9] does not fit a record: there is no element 9 among 3",
        ),
        (
            '7,"1\n',
            {"DataProcessing": {"InputFilter": "$[1:]"}},
            "Failed to parse a record as CSV: unexpected end of data",
        ),
        (
            "no JSON\n",
            {**IN_JSON, "DataProcessing": {"JoinSource": "Input", "InputFilter": "$.features"}},
            "Failed to parse a record as JSON: Expecting value: line 1 column 1 (char 0)",
        ),
        (
            '{"id": 7}\n',
            {**IN_JSON, "DataProcessing": {"InputFilter": "$.features"}},
            "The filter $.features does not fit a record: there is nothing at $.features",
        ),
    ],
)
def test_a_record_that_does_not_fit_fails_its_object(
    scoring: Scoring, model: str, lines: str, rest: dict[str, Any], why: str
) -> None:
    scoring.put("a", lines)

    ended = scoring.run(model, **rest)

    assert ended["FailureReason"] == "ClientError: See job logs for more information"
    assert scoring.log(ended["TransformJobName"])[-1].endswith(f"/in/a: {why}")
    assert scoring.written() == {}


def test_more_or_fewer_inferences_than_records_fail_the_object(scoring: Scoring, hosting: Hosting) -> None:
    scoring.put("a.csv", LINES)

    # This one answers any number of records with one line.
    ended = scoring.run(hosting.model("1"), DataProcessing={"JoinSource": "Input"})

    assert ended["FailureReason"] == "ClientError: See job logs for more information"
    assert scoring.log(ended["TransformJobName"])[-1].endswith("The algorithm answered 3 records with 1 inferences")


@pytest.mark.parametrize("joins", [False, True])
def test_inference_ids_stand_beside_the_inferences(scoring: Scoring, model: str, joins: bool) -> None:
    scoring.put("a.csv", "1,2\n3,4\n")
    capture = {"DestinationS3Uri": f"s3://{BUCKET}/{scoring.prefix}/captured", "GenerateInferenceId": True}

    ended = scoring.run(
        model, DataCaptureConfig=capture, **({"DataProcessing": {"JoinSource": "Input"}} if joins else {})
    )

    begun = f"{ended['TransformStartTime'].astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"
    first, second = scoring.written()["a.csv.out"].splitlines()
    for line, beginning in ((first, "1,2,3" if joins else "3"), (second, "3,4,7" if joins else "7")):
        assert re.fullmatch(rf"{beginning},{IDENTIFIER},{begun}", line)
    assert first.split(",")[-2] != second.split(",")[-2]


def test_inference_ids_of_json_are_members(scoring: Scoring, model: str) -> None:
    scoring.put("a.jsonl", JSON_LINES)
    capture = {"DestinationS3Uri": f"s3://{BUCKET}/{scoring.prefix}/captured", "GenerateInferenceId": True}

    scoring.run(model, **IN_JSON, DataCaptureConfig=capture)

    (first, *_rest) = map(json.loads, scoring.written()["a.jsonl.out"].splitlines())
    assert set(first) == {"score", "SageMakerInferenceId", "SageMakerInferenceTime"}
    assert re.fullmatch(IDENTIFIER, first["SageMakerInferenceId"])


def test_data_capture_keeps_manifests_of_what_was_transformed(scoring: Scoring, model: str) -> None:
    scoring.put("a.csv", "1,2")
    scoring.put("more/b.csv", "1,2")
    scoring.put("bad.csv", "poison")
    capture = {"DestinationS3Uri": f"s3://{BUCKET}/{scoring.prefix}/captured"}

    ended = scoring.run(model, DataCaptureConfig=capture)

    hour = f"{ended['CreationTime'].astimezone(UTC):%Y/%m/%d/%H}"
    found = scoring.s3.list_objects_v2(Bucket=BUCKET, Prefix=f"{scoring.prefix}/captured/")["Contents"]
    given, wanted = (each["Key"] for each in found)
    assert re.fullmatch(rf"{scoring.prefix}/captured/input/{hour}/{IDENTIFIER}\.jsonl", given)
    assert re.fullmatch(rf"{scoring.prefix}/captured/output/{hour}/{IDENTIFIER}\.jsonl", wanted)
    read = [json.load(scoring.s3.get_object(Bucket=BUCKET, Key=key)["Body"]) for key in (given, wanted)]
    assert read == [
        [{"prefix": scoring.input}, "a.csv", "more/b.csv"],
        [{"prefix": f"{scoring.output}/"}, "a.csv.out", "more/b.csv.out"],
    ]
