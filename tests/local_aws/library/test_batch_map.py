"""Batch transforms of many prefixes: one job for each, so many at once; and records that are counted afterwards."""

import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_s3 as s3

from cdk_model_hosting import (
    BatchTransform,
    BatchTransformMap,
    Container,
    ContainerImage,
    ModelArtifact,
    Shards,
    SingleModel,
    TransformDestination,
    TransformFleet,
    TransformSource,
)
from tests.local_aws.cdk import Cdk
from tests.local_aws.lifecycle import LocalAws
from tests.local_aws.runtime.machines import Machine
from tests.local_aws.runtime.reading import eventually

FIXTURES = Path(__file__).parents[1] / "fixtures"
FLEET = TransformFleet(instance_type="ml.m5.large")
STACK = "BatchMap"
GATE = "closed"
"""A file that lets all answers wait while it is there."""

REGIONS = ("eu", "us", "ap")
NAMED = Shards.prefixes([f"input/{each}/" for each in REGIONS])


class Deployed:
    """A batch transform of a model that adds numbers up, in many ways of having many jobs of it."""

    def __init__(self, local: LocalAws, outputs: dict[str, str], gate: Path) -> None:
        self.local = local
        self.gate = gate
        self.s3 = local.client("s3")
        self.sagemaker = local.client("sagemaker")
        self.bucket = outputs["Bucket"]
        self._outputs = outputs

    def machine(self, name: str) -> Machine:
        return Machine(self.local, {}, arn=self._outputs[f"{name}Arn"])

    def run(self, name: str, given: object = None) -> dict[str, Any]:
        return self.machine(name).run(given)

    def put(self, key: str, text: str) -> None:
        self.s3.put_object(Bucket=self.bucket, Key=key, Body=text.encode())

    def clear(self) -> None:
        for key in self.keys(""):
            self.s3.delete_object(Bucket=self.bucket, Key=key)

    def keys(self, prefix: str) -> list[str]:
        found = self.s3.list_objects_v2(Bucket=self.bucket, Prefix=prefix).get("Contents", [])
        return [each["Key"] for each in found]

    def written(self) -> dict[str, str]:
        """What is in the output, by key."""
        return {
            key: self.s3.get_object(Bucket=self.bucket, Key=key)["Body"].read().decode() for key in self.keys("output")
        }


def build(stack: cdk.Stack, scratch: Path) -> None:
    """Two batch transforms of one bucket, and maps over the first one."""
    (scratch / "model").mkdir()
    (scratch / "model" / "version.txt").write_text("1")
    artifact = ModelArtifact.from_asset(scratch / "model")

    def batch(name: str, image: str, bucket: s3.IBucket | None = None, **options: Any) -> BatchTransform:
        container = Container(image=ContainerImage.from_asset(FIXTURES / image), artifact=artifact, **options)
        return BatchTransform(
            stack,
            name,
            model=SingleModel(stack, f"{name}Model", container=container),
            source=TransformSource.prefix(bucket=bucket, split="Line", content_type="text/csv"),
            fleet=FLEET,
            destination=TransformDestination(accept="text/csv"),
            check_records=True,
        )

    scoring = batch("Scoring", "scoring_container", environment={"SCORE_GATE": str(scratch / GATE)})

    def mapped(name: str, shards: Shards, **options: Any) -> BatchTransformMap:
        return BatchTransformMap(stack, name, batch=scoring, shards=shards, **options)

    made: dict[str, BatchTransform | BatchTransformMap] = {
        "Losing": batch("Losing", "echo_container", scoring.input_bucket),
        "Strict": mapped("Strict", NAMED, max_concurrency=2),
        "Tolerant": mapped("Tolerant", NAMED, tolerated_failure_percent=34),
        "Folders": mapped("Folders", Shards.below()),
        "Listed": mapped("Listed", Shards.manifest("lists/shards.json")),
    }
    for name, each in made.items():
        cdk.CfnOutput(stack, f"{name}Arn", value=each.state_machine_arn)
    cdk.CfnOutput(stack, "Bucket", value=scoring.input_bucket.bucket_name)


@pytest.fixture(scope="module")
def on_aws(
    bootstrapped: LocalAws,
    assemble: Callable[[str, Callable[[cdk.Stack], None]], Cdk],
    tmp_path_factory: pytest.TempPathFactory,
) -> Deployed:
    """Deploy all of them once."""
    scratch = tmp_path_factory.mktemp("models")
    outputs = assemble(STACK, lambda stack: build(stack, scratch)).deploy(STACK)[STACK]
    return Deployed(bootstrapped, outputs, scratch / GATE)


@pytest.fixture
def deployed(on_aws: Deployed) -> Deployed:
    """Begin with three folders of two records each, and no answers."""
    on_aws.clear()
    for place, each in enumerate(REGIONS):
        on_aws.put(f"input/{each}/a.csv", f"{place},1\n{place},2\n")
    return on_aws


ANSWERS = {
    "output/ap/a.csv.out": "3\n4\n",
    "output/eu/a.csv.out": "1\n2\n",
    "output/us/a.csv.out": "2\n3\n",
}


