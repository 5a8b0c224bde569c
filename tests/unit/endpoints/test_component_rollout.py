from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk.assertions import Annotations, Match

from cdk_model_hosting import Alarm, ComponentResources, Rollout, Scaling
from tests.unit.builders import new_stack, number_token, only, refused, resources, sub
from tests.unit.endpoints.shared import component_in, component_on, endpoint_in, logical

SHARED = ComponentResources(memory_mb=128)
MINUTE = cdk.Duration.minutes(1)


def rollout_of(stack: cdk.Stack | None = None, **options: Any) -> dict[str, Any]:
    found: dict[str, Any] = component_in(stack or new_stack(), **options)["DeploymentConfig"]
    return found


def rolling(stack: cdk.Stack | None = None, **options: Any) -> dict[str, Any]:
    found: dict[str, Any] = rollout_of(stack, **options)["RollingUpdatePolicy"]
    return found


# How


def test_two_batches_that_bake_for_five_minutes_when_nothing_is_said() -> None:
    assert rolling() == {
        "MaximumBatchSize": {"Type": "CAPACITY_PERCENT", "Value": 50},
        "WaitIntervalInSeconds": 300,
        # One copy is one batch: it bakes, and may take half an hour to come up.
        "MaximumExecutionTimeoutInSeconds": 300 + 1800,
    }


def test_instances_mean_copies() -> None:
    rollout = Rollout.rolling(instances=2, bake=MINUTE, rollback_instances=4)
    assert rolling(rollout=rollout, copies=4) == {
        "MaximumBatchSize": {"Type": "COPY_COUNT", "Value": 2},
        "RollbackMaximumBatchSize": {"Type": "COPY_COUNT", "Value": 4},
        "WaitIntervalInSeconds": 60,
        "MaximumExecutionTimeoutInSeconds": 2 * (60 + 1800),
    }


def test_a_rollback_goes_by_percent_too() -> None:
    rollout = Rollout.rolling(percent=10, bake=MINUTE, rollback_percent=100)
    found = rolling(rollout=rollout, copies=10, resources=SHARED)
    assert found["RollbackMaximumBatchSize"] == {"Type": "CAPACITY_PERCENT", "Value": 100}
    assert found["MaximumExecutionTimeoutInSeconds"] == 10 * (60 + 1800)


@pytest.mark.parametrize(
    ("rollout", "what"),
    [
        (Rollout.all_at_once(), "Rollout.all_at_once"),
        (Rollout.canary(percent=10, bake=MINUTE), "Rollout.canary"),
        (Rollout.linear(percent=10, bake=MINUTE), "Rollout.linear"),
    ],
)
def test_fails_when_it_is_another_rollout(rollout: Rollout, what: str) -> None:
    with refused(
        f"InferenceComponent rollout must be Rollout.rolling, got {what}: SageMaker replaces the copies of a component in no "
        "other way"
    ):
        rollout_of(rollout=rollout)


def test_fails_when_it_is_none() -> None:
    with refused("InferenceComponent rollout must be a Rollout, got 'rolling': nothing else is understood there"):
        rollout_of(rollout="rolling")


@pytest.mark.parametrize(
    ("options", "fewest"),
    [
        ({"copies": 3}, 3),
        ({}, 1),
        ({"scaling": Scaling.on_concurrency_per_copy(per_copy=4, between=(0, 9))}, 0),
        ({"scaling": Scaling.on_concurrency_per_copy(per_copy=4, between=(2, 9)), "copies": 8}, 2),
    ],
)
def test_fails_when_a_batch_is_more_than_half_of_the_fewest_copies(options: dict[str, Any], fewest: int) -> None:
    with refused(
        f"Rollout.rolling instances must be at most half of the {fewest} copies that the component can shrink to, got 2: "
        "SageMaker replaces at most half of them at a time; give percent instead"
    ):
        rollout_of(rollout=Rollout.rolling(instances=2, bake=MINUTE), **options)


