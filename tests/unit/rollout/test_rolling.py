"""Fleets that are replaced batch by batch."""

from typing import Any

import aws_cdk as cdk
import pytest

from cdk_model_hosting import Fleet, RealtimeEndpoint, Rollout, Scaling, ScheduledScaling
from tests.unit.builders import FLEET, PAIR, new_stack, number_token, refused, variants
from tests.unit.rollout.rendered import deployment, fleet_of
from tests.unit.scaling.test_schedule import RATE

MINUTE, FIVE, HOUR = cdk.Duration.minutes(1), cdk.Duration.minutes(5), cdk.Duration.hours(1)


def policy(rollout: Rollout, fleet: Fleet = PAIR, scaling: Scaling | None = None, **options: Any) -> dict[str, Any]:
    config = deployment(rollout, fleet, scaling, **options)
    assert set(config) == {"RollingUpdatePolicy"}
    found: dict[str, Any] = config["RollingUpdatePolicy"]
    return found


def test_by_percent() -> None:
    assert policy(Rollout.rolling(percent=50, bake=FIVE)) == {
        "MaximumBatchSize": {"Type": "CAPACITY_PERCENT", "Value": 50},
        "WaitIntervalInSeconds": 300,
        "MaximumExecutionTimeoutInSeconds": 2 * (300 + 1800),
    }


def test_by_instances() -> None:
    assert policy(Rollout.rolling(instances=2, bake=FIVE), fleet_of(5)) == {
        "MaximumBatchSize": {"Type": "INSTANCE_COUNT", "Value": 2},
        "WaitIntervalInSeconds": 300,
        "MaximumExecutionTimeoutInSeconds": 3 * (300 + 1800),
    }


@pytest.mark.parametrize(
    ("back", "size"),
    [
        ({"rollback_percent": 5}, {"Type": "CAPACITY_PERCENT", "Value": 5}),
        ({"rollback_percent": 100}, {"Type": "CAPACITY_PERCENT", "Value": 100}),
        ({"rollback_instances": 1}, {"Type": "INSTANCE_COUNT", "Value": 1}),
    ],
)
def test_a_rollback_may_go_in_batches(back: dict[str, int], size: dict[str, object]) -> None:
    found = policy(Rollout.rolling(percent=50, bake=FIVE, **back))  # type: ignore[arg-type]
    assert found["RollbackMaximumBatchSize"] == size


@pytest.mark.parametrize("percent", [4, 0, -5, 51, 100])
def test_fails_when_a_batch_is_too_small_or_too_large(percent: int) -> None:
    with refused(
        f"Rollout.rolling percent must be 5-50 %, got {percent}: SageMaker replaces between a twentieth and half of the "
        "fleet in each batch"
    ):
        Rollout.rolling(percent=percent, bake=FIVE)


@pytest.mark.parametrize(
    ("back", "message"),
    [
        ({"rollback_percent": 4}, "percent must be 5-100 %, got 4: at 100 % everything comes back at once"),
        ({"rollback_percent": 0}, "percent must be 5-100 %, got 0: at 100 % everything comes back at once"),
        ({"rollback_percent": 101}, "percent must be 5-100 %, got 101: at 100 % everything comes back at once"),
        ({"rollback_percent": True}, "percent must be 5-100 %, got True: it must be a number"),
        ({"rollback_instances": 0},
         "instances must be at least 1 instance, got 0: a step that moves no instance never ends"),
        ({"rollback_instances": 1, "rollback_percent": 50},
         "must have exactly one of percent and instances, got 50 and 1: it says how much goes at a time"),
    ],
)  # fmt: skip
def test_fails_when_a_rollback_has_no_possible_size(back: dict[str, Any], message: str) -> None:
    with refused(f"Rollout.rolling rollback {message}"):
        Rollout.rolling(percent=50, bake=FIVE, **back)


