"""What works, but not as one may expect."""

from collections.abc import Callable
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_cloudwatch as cloudwatch

from cdk_model_hosting import Alarm, Rollout
from tests.unit.builders import FLEET, PAIR, new_stack, number_token
from tests.unit.rollout.rendered import advice, fleet_of

MINUTE, FIVE, NONE = cdk.Duration.minutes(1), cdk.Duration.minutes(5), cdk.Duration.seconds(0)
HOUR = cdk.Duration.hours(1)
SLOW = [Alarm.server_errors(minutes=3, out_of=5)]

GRADUAL: dict[str, Callable[..., Rollout]] = {
    "canary": lambda **options: Rollout.canary(percent=10, **options),
    "linear": lambda **options: Rollout.linear(percent=10, **options),
    "rolling": lambda **options: Rollout.rolling(percent=10, **options),
}


@pytest.mark.parametrize(
    ("kind", "does"),
    [
        ("canary", "shifts the traffic later"),
        ("linear", "shifts the traffic later"),
        ("rolling", "replaces the fleet later"),
    ],
)
def test_a_gradual_rollout_without_alarms_watches_nothing(kind: str, does: str) -> None:
    assert advice(GRADUAL[kind](bake=FIVE)) == {
        "gradualRolloutWithoutAlarm": f"Rollout.{kind} has no alarm to roll back on: it only {does}"
    }


@pytest.mark.parametrize("kind", GRADUAL)
def test_with_alarms_there_is_nothing_to_say(kind: str) -> None:
    assert advice(GRADUAL[kind](bake=FIVE), rollback_on=None) == {}
    assert advice(GRADUAL[kind](bake=FIVE), rollback_on=[Alarm.server_errors()]) == {}


@pytest.mark.parametrize("rollout", [None, Rollout.all_at_once(bake=NONE)], ids=["service_default", "all_at_once"])
def test_all_at_once_needs_no_alarm(rollout: Rollout | None) -> None:
    assert advice(rollout) == {}


@pytest.mark.parametrize("kind", [*GRADUAL, "all_at_once"])
def test_says_when_an_alarm_cannot_go_off_in_time(kind: str) -> None:
    bake = cdk.Duration.seconds(179)
    rollout = GRADUAL[kind](bake=bake) if kind in GRADUAL else Rollout.all_at_once(bake=bake)
    assert advice(rollout, rollback_on=SLOW) == {
        "bakeShorterThanAlarm": f"Rollout.{kind} watches its alarms for 179 seconds at most, in which ServerErrors cannot go "
        "off: let it bake longer, or give the alarm fewer minutes"
    }


@pytest.mark.parametrize("kind", GRADUAL)
def test_an_alarm_that_can_go_off_in_time_is_fine(kind: str) -> None:
    assert advice(GRADUAL[kind](bake=cdk.Duration.minutes(3)), rollback_on=SLOW) == {}


def test_names_only_the_alarms_that_are_late() -> None:
    watched = [Alarm.server_errors(minutes=1, out_of=1), Alarm.model_latency(minutes=9, out_of=9)]
    (text,) = advice(Rollout.canary(percent=10, bake=FIVE), rollback_on=watched).values()
    assert "ModelLatencyP99 cannot" in text
    assert "ServerErrors" not in text


def test_says_when_the_canary_itself_is_never_watched() -> None:
    rollout = Rollout.canary(percent=10, bake=NONE, final_bake=cdk.Duration.minutes(10))
    assert list(advice(rollout, rollback_on=SLOW)) == ["bakeShorterThanAlarm"]


def test_brought_alarms_are_believed() -> None:
    stack = new_stack()
    arn = "arn:aws:cloudwatch:eu-west-1:111122223333:alarm:mine"
    mine = cloudwatch.Alarm.from_alarm_arn(stack, "Mine", arn)
    assert advice(Rollout.canary(percent=10, bake=MINUTE), PAIR, None, stack, rollback_on=[mine]) == {}


@pytest.mark.parametrize("kind", GRADUAL)
def test_nothing_is_said_of_times_that_are_tokens(kind: str) -> None:
    stack = new_stack()
    bake: Any = cdk.Duration.seconds(number_token(stack))
    assert advice(GRADUAL[kind](bake=bake), PAIR, None, stack, rollback_on=SLOW) == {}


# Time


@pytest.mark.parametrize(
    ("rollout", "count", "needed"),
    [
        (Rollout.linear(percent=10, bake=cdk.Duration.minutes(45)), 19, 19 * 2700 + 1800),
        (Rollout.rolling(percent=5, bake=cdk.Duration.minutes(20)), 39, 39 * 1200 + 1800),
        # The waits alone are short enough, but leave no time for bringing the fleet up.
        (Rollout.linear(percent=14, bake=cdk.Duration.minutes(57)), 100, 8 * 3420 + 1800),
        (Rollout.linear(percent=14, bake=cdk.Duration.minutes(55)), 100, None),
        (Rollout.linear(percent=50, bake=HOUR, final_bake=HOUR), 4, None),
    ],
)
def test_says_when_a_rollout_may_be_cut_off(rollout: Rollout, count: int, needed: int | None) -> None:
    said = advice(rollout, fleet_of(count), rollback_on=None)
    text = (
        f"{rollout.plan.what} may need {needed} seconds for variant AllTraffic, depending on how SageMaker counts its steps, "
        "and is rolled back after 28800: take larger steps, or let it bake shorter"
    )
    assert said == ({} if needed is None else {"rolloutMayTakeTooLong": text})


def test_says_when_the_given_time_may_be_too_short() -> None:
    rollout = Rollout.linear(percent=20, bake=FIVE, timeout=cdk.Duration.minutes(30))
    assert advice(rollout, fleet_of(10), rollback_on=None) == {}
    assert advice(rollout, fleet_of(9), rollback_on=None) == {
        "rolloutMayTakeTooLong": "Rollout.linear may need 2700 seconds for variant AllTraffic, depending on how SageMaker "
        "counts its steps, and is rolled back after 1800: take larger steps, or let it bake shorter"
    }


def test_nothing_is_said_of_a_time_that_is_a_token() -> None:
    stack = new_stack()
    rollout = Rollout.linear(percent=20, bake=FIVE, timeout=cdk.Duration.seconds(number_token(stack)))
    assert advice(rollout, fleet_of(9), None, stack, rollback_on=None) == {}


# Inf1


@pytest.mark.parametrize("kind", GRADUAL)
def test_says_that_inf1_is_replaced_all_at_once(kind: str) -> None:
    said = advice(GRADUAL[kind](bake=FIVE), fleet_of(2, "ml.inf1.xlarge"), rollback_on=None)
    assert said == {
        "inferentia1Rollout": "variant AllTraffic on ml.inf1.xlarge is replaced all at once and without baking, whatever the "
        "rollout says: deployment guardrails exclude Inf1 instances"
    }


@pytest.mark.parametrize("instance_type", ["ml.inf2.xlarge", "ml.c6i.large", "ml.trn1.2xlarge"])
def test_says_it_of_no_other_family(instance_type: str) -> None:
    assert advice(Rollout.canary(percent=10, bake=FIVE), fleet_of(2, instance_type), rollback_on=None) == {}


def test_says_nothing_of_inf1_where_nothing_is_lost() -> None:
    assert advice(None, fleet_of(1, "ml.inf1.xlarge")) == {}


def test_an_ordinary_endpoint_gets_no_advice() -> None:
    assert advice(None, FLEET, rollback_on=None) == {}
