import dataclasses
import re
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_applicationautoscaling as autoscaling

from cdk_model_hosting import (
    ConfigurationError,
    Fleet,
    Pace,
    RealtimeEndpoint,
    Scaling,
    ScalingPolicy,
    ScheduledScaling,
    Variant,
)
from tests.stacks.service_requests import refusals
from tests.unit.builders import FLEET, PAIR, new_stack, number_token, only, refused, resources, single, text_token
from tests.unit.scaling.bound import GROW, NEUTRAL, POLICY, TARGET, queue, scaled, template

DAILY = autoscaling.Schedule.expression("rate(1 day)")
ON_INVOCATIONS = ScalingPolicy.on_invocations(per_instance_per_minute=60)


def nightly(name: str, between: tuple[int, int] = (1, 2)) -> ScheduledScaling:
    return ScheduledScaling(name=name, schedule=DAILY, between=between)


def test_the_short_form_is_bounds_and_one_policy() -> None:
    short = Scaling.on_invocations(per_instance_per_minute=60, between=(1, 4))
    assert short == Scaling.between(1, 4, [ON_INVOCATIONS])
    assert (short.minimum, short.maximum, short.policies) == (1, 4, (ON_INVOCATIONS,))


def test_the_short_form_passes_on_what_it_is_told() -> None:
    pace = Pace(scale_out_cooldown=cdk.Duration.minutes(1), scale_in_cooldown=cdk.Duration.minutes(9), scale_in=False)
    short = Scaling.on_invocations(per_instance_per_minute=60, between=(1, 4), pace=pace)
    assert short.policies == (ScalingPolicy.on_invocations(per_instance_per_minute=60, pace=pace),)


def test_bounds_alone_register_the_fleet() -> None:
    stack = new_stack()
    RealtimeEndpoint(stack, "Endpoint", model=single(stack), fleet=PAIR, scaling=Scaling.between(2, 2))
    target = only(stack, "AWS::ApplicationAutoScaling::ScalableTarget")
    assert (target["MinCapacity"], target["MaxCapacity"]) == (2, 2)
    assert resources(stack, "AWS::ApplicationAutoScaling::ScalingPolicy") == {}


def test_fails_when_the_maximum_is_zero() -> None:
    with refused("Scaling maximum must be at least 1, got 0: a target that may never grow above zero never answers"):
        Scaling.between(1, 0)


def test_fails_when_a_bound_is_no_whole_number() -> None:
    with refused("Scaling maximum must be at least 1, got 2.5: it must be a whole number"):
        Scaling.between(1, 2.5)  # type: ignore[arg-type]


@pytest.mark.parametrize("make", [Scaling.between, lambda *both: Scaling.on_invocations(
    per_instance_per_minute=1, between=both)])  # fmt: skip
def test_fails_when_the_bounds_are_not_in_order(make: object) -> None:
    assert callable(make)
    with refused("Scaling minimum must be at most its maximum, got 5 and 4: no fleet size lies between them"):
        make(5, 4)


def test_fails_when_two_policies_are_the_same() -> None:
    with refused("Scaling policies must differ, got 'Invocations' twice: the second would take the place of the first"):
        Scaling.between(1, 4, [ON_INVOCATIONS, ScalingPolicy.on_invocations(per_instance_per_minute=90)])


def test_fails_when_two_kinds_of_policy_have_one_name() -> None:
    steps = ScalingPolicy.steps("Invocations", queue(), [NEUTRAL, GROW])
    with refused("Scaling policies must differ, got 'Invocations' twice: the second would take the place of the first"):
        Scaling.between(1, 4, [steps, ON_INVOCATIONS])


def test_several_policies_and_schedules_act_on_one_fleet() -> None:
    policies = [
        ON_INVOCATIONS,
        ScalingPolicy.on_concurrency(per_instance=3),
        ScalingPolicy.on_cpu(percent=60),
        ScalingPolicy.on_memory(percent=80),
        ScalingPolicy.on_metric("Depth", queue(), target=5),
        ScalingPolicy.steps("Age", queue(metric_name="Age"), [NEUTRAL, GROW]),
    ]
    schedules = [nightly(each) for each in ("night", "weekend")]
    stack = scaled(Scaling.between(1, 4, policies, schedules=schedules))
    (target,) = resources(stack, TARGET)
    made = [each["Properties"] for each in resources(stack, POLICY).values()]
    assert len(made) == len(policies)
    assert all(each["ScalingTargetId"] == {"Ref": target} for each in made)
    assert len(only(stack, TARGET)["ScheduledActions"]) == 2
    assert refusals(template(stack)) == {}


@pytest.mark.parametrize(
    ("given", "shown"),
    [(ON_INVOCATIONS, "ScalingPolicy(rule="), (None, "None"), ("Invocations", "'Invocations'"), ({}, "{}")],
)
def test_fails_when_the_policies_are_no_list(given: Any, shown: str) -> None:
    with pytest.raises(ConfigurationError, match=rf"^Scaling policies must be a list or tuple, got {re.escape(shown)}"):
        Scaling.between(1, 4, given)


