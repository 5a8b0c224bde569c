import dataclasses
import datetime as dt
from typing import Any

import aws_cdk as cdk
import pytest

from cdk_model_hosting import ConfigurationError, Fleet, RealtimeEndpoint, Rollout, Scaling, Variant
from tests.unit.builders import FLEET, PAIR, new_stack, number_token, only, refused, single, variants

MINUTE, HOUR = cdk.Duration.minutes(1), cdk.Duration.hours(1)
TEN = cdk.Duration.minutes(10)


def rendered(rollout: Rollout, fleet: Fleet = PAIR, stack: cdk.Stack | None = None) -> dict[str, Any]:
    scope = stack if stack is not None else new_stack()
    RealtimeEndpoint(scope, "Endpoint", model=single(scope), fleet=fleet, rollout=rollout, rollback_on=[])
    config = only(scope, "AWS::SageMaker::Endpoint")["DeploymentConfig"]
    assert set(config) == {"BlueGreenUpdatePolicy"}
    policy: dict[str, Any] = config["BlueGreenUpdatePolicy"]
    return policy


# All at once


def test_all_at_once() -> None:
    assert rendered(Rollout.all_at_once(bake=TEN)) == {
        "TrafficRoutingConfiguration": {"Type": "ALL_AT_ONCE", "WaitIntervalInSeconds": 0},
        "TerminationWaitInSeconds": 600,
        "MaximumExecutionTimeoutInSeconds": 2400,
    }


@pytest.mark.parametrize(("bake", "seconds"), [(None, 300), (cdk.Duration.seconds(0), 0), (HOUR, 3600)])
def test_all_at_once_bakes_five_minutes_unless_told(bake: cdk.Duration | None, seconds: int) -> None:
    assert rendered(Rollout.all_at_once(bake=bake))["TerminationWaitInSeconds"] == seconds


def test_all_at_once_works_on_one_instance() -> None:
    assert rendered(Rollout.all_at_once(), FLEET)["TrafficRoutingConfiguration"]["Type"] == "ALL_AT_ONCE"


def test_fails_when_all_at_once_bakes_too_long() -> None:
    with refused(
        "Rollout.all_at_once bake must be 0-3600 seconds, got 3601: SageMaker keeps the old fleet for at most an hour"
    ):
        Rollout.all_at_once(bake=cdk.Duration.seconds(3601))


# Canary


def test_a_canary_by_percent() -> None:
    assert rendered(Rollout.canary(percent=10, bake=TEN, final_bake=MINUTE)) == {
        "TrafficRoutingConfiguration": {
            "Type": "CANARY",
            "CanarySize": {"Type": "CAPACITY_PERCENT", "Value": 10},
            "WaitIntervalInSeconds": 600,
        },
        "TerminationWaitInSeconds": 60,
        "MaximumExecutionTimeoutInSeconds": 3060,
    }


def test_a_canary_may_be_one_instance_of_many() -> None:
    fleet = Fleet(instance_type="ml.c6i.large", count=200)
    policy = rendered(Rollout.canary(instances=1, bake=TEN), fleet)
    assert policy["TrafficRoutingConfiguration"]["CanarySize"] == {"Type": "INSTANCE_COUNT", "Value": 1}


def test_a_canary_by_instances() -> None:
    policy = rendered(Rollout.canary(instances=1, bake=cdk.Duration.seconds(0)))
    assert policy["TrafficRoutingConfiguration"] == {
        "Type": "CANARY",
        "CanarySize": {"Type": "INSTANCE_COUNT", "Value": 1},
        "WaitIntervalInSeconds": 0,
    }
    assert policy["TerminationWaitInSeconds"] == 0


@pytest.mark.parametrize("kind", ["canary", "linear"])
@pytest.mark.parametrize("percent", [0, 100, -1])
def test_fails_when_a_share_is_none_of_anything(kind: str, percent: int) -> None:
    with refused(
        f"Rollout.{kind} percent must be 1-99 %, got {percent}: CodeDeploy shifts at most so much of a function's traffic at a time, and "
        "SageMaker at most half of a fleet"
    ):
        getattr(Rollout, kind)(percent=percent, bake=TEN)


@pytest.mark.parametrize("percent", [51, 80, 99])
def test_fails_when_the_canary_is_too_large_for_an_endpoint(percent: int) -> None:
    rollout = Rollout.canary(percent=percent, bake=TEN)
    with refused(
        f"Rollout.canary percent must be 1-50 %, got {percent}: SageMaker shifts at most half the fleet first"
    ):
        rendered(rollout)


