"""Fleets that may be at zero, and those that may not."""

from typing import Any

import pytest
from aws_cdk import aws_applicationautoscaling as autoscaling

from cdk_model_hosting import Fleet, Scaling, ScalingPolicy, ScheduledScaling
from cdk_model_hosting.limits import SERVERLESS_PROVISIONED_CONCURRENCY
from cdk_model_hosting.patterns import Pattern
from tests.unit.builders import FLEET, new_stack, number_token, refused
from tests.unit.scaling.bound import GROW, NEUTRAL, queue

ONE_AT_LEAST = "must be at least 1 instance, got 0: only asynchronous endpoints and inference components scale to zero"
DAILY = autoscaling.Schedule.expression("rate(1 day)")


def nightly(*between: Any) -> ScheduledScaling:
    return ScheduledScaling(name="night", schedule=DAILY, between=between)


def test_zero_is_a_possible_minimum() -> None:
    assert (Scaling.between(0, 4).minimum, Scaling.between(0, 4).smallest) == (0, 0)
    assert nightly(0, 4).between == (0, 4)


@pytest.mark.parametrize("minimum", [-1, -10])
def test_fails_when_a_minimum_is_negative(minimum: int) -> None:
    with refused(f"Scaling minimum must be at least 0, got {minimum}: a capacity cannot be negative"):
        Scaling.between(minimum, 4)
    with refused(f"ScheduledScaling minimum must be at least 0, got {minimum}: a capacity cannot be negative"):
        nightly(minimum, 4)


def test_a_schedule_may_turn_a_fleet_off() -> None:
    assert Scaling.between(0, 4, schedules=[nightly(0, 0)]).largest == 4


def test_fails_when_a_fleet_is_never_turned_on() -> None:
    with refused("Scaling maximum must be at least 1, got 0: a target that may never grow above zero never answers"):
        Scaling.between(0, 0)


# Where it is refused


def test_fails_when_the_endpoint_keeps_an_instance() -> None:
    with refused(f"RealtimeEndpoint scaling minimum {ONE_AT_LEAST}"):
        Scaling.between(0, 4).check_zero("RealtimeEndpoint scaling", allowed=False)


def test_fails_when_a_schedule_would_take_the_last_instance() -> None:
    with refused(f"RealtimeEndpoint scaling schedule night minimum {ONE_AT_LEAST}"):
        Scaling.between(1, 4, schedules=[nightly(0, 2)]).check_zero("RealtimeEndpoint scaling", allowed=False)


def test_one_at_least_passes_everywhere() -> None:
    Scaling.between(1, 4, schedules=[nightly(1, 2)]).check_zero("RealtimeEndpoint scaling", allowed=False)


def test_zero_passes_where_it_is_allowed() -> None:
    Scaling.between(0, 4, schedules=[nightly(0, 0)]).check_zero("AsyncEndpoint scaling", allowed=True)


def test_a_minimum_that_is_known_only_at_deploy_time_passes() -> None:
    low: Any = number_token(new_stack())
    Scaling.between(low, 4, schedules=[nightly(low, 2)]).check_zero("RealtimeEndpoint scaling", allowed=False)


def test_fails_when_provisioned_concurrency_would_be_zero() -> None:
    why = "SageMaker keeps at least one copy warm where provisioned concurrency scales"
    with refused(f"Scaling minimum must be at least 1 request, got 0: {why}"):
        Scaling.on_provisioned_use(percent=70, between=(0, 4)).check_pattern(Pattern.SERVERLESS)
    with refused(f"Scaling schedule night minimum must be at least 1 request, got 0: {why}"):
        Scaling.between(1, 4, schedules=[nightly(0, 4)]).check_pattern(Pattern.SERVERLESS)


def test_fails_when_more_is_provisioned_than_can_be() -> None:
    with refused(f"Scaling maximum must be 1-200 requests, got 201: {SERVERLESS_PROVISIONED_CONCURRENCY.why}"):
        Scaling.between(1, 201).check_pattern(Pattern.SERVERLESS)
    with refused(f"ScheduledScaling maximum must be 1-200 requests, got 201: {SERVERLESS_PROVISIONED_CONCURRENCY.why}"):
        Scaling.between(1, 200, schedules=[nightly(1, 201)]).check_pattern(Pattern.SERVERLESS)


def test_other_kinds_have_no_such_bound() -> None:
    for pattern in (Pattern.REALTIME, Pattern.ASYNCHRONOUS, Pattern.COMPONENTS):
        Scaling.between(0, 500).check_pattern(pattern)


def test_provisioned_bounds_may_be_tokens() -> None:
    bound: Any = number_token(new_stack())
    Scaling.between(bound, bound, schedules=[nightly(bound, bound)]).check_pattern(Pattern.SERVERLESS)


# Where it starts


@pytest.mark.parametrize("count", [1, 4])
def test_a_fleet_that_may_be_at_zero_starts_with_one_at_least(count: int) -> None:
    Scaling.between(0, 4).check_fleet(Fleet(instance_type="ml.c6i.large", count=count))


def test_fails_when_it_starts_above_its_bounds_nevertheless() -> None:
    with refused("Fleet count must lie between the scaling's bounds 0 and 4, got 5: scaling would change it at once"):
        Scaling.between(0, 4).check_fleet(Fleet(instance_type="ml.c6i.large", count=5))


def test_the_number_to_start_with_may_be_left_out() -> None:
    Scaling.between(0, 4).check_fleet(FLEET)


# Whether it reaches it


@pytest.mark.parametrize(
    ("scaling", "reaches"),
    [
        (Scaling.between(0, 4), True),
        (Scaling.between(1, 4), False),
        (Scaling.between(2, 4, schedules=[nightly(1, 2)]), False),
        (Scaling.between(2, 4, schedules=[nightly(0, 2)]), True),
        (Scaling.between(0, 4, schedules=[nightly(1, 2)]), True),
    ],
)
def test_it_reaches_zero_when_any_of_its_bounds_does(scaling: Scaling, reaches: bool) -> None:
    assert scaling.reaches_zero is reaches


def test_what_is_known_only_at_deploy_time_may_be_zero() -> None:
    low: Any = number_token(new_stack())
    assert Scaling.between(low, 4).reaches_zero
    assert Scaling.between(1, 4, schedules=[nightly(low, 2)]).reaches_zero


# The name that is taken


def named(name: str) -> list[ScalingPolicy]:
    return [ScalingPolicy.on_metric(name, queue(), target=1)]


@pytest.mark.parametrize("make", [named, lambda name: [ScalingPolicy.steps(name, queue(), [NEUTRAL, GROW])]])
def test_fails_when_a_policy_has_the_name_of_the_one_that_wakes(make: Any) -> None:
    with refused(
        "Scaling policies must not be named 'WakeFromZero' where the minimum is 0, got one: that is the policy which wakes "
        "the fleet"
    ):
        Scaling.between(0, 4, make("WakeFromZero"))


def test_the_name_is_free_where_nothing_needs_waking() -> None:
    assert Scaling.between(1, 4, named("WakeFromZero")).policies[0].rule.name == "WakeFromZero"
