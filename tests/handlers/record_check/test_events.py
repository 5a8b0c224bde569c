"""Events that describe a job, and others."""

from typing import Any

import pytest

from cdk_model_hosting.handlers.record_check import entry
from cdk_model_hosting.handlers.record_check.failures import CheckFailed
from cdk_model_hosting.handlers.record_check.job import Job, Place
from tests.handlers.record_check.stage import CREATED, Stage, event, lines, millis


def test_a_job_is_read_from_its_description() -> None:
    described = event(compression="Gzip", content_type="text/csv", CreationTime=millis(CREATED))
    assert Job.of({**described, "TransformJobStatus": "Completed", "Environment": {"A": "b"}}) == Job(
        name="nightly-7",
        source=Place("records", "in/"),
        is_manifest=False,
        is_gzip=True,
        split="line",
        is_csv=True,
        target=Place("records", "out"),
        created=CREATED,
    )


def test_times_are_in_milliseconds_or_in_seconds() -> None:
    assert Job.of(event(CreationTime=CREATED.timestamp())).created == CREATED
    assert Job.of(event(CreationTime=millis(CREATED))).created == CREATED


def test_what_is_not_said_is_as_for_sagemaker() -> None:
    job = Job.of(event(split=None, assemble=None))
    assert (job.split, job.is_gzip, job.is_manifest, job.created) == ("none", False, False, None)


@pytest.mark.parametrize(
    ("wrong", "reason"),
    [
        ({}, "the event describes no transform job: KeyError: 'TransformInput'"),
        (event(source="https://records/in/"), "'https://records/in/' is no address such as s3://bucket/prefix/"),
        (event(target="s3:///out"), "'s3:///out' is no address such as s3://bucket/prefix/"),
        (
            event(CreationTime="yesterday"),
            "the event describes no transform job: TypeError: '>' not supported between instances of 'str' and 'float'",
        ),
        (
            {**event(), "TransformOutput": "s3://records/out"},
            "the event describes no transform job: AttributeError: 'str' object has no attribute 'get'",
        ),
    ],
)
def test_an_event_of_another_form_is_refused(wrong: dict[str, Any], reason: str) -> None:
    with pytest.raises(CheckFailed) as failure:
        Job.of(wrong)
    assert str(failure.value) == reason


class Context:
    """What Lambda says of an invocation."""

    @staticmethod
    def get_remaining_time_in_millis() -> int:
        return 900_000


def test_lambda_enters_with_an_event_and_a_context(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(entry, "client", lambda: stage.s3)
    stage.pair("a.csv", lines(2), lines(2))
    assert entry.handler(event(), Context())["records"] == 2
