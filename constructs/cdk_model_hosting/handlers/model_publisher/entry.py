"""Where Lambda enters, with an event of CloudFormation's."""

from collections.abc import Mapping
from typing import Any

from ..custom_resource import Request
from ..log import Log
from .failures import explain
from .publication import Publication
from .surroundings import Surroundings, client

_LOG = Log("model_publisher")


def handler(event: Mapping[str, Any], context: Any) -> None:
    """Handle an event.

    Args:
        event: CloudFormation's.
        context: Lambda's.
    """
    handle(event, Surroundings(s3=client, remaining=lambda: context.get_remaining_time_in_millis() / 1000, log=_LOG))


def handle(event: Mapping[str, Any], surroundings: Surroundings) -> None:
    """Handle an event in given surroundings.

    Args:
        event: CloudFormation's.
        surroundings: The world.
    """
    request = Request.of(event)
    log = surroundings.log
    log.happened("handling", kind=request.kind, resource=request.resource_type, logical_id=request.logical_id)
    failure: str | None = None
    try:
        if request.kind == "Delete":
            # An endpoint, a caller or an older version of the stack may still ask for the model.
            log.happened(
                "the archive stays", bucket=request.properties.get("Bucket"), key=request.properties.get("Key")
            )
        else:
            Publication.of(request.properties).publish(surroundings)
    except Exception as error:  # noqa: BLE001 - CloudFormation would wait for its time to end for the answer
        log.failed("failed", error)
        failure = explain(error)
    request.answer(failure, log=log, sleep=surroundings.sleep)