def test_batches_that_are_tokens_pass() -> None:
    stack = new_stack()
    size, bake, most = (number_token(stack, each) for each in ("Size", "Bake", "Most"))
    rollout = Rollout.rolling(instances=size, bake=cdk.Duration.seconds(bake))  # type: ignore[arg-type]
    scaling = Scaling.on_concurrency_per_copy(per_copy=4, between=(1, most))  # type: ignore[arg-type]
    found = rolling(stack, rollout=rollout, scaling=scaling)
    assert found["MaximumBatchSize"]["Value"] == {"Ref": "Size"}
    assert found["WaitIntervalInSeconds"] == {"Ref": "Bake"}
    # All that the service allows.
    assert found["MaximumExecutionTimeoutInSeconds"] == 28800


# How long


@pytest.mark.parametrize(
    ("options", "seconds"),
    [
        # Five copies by 50 %, cut down to two at a time, are three batches.
        ({"copies": 5}, 3 * (300 + 1800)),
        ({"scaling": Scaling.on_concurrency_per_copy(per_copy=4, between=(0, 5))}, 3 * (300 + 1800)),
        # The component's own time-outs are longer than half an hour.
        (
            {"startup_timeout": cdk.Duration.minutes(20), "download_timeout": cdk.Duration.minutes(40)},
            300 + 3600,
        ),
        ({"startup_timeout": MINUTE}, 300 + 1800),
        # Never longer than the service allows.
        ({"copies": 100, "rollout": Rollout.rolling(percent=5, bake=MINUTE)}, 28800),
        ({"rollout": Rollout.rolling(percent=50, bake=MINUTE, timeout=cdk.Duration.hours(2))}, 7200),
    ],
)
def test_there_is_time_for_all_batches(options: dict[str, Any], seconds: int) -> None:
    assert rolling(resources=SHARED, **options)["MaximumExecutionTimeoutInSeconds"] == seconds


def test_fails_when_batches_are_too_small_for_all_copies() -> None:
    scaling = Scaling.on_concurrency_per_copy(per_copy=4, between=(4, 41))
    with refused(
        "Rollout.rolling instances must be at least 5 % of the 41 copies that the component can grow to, got 2: SageMaker takes "
        "no smaller batches; give percent instead"
    ):
        rollout_of(rollout=Rollout.rolling(instances=2, bake=MINUTE), scaling=scaling)


def test_fails_when_the_batches_wait_for_longer_than_there_is() -> None:
    hourly = Rollout.rolling(percent=5, bake=cdk.Duration.hours(1))
    with refused(
        "Rollout.rolling must wait less than 28800 seconds in all, got 28800 for the 8 copies that the component can grow to: "
        "SageMaker gives a rollout no longer time"
    ):
        rollout_of(rollout=hourly, copies=8, resources=SHARED)
    assert rolling(rollout=hourly, copies=7, resources=SHARED)["MaximumExecutionTimeoutInSeconds"] == 28800


def test_fails_when_the_timeout_is_shorter_than_the_waits() -> None:
    timeout = cdk.Duration.minutes(10)
    rollout = Rollout.rolling(instances=1, bake=cdk.Duration.minutes(5), timeout=timeout)
    with refused(
        "Rollout.rolling timeout must be more than the 600 seconds that the rollout waits, got 600: SageMaker would roll back "
        "every time"
    ):
        rollout_of(rollout=rollout, copies=2)


# What rolls it back


def test_errors_and_latency_of_the_component_roll_it_back() -> None:
    stack = new_stack()
    component_on(endpoint_in(stack, endpoint_name="shared"), component_name="coast")
    names = ["shared/coast/ServerErrors/rollback", "shared/coast/ModelLatencyP99/rollback"]
    made = resources(stack, "AWS::CloudWatch::Alarm")
    assert [each["Properties"]["AlarmName"] for each in made.values()] == names
    for alarm in made.values():
        assert alarm["Properties"]["Dimensions"] == [{"Name": "InferenceComponentName", "Value": "coast"}]
    component = resources(stack, "AWS::SageMaker::InferenceComponent")[
        logical(stack, "AWS::SageMaker::InferenceComponent")
    ]
    rollback = component["Properties"]["DeploymentConfig"]["AutoRollbackConfiguration"]
    assert rollback == {"Alarms": [{"AlarmName": name} for name in names]}
    assert set(made) <= set(component["DependsOn"])