def test_fails_when_the_percentage_is_no_whole_number() -> None:
    with refused("Rollout.canary percent must be 1-99 %, got 12.5: it must be a whole number"):
        Rollout.canary(percent=12.5, bake=TEN)  # type: ignore[arg-type]


def test_fails_when_the_canary_has_no_instance() -> None:
    with refused(
        "Rollout.canary instances must be at least 1 instance, got 0: a step that moves no instance never ends"
    ):
        Rollout.canary(instances=0, bake=TEN)


@pytest.mark.parametrize(("percent", "instances"), [(None, None), (10, 1)])
def test_fails_when_not_exactly_one_size_is_given(percent: int | None, instances: int | None) -> None:
    with pytest.raises(ConfigurationError) as caught:
        Rollout.canary(percent=percent, instances=instances, bake=TEN)
    assert str(caught.value) == (
        f"Rollout.canary must have exactly one of percent and instances, got {percent} and {instances}: it says how much "
        "goes at a time"
    )


@pytest.mark.parametrize("kind", ["canary", "linear"])
def test_fails_when_an_endpoints_step_bakes_too_long(kind: str) -> None:
    rollout = getattr(Rollout, kind)(percent=10, bake=cdk.Duration.seconds(3601))
    with refused(f"Rollout.{kind} bake must be 0-3600 seconds, got 3601: SageMaker watches a step for at most an hour"):
        rendered(rollout)


def test_fails_when_the_canary_bakes_too_long_at_the_end() -> None:
    with refused(
        "Rollout.canary final_bake must be 0-3600 seconds, got 3601: SageMaker keeps the old fleet for at most an hour"
    ):
        Rollout.canary(percent=10, bake=TEN, final_bake=cdk.Duration.seconds(3601))


@pytest.mark.parametrize("argument", ["bake", "final_bake", "timeout"])
def test_fails_when_a_time_is_no_whole_number_of_seconds(argument: str) -> None:
    times = {"bake": TEN, argument: cdk.Duration.millis(500)}
    with refused(
        f"Rollout.canary {argument} must be a whole number of seconds, got 500 milliseconds: the service counts in seconds"
    ):
        Rollout.canary(percent=10, **times)  # type: ignore[arg-type]


@pytest.mark.parametrize("argument", ["bake", "final_bake", "timeout"])
@pytest.mark.parametrize("time", [600, dt.timedelta(minutes=10), "10 minutes"])
def test_fails_when_a_time_is_no_duration(argument: str, time: Any) -> None:
    times = {"bake": TEN, argument: time}
    with refused(
        f"Rollout.canary {argument} must be a Duration such as Duration.minutes(5), got {time!r}: times come with their unit"
    ):
        Rollout.canary(percent=10, **times)


@pytest.mark.parametrize("kind", ["canary", "linear", "rolling"])
def test_fails_when_a_gradual_rollout_has_no_bake(kind: str) -> None:
    with refused(f"Rollout.{kind} bake must be given, got None: it is the time in which the alarms are watched"):
        getattr(Rollout, kind)(percent=10, bake=None)


def test_fails_when_a_time_that_is_a_token_is_not_in_seconds() -> None:
    token = cdk.Duration.minutes(number_token(new_stack()))
    with refused(
        "Rollout.all_at_once bake must be given as Duration.seconds when it is known only at deploy time, got minutes: "
        "CloudFormation cannot convert it"
    ):
        Rollout.all_at_once(bake=token)


@pytest.mark.parametrize("wrong", [Rollout.all_at_once, Rollout.all_at_once().plan, "canary"])
def test_fails_when_it_is_no_rollout(wrong: Any) -> None:
    with pytest.raises(ConfigurationError, match=r"^RealtimeEndpoint rollout must be a Rollout, got "):
        rendered(wrong)


# The fleet can be replaced in steps


def on_fleet(rollout: Rollout, fleet: Fleet, scaling: Scaling | None = None) -> RealtimeEndpoint:
    stack = new_stack()
    return RealtimeEndpoint(stack, "Endpoint", model=single(stack), fleet=fleet, scaling=scaling, rollout=rollout)


ONE = (
    "Rollout.canary fleet of variant AllTraffic must be at least 2 instances, got 1: a step is at most half the fleet, "
    "and no step is smaller than one instance"
)


