"""Fleets that are woken from zero, and that nothing brings back there."""

from typing import Any

import pytest
from aws_cdk import aws_applicationautoscaling as autoscaling
from aws_cdk.assertions import Annotations, Match

from cdk_model_hosting import Interval, Pace, Scaling, ScalingPolicy, ScheduledScaling
from tests.unit.builders import new_stack, number_token
from tests.unit.endpoints import queues, shared
from tests.unit.scaling.bound import GROW, NEUTRAL, queue

DAILY = autoscaling.Schedule.expression("rate(1 day)")
SHRINK = Interval(below=-5, change=-1)
GROWS = ScalingPolicy.on_backlog(pace=Pace(scale_in=False))
TEXT = (
    "{} is woken from zero by its first request and never goes back there: nothing in its scaling takes away what that brings "
    "up; add a policy that shrinks it, or see to it elsewhere [ack: cdk-model-hosting:neverBackToZero]"
)


def scaling(minimum: Any, *policies: ScalingPolicy, off: bool = False) -> Scaling:
    night = ScheduledScaling(name="night", schedule=DAILY, between=(0, 0 if off else 1))
    return Scaling.between(minimum, 4, policies, schedules=[night])


def steps(*intervals: Interval) -> ScalingPolicy:
    return ScalingPolicy.steps("Steps", queue(), intervals)


@pytest.mark.parametrize(
    "never", [Scaling.between(0, 4), scaling(0), scaling(0, GROWS), scaling(1, steps(NEUTRAL, GROW))]
)
def test_it_is_said_of_a_fleet_that_only_grows(never: Scaling) -> None:
    (found,) = never.advice("The fleet")
    assert (found.id, found.text) == ("neverBackToZero", TEXT.format("The fleet").split(" [ack", maxsplit=1)[0])


@pytest.mark.parametrize(
    "back",
    [
        Scaling.between(1, 4),
        Scaling.on_backlog(between=(0, 4)),
        scaling(0, off=True),
        scaling(0, GROWS, steps(SHRINK, Interval(above=-5, change=0))),
    ],
)
def test_it_is_not_said_of_others(back: Scaling) -> None:
    assert back.advice("The fleet") == []


def test_numbers_that_are_tokens_pass() -> None:
    number: Any = number_token(new_stack())
    assert Scaling.between(number, 4).advice("The fleet") == []
    assert scaling(0, steps(NEUTRAL, Interval(above=5, change=number))).advice("The fleet") == []
    night = ScheduledScaling(name="night", schedule=DAILY, between=(0, number))
    assert Scaling.between(0, 4, schedules=[night]).advice("The fleet") == []


def test_an_asynchronous_endpoint_warns_of_it() -> None:
    stack = new_stack()
    queues.endpoint_in(stack, scaling=Scaling.between(0, 4))
    said = Annotations.from_stack(stack).find_warning("*", Match.any_value())
    assert TEXT.format("variant AllTraffic") in [each.entry.data for each in said]


def test_a_component_warns_of_it() -> None:
    stack = new_stack()
    endpoint = shared.endpoint_in(stack)
    shared.component_on(endpoint, component_name="coast", rollback_on=[], scaling=Scaling.between(0, 4))
    (said,) = Annotations.from_stack(stack).find_warning("*", Match.any_value())
    assert said.entry.data == TEXT.format("inference component coast")
