"""Bounds that change by the clock."""

import dataclasses
import datetime as dt
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_applicationautoscaling as autoscaling

from cdk_model_hosting import ConfigurationError, Scaling, ScheduledScaling
from tests.strict_shapes import violations
from tests.unit.builders import new_stack, number_token, only, refused, text_token
from tests.unit.scaling.bound import TARGET, actions, scaled

RATE = autoscaling.Schedule.expression("rate(1 day)")
MOMENT = autoscaling.Schedule.at(dt.datetime(2027, 1, 2, 8, tzinfo=dt.UTC))


def nightly(**options: Any) -> ScheduledScaling:
    return ScheduledScaling(**{"name": "night", "schedule": RATE, "between": (1, 2), **options})


@pytest.mark.parametrize(
    ("schedule", "expression"),
    [
        (autoscaling.Schedule.cron(hour="20", minute="0"), "cron(0 20 * * ? *)"),
        (autoscaling.Schedule.cron(hour="7", minute="30", week_day="MON-FRI"), "cron(30 7 ? * MON-FRI *)"),
        (autoscaling.Schedule.rate(cdk.Duration.minutes(1)), "rate(1 minute)"),
        (autoscaling.Schedule.rate(cdk.Duration.hours(12)), "rate(12 hours)"),
        (MOMENT, "at(2027-01-02T08:00:00)"),
    ],
)
def test_every_schedule_is_written_as_the_service_reads_it(schedule: autoscaling.Schedule, expression: str) -> None:
    (action,) = actions(nightly(schedule=schedule))
    assert action == {
        "ScheduledActionName": "night",
        "Schedule": expression,
        "ScalableTargetAction": {"MinCapacity": 1, "MaxCapacity": 2},
    }
    request = {
        **action, "ServiceNamespace": "sagemaker", "ResourceId": "endpoint/fraud/variant/AllTraffic",
        "ScalableDimension": "sagemaker:variant:DesiredInstanceCount",
    }  # fmt: skip
    assert violations("application-autoscaling", "PutScheduledActionRequest", request) == []


@pytest.mark.parametrize("zone", ["Europe/Zurich", "America/Argentina/Buenos_Aires", "UTC", "Etc/GMT+1"])
def test_it_follows_the_clock_of_its_time_zone(zone: str) -> None:
    (action,) = actions(nightly(time_zone=zone))
    assert action["Timezone"] == zone


def test_what_the_api_takes_is_what_the_template_has() -> None:
    for schedule in (nightly(), nightly(time_zone="Europe/Zurich")):
        assert actions(schedule) == [schedule.render()]


@pytest.mark.parametrize("zone", ["Europe/Zürich", "europe/zurich", "CEST", "", "+01:00", "Mars/Olympus"])
def test_fails_when_there_is_no_such_time_zone(zone: str) -> None:
    with refused(
        f"ScheduledScaling time_zone must be an IANA time zone such as Europe/Zurich, got {zone!r}: Application Auto "
        "Scaling knows no other"
    ):
        nightly(time_zone=zone)


@pytest.mark.parametrize("zone", ["Factory", "localtime"])
def test_fails_when_the_time_zone_is_one_of_this_machine_only(zone: str) -> None:
    with pytest.raises(ConfigurationError, match=r"^ScheduledScaling time_zone must be "):
        nightly(time_zone=zone)


def test_fails_in_our_own_words_when_the_time_zone_is_one_of_the_cdks_objects() -> None:
    with pytest.raises(ConfigurationError, match=r"^ScheduledScaling time_zone must be a str, got "):
        nightly(time_zone=cdk.TimeZone.EUROPE_ZURICH)


def test_fails_when_a_moment_is_given_a_second_time_zone() -> None:
    with refused(
        "ScheduledScaling time_zone must be omitted for Schedule.at, got 'Europe/Zurich': a moment is written in UTC and "
        "would be shifted"
    ):
        nightly(schedule=MOMENT, time_zone="Europe/Zurich")


