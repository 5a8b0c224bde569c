"""Traffic that moves in equal steps."""

from typing import Any

import aws_cdk as cdk
import pytest

from cdk_model_hosting import RealtimeEndpoint, Rollout, Scaling, ScheduledScaling
from cdk_model_hosting.rollout.plan import most_steps
from tests.unit.builders import FLEET, PAIR, new_stack, number_token, only, refused, variants
from tests.unit.rollout.rendered import deployment, fleet_of
from tests.unit.scaling.test_schedule import RATE

FIVE, TEN = cdk.Duration.minutes(5), cdk.Duration.minutes(10)


def test_by_percent() -> None:
    assert deployment(Rollout.linear(percent=20, bake=FIVE, final_bake=TEN)) == {
        "BlueGreenUpdatePolicy": {
            "TrafficRoutingConfiguration": {
                "Type": "LINEAR",
                "LinearStepSize": {"Type": "CAPACITY_PERCENT", "Value": 20},
                "WaitIntervalInSeconds": 300,
            },
            "TerminationWaitInSeconds": 600,
            "MaximumExecutionTimeoutInSeconds": 5 * 300 + 600 + 1800,
        }
    }


def test_by_instances() -> None:
    assert deployment(Rollout.linear(instances=2, bake=FIVE), fleet_of(8)) == {
        "BlueGreenUpdatePolicy": {
            "TrafficRoutingConfiguration": {
                "Type": "LINEAR",
                "LinearStepSize": {"Type": "INSTANCE_COUNT", "Value": 2},
                "WaitIntervalInSeconds": 300,
            },
            "TerminationWaitInSeconds": 0,
            "MaximumExecutionTimeoutInSeconds": 4 * 300 + 1800,
        }
    }


def steps_of(policy: dict[str, Any]) -> float:
    return float(policy["MaximumExecutionTimeoutInSeconds"] - 1800) / 300


@pytest.mark.parametrize(
    ("percent", "steps"), [(10, 10), (11, 10), (20, 5), (25, 4), (30, 4), (33, 4), (34, 3), (49, 3), (50, 2)]
)
def test_a_last_step_that_is_smaller_counts(percent: int, steps: int) -> None:
    policy = deployment(Rollout.linear(percent=percent, bake=FIVE), fleet_of(100))["BlueGreenUpdatePolicy"]
    assert steps_of(policy) == steps


@pytest.mark.parametrize(
    ("percent", "count", "steps"),
    [
        (50, 5, 3),  # two, two and one
        (50, 3, 3),
        (20, 9, 9),  # 1.8 instances are one
        (20, 14, 7),
        (20, 24, 6),
        (10, 19, 19),
        (10, 29, 15),
        (33, 100, 4),
        (33, 8, 4),
        (10, 2, 10),  # the traffic may be cut finer than two instances
    ],
)
def test_a_step_that_is_rounded_down_to_whole_instances_has_time(percent: int, count: int, steps: int) -> None:
    policy = deployment(Rollout.linear(percent=percent, bake=FIVE), fleet_of(count))["BlueGreenUpdatePolicy"]
    assert steps_of(policy) == steps


@pytest.mark.parametrize(
    ("bounds", "steps"), [((5, 20), 9), ((10, 20), 7), ((15, 20), 7), ((15, 18), 6), ((20, 20), 5), ((20, 10**9), 6)]
)
def test_the_fleet_of_the_worst_size_has_time(bounds: tuple[int, int], steps: int) -> None:
    rollout = Rollout.linear(percent=20, bake=FIVE)
    policy = deployment(rollout, fleet_of(bounds[0]), Scaling.between(*bounds))["BlueGreenUpdatePolicy"]
    assert steps_of(policy) == steps


