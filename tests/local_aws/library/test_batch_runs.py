"""Runs of batch transforms: what may be asked of them, what they find, how they try again, and how they end."""

import gzip
import json
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_s3 as s3

from cdk_model_hosting import (
    BatchTransform,
    Container,
    ContainerImage,
    ModelArtifact,
    Notifications,
    Retries,
    SingleModel,
    TransformDestination,
    TransformFleet,
    TransformSource,
)
from tests.local_aws.cdk import Cdk
from tests.local_aws.lifecycle import LocalAws
from tests.local_aws.runtime.machines import Machine
from tests.local_aws.runtime.reading import eventually
from tests.local_aws.runtime.transforming import shortage

IMAGE = Path(__file__).parents[1] / "fixtures" / "scoring_container"
STACK = "BatchRuns"
NOT_UNDERSTOOD = (
    "BatchTransform.NotUnderstood",
    "input and output must be S3 addresses such as s3://bucket/key, or keys alone",
)


class Deployed:
    """Batch transforms of a model that adds numbers up, all with one bucket."""

    def __init__(self, local: LocalAws, outputs: dict[str, str]) -> None:
        self.local = local
        self.s3 = local.client("s3")
        self.sagemaker = local.client("sagemaker")
        self.bucket = outputs["Bucket"]
        self.outputs = outputs

    def machine(self, name: str) -> Machine:
        return Machine(self.local, {}, arn=self.outputs[f"{name}Arn"])

    def run(self, name: str, given: object = None) -> dict[str, Any]:
        return self.machine(name).run(given)

    def put(self, key: str, body: str | bytes) -> None:
        self.s3.put_object(Bucket=self.bucket, Key=key, Body=body)

    def written(self) -> dict[str, str]:
        """What is in the output, by key."""
        found = self.s3.list_objects_v2(Bucket=self.bucket, Prefix="output").get("Contents", [])
        bodies = {each["Key"]: self.s3.get_object(Bucket=self.bucket, Key=each["Key"])["Body"] for each in found}
        return {key: body.read().decode() for key, body in bodies.items()}

    def clear(self) -> None:
        pages = self.s3.get_paginator("list_objects_v2").paginate(Bucket=self.bucket)
        for each in [each for page in pages for each in page.get("Contents", [])]:
            self.s3.delete_object(Bucket=self.bucket, Key=each["Key"])

    def jobs(self, since: float) -> list[dict[str, Any]]:
        """The jobs that were created since then, first one first."""
        listed = self.sagemaker.list_transform_jobs(CreationTimeAfter=since, SortOrder="Ascending")
        return list(listed["TransformJobSummaries"])


def build(stack: cdk.Stack, scratch: Path) -> None:
    """A model of its own for the slow one; all others share one, and all of them a bucket."""
    (scratch / "version.txt").write_text("1")
    bucket = s3.Bucket(stack, "Records")
    csv: dict[str, Any] = {"bucket": bucket, "split": "Line", "content_type": "text/csv"}

    def model(name: str, **environment: str) -> SingleModel:
        container = Container(
            image=ContainerImage.from_asset(IMAGE), artifact=ModelArtifact.from_asset(scratch), environment=environment
        )
        return SingleModel(stack, name, container=container)

    usual = model("Model")
    variants: dict[str, dict[str, Any]] = {
        "Plain": {},
        "Zipped": {"source": TransformSource.prefix("zipped/", compression="Gzip", **csv)},
        "Listed": {"source": TransformSource.manifest("lists/today.json", data_prefix="input/", **csv)},
        "Slow": {"model": model("SlowModel", SCORE_SECONDS="300"), "timeout": cdk.Duration.hours(1)},
        "Impatient": {"retries": Retries(attempts=1)},
        "Silent": {"notifications": Notifications.none(), "retries": Retries(attempts=0)},
    }
    for name, options in variants.items():
        made = BatchTransform(
            stack,
            name,
            **{
                "model": usual,
                "source": TransformSource.prefix(**csv),
                "destination": TransformDestination(accept="text/csv"),
                "fleet": TransformFleet(instance_type="ml.m5.large"),
                **options,
            },
        )
        cdk.CfnOutput(stack, f"{name}Arn", value=made.state_machine_arn)
        if name == "Plain":
            cdk.CfnOutput(stack, "SuccessTopic", value=made.success_topic.topic_arn)
            cdk.CfnOutput(stack, "ErrorTopic", value=made.error_topic.topic_arn)
    cdk.CfnOutput(stack, "Bucket", value=bucket.bucket_name)