@pytest.mark.parametrize("name", ["", "x" * 257, "a:b", "a/b", "a|b", " a", "a ", "two\nlines"])
def test_fails_when_the_service_takes_no_such_name(name: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        nightly(name=name)
    rule = "must be 1-256 characters (no colon, slash, bar or control character, no space first or last), got "
    assert str(caught.value).startswith(f"ScheduledScaling name {rule}")
    assert str(caught.value).endswith(": Application Auto Scaling accepts no other action name")


@pytest.mark.parametrize("name", ["n", "x" * 256, "Nacht im März", "a b.c-d_e"])
def test_other_names_pass(name: str) -> None:
    (action,) = actions(nightly(name=name))
    assert action["ScheduledActionName"] == name


def test_fails_when_there_is_no_name() -> None:
    with pytest.raises(ConfigurationError, match=r"^ScheduledScaling name must be .*None"):
        scaled(Scaling.between(1, 2, schedules=[nightly(name=None)]))


@pytest.mark.parametrize(
    ("bounds", "message"),
    [
        ((-1, 2), "minimum must be at least 0, got -1: a capacity cannot be negative"),
        ((0, -1), "maximum must be at least 0, got -1: a capacity cannot be negative"),
        ((1, 0), "minimum must be at most its maximum, got 1 and 0: no fleet size lies between them"),
        ((3, 2), "minimum must be at most its maximum, got 3 and 2: no fleet size lies between them"),
        ((True, 2), "minimum must be at least 0, got True: it must be a number"),
        ((1, 2.5), "maximum must be at least 0, got 2.5: it must be a whole number"),
        ((1, float("nan")), "maximum must be at least 0, got nan: it must be a finite number"),
    ],
)  # fmt: skip
def test_fails_when_no_fleet_lies_between_its_bounds(bounds: tuple[Any, Any], message: str) -> None:
    with refused(f"ScheduledScaling {message}"):
        nightly(between=bounds)


@pytest.mark.parametrize("bounds", [(1,), (1, 2, 3), 4, None, "12"])
def test_fails_when_the_bounds_are_not_two(bounds: Any) -> None:
    with refused(
        f"ScheduledScaling between must be two numbers such as (2, 10), got {bounds!r}: fewest and most instances"
    ):
        nightly(between=bounds)


def test_the_bounds_may_be_a_list() -> None:
    assert nightly(between=[1, 2]) == nightly()
    assert hash(nightly(between=[1, 2])) == hash(nightly())


@pytest.mark.parametrize("schedule", ["cron(0 20 * * ? *)", None, cdk.Duration.hours(1)])
def test_fails_in_our_own_words_when_it_is_no_schedule(schedule: Any) -> None:
    with pytest.raises(ConfigurationError, match=r"^ScheduledScaling schedule must be a Schedule, got "):
        nightly(schedule=schedule)


def test_several_act_on_one_fleet() -> None:
    morning = nightly(name="morning", between=(4, 8), time_zone="Asia/Tokyo")
    assert [each["ScheduledActionName"] for each in actions(nightly(), morning)] == ["night", "morning"]


def test_fails_when_two_have_one_name() -> None:
    with refused("Scaling schedules must differ, got 'night' twice: the second would take the place of the first"):
        Scaling.between(1, 8, schedules=[nightly(), nightly(between=(3, 4))])


def test_a_schedule_may_leave_the_usual_bounds() -> None:
    stack = scaled(Scaling.between(2, 4, schedules=[nightly(between=(8, 20))]))
    target = only(stack, TARGET)
    assert (target["MinCapacity"], target["MaxCapacity"]) == (2, 4)
    assert target["ScheduledActions"][0]["ScalableTargetAction"] == {"MinCapacity": 8, "MaxCapacity": 20}


def test_without_schedules_none_is_rendered() -> None:
    assert "ScheduledActions" not in only(scaled(Scaling.between(1, 2)), TARGET)


def test_everything_may_be_a_token() -> None:
    stack = new_stack()
    low, high = number_token(stack, "Low"), number_token(stack, "High")
    schedule = ScheduledScaling(
        name=text_token(stack, "Name"),
        schedule=autoscaling.Schedule.expression(text_token(stack, "When")),
        between=(low, high),  # type: ignore[arg-type]
        time_zone=text_token(stack, "Zone"),
    )
    assert actions(schedule, scope=stack) == [
        {
            "ScheduledActionName": {"Ref": "Name"},
            "Schedule": {"Ref": "When"},
            "ScalableTargetAction": {"MinCapacity": {"Ref": "Low"}, "MaxCapacity": {"Ref": "High"}},
            "Timezone": {"Ref": "Zone"},
        }
    ]


@pytest.mark.parametrize("bounds", [("token", 1), (9, "token")])
def test_one_bound_alone_may_be_a_token(bounds: tuple[Any, Any]) -> None:
    token = number_token(new_stack())
    low, high = (token if each == "token" else each for each in bounds)
    assert nightly(between=(low, high)).between == (low, high)


def test_is_a_value() -> None:
    assert nightly() == nightly()
    assert hash(nightly()) == hash(nightly())
    assert nightly() != nightly(between=(1, 3))
    with pytest.raises(dataclasses.FrozenInstanceError):
        nightly().name = "day"  # type: ignore[misc]


def test_two_schedules_of_the_same_words_are_equal() -> None:
    def written() -> ScheduledScaling:
        return nightly(schedule=autoscaling.Schedule.cron(hour="20", minute="0"))

    assert written() == written()
    assert "cron(0 20 * * ? *)" in repr(written())
    assert "0x" not in repr(written())
