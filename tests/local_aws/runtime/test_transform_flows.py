"""What stands around a transform job in a state machine: looking for input, choices, messages, maps over many prefixes."""

import itertools
import json
from typing import Any

import pytest

from tests.local_aws.runtime.hosting import BUCKET, Hosting, unique
from tests.local_aws.runtime.machines import Machine, task
from tests.local_aws.runtime.transforming import Scoring

LISTING = "aws-sdk:s3:listObjectsV2"
NAME = {"TransformJobName.$": "States.Format('map-{}', States.UUID())"}


@pytest.fixture
def scoring(hosting: Hosting) -> Scoring:
    return Scoring(hosting)


@pytest.fixture
def topic(hosting: Hosting) -> dict[str, Any]:
    """Give a test a topic, and what hears it."""
    sns, sqs = hosting.local.client("sns"), hosting.local.client("sqs")
    arn = sns.create_topic(Name=unique("batch-topic"))["TopicArn"]
    queue = sqs.create_queue(QueueName=unique("batch-queue"))["QueueUrl"]
    address = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    sns.subscribe(TopicArn=arn, Protocol="sqs", Endpoint=address)
    return {
        "arn": arn,
        "heard": lambda: [json.loads(each["Body"]) for each in sqs.receive_message(QueueUrl=queue).get("Messages", [])],
    }


def test_a_listing_has_numbers_and_filters_leave_out_the_folder(scoring: Scoring, hosting: Hosting) -> None:
    scoring.put("", "")
    parameters = {"Bucket": BUCKET, "Prefix.$": "$.prefix", "MaxKeys": 2}
    selected = {"keys.$": "$.KeyCount", "files.$": "$.Contents[?(@.Size > 0)].Key"}
    machine = Machine(hosting.local, {"List": task(LISTING, parameters, ResultSelector=selected)})
    place = f"{scoring.prefix}/in/"

    assert machine.run({"prefix": place})["output"] == {"keys": 1, "files": []}
    scoring.put("a.csv", "1,2")
    scoring.put("b.csv", "1,2")
    assert machine.run({"prefix": place})["output"] == {"keys": 2, "files": [f"{place}a.csv"]}


def test_a_choice_tells_an_empty_prefix_from_a_full_one(scoring: Scoring, hosting: Hosting) -> None:
    listing = task(LISTING, {"Bucket": BUCKET, "Prefix.$": "$.prefix"}, ResultPath="$.found", Next="Choose")
    choice = {
        "Type": "Choice",
        "Choices": [
            {"Variable": "$.found.KeyCount", "NumericEquals": 0, "Next": "Nothing"},
            {"Not": {"Variable": "$.found.Contents[1]", "IsPresent": True}, "Next": "One"},
        ],
        "Default": "Many",
    }
    ends = {name: {"Type": "Pass", "Result": name, "End": True} for name in ("Nothing", "One", "Many")}
    machine = Machine(hosting.local, {"List": listing, "Choose": choice, **ends})

    told = []
    for name in ("a.csv", "b.csv", "c.csv"):
        told.append(machine.run({"prefix": f"{scoring.prefix}/in/"})["output"])
        scoring.put(name, "1,2")

    assert told == ["Nothing", "One", "Many"]


@pytest.mark.parametrize(
    "states",
    [
        {"Look": task(LISTING, {"Bucket.$": "$.bucket"}, Catch=[{"ErrorEquals": ["States.ALL"], "Next": "Caught"}])},
        {
            "Look": {
                "Type": "Choice",
                "Choices": [{"Variable": "$.count", "NumericEquals": 0, "Next": "Caught"}],
                "Default": "Caught",
            }
        },
    ],
    ids=["parameter", "choice"],
)
def test_a_path_that_leads_nowhere_ends_the_execution_whatever_is_caught(
    hosting: Hosting, states: dict[str, Any]
) -> None:
    ended = Machine(hosting.local, {**states, "Caught": {"Type": "Succeed"}}).run({"some": "input"})

    assert (ended["status"], ended["error"]) == ("FAILED", "States.Runtime")
    assert 'could not be found in the input \'{"some": "input"}\'' in ended["cause"]