@pytest.fixture(scope="module")
def on_aws(
    bootstrapped: LocalAws,
    assemble: Callable[[str, Callable[[cdk.Stack], None]], Cdk],
    tmp_path_factory: pytest.TempPathFactory,
) -> Deployed:
    """Deploy all of them once."""
    scratch = tmp_path_factory.mktemp("model")
    outputs = assemble(STACK, lambda stack: build(stack, scratch)).deploy(STACK)[STACK]
    return Deployed(bootstrapped, outputs)


@pytest.fixture
def deployed(on_aws: Deployed) -> Iterator[Deployed]:
    """Begin with one file of two records, no answers, and instances for all."""
    on_aws.clear()
    on_aws.put("input/a.csv", "1,2\n3,4\n")
    yield on_aws
    shortage(on_aws.local, throttled=0, limited=0, failed=0)


def test_a_run_takes_what_is_usual(deployed: Deployed) -> None:
    begun = time.time()
    ended = deployed.run("Plain")
    (job,) = deployed.jobs(begun)
    assert ended["output"] == {
        "status": "Completed",
        "job": job["TransformJobName"],
        "input": f"s3://{deployed.bucket}/input/",
        "output": f"s3://{deployed.bucket}/output",
    }
    assert deployed.written() == {"output/a.csv.out": "3\n7\n"}


def test_every_run_has_a_job_of_its_own(deployed: Deployed) -> None:
    names = {deployed.run("Plain")["output"]["job"] for _ in range(3)}
    assert len(names) == 3
    assert len({name.rpartition("-")[0].rpartition("-")[0] for name in names}) == 1
    assert max(map(len, names)) <= 63


@pytest.mark.parametrize("place", ["", "s3://{bucket}/"])
@pytest.mark.parametrize("end", ["", "/"])
def test_other_places_may_be_asked_for(deployed: Deployed, place: str, end: str) -> None:
    deployed.put("input/2027/b.csv", "5,5\n")
    place = place.format(bucket=deployed.bucket)
    ended = deployed.run("Plain", {"input": f"{place}input/2027/", "output": f"{place}output/2027{end}", "more": 1})
    assert (ended["output"]["input"], ended["output"]["output"]) == (
        f"s3://{deployed.bucket}/input/2027/",
        f"s3://{deployed.bucket}/output/2027",
    )
    assert deployed.written() == {"output/2027/b.csv.out": "10\n"}


@pytest.mark.parametrize(
    "asked", ["", 5, None, [], {}, "https://bucket/input/", "s3://bucket", "s3://bucket/", "s3:///x"]
)
@pytest.mark.parametrize("what", ["input", "output"])
def test_what_names_no_place_is_refused(deployed: Deployed, what: str, asked: object) -> None:
    begun = time.time()
    ended = deployed.run("Silent", {what: asked})
    assert (ended["error"], ended["cause"]) == NOT_UNDERSTOOD
    assert deployed.jobs(begun) == []


@pytest.mark.parametrize("given", ["text", [1], 7, True])
def test_an_input_that_is_no_object_asks_for_nothing_else(deployed: Deployed, given: object) -> None:
    assert deployed.run("Plain", given)["output"]["input"] == f"s3://{deployed.bucket}/input/"


def test_a_prefix_without_files_is_nothing_to_do(deployed: Deployed) -> None:
    begun = time.time()
    deployed.put("input/empty/", "")
    ended = deployed.run("Plain", {"input": "input/empty/"})
    assert ended["output"] == {"status": "NothingToDo", "input": f"s3://{deployed.bucket}/input/empty/"}
    assert deployed.run("Plain", {"input": "input/nothing"})["output"]["status"] == "NothingToDo"
    assert deployed.jobs(begun) == []


def test_a_file_is_found_behind_pages_of_folders(deployed: Deployed) -> None:
    for number in range(220):
        deployed.put(f"input/many/{number:03}/", "")
    assert deployed.run("Plain", {"input": "input/many/"})["output"]["status"] == "NothingToDo"
    deployed.put("input/many/zz.csv", "4,4\n")
    assert deployed.run("Plain", {"input": "input/many/"})["output"]["status"] == "Completed"
    assert deployed.written()["output/zz.csv.out"] == "8\n"


def test_files_may_be_compressed(deployed: Deployed) -> None:
    deployed.put("zipped/c.csv.gz", gzip.compress(b"6,6\n7,7\n"))
    assert deployed.run("Zipped")["output"]["status"] == "Completed"
    assert list(deployed.written().values()) == ["12\n14\n"]


