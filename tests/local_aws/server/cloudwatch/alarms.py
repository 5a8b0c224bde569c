"""The state of a metric alarm: how many of its last periods are on the wrong side of its threshold.

CloudWatch looks once a minute at minutes of the clock. Here a look is taken every second, or more often where the minutes
are shorter, and whenever somebody asks; the periods end at that moment. They are as much shorter than on AWS as the waits of
a rollout are.
"""

import logging
import threading
import time

from tests.local_aws.server import timing
from tests.local_aws.server.cloudwatch import actions, engine, expressions, windows
from tests.local_aws.server.cloudwatch.engine import Alarm

_LOG = logging.getLogger("local_aws.cloudwatch")
_SECONDS_SET_BY_HAND = 60.0
_LONGEST_SECONDS_BETWEEN_LOOKS = 1.0
_LOOKS_A_MINUTE = 3
_LOCK = threading.RLock()
_held_until: dict[str, float] = {}
_watched: set[tuple[str, str]] = set()

_BREACHES = {
    "GreaterThanThreshold": lambda value, threshold: value > threshold,
    "GreaterThanOrEqualToThreshold": lambda value, threshold: value >= threshold,
    "LessThanThreshold": lambda value, threshold: value < threshold,
    "LessThanOrEqualToThreshold": lambda value, threshold: value <= threshold,
}


def evaluate(alarm: Alarm) -> None:
    """Bring an alarm into the state that its metrics give it, and take the actions of that."""
    with _LOCK:
        if _held_until.get(alarm["AlarmArn"], 0.0) <= time.monotonic():
            state, reason = verdict(alarm, time.time())
            if state != alarm["StateValue"]:
                engine.becomes(alarm, state, reason)
    actions.take(alarm)


def set_by_hand(alarm: Alarm) -> None:
    """Hold an ALARM that SetAlarmState has set for a minute, which is when CloudWatch would look again at the latest."""
    with _LOCK:
        held = alarm["StateValue"] == "ALARM"
        _held_until[alarm["AlarmArn"]] = time.monotonic() + _SECONDS_SET_BY_HAND if held else 0.0
    actions.take(alarm)


def in_alarm(name: str) -> bool:
    """Tell whether an alarm, metric or composite, is in ALARM now; one that does not exist is not."""
    engine.evaluate_all()
    found = engine.alarm(name)
    return found is not None and found["StateValue"] == "ALARM"


def latest(name: str) -> float | None:
    """Return the latest value of what an alarm looks at; None where there is none in the periods that it looks at."""
    known = engine.alarm(name)
    if known is None:
        return None
    try:
        values = _values(known, time.time(), int(known.get("EvaluationPeriods") or 1))
    except expressions.UnsupportedError:
        return None
    return next((value for value in values if value is not None), None)


def watch() -> None:
    """Evaluate the alarms of this account and region again and again from now on, so that their actions happen."""
    with _LOCK:
        if engine.scope() in _watched:
            return
        _watched.add(engine.scope())
    engine.in_background(_look_for_ever, name="alarms")


def verdict(alarm: Alarm, now: float) -> tuple[str, str]:
    """Return the state that an alarm's metrics give it, and why."""
    breaches = _BREACHES.get(alarm.get("ComparisonOperator") or "")
    if breaches is None:
        return "INSUFFICIENT_DATA", "The local AWS does not play anomaly detection."
    periods = int(alarm.get("EvaluationPeriods") or 1)
    try:
        values = _values(alarm, now, periods)
    except expressions.UnsupportedError as error:
        return "INSUFFICIENT_DATA", f"The local AWS does not play this expression: {error}."
    threshold = float(alarm["Threshold"])
    present = [value for value in values if value is not None]
    missing, treatment = len(values) - len(present), alarm.get("TreatMissingData") or "missing"
    if not present and treatment == "missing":
        return "INSUFFICIENT_DATA", "Insufficient Data: no datapoint was received."
    if not present and treatment == "ignore":
        return alarm["StateValue"], alarm["StateReason"]
    bad = sum(breaches(value, threshold) for value in present) + (missing if treatment == "breaching" else 0)
    needed = int(alarm.get("DatapointsToAlarm") or periods)
    what = f"{bad} of the last {periods} datapoints {present} {alarm['ComparisonOperator']} {threshold:g}"
    if bad >= needed:
        return "ALARM", f"Threshold Crossed: {what}."
    return "OK", f"Threshold not crossed: {what}, which takes {needed}."


def _look_for_ever() -> None:
    while True:
        try:
            engine.evaluate_all()
        except Exception:  # noqa: BLE001 - an alarm that cannot be read must not end the others
            _LOG.exception("the alarms could not be evaluated")
        time.sleep(min(_LONGEST_SECONDS_BETWEEN_LOOKS, timing.compressed_period(60) / _LOOKS_A_MINUTE))


def _values(alarm: Alarm, now: float, periods: int) -> list[float | None]:
    """Return what the alarm looks at, one value a period, latest first; None where there is none."""
    if "Metrics" in alarm:
        return expressions.values(alarm["Metrics"], now, periods)
    statistic = alarm.get("ExtendedStatistic") or alarm.get("Statistic") or "Average"
    metric = (alarm["Namespace"], alarm["MetricName"], alarm.get("Dimensions") or [])
    return windows.series(metric, statistic, float(alarm.get("Period") or 60), now, periods)
