import dataclasses

import aws_cdk as cdk
import pytest

from cdk_model_hosting import Pace, RealtimeEndpoint, Scaling, ScalingPolicy
from tests.unit.builders import FLEET, new_stack, number_token, only, refused, single


def rendered(stack: cdk.Stack, policy: ScalingPolicy) -> dict[str, object]:
    scaling = Scaling.between(1, 4, [policy])
    RealtimeEndpoint(stack, "Endpoint", model=single(stack), fleet=FLEET, scaling=scaling, rollback_on=[])
    found = only(stack, "AWS::ApplicationAutoScaling::ScalingPolicy")
    return {key: value for key, value in found.items() if key != "ScalingTargetId"}


def test_keeps_the_requests_of_an_instance_near_a_target() -> None:
    assert rendered(new_stack(), ScalingPolicy.on_invocations(per_instance_per_minute=600)) == {
        "PolicyName": "Invocations",
        "PolicyType": "TargetTrackingScaling",
        "TargetTrackingScalingPolicyConfiguration": {
            "TargetValue": 600,
            "PredefinedMetricSpecification": {"PredefinedMetricType": "SageMakerVariantInvocationsPerInstance"},
        },
    }


def test_everything_that_can_be_said_of_it() -> None:
    policy = ScalingPolicy.on_invocations(
        per_instance_per_minute=0.5,
        pace=Pace(
            scale_out_cooldown=cdk.Duration.seconds(0), scale_in_cooldown=cdk.Duration.minutes(10), scale_in=False
        ),
    )
    assert rendered(new_stack(), policy)["TargetTrackingScalingPolicyConfiguration"] == {
        "TargetValue": 0.5,
        "PredefinedMetricSpecification": {"PredefinedMetricType": "SageMakerVariantInvocationsPerInstance"},
        "ScaleOutCooldown": 0,
        "ScaleInCooldown": 600,
        "DisableScaleIn": True,
    }


@pytest.mark.parametrize("target", [0, -1])
def test_fails_when_the_target_is_not_above_zero(target: float) -> None:
    with refused(
        f"ScalingPolicy.on_invocations per_instance_per_minute must be more than 0, got {target}: capacity follows the "
        "ratio of the metric to this value"
    ):
        ScalingPolicy.on_invocations(per_instance_per_minute=target)


@pytest.mark.parametrize("argument", ["scale_out_cooldown", "scale_in_cooldown"])
def test_fails_when_a_cooldown_is_no_whole_number_of_seconds(argument: str) -> None:
    with refused(
        f"Pace {argument} must be a whole number of seconds, got 1500 milliseconds: the service counts in seconds"
    ):
        pace = Pace(**{argument: cdk.Duration.millis(1500)})  # type: ignore[arg-type]
        ScalingPolicy.on_invocations(per_instance_per_minute=1, pace=pace)


def test_target_and_cooldowns_may_be_tokens() -> None:
    stack = new_stack()
    policy = ScalingPolicy.on_invocations(
        per_instance_per_minute=number_token(stack, "Target"),
        pace=Pace(
            scale_out_cooldown=cdk.Duration.seconds(number_token(stack, "Out")),
            scale_in_cooldown=cdk.Duration.seconds(number_token(stack, "In")),
        ),
    )
    found = rendered(stack, policy)["TargetTrackingScalingPolicyConfiguration"]
    assert isinstance(found, dict)
    assert (found["TargetValue"], found["ScaleOutCooldown"], found["ScaleInCooldown"]) == (
        {"Ref": "Target"},
        {"Ref": "Out"},
        {"Ref": "In"},
    )


def test_is_a_value() -> None:
    def policy(minutes: int) -> ScalingPolicy:
        pace = Pace(scale_in_cooldown=cdk.Duration.minutes(minutes))
        return ScalingPolicy.on_invocations(per_instance_per_minute=60, pace=pace)

    assert policy(5) == policy(5)
    assert hash(policy(5)) == hash(policy(5))
    assert policy(5) != policy(6)
    assert "target=60" in repr(policy(5))
    assert "0x" not in repr(policy(5))
    with pytest.raises(dataclasses.FrozenInstanceError):
        policy(5).rule = policy(6).rule  # type: ignore[misc]
