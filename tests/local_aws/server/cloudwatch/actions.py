"""What alarms do besides notifying topics: whoever plays a service that alarms set off registers here.

CloudWatch takes the actions of a state when an alarm enters it. A scaling policy it asks again every minute, for as long as
the alarm stays; everything that registers here is asked like that.
"""

import threading
import time
from collections.abc import Callable

from tests.local_aws.server import timing
from tests.local_aws.server.cloudwatch import engine
from tests.local_aws.server.cloudwatch.engine import Alarm

Handler = Callable[[str, str], None]
"""Gets the ARN of the action and the name of the alarm, on a thread of its own."""

_FIELDS = {"ALARM": "AlarmActions", "OK": "OKActions", "INSUFFICIENT_DATA": "InsufficientDataActions"}
_SECONDS_BETWEEN_REPEATS = 60.0
_LOCK = threading.Lock()
_handlers: dict[str, Handler] = {}
_taken: dict[str, tuple[str, float]] = {}


def register(service: str, handler: Handler) -> None:
    """Let a service take the actions whose ARN is of it, such as ``autoscaling``."""
    _handlers[service] = handler


def take(alarm: Alarm) -> None:
    """Take the actions of the state that an alarm is in, where they are due."""
    state = alarm["StateValue"]
    actions = [action for action in alarm.get(_FIELDS.get(state, "")) or () if _service(action) in _handlers]
    if _is_due(alarm["AlarmArn"], state) and actions and alarm.get("ActionsEnabled", True):
        for action in actions:
            engine.in_background(_handlers[_service(action)], action, alarm["AlarmName"], name="alarm-action")


def _is_due(arn: str, state: str) -> bool:
    """Tell whether an alarm has entered its state just now, or stays in it for another minute; then count from now."""
    now = time.monotonic()
    with _LOCK:
        before, when = _taken.get(arn, ("", 0.0))
        if before == state and now - when < timing.compressed_period(_SECONDS_BETWEEN_REPEATS):
            return False
        _taken[arn] = (state, now)
        return True


def _service(arn: str) -> str:
    return f"{arn}:::".split(":")[2]
