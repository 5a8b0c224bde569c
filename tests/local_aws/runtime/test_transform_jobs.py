"""A transform job runs the model's containers on objects in S3, writes what they answer, and ends them."""

import gzip
import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.local_aws.runtime.hosting import BUCKET, Hosting, is_alive, unique
from tests.local_aws.runtime.reading import eventually
from tests.local_aws.runtime.several import model_of, single
from tests.local_aws.runtime.transforming import Scoring, shortage

LINES = "1,2\n3,4\n5,6\n"
SUMS = "3\n7\n11\n"


@pytest.fixture(scope="module")
def model(hosting: Hosting) -> str:
    return Scoring(hosting).model()


@pytest.fixture
def scoring(hosting: Hosting) -> Scoring:
    return Scoring(hosting)


def test_every_object_gets_an_output_with_its_answers_in_order(scoring: Scoring, model: str) -> None:
    scoring.put("a.csv", LINES)
    scoring.put("2026/11/b.csv", "10,20")
    scoring.put("folder/", "")

    ended = scoring.run(model, resources={"InstanceCount": 2})

    assert ended["TransformJobStatus"] == "Completed"
    assert ended["CreationTime"] <= ended["TransformStartTime"] <= ended["TransformEndTime"]
    assert "FailureReason" not in ended
    assert scoring.written() == {"a.csv.out": SUMS, "2026/11/b.csv.out": "30\n"}


def test_names_begin_where_the_last_folder_of_the_prefix_does(scoring: Scoring, model: str) -> None:
    address = scoring.put("day-1/a.csv", LINES)
    scoring.put("day-2/a.csv", LINES)
    scoring.put("night/a.csv", LINES)

    scoring.run(model, source={"S3Uri": f"{scoring.input}day"})
    assert set(scoring.written()) == {"day-1/a.csv.out", "day-2/a.csv.out"}

    scoring.run(model, source={"S3Uri": address})
    assert set(scoring.written()) == {"a.csv.out", "day-1/a.csv.out", "day-2/a.csv.out"}


def test_a_manifest_lists_the_input(scoring: Scoring, model: str) -> None:
    for name in ("day-1/a.csv", "day-2/b.csv", "day-3/c.csv"):
        scoring.put(name, LINES)
    listed = json.dumps([{"prefix": scoring.input}, "day-1/a.csv", "day-3/c.csv"])
    manifest = scoring.put("some.manifest", listed)

    ended = scoring.run(model, source={"S3DataType": "ManifestFile", "S3Uri": manifest})

    assert ended["TransformJobStatus"] == "Completed"
    assert scoring.written() == {"day-1/a.csv.out": SUMS, "day-3/c.csv.out": SUMS}


@pytest.mark.parametrize("manifest", ["no JSON", "[]", '["a.csv"]', '[{"prefix": "s3://x/"}, 7]'])
def test_a_manifest_that_is_none_fails_the_job(scoring: Scoring, model: str, manifest: str) -> None:
    address = scoring.put("some.manifest", manifest)

    ended = scoring.run(model, source={"S3DataType": "ManifestFile", "S3Uri": address})

    assert ended["FailureReason"] == "ClientError: See job logs for more information"
    assert f"The manifest {address}" in scoring.log(ended["TransformJobName"])[-1]


@pytest.mark.parametrize(
    ("rest", "requests"),
    [
        ({}, [3]),
        ({"BatchStrategy": "MultiRecord"}, [3]),
        ({"BatchStrategy": "SingleRecord"}, [1, 1, 1]),
        ({"MaxPayloadInMB": 0, "BatchStrategy": "MultiRecord"}, [3]),
    ],
)
def test_a_request_has_the_records_that_the_strategy_allows(
    scoring: Scoring, model: str, rest: dict[str, Any], requests: list[int]
) -> None:
    scoring.put("a.csv", LINES)

    ended = scoring.run(model, **rest)

    assert scoring.asked(ended["TransformJobName"]) == requests
    assert scoring.written() == {"a.csv.out": SUMS}


def test_a_request_has_as_many_records_as_fit_the_payload(scoring: Scoring, model: str) -> None:
    wide = ",".join(["1"] * 200_000)  # 400 kB
    scoring.put("a.csv", f"{wide}\n" * 5)

    ended = scoring.run(model, MaxPayloadInMB=1)

    assert scoring.asked(ended["TransformJobName"]) == [1, 2, 2]
    assert scoring.written() == {"a.csv.out": "200000\n" * 5}