def test_fails_when_the_endpoint_has_several_variants() -> None:
    stack = new_stack()
    with refused(
        "Rollout.rolling endpoint must have one variant, got 3: SageMaker rolls no endpoint with several; use "
        "Rollout.canary or Rollout.linear"
    ):
        RealtimeEndpoint(
            stack,
            "Endpoint",
            variants=variants(stack, "a", "b", "c", fleet=PAIR),
            rollout=Rollout.rolling(percent=50, bake=FIVE),
        )


def test_one_variant_in_a_list_passes() -> None:
    stack = new_stack()
    one = variants(stack, "only", fleet=PAIR)
    rollout = Rollout.rolling(percent=50, bake=FIVE)
    assert RealtimeEndpoint(stack, "Endpoint", variants=one, rollout=rollout).cfn_endpoint


@pytest.mark.parametrize("size", [{"percent": 50}, {"instances": 1}])
def test_fails_when_the_fleet_can_have_one_instance(size: dict[str, Any]) -> None:
    rule = (
        "Rollout.rolling fleet of variant AllTraffic must be at least 2 instances, got 1: a step is at most half the "
        "fleet, and no step is smaller than one instance"
    )
    with refused(rule):
        policy(Rollout.rolling(**size, bake=FIVE), FLEET)
    with refused(rule):
        policy(Rollout.rolling(**size, bake=FIVE), fleet_of(4), Scaling.between(1, 8))


@pytest.mark.parametrize(("instances", "count"), [(2, 3), (3, 5), (50, 99)])
def test_fails_when_a_batch_is_more_than_half_the_fleet(instances: int, count: int) -> None:
    with refused(
        f"Rollout.rolling instances must be at most half of the {count} that variant AllTraffic can shrink to, got "
        f"{instances}: SageMaker shifts at most half the fleet at a time"
    ):
        policy(Rollout.rolling(instances=instances, bake=FIVE), fleet_of(count))


@pytest.mark.parametrize(("instances", "count"), [(1, 21), (1, 40), (2, 41)])
def test_fails_when_a_batch_is_less_than_a_twentieth_of_the_fleet(instances: int, count: int) -> None:
    with refused(
        f"Rollout.rolling instances must be at least 5 % of the {count} that variant AllTraffic can grow to, got "
        f"{instances}: SageMaker takes no smaller steps; give percent instead"
    ):
        policy(Rollout.rolling(instances=instances, bake=FIVE), fleet_of(count))


@pytest.mark.parametrize(("instances", "count"), [(1, 20), (10, 20), (1, 2), (2, 40)])
def test_the_smallest_and_the_largest_batch_pass(instances: int, count: int) -> None:
    assert policy(Rollout.rolling(instances=instances, bake=FIVE), fleet_of(count))["MaximumBatchSize"] == {
        "Type": "INSTANCE_COUNT",
        "Value": instances,
    }


# The time it may take


def test_every_batch_is_brought_up_by_itself() -> None:
    slow = fleet_of(4, startup_timeout=HOUR, download_timeout=cdk.Duration.minutes(30))
    found = policy(Rollout.rolling(instances=2, bake=MINUTE), slow)
    assert found["MaximumExecutionTimeoutInSeconds"] == 2 * (60 + 3600 + 1800)


def test_it_never_takes_more_than_the_longest_time() -> None:
    slow = fleet_of(20, startup_timeout=HOUR)
    assert policy(Rollout.rolling(percent=5, bake=MINUTE), slow)["MaximumExecutionTimeoutInSeconds"] == 28800


def test_the_largest_fleet_of_the_schedules_is_counted() -> None:
    sale = ScheduledScaling(name="sale", schedule=RATE, between=(4, 8))
    found = policy(Rollout.rolling(instances=2, bake=MINUTE), fleet_of(4),
                   Scaling.between(4, 4, schedules=[sale]))  # fmt: skip
    assert found["MaximumExecutionTimeoutInSeconds"] == 4 * (60 + 1800)


def test_a_small_fleet_has_no_more_batches_than_instances() -> None:
    found = policy(Rollout.rolling(percent=5, bake=MINUTE), fleet_of(2))
    assert found["MaximumExecutionTimeoutInSeconds"] == 2 * (60 + 1800)


