"""Where Lambda enters, with an event of CloudFormation's."""

from collections.abc import Mapping
from typing import Any

from ..custom_resource import Request
from ..log import Log
from .failures import explain
from .surroundings import Surroundings, client
from .version import check

_LOG = Log("version_check")


def handler(event: Mapping[str, Any], context: Any) -> None:
    """Handle an event.

    Args:
        event: CloudFormation's.
        context: Lambda's.
    """
    del context  # Lambda's own time is longer than that of any version.
    handle(event, Surroundings(lambda_=client, log=_LOG))


def handle(event: Mapping[str, Any], surroundings: Surroundings) -> None:
    """Handle an event in given surroundings.

    Args:
        event: CloudFormation's.
        surroundings: The world.
    """
    request = Request.of(event)
    log = surroundings.log
    log.happened("handling", kind=request.kind, logical_id=request.logical_id, properties=dict(request.properties))
    failure: str | None = None
    try:
        # Each version has a resource of its own, so that nothing is asked of an older one when a deployment is rolled back.
        if request.kind == "Create":
            check(request.properties["Version"], surroundings)
    except Exception as error:  # noqa: BLE001 - CloudFormation would wait for its time to end for the answer
        log.failed("failed", error)
        failure = explain(error)
    request.answer(failure, log=log, sleep=surroundings.sleep)