@pytest.mark.parametrize("split", ["None", "Line"])
def test_an_empty_object_has_an_empty_output(scoring: Scoring, model: str, split: str) -> None:
    scoring.put("a.csv", "")

    ended = scoring.run(model, given={"SplitType": split})

    assert ended["TransformJobStatus"] == "Completed"
    assert scoring.written() == {"a.csv.out": ""}
    assert scoring.asked(ended["TransformJobName"]) == []


@pytest.mark.parametrize("split", ["None", "Line"])
def test_a_record_beyond_the_payload_fails_its_object(scoring: Scoring, model: str, split: str) -> None:
    scoring.put("a.csv", ",".join(["1"] * 600_000))
    scoring.put("b.csv", "1,2")

    ended = scoring.run(model, MaxPayloadInMB=1, given={"SplitType": split}, wanted={"AssembleWith": "None"})

    assert ended["FailureReason"] == "ClientError: See job logs for more information"
    assert scoring.written() == {"b.csv.out": "3"}
    assert scoring.log(ended["TransformJobName"])[-1].endswith(
        "in/a.csv: Too much data for max payload size: 1199999 bytes, 1048576 allowed"
    )


def test_requests_run_in_parallel_and_their_answers_stay_in_order(scoring: Scoring) -> None:
    model = scoring.model(SCORE_SECONDS="0.05")
    scoring.put("a.csv", "".join(f"{number}\n" for number in range(20)))

    ended = scoring.run(model, MaxConcurrentTransforms=10, BatchStrategy="SingleRecord")

    assert scoring.written() == {"a.csv.out": "".join(f"{number}\n" for number in range(20))}
    printed = scoring.log(ended["TransformJobName"], of_containers=True)
    at_once = max(int(line.split()[1].removeprefix("once=")) for line in printed if line.startswith("at once="))
    assert 2 <= at_once <= 10


def test_a_container_says_how_it_likes_to_be_asked_unless_the_job_does(scoring: Scoring) -> None:
    wish = {"MaxConcurrentTransforms": 8, "BatchStrategy": "SINGLE_RECORD", "MaxPayloadInMB": 2}
    model = scoring.model(SCORE_PARAMETERS=json.dumps(wish))
    scoring.put("a.csv", LINES)

    ended = scoring.run(model)
    assert scoring.asked(ended["TransformJobName"]) == [1, 1, 1]
    assert scoring.log(ended["TransformJobName"])[0].endswith(
        "MaxConcurrentTransforms=8, BatchStrategy=SINGLE_RECORD, MaxPayloadInMB=2"
    )

    ended = scoring.run(model, BatchStrategy="MultiRecord")
    assert scoring.asked(ended["TransformJobName"]) == [3]


def test_compressed_input_is_unpacked(scoring: Scoring, model: str) -> None:
    scoring.put("a.csv.gz", gzip.compress(LINES.encode()))

    ended = scoring.run(model, given={"CompressionType": "Gzip"})

    assert ended["TransformJobStatus"] == "Completed"
    assert scoring.written() == {"a.csv.gz.out": SUMS}


def test_input_that_is_not_compressed_as_it_should_be_fails(scoring: Scoring, model: str) -> None:
    scoring.put("a.csv", LINES)

    ended = scoring.run(model, given={"CompressionType": "Gzip"})

    assert ended["FailureReason"] == "ClientError: See job logs for more information"
    assert "Could not decompress the object" in scoring.log(ended["TransformJobName"])[-1]


def test_a_poisoned_record_costs_its_object_the_output_and_the_job_its_success(scoring: Scoring, model: str) -> None:
    scoring.put("a.csv", LINES)
    scoring.put("b.csv", "1,2\npoison,4\n5,6\n")
    scoring.put("c.csv", LINES)

    ended = scoring.run(model)

    assert ended["TransformJobStatus"] == "Failed"
    assert ended["FailureReason"] == "ClientError: See job logs for more information"
    assert scoring.written() == {"a.csv.out": SUMS, "c.csv.out": SUMS}
    told = [line.partition("[sagemaker logs]: ")[2] for line in scoring.log(ended["TransformJobName"])[1:]]
    name = f"{BUCKET}/{scoring.prefix}/in/b.csv"
    assert told == [
        f"{name}: Bad HTTP status received from algorithm: 400",
        f"{name}: ",
        f"{name}: Message:",
        f"{name}: a record is poisoned",
    ]