def test_a_manifest_lists_the_files(deployed: Deployed) -> None:
    # What merely begins like the manifest is none.
    deployed.put("lists/today.json.old", "[]")
    assert deployed.run("Listed")["output"]["status"] == "NothingToDo"
    deployed.put("input/b.csv", "2,2\n")
    deployed.put("lists/today.json", json.dumps([{"prefix": f"s3://{deployed.bucket}/input/"}, "b.csv"]))
    assert deployed.run("Listed")["output"]["status"] == "Completed"
    assert deployed.written() == {"output/b.csv.out": "4\n"}
    deployed.put("lists/other.json", json.dumps([{"prefix": f"s3://{deployed.bucket}/input/"}, "a.csv"]))
    ended = deployed.run("Listed", {"input": "lists/other.json"})
    assert ended["output"]["input"] == f"s3://{deployed.bucket}/lists/other.json"
    assert deployed.written() == {"output/a.csv.out": "3\n7\n", "output/b.csv.out": "4\n"}


def test_a_job_is_stopped_when_its_time_is_up(deployed: Deployed) -> None:
    begun = time.time()
    with deployed.local.time_factor(0.0005):
        ended = deployed.run("Slow")
    assert (ended["status"], ended["error"]) == ("FAILED", "States.Timeout")
    (job,) = deployed.jobs(begun)
    assert job["TransformJobStatus"] in {"Stopping", "Stopped"}
    assert deployed.written() == {}


def test_a_job_that_finds_no_instances_is_tried_again_under_another_name(deployed: Deployed) -> None:
    begun = time.time()
    shortage(deployed.local, failed=1)
    assert deployed.run("Impatient")["output"]["status"] == "Completed"
    first, second = deployed.jobs(begun)
    assert (first["TransformJobStatus"], second["TransformJobStatus"]) == ("Failed", "Completed")
    assert first["TransformJobName"].removesuffix("-1") == second["TransformJobName"].removesuffix("-2")


@pytest.mark.parametrize(("name", "tries"), [("Impatient", 2), ("Silent", 1)])
def test_patience_with_a_lack_of_instances_has_an_end(deployed: Deployed, name: str, tries: int) -> None:
    begun = time.time()
    shortage(deployed.local, failed=tries)
    ended = deployed.run(name)
    assert ended["error"] == "States.TaskFailed"
    assert ended["cause"].startswith("CapacityError: Unable to provision")
    assert len(deployed.jobs(begun)) == tries


@pytest.mark.parametrize(("name", "tries"), [("Impatient", 2), ("Silent", 1)])
def test_a_quota_that_is_used_up_is_waited_for(deployed: Deployed, name: str, tries: int) -> None:
    begun = time.time()
    shortage(deployed.local, limited=tries)
    ended = deployed.run(name)
    assert ended["error"] == "SageMaker.ResourceLimitExceededException"
    assert "The account-level service limit" in ended["cause"]
    assert deployed.jobs(begun) == []
    shortage(deployed.local, limited=tries - 1)
    assert deployed.run(name)["status"] == "SUCCEEDED"


def test_throttling_is_waited_for_whatever_the_retries(deployed: Deployed) -> None:
    shortage(deployed.local, throttled=6)
    assert deployed.run("Silent")["status"] == "SUCCEEDED"


def test_a_job_that_fails_of_itself_is_not_tried_again(deployed: Deployed) -> None:
    begun = time.time()
    deployed.put("input/a.csv", "poison\n")
    ended = deployed.run("Impatient")
    (job,) = deployed.jobs(begun)
    told = deployed.sagemaker.describe_transform_job(TransformJobName=job["TransformJobName"])["FailureReason"]
    assert (ended["error"], ended["cause"]) == ("States.TaskFailed", told)


def test_a_job_that_somebody_stops_is_a_failure(deployed: Deployed) -> None:
    begun = time.time()
    execution = deployed.machine("Slow").start()
    job = eventually(lambda: deployed.jobs(begun), bool)[0]["TransformJobName"]
    deployed.sagemaker.stop_transform_job(TransformJobName=job)
    ended = deployed.machine("Slow").ended(execution)
    assert (ended["error"], ended["cause"]) == ("States.TaskFailed", "the job ended as Stopped")


def test_without_its_topic_a_run_that_worked_has_not_told_so(deployed: Deployed) -> None:
    sns = deployed.local.client("sns")
    for topic in (deployed.outputs["SuccessTopic"], deployed.outputs["ErrorTopic"]):
        sns.delete_topic(TopicArn=topic)
    ended = deployed.run("Plain")
    assert ended["status"] == "FAILED"
    assert "topic" in ended["cause"].lower()
    assert deployed.written() == {"output/a.csv.out": "3\n7\n"}
    # What has gone wrong is not hidden by what goes wrong when it is told.
    ended = deployed.run("Plain", {"input": ""})
    assert (ended["error"], ended["cause"]) == NOT_UNDERSTOOD