def test_a_state_hands_on_no_more_than_its_limit(scoring: Scoring, hosting: Hosting) -> None:
    twelve = {f"{name}.$": "$" for name in "abcdefghijkl"}
    some = {"Type": "Pass", "Parameters": {"some.$": "States.ArrayRange(1000, 1999, 1)"}, "Next": "More"}
    more = {"Type": "Pass", "Parameters": twelve, "Next": "Most"}
    most = {"Type": "Pass", "Parameters": twelve, "End": True}

    ended = Machine(hosting.local, {"Some": some, "More": more, "Most": most}).run()

    assert (ended["status"], ended["error"]) == ("FAILED", "States.DataLimitExceeded")
    assert ended["cause"].startswith("The state 'Most' returned an output with a size exceeding")

    for number in range(300):
        scoring.s3.put_object(Bucket=BUCKET, Key=f"{scoring.prefix}/in/{'x' * 900}{number}", Body=b"")
    catch = [{"ErrorEquals": ["States.ALL"], "Next": "Caught"}]
    listing = task(LISTING, {"Bucket": BUCKET, "Prefix": f"{scoring.prefix}/in/"}, ResultSelector={"a": 1}, Catch=catch)
    ended = Machine(hosting.local, {"List": listing, "Caught": {"Type": "Succeed"}}).run()
    assert (ended["status"], ended["error"]) == ("FAILED", "States.DataLimitExceeded")


def test_an_intrinsic_that_fails_says_which(hosting: Hosting) -> None:
    read = {"Type": "Pass", "Parameters": {"job.$": "States.StringToJson($.cause)"}, "End": True}

    ended = Machine(hosting.local, {"Read": read}).run({"cause": "Could not find model"})

    assert ended["cause"].startswith("States.StringToJson($.cause) failed:")


def test_a_message_tells_why_and_the_execution_fails_with_the_same(hosting: Hosting, topic: dict[str, Any]) -> None:
    catch = [{"ErrorEquals": ["States.ALL"], "ResultPath": "$.caught", "Next": "Tell"}]
    message = {
        "TopicArn": topic["arn"],
        "Subject": "Failed",
        "Message": {"why.$": "$.caught.Cause", "given.$": "$.given"},
    }
    states = {
        "Run": task("sagemaker:createTransformJob.sync", {"TransformJobName": "nobody"}, Catch=catch),
        "Tell": task("sns:publish", message, ResultPath=None, Next="Failed"),
        "Failed": {"Type": "Fail", "ErrorPath": "$.caught.Error", "CausePath": "$.caught.Cause"},
    }

    ended = Machine(hosting.local, states).run({"given": 7})

    assert ended["error"] == "SageMaker.AmazonSageMakerException"
    (heard,) = topic["heard"]()
    assert heard["Subject"] == "Failed"
    assert json.loads(heard["Message"]) == {"why": ended["cause"], "given": 7}


def distributed(scoring: Scoring, model: str, reader: dict[str, Any], **rest: Any) -> dict[str, Any]:
    """Return a distributed map that runs a job for each item."""
    request = scoring.request(model)
    source = {"S3DataSource": {"S3DataType": "S3Prefix", "S3Uri.$": "$.prefix"}}
    parameters = {
        **{name: value for name, value in request.items() if name != "TransformJobName"},
        "TransformInput": {**request["TransformInput"], "DataSource": source},
        **NAME,
    }
    return {
        "Type": "Map",
        "ItemReader": reader,
        "ItemProcessor": {
            "ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"},
            "StartAt": "Run",
            "States": {"Run": task("sagemaker:createTransformJob.sync", parameters)},
        },
        "MaxConcurrency": 2,
        "End": True,
        **rest,
    }


