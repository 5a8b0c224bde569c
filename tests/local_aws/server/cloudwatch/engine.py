"""Everything private that the alarms reach into ministack for, in one place.

ministack is pinned exactly because of modules like this one: when the pin moves, what breaks is here.
"""

import copy
import time
from collections.abc import Callable
from typing import Any

from ministack.core import concurrency, responses
from ministack.services import cloudwatch
from ministack.services.cloudformation import provisioners

Alarm = dict[str, Any]
Point = dict[str, Any]
Evaluate = Callable[[Alarm], None]

_MADE_UP = ("MetricName", "Namespace", "Statistic", "ExtendedStatistic", "Period", "Dimensions", "Unit")
"""What ministack puts into every alarm, and what one over several metrics does not have."""


def install(evaluate: Evaluate, set_by_hand: Evaluate) -> None:
    """Put the evaluation into ministack's CloudWatch.

    Args:
        evaluate: Is asked whenever ministack would have a look itself, and before it describes alarms.
        set_by_hand: Is told of a metric alarm whose state SetAlarmState has changed.
    """
    cloudwatch._evaluate_alarm = evaluate
    _look_before(("_describe_alarms", "_describe_alarms_for_metric", "_describe_alarm_history"))
    _tell_of_states_set_by_hand(set_by_hand)
    _keep_metrics_of_requests()
    _keep_metrics_of_templates()


def alarm(name: str) -> Alarm | None:
    """Return an alarm of this account and region, metric or composite."""
    found: Alarm | None = cloudwatch._alarms.get(name) or cloudwatch._composite_alarms.get(name)
    return found


def acting(action: str) -> list[Alarm]:
    """List the metric alarms of this account and region that have an action."""
    fields = ("AlarmActions", "OKActions", "InsufficientDataActions")
    return [
        each for each in list(cloudwatch._alarms.values()) if any(action in (each.get(key) or ()) for key in fields)
    ]


def put_alarm(settings: dict[str, Any]) -> Alarm:
    """Create or change a metric alarm, as PutMetricAlarm does."""
    cloudwatch._put_metric_alarm({}, settings, False, True)
    return dict(cloudwatch._alarms[settings["AlarmName"]])


def delete_alarm(name: str) -> None:
    """Delete a metric alarm, if it is there."""
    cloudwatch.cloudformation_delete_metric_alarm(name)


def scope() -> tuple[str, str]:
    """Return the account and the region of this request."""
    return str(responses.get_account_id()), str(responses.get_region())


def in_background(task: Callable[..., None], *arguments: Any, name: str) -> None:
    """Run a task on a thread of its own, in the account and region of the request."""
    concurrency.spawn_background(task, *arguments, thread_name=name)


def evaluate_all() -> None:
    """Evaluate the metric alarms of this account and region."""
    for known in list(cloudwatch._alarms.values()):
        cloudwatch._evaluate_alarm(known)


def points(namespace: str, name: str, dimensions: dict[str, str]) -> list[Point]:
    """Return what was published of exactly this metric."""
    return list(cloudwatch._metrics.get((namespace, name, cloudwatch._dims_key(dimensions))) or ())


def statistic(of: list[Point], name: str) -> float | None:
    """Return a statistic, such as ``Sum`` or ``p99.9``, of points; None when they do not have it."""
    found = cloudwatch._calc_stats(of)
    if not found:
        return None
    if name not in found and not cloudwatch._is_percentile_stat(name):
        return None
    value = cloudwatch._stat_value(found, name, of)
    return None if value is None else float(value)


def becomes(known: Alarm, state: str, reason: str) -> None:
    """Change the state of a metric alarm, with history, actions and the composite alarms above it."""
    before = known["StateValue"]
    known["StateValue"], known["StateReason"] = state, reason
    known["StateUpdatedTimestamp"] = int(time.time())
    cloudwatch._record_history(known["AlarmName"], before, state, reason)
    cloudwatch._dispatch_alarm_actions(known, before, state, reason)
    cloudwatch._evaluate_parent_alarms(known)


def _look_before(names: tuple[str, ...]) -> None:
    for name in names:
        known = getattr(cloudwatch, name)

        def looking(*arguments: Any, known: Callable[..., Any] = known) -> Any:
            evaluate_all()
            return known(*arguments)

        setattr(cloudwatch, name, looking)


def _tell_of_states_set_by_hand(set_by_hand: Evaluate) -> None:
    known = cloudwatch._set_alarm_state

    def set_state(params: Any, document: dict[str, Any], *protocol: bool) -> Any:
        answer = known(params, document, *protocol)
        found = cloudwatch._alarms.get(document.get("AlarmName") or cloudwatch._p(params, "AlarmName"))
        if found is not None:
            set_by_hand(found)
        return answer

    cloudwatch._set_alarm_state = set_state


def _keep_metrics_of_requests() -> None:
    """Let PutMetricAlarm keep ``Metrics``, which ministack forgets; the query protocol cannot carry them here."""
    known = cloudwatch._put_metric_alarm

    def put(params: Any, document: dict[str, Any], *protocol: bool) -> Any:
        answer = known(params, document, *protocol)
        found = cloudwatch._alarms.get(document.get("AlarmName", ""))
        if found is not None and document.get("Metrics"):
            _over_several(found, document["Metrics"])
            cloudwatch._evaluate_alarm(found)
        return answer

    cloudwatch._put_metric_alarm = put


def _keep_metrics_of_templates() -> None:
    """Let templates declare ``Metrics``, which ministack refuses."""
    known = provisioners._cw_metric_alarm_record

    def record(name: str, properties: dict[str, Any]) -> Alarm:
        metrics = properties.get("Metrics")
        if not metrics:
            return dict(known(name, properties))
        rest = {key: value for key, value in properties.items() if key != "Metrics"}
        made: Alarm = known(name, {**rest, "MetricName": "none", "Namespace": "none"})
        _over_several(made, metrics)
        return made

    provisioners._cw_metric_alarm_record = record


def _over_several(known: Alarm, metrics: list[dict[str, Any]]) -> None:
    for key in _MADE_UP:
        known.pop(key, None)
    known["Metrics"] = copy.deepcopy(metrics)
