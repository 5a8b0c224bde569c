"""Targets from a load test, requests in flight, and how fast tracking acts."""

import dataclasses
from typing import Any

import aws_cdk as cdk
import pytest

from cdk_model_hosting import ConfigurationError, Pace, ScalingPolicy
from tests.unit.builders import new_stack, number_token, refused
from tests.unit.scaling.bound import policies, queue, tracking

HURRY = Pace(scale_out_cooldown=cdk.Duration.seconds(30), scale_in_cooldown=cdk.Duration.hours(1), scale_in=False)

EVERY_TRACKING = {
    "on_invocations": lambda pace: ScalingPolicy.on_invocations(per_instance_per_minute=1, pace=pace),
    "on_load_test": lambda pace: ScalingPolicy.on_load_test(max_requests_per_second=1, pace=pace),
    "on_concurrency": lambda pace: ScalingPolicy.on_concurrency(per_instance=1, pace=pace),
    "on_cpu": lambda pace: ScalingPolicy.on_cpu(percent=1, pace=pace),
    "on_memory": lambda pace: ScalingPolicy.on_memory(percent=1, pace=pace),
    "on_gpu": lambda pace: ScalingPolicy.on_gpu(percent=1, pace=pace),
    "on_gpu_memory": lambda pace: ScalingPolicy.on_gpu_memory(percent=1, pace=pace),
    "on_metric": lambda pace: ScalingPolicy.on_metric("Queue", queue(), target=1, pace=pace),
}


# A load test


@pytest.mark.parametrize(
    ("load", "target"),
    [
        ({"max_requests_per_second": 20}, 600),
        ({"max_requests_per_second": 20, "safety_factor": 1}, 1200),
        ({"max_requests_per_second": 0.1, "safety_factor": 0.5}, 3),
        ({"max_requests_per_second": 33.3, "safety_factor": 0.7}, 1398.6),
    ],
)
def test_a_load_test_gives_the_requests_of_a_minute(load: dict[str, float], target: float) -> None:
    (found,) = policies(new_stack(), ScalingPolicy.on_load_test(**load))  # type: ignore[arg-type]
    assert found["PolicyName"] == "Invocations"
    configuration = found["TargetTrackingScalingPolicyConfiguration"]
    assert configuration["TargetValue"] == pytest.approx(target)
    assert configuration["PredefinedMetricSpecification"] == {
        "PredefinedMetricType": "SageMakerVariantInvocationsPerInstance"
    }


@pytest.mark.parametrize(
    ("rate", "why"),
    [
        (0, "capacity follows the ratio of the metric to this value"),
        (-1, "capacity follows the ratio of the metric to this value"),
        (True, "it must be a number"),
        ("20", "it must be a number"),
        (float("nan"), "it must be a finite number"),
        (float("inf"), "it must be a finite number"),
    ],
)
def test_fails_when_the_load_is_not_above_zero(rate: Any, why: str) -> None:
    with refused(f"ScalingPolicy.on_load_test max_requests_per_second must be more than 0, got {rate!r}: {why}"):
        ScalingPolicy.on_load_test(max_requests_per_second=rate)


@pytest.mark.parametrize("factor", [0, -0.5, 1.01, 50])
def test_fails_when_the_safety_factor_is_no_share(factor: float) -> None:
    with refused(
        f"ScalingPolicy.on_load_test safety_factor must be more than 0 and at most 1, got {factor}: an instance cannot be "
        "planned for more than it can answer"
    ):
        ScalingPolicy.on_load_test(max_requests_per_second=1, safety_factor=factor)


@pytest.mark.parametrize("argument", ["max_requests_per_second", "safety_factor"])
def test_fails_when_a_number_of_the_load_test_is_a_token(argument: str) -> None:
    load = {"max_requests_per_second": 20, argument: number_token(new_stack())}
    with refused(
        f"ScalingPolicy.on_load_test {argument} must be a literal number, got one that is known only at deploy time: "
        "CloudFormation cannot compute with it"
    ):
        ScalingPolicy.on_load_test(**load)  # type: ignore[arg-type]


