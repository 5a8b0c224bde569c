"""Where Lambda enters, with an event of CloudFormation's."""

from collections.abc import Mapping
from typing import Any

from ..custom_resource import Request
from ..log import Log
from .size import explain, size
from .surroundings import Surroundings, client

_LOG = Log("node_group_size")


def handler(event: Mapping[str, Any], context: Any) -> None:
    """Handle an event.

    Args:
        event: CloudFormation's.
        context: Lambda's.
    """
    del context  # Lambda's own time is longer than any of this takes.
    handle(event, Surroundings(eks=client, log=_LOG))


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
    data: dict[str, int] | None = None
    try:
        if request.kind != "Delete":
            data = {"DesiredSize": size(request, surroundings)}
    except Exception as error:  # noqa: BLE001 - CloudFormation would wait for its time to end for the answer
        log.failed("failed", error)
        failure = explain(error)
    request.answer(failure, log=log, sleep=surroundings.sleep, data=data)