def test_fails_when_the_schedules_are_no_list() -> None:
    given: Any = nightly("night")
    with pytest.raises(ConfigurationError, match=r"^Scaling schedules must be a list or tuple, got ScheduledScaling"):
        Scaling.between(1, 4, schedules=given)


def test_fails_when_schedules_and_policies_are_mixed_up() -> None:
    given: Any = [nightly("night")]
    with pytest.raises(ConfigurationError, match=r"^Scaling policies element must be a ScalingPolicy, got Scheduled"):
        Scaling.between(1, 4, given)
    rules: Any = [ON_INVOCATIONS]
    with pytest.raises(ConfigurationError, match=r"^Scaling schedules element must be a ScheduledScaling, got Scaling"):
        Scaling.between(1, 4, schedules=rules)


@pytest.mark.parametrize("bounds", [(1,), (1, 2, 3), 4, None])
def test_fails_when_the_short_form_has_not_two_bounds(bounds: Any) -> None:
    with refused(
        f"Scaling.on_invocations between must be two numbers such as (2, 10), got {bounds!r}: fewest and most instances"
    ):
        Scaling.on_invocations(per_instance_per_minute=1, between=bounds)


@pytest.mark.parametrize("bounds", [(True, 2), ("1", 2), (float("nan"), 2)])
def test_fails_when_the_minimum_is_no_number(bounds: tuple[Any, int]) -> None:
    with pytest.raises(ConfigurationError, match=r"^Scaling minimum must be at least 0, got .*number$"):
        Scaling.between(*bounds)


def test_schedules_move_the_smallest_and_the_largest_fleet() -> None:
    schedules = [nightly("night", (1, 3)), nightly("sale", (6, 40))]
    scaling = Scaling.between(2, 8, schedules=schedules)
    variant = Variant(model=single(new_stack()), fleet=PAIR, scaling=scaling)
    assert (variant.smallest_count, variant.largest_count, variant.initial_count) == (1, 40, 2)


def test_a_token_among_the_bounds_leaves_the_extremes_open() -> None:
    low, high = number_token(new_stack()), number_token(new_stack())
    bounds: Any = (low, high)
    scaling = Scaling.between(2, 8, schedules=[nightly("night", bounds)])
    assert (scaling.smallest, scaling.largest) == (low, high)


@pytest.mark.parametrize("instance_type", ["ml.t2.medium", "ml.t2.xlarge"])
def test_fails_when_the_fleet_is_burstable(instance_type: str) -> None:
    model = single(new_stack())
    with refused(
        f"Scaling fleet must not be of a burstable type, got {instance_type}: Application Auto Scaling registers no T2 "
        "instances"
    ):
        Variant(model=model, fleet=Fleet(instance_type=instance_type), scaling=Scaling.between(1, 2))
    assert Variant(model=model, fleet=Fleet(instance_type=instance_type)).scaling is None


@pytest.mark.parametrize("bounds", [(3, 5), (1, 1)])
def test_fails_when_the_count_lies_outside_the_bounds(bounds: tuple[int, int]) -> None:
    with refused(
        f"Fleet count must lie between the scaling's bounds {bounds[0]} and {bounds[1]}, got 2: scaling would change it "
        "at once"
    ):
        Variant(model=single(new_stack()), fleet=PAIR, scaling=Scaling.between(*bounds))


@pytest.mark.parametrize("bounds", [(2, 5), (1, 2), (2, 2)])
def test_a_count_on_the_bounds_passes(bounds: tuple[int, int]) -> None:
    assert Variant(model=single(new_stack()), fleet=PAIR, scaling=Scaling.between(*bounds)).initial_count == 2


def test_bounds_count_and_type_may_be_tokens() -> None:
    stack = new_stack()
    low, high = number_token(stack, "Low"), number_token(stack, "High")
    model = single(stack)
    for bounds in ((low, high), (low, 1), (9, high)):
        scaling = Scaling.between(*bounds)
        assert Variant(model=model, fleet=PAIR, scaling=scaling).scaling == scaling
    typed = Fleet(instance_type=text_token(stack, "Type"), count=low)  # type: ignore[arg-type]
    assert Variant(model=model, fleet=typed, scaling=Scaling.between(1, 2)).initial_count == low


def test_is_a_value() -> None:
    assert Scaling.between(1, 2) == Scaling.between(1, 2)
    assert hash(Scaling.between(1, 2)) == hash(Scaling.between(1, 2))
    assert Scaling.between(1, 2) != Scaling.between(1, 3)
    assert repr(Scaling.between(1, 2)) == "Scaling(minimum=1, maximum=2, policies=(), schedules=())"
    with pytest.raises(dataclasses.FrozenInstanceError):
        Scaling.between(1, 2).maximum = 3  # type: ignore[misc]


def test_one_scaling_may_serve_two_endpoints() -> None:
    stack = new_stack()
    scaling = Scaling.on_invocations(per_instance_per_minute=60, between=(1, 4))
    model = single(stack)
    for each in ("One", "Two"):
        RealtimeEndpoint(stack, each, model=model, fleet=FLEET, scaling=scaling)
    assert len(resources(stack, "AWS::ApplicationAutoScaling::ScalableTarget")) == 2