@pytest.mark.parametrize(("retries", "status"), [(3, "Completed"), (2, "Failed")])
def test_a_request_that_fails_is_repeated_as_often_as_the_job_says(scoring: Scoring, retries: int, status: str) -> None:
    scoring.put("a.csv", LINES)
    model = scoring.model(SCORE_FAILURES="3")

    ended = scoring.run(model, ModelClientConfig={"InvocationsMaxRetries": retries})

    assert ended["TransformJobStatus"] == status
    if status == "Failed":
        assert ended["FailureReason"] == "AlgorithmError: See job logs for more information"
    assert len(scoring.asked(ended["TransformJobName"])) == retries + 1


def test_an_answer_that_takes_too_long_is_none(scoring: Scoring) -> None:
    scoring.put("a.csv", LINES)
    client = {"InvocationsTimeoutInSeconds": 1, "InvocationsMaxRetries": 0}

    ended = scoring.run(scoring.model(SCORE_SECONDS="2"), ModelClientConfig=client)

    assert ended["FailureReason"] == "AlgorithmError: See job logs for more information"
    assert (
        "Unable to get response from algorithm: no answer within 1 seconds"
        in scoring.log(ended["TransformJobName"])[-1]
    )


def test_a_container_that_does_not_start_fails_the_job(scoring: Scoring) -> None:
    scoring.put("a.csv", LINES)

    ended = scoring.run(scoring.model(SCORE_HEALTH="exit"))

    assert ended["FailureReason"].startswith("AlgorithmError: Model container failed to respond to ping;")
    assert "TransformStartTime" not in ended
    assert "SCORE_HEALTH says to end" in scoring.log(ended["TransformJobName"], of_containers=True)[-1]


def test_the_containers_get_the_environment_of_the_job_and_end_with_it(scoring: Scoring, hosting: Hosting) -> None:
    scoring.put("a.json", '{"some": "record"}')

    scoring.run(
        hosting.model("7", FLAVOUR="sour", SIDE="left"),
        Environment={"SIDE": "right"},
        MaxConcurrentTransforms=2,
        given={"ContentType": "application/json", "SplitType": None},
        wanted={"Accept": "application/json", "AssembleWith": None},
    )

    (told,) = map(json.loads, scoring.written().values())
    assert told["wish"] == {"some": "record"}
    assert told["files"] == {"version.txt": "7"}
    wanted = {"FLAVOUR": "sour", "SIDE": "right", "SAGEMAKER_BATCH": "true", "SAGEMAKER_MAX_CONCURRENT_TRANSFORMS": "2"}
    assert wanted.items() <= told["environment"].items()
    assert "SAGEMAKER_MAX_PAYLOAD_IN_MB" not in told["environment"]
    assert not is_alive(told["pid"])


def test_the_containers_of_a_pipeline_answer_one_after_the_other(scoring: Scoring, hosting: Hosting) -> None:
    containers = [scoring.container(SCORE_OFFSET="100"), scoring.container(SCORE_OFFSET="1000")]
    scoring.put("a.csv", LINES)

    ended = scoring.run(model_of(hosting, *containers))

    assert ended["TransformJobStatus"] == "Completed"
    assert scoring.written() == {"a.csv.out": "1103\n1107\n1111\n"}


def test_a_pipeline_fails_where_one_of_its_containers_does(scoring: Scoring, hosting: Hosting) -> None:
    containers = [single(hosting), single(hosting, ECHO_STATUS="503")]
    scoring.put("a.csv", LINES)

    ended = scoring.run(model_of(hosting, *containers), ModelClientConfig={"InvocationsMaxRetries": 0})

    assert ended["FailureReason"] == "AlgorithmError: See job logs for more information"


def test_a_job_is_stopped_and_leaves_nothing(scoring: Scoring, hosting: Hosting) -> None:
    scoring.put("a.csv", LINES)
    job = scoring.start(scoring.model(SCORE_SECONDS="300"))
    eventually(
        lambda: hosting.sagemaker.describe_transform_job(TransformJobName=job),
        lambda known: "TransformStartTime" in known,
    )

    hosting.sagemaker.stop_transform_job(TransformJobName=job)
    assert hosting.sagemaker.describe_transform_job(TransformJobName=job)["TransformJobStatus"] in {
        "Stopping",
        "Stopped",
    }
    ended = scoring.ended(job)

    assert ended["TransformJobStatus"] == "Stopped"
    assert "FailureReason" not in ended
    assert scoring.written() == {}
    with pytest.raises(ClientError, match="because the transform job is in status Stopped"):
        hosting.sagemaker.stop_transform_job(TransformJobName=job)


