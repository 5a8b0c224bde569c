"""Batch jobs for the tests."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import aws_cdk as cdk
from aws_cdk import aws_s3 as s3

from cdk_model_hosting.kubernetes.jobs.batch_job import GpuBatchJob
from cdk_model_hosting.kubernetes.jobs.output import JobOutput
from cdk_model_hosting.kubernetes.jobs.shards import JobShards
from tests.unit.kubernetes import made

if TYPE_CHECKING:
    from constructs import Construct

IMAGE = "111122223333.dkr.ecr.eu-west-1.amazonaws.com/score:1"
KEYS = ("input/eu.csv", "input/us.csv", "input/asia/")


def bucket(scope: Construct, name: str = "records", **options: Any) -> s3.IBucket:
    return s3.Bucket.from_bucket_attributes(scope, f"Bucket{name}", bucket_name=name, **options)


def job(construct_id: str = "Score", **options: Any) -> GpuBatchJob:
    """A job of three shards in an imported cluster, unless something else is given."""
    given = options.pop("cluster", None)
    cluster = made.cluster() if given is None else given
    stack = cdk.Stack.of(cluster)
    records: Any = stack.node.try_find_child("Bucketrecords")
    if records is None:
        records = bucket(stack)
    needed = {
        "namespace": "batch",
        "image": IMAGE,
        "command": ["python", "worker.py"],
        "shards": JobShards.listed(records, KEYS),
        "output": JobOutput(bucket=records),
        "time_limit": cdk.Duration.hours(2),
    }
    return GpuBatchJob(stack, construct_id, cluster=cluster, **{**needed, **options})


def of_kind(made_job: GpuBatchJob, kind: str) -> dict[str, Any]:
    """The one Kubernetes object of a kind."""
    (found,) = (each for each in made.manifests(made_job) if each["kind"] == kind)
    return found


def pod(made_job: GpuBatchJob) -> dict[str, Any]:
    """The pods of a job that a deployment starts."""
    found: dict[str, Any] = of_kind(made_job, "Job")["spec"]["template"]["spec"]
    return found


def environment(made_job: GpuBatchJob) -> dict[str, Any]:
    """What the worker is told, by name."""
    return {each["name"]: each.get("value", each.get("valueFrom")) for each in pod(made_job)["containers"][0]["env"]}
