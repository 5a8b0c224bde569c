from typing import Any

import aws_cdk as cdk
import pytest

from cdk_model_hosting.kubernetes.jobs.output import JobOutput
from cdk_model_hosting.kubernetes.jobs.retries import ShardRetries
from cdk_model_hosting.kubernetes.jobs.shards import JobShards
from cdk_model_hosting.kubernetes.jobs.start import JobStart
from cdk_model_hosting.kubernetes.pod_size import PodSize
from tests.unit.builders import new_stack, refused, text_token
from tests.unit.kubernetes import made
from tests.unit.kubernetes.jobs import bucket, job, of_kind

NIGHTLY = JobStart.on_schedule("0 3 * * *", time_zone="Europe/Berlin")


# On each deployment that changes it


def test_the_same_job_has_the_same_name() -> None:
    assert job().resource_name == job().resource_name


def test_a_name_holds_for_the_next_app_whatever_else_is_in_it() -> None:
    stack = new_stack()
    # Tokens of other constructs come before those of the job.
    text_token(stack)
    image = cdk.Fn.join("", ["registry/", cdk.Aws.ACCOUNT_ID])
    again = cdk.Fn.join("", ["registry/", cdk.Aws.ACCOUNT_ID])
    assert job(cluster=made.cluster(stack), image=again).resource_name == job(image=image).resource_name


@pytest.mark.parametrize(
    "changed",
    [
        {"image": "registry/score:2"},
        {"command": ["python", "other.py"]},
        {"environment": {"THRESHOLD": "0.5"}},
        {"namespace": "other"},
        {"parallel": 2},
        {"retries": ShardRetries(per_shard=4)},
        {"retries": ShardRetries(final_exit_codes=(65,))},
        {"time_limit": cdk.Duration.hours(3)},
        {"shard_time_limit": cdk.Duration.hours(1)},
        {"keep_for": cdk.Duration.hours(1)},
        {"pod": PodSize(gpus=2)},
        {"user": 1000},
        {"start": JobStart.on_deploy(run="2026-11-21")},
    ],
)
def test_a_changed_job_is_another_one(changed: dict[str, Any]) -> None:
    assert job(**changed).resource_name != job().resource_name


def test_other_shards_or_another_output_are_another_job() -> None:
    names = set()
    for keys, prefix in ((["a/"], "output/"), (["b/"], "output/"), (["a/", "b/"], "output/"), (["a/"], "scores/")):
        stack = new_stack()
        records = bucket(stack)
        made_job = job(
            cluster=made.cluster(stack),
            shards=JobShards.listed(records, keys),
            output=JobOutput(bucket=records, prefix=prefix),
        )
        names.add(made_job.resource_name)
    assert len(names) == 4


def test_what_workers_may_do_is_not_part_of_the_job() -> None:
    assert job(name="score").resource_name == job("Other", name="score").resource_name


def test_a_run_is_a_label() -> None:
    assert of_kind(job(start=JobStart.on_deploy(run="2026-11-21")), "Job")["metadata"]["labels"] == {
        "model-hosting/job": "score",
        "model-hosting/run": "2026-11-21",
    }


# By the clock, and by hand


def test_a_schedule_makes_jobs_one_after_the_other() -> None:
    spec = of_kind(job(start=NIGHTLY), "CronJob")["spec"]
    template = spec.pop("jobTemplate")
    assert spec == {
        "schedule": "0 3 * * *",
        "timeZone": "Europe/Berlin",
        "suspend": False,
        "concurrencyPolicy": "Forbid",
        "startingDeadlineSeconds": 3600,
    }
    assert template["metadata"]["labels"] == {"model-hosting/job": "score"}
    assert template["spec"] == of_kind(job(), "Job")["spec"] | {"template": template["spec"]["template"]}


def test_a_job_by_hand_is_a_schedule_that_sleeps() -> None:
    spec = of_kind(job(start=JobStart.by_hand()), "CronJob")["spec"]
    assert spec["suspend"] is True
    assert spec["jobTemplate"]["spec"]["completions"] == 3


@pytest.mark.parametrize("start", [NIGHTLY, JobStart.by_hand()])
def test_a_changed_schedule_keeps_its_name_until_its_list_changes(start: JobStart) -> None:
    def name(*keys: str, **options: Any) -> str:
        stack = new_stack()
        shards = JobShards.listed(bucket(stack), keys)
        return job(cluster=made.cluster(stack), shards=shards, start=start, **options).resource_name

    assert name("a/") == name("a/", image="registry/score:2", time_limit=cdk.Duration.hours(3))
    # Pods of a run under way would not find the list that they were started with.
    assert name("a/") != name("b/")


def test_a_schedule_without_a_list_has_a_plain_name() -> None:
    stack = new_stack()
    shards = JobShards.below(bucket(stack), "input/", count=4)
    output = JobOutput(bucket=bucket(stack, "answers"))
    nightly = job(cluster=made.cluster(stack), shards=shards, output=output, start=NIGHTLY)
    assert nightly.resource_name == of_kind(nightly, "CronJob")["metadata"]["name"] == "score"


@pytest.mark.parametrize("name", ["s" * 37, "s"])
def test_the_longest_names_are_those_that_kubernetes_takes(name: str) -> None:
    # A schedule's name has 52 characters, and Kubernetes puts 11 behind it; an index of five digits makes it a host name of 63.
    resource_name = job(name=name, start=NIGHTLY).resource_name
    assert len(resource_name) <= 52
    assert len(resource_name) + 11 + len("-99999") <= 63


CRON = (
    "JobStart.on_schedule cron must be 6-200 characters (minute, hour, day of the month, month and day of the week, with a space between "
    "them), got {}: Kubernetes reads times like this, such as 0 3 * * * for three in the morning"
)


@pytest.mark.parametrize("cron", ["0 3 * *", "cron(0 3 * * ? *)", "TZ=UTC 0 3 * * *", "0 3 * * * *", "@reboot"])
def test_fails_when_kubernetes_reads_no_times(cron: str) -> None:
    with refused(CRON.format(repr(cron))):
        JobStart.on_schedule(cron)


@pytest.mark.parametrize("cron", ["*/5 0-6 1,15 * MON-FRI", "@daily"])
def test_times_that_kubernetes_reads(cron: str) -> None:
    assert of_kind(job(start=JobStart.on_schedule(cron)), "CronJob")["spec"]["schedule"] == cron


@pytest.mark.parametrize("zone", ["Local", "europe/berlin", "+01:00"])
def test_fails_when_kubernetes_knows_no_such_zone(zone: str) -> None:
    with refused(
        "JobStart.on_schedule time_zone must be 1-64 characters (a name of the tz database such as Europe/Berlin), got "
        f"{zone!r}: Kubernetes knows no other zones"
    ):
        JobStart.on_schedule("0 3 * * *", time_zone=zone)


def test_fails_when_a_run_is_no_label() -> None:
    with refused(
        "JobStart.on_deploy run must be 0-63 characters (letters, digits, hyphens, underscores and dots, beginning and ending with a "
        "letter or digit), got 'second run': it is a label of the job"
    ):
        JobStart.on_deploy(run="second run")


def test_tokens_pass() -> None:
    text = text_token(new_stack())
    JobStart.on_deploy(run=text)
    JobStart.on_schedule(text, time_zone=text)
