from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from aws_cdk import aws_applicationautoscaling as autoscaling

from cdk_model_hosting import Concurrency, Pace, Scaling, ScalingPolicy, ScheduledScaling
from tests.unit.builders import join, new_stack, number_token, refused
from tests.unit.functions.made import function, only_own, own

if TYPE_CHECKING:
    from pathlib import Path

SCALING = Scaling.on_provisioned_use(percent=70, between=(2, 20))
NIGHT = ScheduledScaling(
    name="night", schedule=autoscaling.Schedule.cron(hour="20", minute="0"), between=(0, 0), time_zone="Europe/Zurich"
)


def test_nothing_is_kept_ready_unless_it_is_said(source: Path, model: Path) -> None:
    made = function(source, model)

    assert "ReservedConcurrentExecutions" not in only_own(made, "AWS::Lambda::Function")
    assert "ProvisionedConcurrencyConfig" not in only_own(made, "AWS::Lambda::Alias")
    assert own(made, "AWS::ApplicationAutoScaling::ScalableTarget") == {}
    assert made.cfn_scalable_target is None


def test_a_fixed_number_is_kept_ready(source: Path, model: Path) -> None:
    made = function(source, model, concurrency=Concurrency(reserved=10, provisioned=3))

    assert only_own(made, "AWS::Lambda::Function")["ReservedConcurrentExecutions"] == 10
    assert only_own(made, "AWS::Lambda::Alias")["ProvisionedConcurrencyConfig"] == {
        "ProvisionedConcurrentExecutions": 3
    }


def test_what_is_kept_ready_follows_its_use_and_the_clock(source: Path, model: Path) -> None:
    policy = ScalingPolicy.on_provisioned_use(percent=70, pace=Pace(scale_in=False))
    made = function(source, model, concurrency=Concurrency(scaling=Scaling.between(2, 20, [policy], schedules=[NIGHT])))

    ((target_id, target),) = own(made, "AWS::ApplicationAutoScaling::ScalableTarget").items()
    assert target["Properties"] == {
        "MaxCapacity": 20,
        "MinCapacity": 2,
        "ResourceId": join("function:", {"Ref": "FraudFunctionF784042D"}, ":live"),
        "ScalableDimension": "lambda:function:ProvisionedConcurrency",
        "ScheduledActions": [
            {
                "ScalableTargetAction": {"MaxCapacity": 0, "MinCapacity": 0},
                "Schedule": "cron(0 20 * * ? *)",
                "ScheduledActionName": "night",
                "Timezone": "Europe/Zurich",
            }
        ],
        "ServiceNamespace": "lambda",
    }
    assert target["DependsOn"] == ["FraudLiveBDC3EC24"]
    assert only_own(made, "AWS::ApplicationAutoScaling::ScalingPolicy") == {
        "PolicyName": "ProvisionedUse",
        "PolicyType": "TargetTrackingScaling",
        "ScalingTargetId": {"Ref": target_id},
        "TargetTrackingScalingPolicyConfiguration": {
            "DisableScaleIn": True,
            "PredefinedMetricSpecification": {"PredefinedMetricType": "LambdaProvisionedConcurrencyUtilization"},
            "TargetValue": 0.7,
        },
    }
    # A deployment must not set what scaling has reached.
    assert "ProvisionedConcurrencyConfig" not in only_own(made, "AWS::Lambda::Alias")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (
            {"reserved": -1},
            "Concurrency reserved must be at least 0 environments, got -1: 0 turns the function off",
        ),
        (
            {"provisioned": 0},
            "Concurrency provisioned must be at least 1 environment, got 0: none are kept ready when it is omitted",
        ),
        (
            {"reserved": 2, "provisioned": 3},
            "Concurrency provisioned must be at most reserved 2, got 3: what is kept ready counts among what there may be",
        ),
        (
            {"reserved": 10, "scaling": SCALING},
            "Concurrency scaling maximum must be at most reserved 10, got 20: what is kept ready counts among what there may be",
        ),
        (
            {"provisioned": 2, "scaling": SCALING},
            (
                "Concurrency provisioned must be omitted with scaling, got 2: each deployment would set it anew, whatever scaling "
                "had reached"
            ),
        ),
        ({"scaling": 5}, "Concurrency scaling must be a Scaling, got 5: nothing else is understood there"),
        (
            {"scaling": Scaling.on_invocations(per_instance_per_minute=60, between=(1, 2))},
            (
                "Concurrency scaling must have no policy but ScalingPolicy.on_provisioned_use, got Invocations: functions publish "
                "nothing else that their environments could follow"
            ),
        ),
        (
            {"scaling": Scaling.on_provisioned_use(percent=95, between=(1, 2))},
            (
                "ScalingPolicy.on_provisioned_use percent must be 10-90 %, got 95.0: the metric is published in steps of a tenth, "
                "and never rises above the whole"
            ),
        ),
    ],
)
def test_fails_when_a_number_is_wrong(options: dict[str, Any], message: str) -> None:
    with refused(message):
        Concurrency(**options)


def test_tokens_pass_every_check() -> None:
    token = number_token(new_stack())
    Concurrency(reserved=token, provisioned=5)  # type: ignore[arg-type]
    Concurrency(reserved=5, scaling=Scaling.between(token, token))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("kept", "what"),
    [
        ({"provisioned": 5}, "provisioned"),
        ({"scaling": Scaling.on_provisioned_use(percent=70, between=(1, 5))}, "scaling maximum"),
    ],
)
def test_fails_when_no_new_version_could_be_tried(source: Path, model: Path, kept: dict[str, Any], what: str) -> None:
    stack = new_stack()
    with refused(
        f"Concurrency {what} must be less than reserved 5 with verify_version, got 5: a new version is tried in an environment beside "
        "those that are kept ready for the live one"
    ):
        function(source, model, stack, concurrency=Concurrency(reserved=5, **kept))
    function(source, model, stack, "Unverified", concurrency=Concurrency(reserved=5, **kept), verify_version=False)
    function(source, model, stack, "Larger", concurrency=Concurrency(reserved=6, **kept))


def test_environments_whose_number_is_not_known_pass(source: Path, model: Path) -> None:
    stack = new_stack()
    token = number_token(stack)
    made = function(source, model, stack, concurrency=Concurrency(reserved=5, provisioned=token))  # type: ignore[arg-type]

    assert only_own(made, "AWS::Lambda::Function")["ReservedConcurrentExecutions"] == 5