def test_each_prefix_is_a_job_and_two_run_at_once(deployed: Deployed) -> None:
    begun = time.time()

    def jobs_since() -> list[dict[str, Any]]:
        listed = deployed.sagemaker.list_transform_jobs(CreationTimeAfter=begun)
        return list(listed["TransformJobSummaries"])

    deployed.gate.touch()
    try:
        execution = deployed.machine("Strict").start()
        eventually(jobs_since, lambda found: len(found) > 1)
    finally:
        deployed.gate.unlink()
    ended = deployed.machine("Strict").ended(execution)
    assert (ended["status"], ended["output"]) == (
        "SUCCEEDED",
        {"status": "Completed", "shards": 3, "completed": 3, "empty": 0},
    )
    assert deployed.written() == ANSWERS
    jobs = jobs_since()
    assert len(jobs) == 3
    spans = sorted((job["CreationTime"], job["TransformEndTime"]) for job in jobs)
    assert spans[1][0] < spans[0][1]
    assert spans[2][0] >= min(spans[0][1], spans[1][1])


def test_a_shard_that_fails_fails_the_run(deployed: Deployed) -> None:
    deployed.put("input/us/a.csv", "poison\n")
    ended = deployed.run("Strict")
    assert (ended["status"], ended["error"]) == ("FAILED", "States.ExceedToleratedFailureThreshold")


def test_a_shard_that_fails_may_be_tolerated(deployed: Deployed) -> None:
    deployed.put("input/us/a.csv", "poison\n")
    ended = deployed.run("Tolerant")
    assert (ended["status"], ended["output"]) == (
        "SUCCEEDED",
        {"status": "Completed", "shards": 3, "completed": 2, "empty": 0},
    )
    assert sorted(deployed.written()) == ["output/ap/a.csv.out", "output/eu/a.csv.out"]


def test_a_shard_without_files_is_nothing_to_do(deployed: Deployed) -> None:
    deployed.s3.delete_object(Bucket=deployed.bucket, Key="input/us/a.csv")
    assert deployed.run("Strict")["output"] == {"status": "Completed", "shards": 3, "completed": 2, "empty": 1}


def test_folders_are_found_page_by_page(deployed: Deployed) -> None:
    # More than a page; all but three have nothing in them.
    for number in range(100):
        deployed.put(f"input/zz-{number:03}/", "")
    ended = deployed.run("Folders")
    assert ended["output"] == {"status": "Completed", "shards": 103, "completed": 3, "empty": 100}
    assert deployed.written() == ANSWERS
    runs = deployed.machine("Folders").client.list_map_runs(executionArn=ended["executionArn"])["mapRuns"]
    assert len(runs) == 2


def test_another_folder_may_be_asked_for(deployed: Deployed) -> None:
    deployed.put("input/2027/eu/a.csv", "1,1\n")
    ended = deployed.run("Folders", {"input": "input/2027/"})
    assert ended["output"] == {"status": "Completed", "shards": 1, "completed": 1, "empty": 0}
    assert deployed.written() == {"output/2027/eu/a.csv.out": "2\n"}


@pytest.mark.parametrize(
    ("given", "error", "reason"),
    [
        (
            {"input": "s3://elsewhere/input/"},
            "BatchTransformMap.NotUnderstood",
            "input must be a prefix in the usual bucket that ends in a slash",
        ),
        (
            {},
            "BatchTransformMap.LooseFile",
            "input/loose.csv lies in no folder below input/, so that no job would read it",
        ),
    ],
)
def test_what_would_be_left_out_fails_the_run(deployed: Deployed, given: object, error: str, reason: str) -> None:
    deployed.put("input/loose.csv", "1,1\n")
    ended = deployed.run("Folders", given)
    assert (ended["error"], ended["cause"]) == (error, reason)
    assert deployed.written() == {}


def test_no_folder_is_nothing_to_do(deployed: Deployed) -> None:
    deployed.clear()
    assert deployed.run("Folders")["output"] == {"status": "NothingToDo", "input": "input/"}


def test_a_file_may_list_the_shards(deployed: Deployed) -> None:
    listed = [
        "input/eu/",
        {"input": f"s3://{deployed.bucket}/input/us/"},
        {"input": "input/ap/", "output": "output/elsewhere"},
    ]
    deployed.put("lists/shards.json", json.dumps(listed))
    assert deployed.run("Listed")["output"] == {"status": "Completed", "completed": 3, "empty": 0}
    assert sorted(deployed.written()) == [
        "output/elsewhere/a.csv.out",
        "output/eu/a.csv.out",
        "output/us/a.csv.out",
    ]


def test_a_shard_that_names_nothing_runs_nothing(deployed: Deployed) -> None:
    deployed.put("lists/shards.json", json.dumps([{"prefix": "input/eu/"}]))
    assert deployed.run("Listed")["error"] == "States.ExceedToleratedFailureThreshold"
    assert deployed.written() == {}


def test_answers_that_are_too_few_fail_the_run_by_name(deployed: Deployed) -> None:
    # This model answers each request with one line, whatever is in it.
    ended = deployed.run("Losing", {"input": "input/eu/"})
    assert (ended["status"], ended["error"]) == ("FAILED", "RecordsMissing")
    place = f"s3://{deployed.bucket}"
    assert f"{place}/input/eu/a.csv has 2, and {place}/output/a.csv.out has 1" in ended["cause"]
