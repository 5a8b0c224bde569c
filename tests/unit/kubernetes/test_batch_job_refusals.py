from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_eks_v2 as eks

from cdk_model_hosting.kubernetes.imported_cluster import ImportedCluster
from cdk_model_hosting.kubernetes.jobs.output import JobOutput
from cdk_model_hosting.kubernetes.jobs.retries import ShardRetries
from cdk_model_hosting.kubernetes.jobs.shards import JobShards
from cdk_model_hosting.kubernetes.node_scaling import NodeScaling
from cdk_model_hosting.kubernetes.pod_size import PodSize
from tests.unit.builders import new_stack, refused
from tests.unit.kubernetes import made
from tests.unit.kubernetes.groups import group
from tests.unit.kubernetes.jobs import bucket, job

NOTHING = "nothing else is understood there"
LONG = "a node with GPUs takes minutes to start, and one that a hanging job keeps for a month is paid for a month"


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"namespace": 1}, f"GpuBatchJob namespace must be a ModelNamespace or str, got 1: {NOTHING}"),
        (
            {"namespace": "Batch"},
            (
                "GpuBatchJob namespace must be 1-63 characters (lower case letters, digits and hyphens, beginning and ending with a letter "
                "or digit), got 'Batch': Kubernetes takes no other name"
            ),
        ),
        ({"shards": ["input/"]}, f"GpuBatchJob shards must be a JobShards, got ['input/']: {NOTHING}"),
        ({"output": "output/"}, f"GpuBatchJob output must be a JobOutput, got 'output/': {NOTHING}"),
        (
            {"command": "python worker.py"},
            f"GpuBatchJob command must be a list or tuple, got 'python worker.py': {NOTHING}",
        ),
        (
            {"command": []},
            (
                "GpuBatchJob command must name what runs, got []: Kubernetes cannot tell the image's own where a shard is looked up before "
                "it"
            ),
        ),
        ({"image": ""}, "GpuBatchJob image must name an image, got '': a pod runs one"),
        ({"image": 1}, f"GpuBatchJob image must be a str, got 1: {NOTHING}"),
        ({"permissions": ["*"]}, f"GpuBatchJob permissions element must be a Permission, got '*': {NOTHING}"),
        ({"pod": 1}, f"GpuBatchJob pod must be a PodSize, got 1: {NOTHING}"),
        ({"retries": 3}, f"GpuBatchJob retries must be a ShardRetries, got 3: {NOTHING}"),
        ({"start": "0 3 * * *"}, f"GpuBatchJob start must be a JobStart, got '0 3 * * *': {NOTHING}"),
        ({"queue": "batch"}, f"GpuBatchJob queue must be a KueueQueue, got 'batch': {NOTHING}"),
        (
            {"name": "s" * 38},
            (
                "GpuBatchJob name must be 1-37 characters (lower case letters, digits and hyphens, beginning and ending with a letter or "
                f"digit), got {'s' * 38!r} of 38 characters: a pod's host name has 63 characters, and behind this come a digest, the time of a "
                "start and the number of a shard"
            ),
        ),
        (
            {"parallel": 0},
            "GpuBatchJob parallel must be 1-100000 pods, got 0: Kubernetes runs no more of an indexed job",
        ),
        (
            {"parallel": 4},
            "GpuBatchJob parallel must be at most the 3 shards, got 4: each pod works on one of them",
        ),
        (
            {"retries": ShardRetries(failed_shards=4)},
            "GpuBatchJob retries failed_shards must be at most the 3 shards, got 4: no more can fail",
        ),
        (
            {"time_limit": cdk.Duration.seconds(59)},
            f"GpuBatchJob time_limit must be 60-2592000 seconds, got 59: {LONG}",
        ),
        ({"time_limit": None}, "GpuBatchJob time_limit must be 60-2592000 seconds, got None: it must be a number"),
        (
            {"shard_time_limit": cdk.Duration.days(31)},
            f"GpuBatchJob shard_time_limit must be 60-2592000 seconds, got 2678400: {LONG}",
        ),
        (
            {"keep_for": cdk.Duration.days(36500)},
            "GpuBatchJob keep_for must be 0-2147483647 seconds, got 3153600000: Kubernetes counts no longer",
        ),
        (
            {"environment": {"SHARD_URI": "s3://mine/"}},
            (
                "GpuBatchJob environment must hold none of SHARD_PART, SHARD_URI, SHARD_INDEX, SHARD_COUNT, OUTPUT_URI, RUN_NAME, "
                "SHARD_BASE, SHARD_LIST, JOB_COMPLETION_INDEX, got 'SHARD_URI': they tell a worker its shard"
            ),
        ),
        (
            {"environment": {"a-b": "c"}},
            (
                "GpuBatchJob environment name must be 1-256 characters (letters, digits and underscores, not beginning with a digit), got "
                "'a-b': programs read no others"
            ),
        ),
        ({"environment": {"A": 1}}, f"GpuBatchJob environment A must be a str, got 1: {NOTHING}"),
        (
            {"user": -1},
            "GpuBatchJob user must be 0-2147483647, got -1: Linux numbers its users like this",
        ),
    ],
)
def test_fails_when_a_job_is_none(options: dict[str, Any], message: str) -> None:
    with refused(message):
        job(**options)


