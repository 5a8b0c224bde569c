"""Policies on asynchronous and serverless endpoints, and on inference components."""

from collections.abc import Callable
from typing import Any

import pytest
from aws_cdk import aws_cloudwatch as cloudwatch

from cdk_model_hosting import ConfigurationError, Pace, Scaling, ScalingPolicy
from cdk_model_hosting.patterns import Pattern
from tests.stacks.service_requests import refusals
from tests.unit.builders import new_stack, number_token, only, refused
from tests.unit.scaling.bound import TARGET, template
from tests.unit.scaling.fleets import bind, policy_of


def configuration(rule: ScalingPolicy, pattern: Pattern) -> dict[str, Any]:
    found: dict[str, Any] = policy_of(rule, pattern)["TargetTrackingScalingPolicyConfiguration"]
    return found


# Asynchronous


def test_the_backlog_is_the_endpoints_and_not_the_variants() -> None:
    assert policy_of(ScalingPolicy.on_backlog(per_instance=8), Pattern.ASYNCHRONOUS) == {
        "PolicyName": "Backlog",
        "PolicyType": "TargetTrackingScaling",
        "TargetTrackingScalingPolicyConfiguration": {
            "TargetValue": 8,
            "CustomizedMetricSpecification": {
                "Namespace": "AWS/SageMaker",
                "MetricName": "ApproximateBacklogSizePerInstance",
                "Dimensions": [{"Name": "EndpointName", "Value": "ranker"}],
                "Statistic": "Average",
            },
        },
    }


def test_five_may_wait_for_an_instance_when_nothing_else_is_said() -> None:
    assert configuration(ScalingPolicy.on_backlog(), Pattern.ASYNCHRONOUS)["TargetValue"] == 5
    assert Scaling.on_backlog(between=(0, 3)) == Scaling.on_backlog(per_instance=5, between=(0, 3))


def test_fails_when_the_users_metric_is_the_same_one() -> None:
    same = cloudwatch.Metric(
        namespace="AWS/SageMaker",
        metric_name="ApproximateBacklogSizePerInstance",
        dimensions_map={"EndpointName": "ranker"},
    )
    both = [ScalingPolicy.on_backlog(), ScalingPolicy.on_metric("Mine", same, target=2)]
    with refused(
        "Scaling policies must track different metrics, got Backlog and Mine on one: two targets for one metric would fight"
    ):
        bind(Scaling.between(1, 4, both))


# Serverless


@pytest.mark.parametrize(("percent", "ratio"), [(70, 0.7), (1, 0.01), (100, 1), (33.3, 0.333)])
def test_the_provisioned_use_is_given_in_percent_and_tracked_as_a_ratio(percent: float, ratio: float) -> None:
    assert policy_of(ScalingPolicy.on_provisioned_use(percent=percent), Pattern.SERVERLESS) == {
        "PolicyName": "ProvisionedUse",
        "PolicyType": "TargetTrackingScaling",
        "TargetTrackingScalingPolicyConfiguration": {
            "TargetValue": ratio,
            "PredefinedMetricSpecification": {
                "PredefinedMetricType": "SageMakerVariantProvisionedConcurrencyUtilization"
            },
        },
    }


@pytest.mark.parametrize(
    ("percent", "why"),
    [
        (0, "it is a percentage, 70 and not 0.7"),
        (0.7, "it is a percentage, 70 and not 0.7"),
        (101, "it is a percentage, 70 and not 0.7"),
        (True, "it must be a number"),
        ("70", "it must be a number"),
        (float("nan"), "it must be a finite number"),
    ],
)
def test_fails_when_the_provisioned_use_is_no_share(percent: Any, why: str) -> None:
    with refused(f"ScalingPolicy.on_provisioned_use percent must be 1-100 %, got {percent!r}: {why}"):
        ScalingPolicy.on_provisioned_use(percent=percent)


def test_fails_when_the_provisioned_use_is_left_out() -> None:
    nothing: Any = None
    with refused("ScalingPolicy.on_provisioned_use percent must be a number, got None: there is no target without one"):
        ScalingPolicy.on_provisioned_use(percent=nothing)


def test_fails_when_the_provisioned_use_is_known_only_at_deploy_time() -> None:
    with refused(
        "ScalingPolicy.on_provisioned_use percent must be a literal number, got one that is known only at deploy time: "
        "CloudFormation cannot compute with it"
    ):
        ScalingPolicy.on_provisioned_use(percent=number_token(new_stack()))


# Inference components