def test_jobs_are_listed_and_tagged(scoring: Scoring, hosting: Hosting, model: str) -> None:
    scoring.put("a.csv", LINES)
    name = f"{unique('listed')}-job"

    ended = scoring.run(model, TransformJobName=name, Tags=[{"Key": "team", "Value": "fraud"}])

    listed = hosting.sagemaker.list_transform_jobs(NameContains=name, StatusEquals="Completed")
    (summary,) = listed["TransformJobSummaries"]
    assert (summary["TransformJobName"], summary["TransformJobArn"]) == (name, ended["TransformJobArn"])
    assert summary["TransformEndTime"] == ended["TransformEndTime"]
    assert (
        hosting.sagemaker.list_transform_jobs(NameContains=name, StatusEquals="Failed")["TransformJobSummaries"] == []
    )
    assert hosting.sagemaker.list_tags(ResourceArn=ended["TransformJobArn"])["Tags"] == [
        {"Key": "team", "Value": "fraud"}
    ]


def test_a_description_says_what_holds_where_the_request_did_not(scoring: Scoring, model: str) -> None:
    scoring.put("a.csv", LINES)

    ended = scoring.run(
        model, given={"SplitType": None}, wanted={"AssembleWith": None}, DataProcessing={"JoinSource": "None"}
    )

    assert (ended["TransformInput"]["SplitType"], ended["TransformInput"]["CompressionType"]) == ("None", "None")
    assert ended["TransformOutput"]["AssembleWith"] == "None"
    assert ended["DataProcessing"] == {"InputFilter": "$", "OutputFilter": "$", "JoinSource": "None"}
    assert scoring.written() == {"a.csv.out": SUMS.rstrip("\n")}


def test_a_shortage_comes_as_often_as_it_was_asked_for(scoring: Scoring, hosting: Hosting, model: str) -> None:
    scoring.put("a.csv", LINES)
    assert shortage(hosting.local, throttled=1, limited=1, failed=1) == {"throttled": 0, "limited": 0, "failed": 0}

    with pytest.raises(ClientError, match=r"\(ThrottlingException\).*Rate exceeded"):
        scoring.start(model)
    with pytest.raises(
        ClientError, match=r"\(ResourceLimitExceeded\).*'ml.m5.large for transform job usage' is 0 Instances"
    ):
        scoring.start(model)
    assert scoring.run(model)["FailureReason"] == (
        "CapacityError: Unable to provision requested ML compute capacity. Please retry using a different ML instance type."
    )
    assert scoring.run(model)["TransformJobStatus"] == "Completed"


def test_output_that_cannot_be_written_fails_the_job(scoring: Scoring, model: str) -> None:
    scoring.put("a.csv", LINES)

    ended = scoring.run(model, wanted={"S3OutputPath": "s3://nobodys-bucket/out"})

    assert ended["FailureReason"] == "ClientError: See job logs for more information"
    assert (
        "Could not upload the output to s3://nobodys-bucket/out/a.csv.out" in scoring.log(ended["TransformJobName"])[-1]
    )


def test_events_tell_how_a_job_is(scoring: Scoring, hosting: Hosting, model: str) -> None:
    events, queue = hosting.local.client("events"), hosting.local.client("sqs")
    address = queue.create_queue(QueueName=unique("job-events"))["QueueUrl"]
    arn = queue.get_queue_attributes(QueueUrl=address, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    job = unique("told")
    pattern = {"detail-type": ["SageMaker Transform Job State Change"], "detail": {"TransformJobName": [job]}}
    events.put_rule(Name=job, EventPattern=json.dumps(pattern))
    events.put_targets(Rule=job, Targets=[{"Id": "queue", "Arn": arn}])
    scoring.put("a.csv", LINES)

    scoring.run(model, TransformJobName=job, Tags=[{"Key": "team", "Value": "fraud"}])
    told: list[dict[str, Any]] = []

    def listen() -> int:
        messages = queue.receive_message(QueueUrl=address, WaitTimeSeconds=1).get("Messages", [])
        told.extend(json.loads(each["Body"]) for each in messages)
        return len(told)

    eventually(listen, lambda heard: heard >= 2)

    assert [event["source"] for event in told] == ["aws.sagemaker"] * 2
    details = {event["detail"]["TransformJobStatus"]: event["detail"] for event in told}
    assert set(details) == {"InProgress", "Completed"}
    assert details["Completed"]["Tags"] == {"team": "fraud"}
    assert int(details["Completed"]["TransformEndTime"]) >= int(details["Completed"]["CreationTime"]) > 1e12