@pytest.mark.parametrize("prefix", ["input/", "input/answers/"])
def test_fails_when_answers_would_be_read_by_the_next_run(prefix: str) -> None:
    stack = new_stack()
    records = bucket(stack)
    message = f"JobOutput prefix must not lie below 'input/' of the shards, got {prefix!r}: the answers of one run would be read by the next"
    for shards in (JobShards.below(records, "input/", count=2), JobShards.listed(records, ["other.csv", "input/"])):
        with refused(message):
            job(cluster=made.cluster(new_stack()), shards=shards, output=JobOutput(bucket=records, prefix=prefix))


def test_answers_may_lie_beside_the_input_or_under_its_name_in_another_bucket() -> None:
    stack = new_stack()
    records = bucket(stack)
    shards = JobShards.listed(records, ["input/eu.csv"])
    cluster = made.cluster(stack)
    job("One", cluster=cluster, shards=shards, output=JobOutput(bucket=records, prefix="input/answers/"))
    below = JobShards.below(records, "input/", count=2)
    output = JobOutput(bucket=bucket(stack, "answers"), prefix="input/")
    assert job("Two", cluster=cluster, shards=below, output=output).name == "two"


def test_fails_when_a_job_is_made_twice() -> None:
    cluster = made.cluster()
    job("One", cluster=cluster, name="score")
    with refused(
        "Stack/Two must not own the batch job batch/score of a cluster, got one that Stack/One owns: a cluster has one"
    ):
        job("Two", cluster=cluster, name="score")


def test_jobs_of_two_namespaces_may_have_one_name() -> None:
    cluster = made.cluster()
    job("One", cluster=cluster, name="score")
    assert job("Two", cluster=cluster, name="score", namespace="other").name == "score"


def test_fails_when_the_cluster_is_none() -> None:
    from cdk_model_hosting.kubernetes.jobs.batch_job import GpuBatchJob  # noqa: PLC0415 - called by itself here alone

    stack = new_stack()
    records = bucket(stack)
    with refused(f"GpuBatchJob cluster must be a ServingCluster, got 'models': {NOTHING}"):
        GpuBatchJob(
            stack,
            "Score",
            cluster="models",  # type: ignore[arg-type] # no types
            namespace="batch",
            image="image",
            command=["run"],
            shards=JobShards.below(records, "input/", count=1),
            output=JobOutput(bucket=records),
            time_limit=cdk.Duration.hours(1),
        )


def test_fails_when_no_node_of_its_group_has_so_many_gpus() -> None:
    cluster = made.cluster(node_scaling=NodeScaling.CLUSTER_AUTOSCALER)
    small = group("Small", cluster=cluster)
    with refused("PodSize gpus must be at most the 1 of a node of group 'small', got 4: a pod runs on one node"):
        job(cluster=cluster, pod=PodSize(gpus=4, group=small))


def test_fails_when_the_cluster_has_no_kubectl() -> None:
    stack = new_stack()
    imported = eks.Cluster.from_cluster_attributes(stack, "Imported", cluster_name="models")
    cluster = ImportedCluster(stack, "Cluster", cluster=imported, version="1.36")
    with pytest.raises(ValueError, match="kubectl"):
        job(cluster=cluster)


def test_fails_when_an_id_makes_no_name() -> None:
    with refused(
        "GpuBatchJob name, made from construct_id '_' where none is given, must be 1-37 characters (lower case letters, digits and hyphens, "
        "beginning and ending with a letter or digit), got '' of 0 characters: a pod's host name has 63 characters, and behind this come "
        "a digest, the time of a start and the number of a shard"
    ):
        job("_")