def test_a_map_runs_a_job_for_each_prefix_of_a_manifest(scoring: Scoring, hosting: Hosting) -> None:
    prefixes = [scoring.put(f"day-{day}/a.csv", f"{day},1").removesuffix("a.csv") for day in range(3)]
    scoring.put("prefixes.json", json.dumps([{"prefix": prefix} for prefix in prefixes]))
    reader = {
        "Resource": "arn:aws:states:::s3:getObject",
        "ReaderConfig": {"InputType": "JSON"},
        "Parameters": {"Bucket": BUCKET, "Key": f"{scoring.prefix}/in/prefixes.json"},
    }
    # Each writes its a.csv.out; the last one stays. What ran is in the results.
    machine = Machine(hosting.local, {"Each": distributed(scoring, scoring.model(), reader)})

    ended = machine.run()

    assert [told["TransformInput"]["DataSource"]["S3DataSource"]["S3Uri"] for told in ended["output"]] == prefixes
    assert {told["TransformJobStatus"] for told in ended["output"]} == {"Completed"}
    (run,) = machine.client.list_map_runs(executionArn=ended["executionArn"])["mapRuns"]
    known = machine.client.describe_map_run(mapRunArn=run["mapRunArn"])
    assert (known["status"], known["maxConcurrency"], known["executionCounts"]["succeeded"]) == ("SUCCEEDED", 2, 3)


def test_a_map_over_a_listing_writes_its_results_and_keeps_to_its_limit(scoring: Scoring, hosting: Hosting) -> None:
    for name in ("a.csv", "b.csv", "c.csv"):
        scoring.put(name, "1,2")
    reader = {
        "Resource": "arn:aws:states:::s3:listObjectsV2",
        "Parameters": {"Bucket": BUCKET, "Prefix": f"{scoring.prefix}/in/"},
    }
    selector = {"prefix.$": f"States.Format('s3://{BUCKET}/{{}}', $$.Map.Item.Value.Key)"}
    writer = {
        "Resource": "arn:aws:states:::s3:putObject",
        "Parameters": {"Bucket": BUCKET, "Prefix": f"{scoring.prefix}/results"},
    }
    each = distributed(
        scoring,
        scoring.model(SCORE_SECONDS="0.2"),
        reader,
        ItemSelector=selector,
        ResultWriter=writer,
        ResultPath="$.map",
        MaxConcurrencyPath="$.most",
    )
    machine = Machine(
        hosting.local, {"Each": {name: value for name, value in each.items() if name != "MaxConcurrency"}}
    )

    ended = machine.run({"most": 1})

    assert scoring.written() == {"a.csv.out": "3\n", "b.csv.out": "3\n", "c.csv.out": "3\n"}
    told = ended["output"]["map"]["ResultWriterDetails"]
    read = {
        name: json.load(scoring.s3.get_object(Bucket=BUCKET, Key=key)["Body"])
        for name, key in (("manifest", told["Key"]), ("succeeded", told["Key"].replace("manifest", "SUCCEEDED_0")))
    }
    assert told["Key"].startswith(f"{scoring.prefix}/results/")
    assert read["manifest"]["MapRunArn"] == ended["output"]["map"]["MapRunArn"]
    assert [each["Key"] for each in read["manifest"]["ResultFiles"]["SUCCEEDED"]] == [
        told["Key"].replace("manifest", "SUCCEEDED_0")
    ]
    jobs = sorted((json.loads(each["Output"]) for each in read["succeeded"]), key=lambda job: int(job["CreationTime"]))
    assert all(job["CreationTime"] >= before["TransformEndTime"] for before, job in itertools.pairwise(jobs))


def test_a_map_tolerates_as_many_failures_as_it_is_told(scoring: Scoring, hosting: Hosting) -> None:
    scoring.put("a.csv", "1,2")
    scoring.put("b.csv", "poison")
    reader = {
        "Resource": "arn:aws:states:::s3:listObjectsV2",
        "Parameters": {"Bucket": BUCKET, "Prefix": f"{scoring.prefix}/in/"},
    }
    selector = {"prefix.$": f"States.Format('s3://{BUCKET}/{{}}', $$.Map.Item.Value.Key)"}
    model = scoring.model()

    strict = Machine(hosting.local, {"Each": distributed(scoring, model, reader, ItemSelector=selector)}).run()
    assert (strict["status"], strict["error"]) == ("FAILED", "States.ExceedToleratedFailureThreshold")

    tolerant = distributed(scoring, model, reader, ItemSelector=selector, ToleratedFailureCount=1)
    ended = Machine(hosting.local, {"Each": tolerant}).run()
    assert ended["status"] == "SUCCEEDED"
    assert [told and told["TransformJobStatus"] for told in ended["output"]] == ["Completed", None]
