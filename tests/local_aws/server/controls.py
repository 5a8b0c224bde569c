"""What tests ask of the local AWS that is none of AWS's business: shortages, requests that are throttled, repeated events,
schedules that fire now, a shorter patience with containers, what is in a Kubernetes cluster."""

import json
import math
from collections.abc import Callable
from typing import Any

from tests.local_aws.server import events, schedules
from tests.local_aws.server.eks import objects
from tests.local_aws.server.sagemaker import patience, serverless, transform_shortage


def _shortage(wanted: Any) -> Any:
    before = transform_shortage.left()
    if wanted is not None:
        transform_shortage.set_left(wanted)
    return before


def _deliveries(wanted: Any) -> Any:
    before = events.deliveries()
    if wanted is not None:
        events.set_deliveries(int(wanted))
    return before


def _patience(wanted: Any) -> Any:
    before = patience.seconds()
    patience.set_seconds(wanted)
    return before if before < math.inf else None


def _throttles(wanted: Any) -> Any:
    before = serverless.throttles()
    if wanted is not None:
        serverless.set_throttles(int(wanted))
    return before


def _schedule(name: Any) -> Any:
    if not schedules.fire(str(name)):
        raise ValueError(f"there is no enabled schedule {name}")
    return name


def _kubernetes(cluster: str) -> Any:
    contents = objects.contents(cluster)
    if contents is None:
        raise ValueError(f"there is no cluster {cluster}")
    return contents.told()


_CONTROLS: dict[str, Callable[[Any], Any]] = {
    "/_local_aws/transform-shortage": _shortage,
    "/_local_aws/event-deliveries": _deliveries,
    "/_local_aws/patience": _patience,
    "/_local_aws/throttles": _throttles,
    "/_local_aws/fired-schedule": _schedule,
}
_KUBERNETES = "/_local_aws/kubernetes/"


def is_control(path: str) -> bool:
    """Tell whether a path is one of these."""
    return path in _CONTROLS or path.startswith(_KUBERNETES)


def answer(path: str, body: bytes) -> tuple[int, bytes]:
    """Do what is asked, in JSON; answer with what was before, or with status 400 and why it cannot be done."""
    try:
        if path.startswith(_KUBERNETES):
            answered = _kubernetes(path.removeprefix(_KUBERNETES))
        else:
            answered = _CONTROLS[path](json.loads(body) if body else None)
    except (ValueError, TypeError, AttributeError) as error:
        return 400, str(error).encode()
    return 200, json.dumps(answered).encode()