def test_the_worst_size_is_found_among_many() -> None:
    def rounded_down(size: int, percent: int) -> int:
        return -(-size // max(1, size * percent // 100))

    for percent in range(5, 51):
        steps = [rounded_down(size, percent) for size in range(2, 3000)]
        for smallest in (2, 3, 5, 8, 13, 40, 99, 250, 800):
            for largest in (smallest, smallest + 1, smallest + 9, smallest + 90, 2500):
                assert most_steps(percent, smallest, largest) == max(steps[smallest - 2 : largest - 1])


@pytest.mark.parametrize(("instances", "count", "steps"), [(1, 2, 2), (1, 10, 10), (3, 8, 3), (4, 8, 2), (5, 50, 10)])
def test_instances_are_counted_up_to_the_fleet(instances: int, count: int, steps: int) -> None:
    policy = deployment(Rollout.linear(instances=instances, bake=FIVE), fleet_of(count))["BlueGreenUpdatePolicy"]
    assert policy["MaximumExecutionTimeoutInSeconds"] == steps * 300 + 1800


@pytest.mark.parametrize("percent", [1, 9, 51, 99])
def test_fails_when_a_step_is_too_small_or_too_large(percent: int) -> None:
    rollout = Rollout.linear(percent=percent, bake=FIVE)
    with refused(
        f"Rollout.linear percent must be 10-50 %, got {percent}: SageMaker shifts between a tenth and half of the fleet in "
        "each step"
    ):
        deployment(rollout)


@pytest.mark.parametrize(
    ("size", "message"),
    [
        ({"percent": 33.3}, "percent must be 1-99 %, got 33.3: it must be a whole number"),
        ({"percent": True}, "percent must be 1-99 %, got True: it must be a number"),
        ({"percent": "20"}, "percent must be 1-99 %, got '20': it must be a number"),
        ({"percent": float("nan")}, "percent must be 1-99 %, got nan: it must be a finite number"),
        ({"instances": True}, "instances must be at least 1 instance, got True: it must be a number"),
        ({"instances": 1.5}, "instances must be at least 1 instance, got 1.5: it must be a whole number"),
        ({"instances": 0}, "instances must be at least 1 instance, got 0: a step that moves no instance never ends"),
        ({}, "must have exactly one of percent and instances, got None and None: it says how much goes at a time"),
        ({"percent": 20, "instances": 1},
         "must have exactly one of percent and instances, got 20 and 1: it says how much goes at a time"),
    ],
)  # fmt: skip
def test_fails_when_a_size_is_no_size(size: dict[str, Any], message: str) -> None:
    with refused(f"Rollout.linear {message}"):
        Rollout.linear(**size, bake=FIVE)


@pytest.mark.parametrize(("instances", "count"), [(1, 11), (1, 20), (2, 21)])
def test_fails_when_a_step_of_instances_is_less_than_a_tenth(instances: int, count: int) -> None:
    with refused(
        f"Rollout.linear instances must be at least 10 % of the {count} that variant AllTraffic can grow to, got "
        f"{instances}: SageMaker takes no smaller steps; give percent instead"
    ):
        deployment(Rollout.linear(instances=instances, bake=FIVE), fleet_of(count))


def test_fails_when_a_step_is_less_than_a_tenth_of_what_the_fleet_can_grow_to() -> None:
    rule = (
        "Rollout.linear instances must be at least 10 % of the 30 that variant AllTraffic can grow to, got 2: SageMaker "
        "takes no smaller steps; give percent instead"
    )
    sale = ScheduledScaling(name="sale", schedule=RATE, between=(4, 30))
    for scaling in (Scaling.between(4, 30), Scaling.between(4, 8, schedules=[sale])):
        with refused(rule):
            deployment(Rollout.linear(instances=2, bake=FIVE), fleet_of(4), scaling)


def test_fails_when_a_schedule_lets_the_fleet_shrink_to_one() -> None:
    night = ScheduledScaling(name="night", schedule=RATE, between=(1, 1))
    with refused(
        "Rollout.linear fleet of variant AllTraffic must be at least 2 instances, got 1: a step is at most half the fleet, "
        "and no step is smaller than one instance"
    ):
        deployment(Rollout.linear(percent=50, bake=FIVE), fleet_of(4), Scaling.between(4, 8, schedules=[night]))


def test_fails_when_more_than_half_the_fleet_goes_at_a_time() -> None:
    with refused(
        "Rollout.linear instances must be at most half of the 3 that variant AllTraffic can shrink to, got 2: SageMaker "
        "shifts at most half the fleet at a time"
    ):
        deployment(Rollout.linear(instances=2, bake=FIVE), fleet_of(3))


@pytest.mark.parametrize("percent", [10, 50])
def test_several_variants_move_together(percent: int) -> None:
    stack = new_stack()
    both = variants(stack, "a", "b", fleet=PAIR)
    RealtimeEndpoint(stack, "Endpoint", variants=both, rollout=Rollout.linear(percent=percent, bake=FIVE))
    policy = only(stack, "AWS::SageMaker::Endpoint")["DeploymentConfig"]["BlueGreenUpdatePolicy"]
    assert policy["TrafficRoutingConfiguration"]["LinearStepSize"]["Value"] == percent


@pytest.mark.parametrize("argument", ["percent", "instances"])
def test_a_step_that_is_a_token_may_take_the_longest_time(argument: str) -> None:
    stack = new_stack()
    size: dict[str, Any] = {argument: number_token(stack)}
    policy = deployment(Rollout.linear(**size, bake=FIVE), PAIR, stack=stack)["BlueGreenUpdatePolicy"]
    assert policy["TrafficRoutingConfiguration"]["LinearStepSize"]["Value"] == {"Ref": "Number"}
    assert policy["MaximumExecutionTimeoutInSeconds"] == 28800


def test_a_fleet_whose_largest_size_is_a_token_may_take_the_longest_time() -> None:
    stack = new_stack()
    high: Any = number_token(stack)
    rollout = Rollout.linear(instances=1, bake=FIVE)
    policy = deployment(rollout, FLEET, Scaling.between(2, high), stack)["BlueGreenUpdatePolicy"]
    assert policy["MaximumExecutionTimeoutInSeconds"] == 28800


@pytest.mark.parametrize(("low", "steps"), [(2, 9), (20, 6)])
def test_a_fleet_without_a_known_end_has_time_for_every_size(low: int, steps: int) -> None:
    stack = new_stack()
    high: Any = number_token(stack)
    rollout = Rollout.linear(percent=20, bake=FIVE)
    policy = deployment(rollout, fleet_of(low), Scaling.between(low, high), stack)["BlueGreenUpdatePolicy"]
    assert steps_of(policy) == steps


def test_a_fleet_of_any_size_has_time_for_every_size() -> None:
    stack = new_stack()
    rollout = Rollout.linear(percent=20, bake=FIVE)
    policy = deployment(rollout, fleet_of(number_token(stack)), stack=stack)["BlueGreenUpdatePolicy"]
    assert steps_of(policy) == 9
