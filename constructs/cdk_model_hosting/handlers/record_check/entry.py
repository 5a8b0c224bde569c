"""Where Lambda enters, with what a state machine knows of a job."""

from collections.abc import Mapping
from typing import Any

from ..log import Log
from .check import Check
from .failures import CheckError, CheckFailed, explain
from .job import Job
from .surroundings import Surroundings, client

_LOG = Log("record_check")


def handler(event: Mapping[str, Any], context: Any) -> dict[str, Any]:
    """Check a job.

    Args:
        event: What DescribeTransformJob says of it.
        context: Lambda's.
    """
    surroundings = Surroundings(s3=client, remaining=lambda: context.get_remaining_time_in_millis() / 1000, log=_LOG)
    return handle(event, surroundings)


def handle(event: Mapping[str, Any], surroundings: Surroundings) -> dict[str, Any]:
    """Check a job in given surroundings.

    Args:
        event: What DescribeTransformJob says of it.
        surroundings: The world.

    Returns:
        What was counted.

    Raises:
        RecordsMissing: When an output does not have as many records as its input.
        CheckTookTooLong: When the time of the function ends before everything is counted.
        CheckFailed: When something cannot be counted.
    """
    log = surroundings.log
    try:
        job = Job.of(event)
        log.happened("checking", job=job.name, input=str(job.source), output=str(job.target))
        answer = Check(job, surroundings).run()
    except CheckError as error:
        log.failed("failed", error)
        raise
    except Exception as error:
        log.failed("failed", error)
        raise CheckFailed(explain(error)) from error
    log.happened("checked", **answer)
    return answer
