"""EventBridge Scheduler: schedules of templates are kept whole, can be fired by hand, and run with the time factor.

A rate passes as fast as everything else that waits. A cron expression fires by the clock on the wall, in its time zone; nobody
waits for a night, so a schedule can be fired: what happens then is what would happen at its time.

See: https://docs.aws.amazon.com/scheduler/latest/UserGuide/managing-schedule-context-attributes.html
"""

import time
import uuid
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from ministack.core import responses
from ministack.services import eventbridge, scheduler
from ministack.services.cloudformation import provisioners

from tests.local_aws.server import timing

Document = dict[str, Any]
Scope = tuple[str, str, str]
"""The account, the region, and the group with the name."""

_TYPE = "AWS::Scheduler::Schedule"
_SECONDS_BETWEEN_LOOKS = 0.2
_DEFAULT_GROUP = "default"
_KEPT: Document = {
    "ScheduleExpressionTimezone": "UTC",
    "StartDate": None,
    "EndDate": None,
    "KmsKeyArn": None,
    "Description": "",
    "State": "ENABLED",
}
"""What a template may say beside what is required, and what holds when it does not."""


def install() -> None:
    """Extend ministack's scheduler. To be called once, before CloudFormation is installed."""
    scheduler._SCHEDULE_TICK_INTERVAL = _SECONDS_BETWEEN_LOOKS
    scheduler._tick_schedules = _fire_what_is_due
    handlers = provisioners._RESOURCE_HANDLERS[_TYPE]
    handlers["create"] = _keeping(handlers["create"], position=1)
    handlers["update"] = _keeping(handlers["update"], position=2)


def fire(name: str) -> bool:
    """Let every enabled schedule of a name do now what it does at its time; return whether there is one.

    Args:
        name: The schedule, with its group in front, ``group/name``, where it is not in the default one.
    """
    wanted = name if "/" in name else f"{_DEFAULT_GROUP}/{name}"
    scopes = [scope for scope, schedule in _all() if scope[2] == wanted and schedule["State"] == "ENABLED"]
    for scope in scopes:
        _invoke(scope)
    return bool(scopes)


def _fire_what_is_due() -> None:
    now = time.time()
    for scope, schedule in _all():
        begin, end = (scheduler._to_epoch(schedule.get(name)) for name in ("StartDate", "EndDate"))
        is_on = schedule["State"] == "ENABLED" and (begin or now) <= now <= (end or now)
        if is_on and _is_due(scope, schedule, now):
            scheduler._schedule_last_fired[scope] = now
            _invoke(scope)
            if schedule["ScheduleExpression"].startswith("at(") and schedule["ActionAfterCompletion"] == "DELETE":
                scheduler._schedules._data.pop(scope, None)


def _is_due(scope: Scope, schedule: Document, now: float) -> bool:
    expression, before = schedule["ScheduleExpression"], scheduler._schedule_last_fired.get(scope)
    zone = ZoneInfo(schedule.get("ScheduleExpressionTimezone") or "UTC")
    if expression.startswith("at("):
        moment = datetime.fromisoformat(expression.removeprefix("at(").removesuffix(")")).replace(tzinfo=zone)
        return before is None and moment.timestamp() <= now
    seconds = eventbridge._parse_rate_seconds(expression)
    if seconds is not None:  # the first time is at once, or at the start date
        return before is None or now - before >= timing.compressed_period(seconds)
    since = before if before is not None else float(schedule["CreationDate"])
    fields = eventbridge._parse_cron_fields(expression)
    following = eventbridge._cron_next_fire(fields, datetime.fromtimestamp(since, zone)) if fields else None
    return following is not None and following.timestamp() <= now


def _invoke(scope: Scope) -> None:
    """Send what a schedule sends to its target, in the account and region of the schedule."""
    account, region, _key = scope
    schedule = scheduler._schedules._data[scope]
    responses.set_request_account_id(account)
    responses.set_request_region(region)
    target = {**schedule["Target"]}
    if "Input" in target:
        target["Input"] = _filled_in(target["Input"], schedule)
    event = {
        "EventId": str(uuid.uuid4()),
        "Source": "aws.scheduler",
        "DetailType": "Scheduled Event",
        "Detail": "{}",
        "Time": time.time(),
        "Resources": [schedule["Arn"]],
        "Account": account,
        "Region": region,
    }
    eventbridge._invoke_target(target, event, schedule)


def _filled_in(text: str, schedule: Document) -> str:
    """Return the input of a target with the attributes of the context that it names."""
    attributes = {
        "schedule-arn": schedule["Arn"],
        "scheduled-time": f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}",
        "execution-id": str(uuid.uuid4()),
        "attempt-number": "1",
    }
    for name, value in attributes.items():
        text = text.replace(f"<aws.scheduler.{name}>", value)
    return text


def _all() -> list[tuple[Scope, Document]]:
    return list(scheduler._schedules._data.items())


def _keeping(handler: Callable[..., Any], *, position: int) -> Callable[..., Any]:
    """Return a handler that keeps everything that a template says of a schedule: ministack's leaves out half of it."""

    def keeping(*arguments: Any, **more: Any) -> Any:
        properties: Document = arguments[position]
        physical_id, attributes = handler(*arguments, **more)
        kept = {name: properties.get(name, default) for name, default in _KEPT.items()}
        scheduler._schedules[f"{properties.get('GroupName', _DEFAULT_GROUP)}/{physical_id}"].update(kept)
        return physical_id, attributes

    return keeping
