"""Where Lambda enters, with an event of the publisher's."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ..log import Log
from .failures import explain
from .models import PublishedModel
from .request import Request
from .surroundings import Surroundings, client

MOUNT = "MODEL_MOUNT"
"""The environment variable that says where the file system is mounted."""

_LOG = Log("file_system_writer")


def handler(event: Mapping[str, Any], context: Any) -> dict[str, str]:
    """Handle an event.

    Args:
        event: The publisher's.
        context: Lambda's.
    """
    surroundings = Surroundings(
        root=Path(os.environ[MOUNT]),
        s3=client,
        remaining=lambda: float(context.get_remaining_time_in_millis()) / 1000,
        log=_LOG,
    )
    return handle(event, surroundings)


def handle(event: Mapping[str, Any], surroundings: Surroundings) -> dict[str, str]:
    """Handle an event in given surroundings.

    Args:
        event: The publisher's.
        surroundings: The world.

    Returns:
        Why it failed, as ``Failure``; nothing when it did not.
    """
    log = surroundings.log
    log.happened("handling", **{name.lower(): value for name, value in event.items()})
    request = Request.of(event)
    model = PublishedModel(request, surroundings)
    try:
        if request.publish:
            model.publish()
        else:
            model.remove()
    except Exception as error:  # noqa: BLE001 - the publisher tells CloudFormation
        log.failed("failed", error)
        return {"Failure": explain(error, request.origin)}
    return {}