@pytest.mark.parametrize("step", [{"percent": 50}, {"instances": 1}])
def test_fails_when_a_canary_meets_one_instance(step: dict[str, int]) -> None:
    with refused(ONE):
        on_fleet(Rollout.canary(**step, bake=TEN), FLEET)  # type: ignore[arg-type]


@pytest.mark.parametrize("step", [{"percent": 50}, {"instances": 1}])
def test_fails_when_the_fleet_can_shrink_to_one_instance(step: dict[str, int]) -> None:
    rollout = Rollout.canary(**step, bake=TEN)  # type: ignore[arg-type]
    with refused(ONE):
        on_fleet(rollout, Fleet(instance_type="ml.c6i.large", count=4), Scaling.between(1, 8))


def test_fails_when_more_than_half_the_fleet_goes_first() -> None:
    with refused(
        "Rollout.canary instances must be at most half of the 3 that variant AllTraffic can shrink to, got 2: SageMaker "
        "shifts at most half the fleet at a time"
    ):
        on_fleet(Rollout.canary(instances=2, bake=TEN), Fleet(instance_type="ml.c6i.large", count=3))


def test_fails_when_more_than_half_of_the_smallest_fleet_goes_first() -> None:
    fleet = Fleet(instance_type="ml.c6i.large", count=8)
    with refused(
        "Rollout.canary instances must be at most half of the 2 that variant AllTraffic can shrink to, got 4: SageMaker "
        "shifts at most half the fleet at a time"
    ):
        on_fleet(Rollout.canary(instances=4, bake=TEN), fleet, Scaling.between(2, 8))


def test_every_variant_is_looked_at() -> None:
    stack = new_stack()
    first, second = variants(stack, "large", "small", fleet=PAIR)
    small = dataclasses.replace(second, fleet=FLEET)
    with refused(ONE.replace("AllTraffic", "small")):
        RealtimeEndpoint(stack, "Endpoint", variants=[first, small], rollout=Rollout.canary(percent=10, bake=TEN))


def test_exactly_half_passes() -> None:
    fleet = Fleet(instance_type="ml.c6i.large", count=4)
    assert on_fleet(Rollout.canary(instances=2, bake=TEN), fleet).cfn_endpoint
    assert on_fleet(Rollout.canary(instances=1, bake=TEN), FLEET, Scaling.between(2, 8)).cfn_endpoint


# The time it may take


@pytest.mark.parametrize("seconds", [599, 28801])
def test_fails_when_the_timeout_is_too_short_or_too_long(seconds: int) -> None:
    with refused(
        f"Rollout.canary timeout must be 600-28800 seconds, got {seconds}: SageMaker gives a rollout at least ten minutes "
        "and at most eight hours"
    ):
        Rollout.canary(percent=10, bake=MINUTE, timeout=cdk.Duration.seconds(seconds))


@pytest.mark.parametrize("timeout", [1200, 1199])
def test_fails_when_the_timeout_is_not_above_the_waits(timeout: int) -> None:
    limit = cdk.Duration.seconds(timeout)
    with pytest.raises(ConfigurationError) as canary:
        rendered(Rollout.canary(percent=10, bake=TEN, final_bake=TEN, timeout=limit))
    with pytest.raises(ConfigurationError) as at_once:
        rendered(Rollout.all_at_once(bake=cdk.Duration.minutes(20), timeout=limit))
    rule = f"timeout must be more than the 1200 seconds that the rollout waits, got {timeout}: SageMaker would roll back every time"
    assert [str(canary.value), str(at_once.value)] == [f"Rollout.canary {rule}", f"Rollout.all_at_once {rule}"]


def test_a_given_timeout_is_taken() -> None:
    rollout = Rollout.canary(percent=10, bake=TEN, final_bake=TEN, timeout=cdk.Duration.seconds(1201))
    assert rendered(rollout)["MaximumExecutionTimeoutInSeconds"] == 1201


