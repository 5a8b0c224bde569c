"""Where Lambda enters, with an event of CloudFormation's."""

from collections.abc import Mapping
from typing import Any

from ..custom_resource import Request
from ..log import Log
from .failures import explain
from .surroundings import Surroundings, client
from .writer import ask

_LOG = Log("file_system_publisher")


def handler(event: Mapping[str, Any], context: Any) -> None:
    """Handle an event.

    Args:
        event: CloudFormation's.
        context: Lambda's.
    """
    surroundings = Surroundings(
        lambda_=client, remaining=lambda: float(context.get_remaining_time_in_millis()) / 1000, log=_LOG
    )
    handle(event, surroundings)


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
        if request.kind == "Delete":
            _remove(request, surroundings)
        else:
            ask("publish", request, surroundings)
    except Exception as error:  # noqa: BLE001 - CloudFormation would wait for its time to end for the answer
        log.failed("failed", error)
        failure = explain(error)
    request.answer(failure, log=log, sleep=surroundings.sleep)


def _remove(request: Request, surroundings: Surroundings) -> None:
    """Remove the model, if that can be done: a folder that stays costs cents, a stack that cannot be deleted a day."""
    try:
        ask("remove", request, surroundings)
    except Exception as error:  # noqa: BLE001 - the same
        surroundings.log.failed("the model stays on the file system", error, digest=request.properties.get("Digest"))