@pytest.mark.parametrize(
    ("percent", "count", "batches"), [(50, 5, 3), (50, 4, 2), (5, 39, 39), (10, 19, 19), (25, 7, 7)]
)
def test_a_batch_that_is_rounded_down_to_whole_instances_has_time(percent: int, count: int, batches: int) -> None:
    found = policy(Rollout.rolling(percent=percent, bake=MINUTE), fleet_of(count))
    assert found["MaximumExecutionTimeoutInSeconds"] == min(28800, batches * (60 + 1800))


def test_the_fleet_of_the_worst_size_has_time() -> None:
    found = policy(Rollout.rolling(percent=50, bake=MINUTE), fleet_of(4), Scaling.between(4, 8))
    assert found["MaximumExecutionTimeoutInSeconds"] == 3 * (60 + 1800)


def test_only_what_takes_too_long_for_certain_is_refused() -> None:
    # Twenty batches at even shares, and 39 where SageMaker rounds down.
    rollout = Rollout.rolling(percent=5, bake=cdk.Duration.minutes(20))
    assert policy(rollout, fleet_of(39))["MaximumExecutionTimeoutInSeconds"] == 28800
    with refused(
        "Rollout.rolling must wait less than 28800 seconds in all, got 30000 for the largest fleet of variant AllTraffic: "
        "SageMaker gives a rollout no longer time"
    ):
        policy(Rollout.rolling(percent=5, bake=cdk.Duration.minutes(25)), fleet_of(39))


def test_fails_when_the_waits_of_all_batches_are_too_long() -> None:
    with refused(
        "Rollout.rolling must wait less than 28800 seconds in all, got 36000 for the largest fleet of variant AllTraffic: "
        "SageMaker gives a rollout no longer time"
    ):
        policy(Rollout.rolling(instances=1, bake=HOUR), fleet_of(10))


def test_fails_when_the_timeout_is_not_above_the_waits_of_the_largest_fleet() -> None:
    rollout = Rollout.rolling(instances=1, bake=FIVE, timeout=cdk.Duration.minutes(30))
    assert policy(rollout, fleet_of(5))["MaximumExecutionTimeoutInSeconds"] == 1800
    with refused(
        "Rollout.rolling timeout must be more than the 1800 seconds that the rollout waits, got 1800: SageMaker would roll "
        "back every time"
    ):
        policy(rollout, fleet_of(2), Scaling.between(2, 6))


# Tokens


def test_sizes_and_times_may_be_tokens() -> None:
    stack = new_stack()
    size: Any = number_token(stack, "Size")
    back: Any = number_token(stack, "Back")
    bake = cdk.Duration.seconds(number_token(stack, "Bake"))
    found = policy(Rollout.rolling(percent=size, rollback_instances=back, bake=bake), PAIR, stack=stack)
    assert found == {
        "MaximumBatchSize": {"Type": "CAPACITY_PERCENT", "Value": {"Ref": "Size"}},
        "RollbackMaximumBatchSize": {"Type": "INSTANCE_COUNT", "Value": {"Ref": "Back"}},
        "WaitIntervalInSeconds": {"Ref": "Bake"},
        "MaximumExecutionTimeoutInSeconds": 28800,
    }


def test_the_fleet_may_be_a_token() -> None:
    stack = new_stack()
    fleet = fleet_of(number_token(stack, "Count"))
    found = policy(Rollout.rolling(instances=1, bake=FIVE), fleet, stack=stack)
    assert found["MaximumExecutionTimeoutInSeconds"] == 28800


def test_the_timeout_may_be_a_token() -> None:
    stack = new_stack()
    timeout = cdk.Duration.seconds(number_token(stack))
    found = policy(Rollout.rolling(percent=50, bake=FIVE, timeout=timeout), PAIR, stack=stack)
    assert found["MaximumExecutionTimeoutInSeconds"] == {"Ref": "Number"}