@pytest.mark.parametrize(
    ("rollout", "startup", "download", "timeout"),
    [
        (Rollout.all_at_once(bake=cdk.Duration.seconds(0)), None, None, 1800),
        (Rollout.all_at_once(bake=HOUR), None, None, 5400),
        (Rollout.canary(percent=10, bake=HOUR, final_bake=HOUR), 60, 60, 12600),
        (Rollout.canary(percent=10, bake=HOUR, final_bake=HOUR), 3600, 3600, 18000),
        (Rollout.all_at_once(bake=TEN), None, 3600, 4200),
    ],
)
def test_without_a_timeout_it_is_the_waits_and_the_start(
    rollout: Rollout, startup: int | None, download: int | None, timeout: int
) -> None:
    fleet = Fleet(
        instance_type="ml.c6i.large",
        count=2,
        startup_timeout=None if startup is None else cdk.Duration.seconds(startup),
        download_timeout=None if download is None else cdk.Duration.seconds(download),
    )
    assert rendered(rollout, fleet)["MaximumExecutionTimeoutInSeconds"] == timeout


def test_the_slowest_variant_counts() -> None:
    stack = new_stack()
    fast, slow = variants(stack, "fast", "slow")
    slow = dataclasses.replace(slow, fleet=Fleet(instance_type="ml.c6i.large", startup_timeout=HOUR))
    RealtimeEndpoint(stack, "Endpoint", variants=[fast, slow])
    policy = only(stack, "AWS::SageMaker::Endpoint")["DeploymentConfig"]["BlueGreenUpdatePolicy"]
    assert policy["MaximumExecutionTimeoutInSeconds"] == 3900


# Tokens


@pytest.mark.parametrize("argument", ["percent", "instances"])
def test_a_step_may_be_a_token(argument: str) -> None:
    stack = new_stack()
    step = {argument: number_token(stack)}
    policy = rendered(Rollout.canary(**step, bake=TEN), stack=stack)  # type: ignore[arg-type]
    assert policy["TrafficRoutingConfiguration"]["CanarySize"]["Value"] == {"Ref": "Number"}
    assert policy["MaximumExecutionTimeoutInSeconds"] == 3000


def test_a_fleet_whose_size_is_a_token_passes() -> None:
    stack = new_stack()
    model = single(stack)
    low, high = number_token(stack, "Low"), number_token(stack, "High")
    rollout = Rollout.canary(instances=3, bake=TEN)
    counted = Fleet(instance_type="ml.c6i.large", count=low)  # type: ignore[arg-type]
    scaled = Variant(model=model, fleet=FLEET, scaling=Scaling.between(low, high))  # type: ignore[arg-type]
    assert RealtimeEndpoint(stack, "Counted", model=model, fleet=counted, rollout=rollout).cfn_endpoint
    assert RealtimeEndpoint(stack, "Scaled", variants=[scaled], rollout=rollout).cfn_endpoint


@pytest.mark.parametrize("place", ["bake", "final_bake", "startup_timeout", "download_timeout"])
def test_times_that_are_tokens_are_not_added_up(place: str) -> None:
    stack = new_stack()
    token = cdk.Duration.seconds(number_token(stack))
    times: dict[str, Any] = {"bake": TEN, "final_bake": TEN}
    starts: dict[str, Any] = {}
    (times if place in times else starts)[place] = token
    policy = rendered(
        Rollout.canary(percent=10, **times), Fleet(instance_type="ml.c6i.large", count=2, **starts), stack
    )
    assert policy["MaximumExecutionTimeoutInSeconds"] == 28800
    assert policy["TrafficRoutingConfiguration"]["WaitIntervalInSeconds"] == (
        {"Ref": "Number"} if place == "bake" else 600
    )
    assert policy["TerminationWaitInSeconds"] == ({"Ref": "Number"} if place == "final_bake" else 600)


def test_a_timeout_may_be_a_token() -> None:
    stack = new_stack()
    rollout = Rollout.all_at_once(bake=TEN, timeout=cdk.Duration.seconds(number_token(stack)))
    assert rendered(rollout, stack=stack)["MaximumExecutionTimeoutInSeconds"] == {"Ref": "Number"}


# Value


def test_is_a_value() -> None:
    one = Rollout.canary(percent=10, bake=cdk.Duration.minutes(10))
    assert one == Rollout.canary(percent=10, bake=cdk.Duration.seconds(600))
    assert hash(one) == hash(Rollout.canary(percent=10, bake=TEN))
    assert one != Rollout.canary(instances=10, bake=TEN)
    assert one != Rollout.all_at_once(bake=TEN)
    assert Rollout.all_at_once() == Rollout.all_at_once(bake=cdk.Duration.minutes(5))
    assert "0x" not in repr(one)
    assert "wait_seconds=600" in repr(one)
    with pytest.raises(dataclasses.FrozenInstanceError):
        setattr(one, dataclasses.fields(one)[0].name, None)