def test_the_role_may_look_at_those_alarms_alone() -> None:
    stack = new_stack()
    component_on(endpoint_in(stack, endpoint_name="shared"), component_name="coast")
    policy = only(stack, "AWS::IAM::Role")["Policies"][0]["PolicyDocument"]["Statement"]
    (look,) = [each for each in policy if each["Action"] == "cloudwatch:DescribeAlarms"]
    arn = "arn:${AWS::Partition}:cloudwatch:${AWS::Region}:${AWS::AccountId}:alarm:shared/coast"
    assert look["Resource"] == [sub(f"{arn}/ServerErrors/rollback"), sub(f"{arn}/ModelLatencyP99/rollback")]


def test_conditions_and_alarms_of_ones_own_take_their_place() -> None:
    stack = new_stack()
    metric = cloudwatch.Metric(namespace="Shop", metric_name="Chargebacks")
    own = cloudwatch.Alarm(stack, "Own", metric=metric, threshold=1, evaluation_periods=1)
    found = rollout_of(stack, rollback_on=[Alarm.copy_concurrency(above=50), own], component_name="coast")
    first, second = found["AutoRollbackConfiguration"]["Alarms"]
    assert first["AlarmName"].endswith("/coast/CopyConcurrency/rollback")
    assert second == {
        "AlarmName": {"Ref": next(name for name in resources(stack, "AWS::CloudWatch::Alarm") if "Own" in name)}
    }


def test_nothing_rolls_back_when_nothing_is_watched() -> None:
    stack = new_stack()
    assert "DeploymentConfig" not in component_in(stack, rollback_on=[])
    assert resources(stack, "AWS::CloudWatch::Alarm") == {}


def test_a_rollout_without_alarms_is_kept_and_warned_of() -> None:
    stack = new_stack()
    found = rollout_of(stack, rollback_on=[], rollout=Rollout.rolling(percent=25, bake=MINUTE))
    assert set(found) == {"RollingUpdatePolicy"}
    said = Annotations.from_stack(stack).find_warning("*", Match.string_like_regexp("no alarm to roll back on"))
    assert len(said) == 1


def test_a_short_bake_is_warned_of() -> None:
    stack = new_stack()
    rollout_of(stack, rollout=Rollout.rolling(percent=50, bake=cdk.Duration.seconds(10)))
    assert Annotations.from_stack(stack).find_warning("*", Match.string_like_regexp("bake longer"))


@pytest.mark.parametrize("rollback_on", ["alarm", Alarm.server_errors()])
def test_fails_when_the_alarms_are_no_list(rollback_on: Any) -> None:
    with pytest.raises(ValueError, match=r"^InferenceComponent rollback_on must be a "):
        rollout_of(rollback_on=rollback_on)


def test_fails_when_there_are_more_alarms_than_sagemaker_watches() -> None:
    eleven = [Alarm.model_latency(above=cdk.Duration.seconds(1), percentile=each) for each in range(60, 71)]
    with refused(
        "rollback_on alarms in all must be 1-10 alarms, got 11: SageMaker watches no more; with several variants every "
        "condition counts once for each"
    ):
        rollout_of(rollback_on=eleven)


def test_fails_when_nothing_publishes_a_condition() -> None:
    with refused(
        "Alarm.backlog must watch an asynchronous endpoint, got an inference component endpoint: it publishes no "
        "ApproximateBacklogSize"
    ):
        rollout_of(rollback_on=[Alarm.backlog(above=3)])