@pytest.mark.parametrize(
    ("rule", "name", "target", "metric"),
    [
        (
            ScalingPolicy.on_concurrency_per_copy(per_copy=2.5),
            "ConcurrencyPerCopy",
            2.5,
            "SageMakerInferenceComponentConcurrentRequestsPerCopyHighResolution",
        ),
        (
            ScalingPolicy.on_invocations_per_copy(per_copy_per_minute=90),
            "InvocationsPerCopy",
            90,
            "SageMakerInferenceComponentInvocationsPerCopy",
        ),
    ],
    ids=["concurrency", "invocations"],
)
def test_the_requests_of_a_copy_are_known_to_the_service_by_name(
    rule: ScalingPolicy, name: str, target: float, metric: str
) -> None:
    assert policy_of(rule, Pattern.COMPONENTS) == {
        "PolicyName": name,
        "PolicyType": "TargetTrackingScaling",
        "TargetTrackingScalingPolicyConfiguration": {
            "TargetValue": target,
            "PredefinedMetricSpecification": {"PredefinedMetricType": metric},
        },
    }


# All of them

MADE: dict[str, tuple[Pattern, Callable[..., ScalingPolicy], str]] = {
    "on_backlog": (Pattern.ASYNCHRONOUS, ScalingPolicy.on_backlog, "per_instance"),
    "on_concurrency_per_copy": (Pattern.COMPONENTS, ScalingPolicy.on_concurrency_per_copy, "per_copy"),
    "on_invocations_per_copy": (Pattern.COMPONENTS, ScalingPolicy.on_invocations_per_copy, "per_copy_per_minute"),
}


@pytest.mark.parametrize("factory", MADE)
@pytest.mark.parametrize("target", [0, -1])
def test_fails_when_the_target_is_not_above_zero(factory: str, target: float) -> None:
    _, make, argument = MADE[factory]
    with refused(
        f"ScalingPolicy.{factory} {argument} must be more than 0, got {target}: capacity follows the ratio of the metric to "
        "this value"
    ):
        make(**{argument: target})


@pytest.mark.parametrize("factory", MADE)
def test_the_target_may_be_a_token(factory: str) -> None:
    pattern, make, argument = MADE[factory]
    stack = new_stack()
    policy = policy_of(make(**{argument: number_token(stack)}), pattern, stack)
    assert policy["TargetTrackingScalingPolicyConfiguration"]["TargetValue"] == {"Ref": "Number"}


@pytest.mark.parametrize("factory", MADE)
def test_fails_in_our_own_words_when_the_pace_is_something_else(factory: str) -> None:
    _, make, argument = MADE[factory]
    with pytest.raises(ConfigurationError, match=rf"^ScalingPolicy\.{factory} pace must be a Pace, got "):
        make(**{argument: 1, "pace": 60})


# In short


@pytest.mark.parametrize(
    ("short", "long", "pattern", "dimension"),
    [
        (
            lambda pace: Scaling.on_backlog(per_instance=3, between=(1, 9), pace=pace),
            lambda pace: ScalingPolicy.on_backlog(per_instance=3, pace=pace),
            Pattern.ASYNCHRONOUS,
            "sagemaker:variant:DesiredInstanceCount",
        ),
        (
            lambda pace: Scaling.on_provisioned_use(percent=70, between=(1, 9), pace=pace),
            lambda pace: ScalingPolicy.on_provisioned_use(percent=70, pace=pace),
            Pattern.SERVERLESS,
            "sagemaker:variant:DesiredProvisionedConcurrency",
        ),
        (
            lambda pace: Scaling.on_concurrency_per_copy(per_copy=4, between=(1, 9), pace=pace),
            lambda pace: ScalingPolicy.on_concurrency_per_copy(per_copy=4, pace=pace),
            Pattern.COMPONENTS,
            "sagemaker:inference-component:DesiredCopyCount",
        ),
    ],
    ids=["on_backlog", "on_provisioned_use", "on_concurrency_per_copy"],
)
def test_the_short_form_is_bounds_and_one_policy(
    short: Callable[[Pace], Scaling], long: Callable[[Pace], ScalingPolicy], pattern: Pattern, dimension: str
) -> None:
    pace = Pace(scale_in=False)
    assert short(pace) == Scaling.between(1, 9, [long(pace)])
    stack, _ = bind(short(pace), pattern)
    target = only(stack, TARGET)
    assert (target["MinCapacity"], target["MaxCapacity"], target["ScalableDimension"]) == (1, 9, dimension)
    assert refusals(template(stack)) == {}


@pytest.mark.parametrize(
    ("factory", "argument"),
    [("on_backlog", "per_instance"), ("on_provisioned_use", "percent"), ("on_concurrency_per_copy", "per_copy")],
)
def test_fails_when_the_short_form_has_not_two_bounds(factory: str, argument: str) -> None:
    with refused(f"Scaling.{factory} between must be two numbers such as (2, 10), got 4: fewest and most instances"):
        getattr(Scaling, factory)(**{argument: 50, "between": 4})
