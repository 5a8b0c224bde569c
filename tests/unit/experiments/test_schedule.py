from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import aws_cdk as cdk
import pytest

from cdk_model_hosting.experiments.schedule import ExperimentSchedule
from tests.unit.builders import new_stack, refused, text_token

MONDAY = datetime(2027, 1, 4, 9, 30, tzinfo=UTC)


def times(schedule: ExperimentSchedule) -> Any:
    return cdk.Stack().resolve(schedule.render())


def test_times_are_written_in_utc() -> None:
    zurich = timezone(timedelta(hours=1))
    schedule = ExperimentSchedule(start=MONDAY.astimezone(zurich), end=MONDAY + timedelta(days=30))
    assert times(schedule) == {"startTime": "2027-01-04T09:30:00Z", "endTime": "2027-02-03T09:30:00Z"}


@pytest.mark.parametrize(("which", "name"), [("start", "startTime"), ("end", "endTime")])
def test_one_time_is_enough(which: str, name: str) -> None:
    assert times(ExperimentSchedule(**{which: MONDAY})) == {name: "2027-01-04T09:30:00Z"}


def test_no_time_is_no_schedule() -> None:
    assert ExperimentSchedule().render() is None


@pytest.mark.parametrize(
    ("length", "hours"),
    [
        (timedelta(minutes=59), 59 / 60),
        (timedelta(days=30, hours=1), 721.0),
        (timedelta(), 0.0),
        (timedelta(hours=-2), -2.0),
    ],
)
def test_fails_when_the_times_are_too_near_or_too_far(length: timedelta, hours: float) -> None:
    with refused(
        f"ExperimentSchedule from start to end must be 1-720 hours, got {hours}: SageMaker runs an experiment for an hour at "
        "least, and for 30 days at most"
    ):
        ExperimentSchedule(start=MONDAY, end=MONDAY + length)


@pytest.mark.parametrize("length", [timedelta(hours=1), timedelta(days=30)])
def test_the_shortest_and_the_longest_pass(length: timedelta) -> None:
    assert ExperimentSchedule(start=MONDAY, end=MONDAY + length).start == MONDAY


@pytest.mark.parametrize("which", ["start", "end"])
@pytest.mark.parametrize("time", [datetime(2027, 1, 4), "2027-01-04T09:30:00Z", 1798969800])  # noqa: DTZ001 - what is refused
def test_fails_when_a_time_has_no_zone(which: str, time: object) -> None:
    given: dict[str, Any] = {which: time}
    with refused(
        f"ExperimentSchedule {which} must be a datetime with a time zone such as datetime(2027, 1, 4, 9, tzinfo=UTC), got "
        f"{time!r}: SageMaker starts and stops by the clock of no machine here"
    ):
        ExperimentSchedule(**given)


def test_times_may_be_tokens() -> None:
    stack = new_stack()
    schedule = ExperimentSchedule(start=text_token(stack, "Start"), end=MONDAY)
    assert stack.resolve(schedule.render()) == {"startTime": {"Ref": "Start"}, "endTime": "2027-01-04T09:30:00Z"}