# Requests in flight


def test_keeps_the_requests_in_flight_near_a_target() -> None:
    assert policies(new_stack(), ScalingPolicy.on_concurrency(per_instance=2.5)) == [
        {
            "PolicyName": "Concurrency",
            "PolicyType": "TargetTrackingScaling",
            "TargetTrackingScalingPolicyConfiguration": {
                "TargetValue": 2.5,
                "PredefinedMetricSpecification": {
                    "PredefinedMetricType": "SageMakerVariantConcurrentRequestsPerModelHighResolution"
                },
            },
        }
    ]


@pytest.mark.parametrize("target", [0, -1])
def test_fails_when_no_request_may_be_in_flight(target: float) -> None:
    with refused(
        f"ScalingPolicy.on_concurrency per_instance must be more than 0, got {target}: capacity follows the ratio of the "
        "metric to this value"
    ):
        ScalingPolicy.on_concurrency(per_instance=target)


def test_the_requests_in_flight_may_be_a_token() -> None:
    stack = new_stack()
    rule = ScalingPolicy.on_concurrency(per_instance=number_token(stack))
    assert tracking(rule, scope=stack)["TargetValue"] == {"Ref": "Number"}


# Pace


@pytest.mark.parametrize("factory", EVERY_TRACKING)
def test_every_tracking_policy_takes_a_pace(factory: str) -> None:
    rule: Any = EVERY_TRACKING[factory](HURRY).rule
    assert (rule.out_seconds, rule.in_seconds, rule.scale_in) == (30, 3600, False)


@pytest.mark.parametrize("factory", EVERY_TRACKING)
def test_without_a_pace_the_service_decides(factory: str) -> None:
    rule: Any = EVERY_TRACKING[factory](None).rule
    assert (rule.out_seconds, rule.in_seconds, rule.scale_in) == (None, None, True)


@pytest.mark.parametrize("factory", EVERY_TRACKING)
def test_fails_in_our_own_words_when_the_pace_is_something_else(factory: str) -> None:
    with pytest.raises(ConfigurationError, match=r"^ScalingPolicy\.\w+ pace must be a Pace, got "):
        EVERY_TRACKING[factory](cdk.Duration.minutes(5))


@pytest.mark.parametrize("argument", ["scale_out_cooldown", "scale_in_cooldown"])
def test_fails_in_our_own_words_when_a_cooldown_is_a_number(argument: str) -> None:
    with pytest.raises(
        ConfigurationError, match=rf"^Pace {argument} must be a Duration such as Duration\.minutes\(5\), got 60"
    ):
        Pace(**{argument: 60})  # type: ignore[arg-type]


@pytest.mark.parametrize("wrong", ["no", 0, 1, None])
def test_fails_when_scale_in_is_neither_true_nor_false(wrong: Any) -> None:
    with pytest.raises(ConfigurationError, match=r"^Pace scale_in must be a bool, got "):
        Pace(scale_in=wrong)


def test_a_pace_is_a_value() -> None:
    one = Pace(scale_out_cooldown=cdk.Duration.minutes(2), scale_in_cooldown=cdk.Duration.minutes(10))
    same = Pace(scale_out_cooldown=cdk.Duration.seconds(120), scale_in_cooldown=cdk.Duration.seconds(600))
    assert one == same
    assert hash(one) == hash(same)
    assert one != Pace(scale_out_cooldown=cdk.Duration.minutes(2))
    assert one != dataclasses.replace(one, scale_in=False)
    assert Pace() != Pace(scale_in=False)
    assert repr(one) == "Pace(scale_in=True, out_seconds=120, in_seconds=600)"
    with pytest.raises(dataclasses.FrozenInstanceError):
        one.scale_in = False  # type: ignore[misc]
