"""One policy and one alarm bring the first instance, or the first copy, back from zero."""

import dataclasses
from typing import Any

import pytest
from aws_cdk import aws_applicationautoscaling as autoscaling
from aws_cdk import aws_cloudwatch as cloudwatch
from constructs import Construct

from cdk_model_hosting import Scaling, ScalingPolicy, ScheduledScaling
from cdk_model_hosting.patterns import Pattern
from cdk_model_hosting.scaling.wake import Wake
from tests.stacks.service_requests import refusals
from tests.strict_shapes import violations
from tests.unit.builders import new_stack, number_token, only, resources, text_token
from tests.unit.scaling.bound import ALARM, POLICY, TARGET, template
from tests.unit.scaling.fleets import AT_ONCE, bind

DAILY = autoscaling.Schedule.expression("rate(1 day)")
ASYNCHRONOUS = Scaling.on_backlog(between=(0, 4))
COMPONENT = Scaling.on_concurrency_per_copy(per_copy=2, between=(0, 4))


def waking(scaling: Scaling, pattern: Pattern | None, **options: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    """The policy that wakes a fleet, and the one alarm there is."""
    stack, _ = bind(scaling, pattern, **options)
    policies = [each["Properties"] for each in resources(stack, POLICY).values()]
    (policy,) = [each for each in policies if each["PolicyName"] == "WakeFromZero"]
    return policy, only(stack, ALARM)


def test_an_asynchronous_endpoint_wakes_when_requests_wait_and_nothing_runs() -> None:
    policy, alarm = waking(ASYNCHRONOUS, Pattern.ASYNCHRONOUS)
    assert policy["PolicyType"] == "StepScaling"
    assert policy["StepScalingPolicyConfiguration"] == {
        "AdjustmentType": "ChangeInCapacity",
        "Cooldown": 300,
        "MetricAggregationType": "Average",
        "StepAdjustments": [{"MetricIntervalLowerBound": 0, "ScalingAdjustment": 1}],
    }
    del alarm["AlarmActions"]
    assert alarm == {
        "AlarmDescription": "Wakes it from zero: requests wait for ranker, and it has no instance",
        "Namespace": "AWS/SageMaker",
        "MetricName": "HasBacklogWithoutCapacity",
        "Dimensions": [{"Name": "EndpointName", "Value": "ranker"}],
        "Statistic": "Average",
        "Period": 60,
        "EvaluationPeriods": 2,
        "DatapointsToAlarm": 2,
        "ComparisonOperator": "GreaterThanOrEqualToThreshold",
        "Threshold": 1,
        "TreatMissingData": "missing",
    }


def test_a_component_wakes_at_the_first_request_that_fails() -> None:
    policy, alarm = waking(COMPONENT, Pattern.COMPONENTS)
    assert policy["PolicyType"] == "StepScaling"
    assert policy["StepScalingPolicyConfiguration"] == {
        "AdjustmentType": "ChangeInCapacity",
        "Cooldown": 60,
        "MetricAggregationType": "Maximum",
        "StepAdjustments": [{"MetricIntervalLowerBound": 0, "ScalingAdjustment": 1}],
    }
    del alarm["AlarmActions"]
    assert alarm == {
        "AlarmDescription": "Wakes it from zero: requests to ranker-small failed, because it has no copy",
        "Namespace": "AWS/SageMaker",
        "MetricName": "NoCapacityInvocationFailures",
        "Dimensions": [{"Name": "InferenceComponentName", "Value": "ranker-small"}],
        "Statistic": "Sum",
        "Period": 60,
        "EvaluationPeriods": 1,
        "DatapointsToAlarm": 1,
        "ComparisonOperator": "GreaterThanOrEqualToThreshold",
        "Threshold": 1,
        "TreatMissingData": "missing",
    }


@pytest.mark.parametrize(
    ("scaling", "pattern"), [(ASYNCHRONOUS, Pattern.ASYNCHRONOUS), (COMPONENT, Pattern.COMPONENTS)]
)
def test_the_alarm_sets_the_policy_off_and_the_policy_acts_on_the_fleet(scaling: Scaling, pattern: Pattern) -> None:
    stack, bound = bind(scaling, pattern)
    policies = resources(stack, POLICY)
    (name,) = [key for key, each in policies.items() if each["Properties"]["PolicyName"] == "WakeFromZero"]
    (target,) = resources(stack, TARGET)
    assert only(stack, ALARM)["AlarmActions"] == [{"Ref": name}]
    assert policies[name]["Properties"]["ScalingTargetId"] == {"Ref": target}
    assert [each.cfn_resource_type for each in bound.cfn_policies["WakeFromZero"]] == [POLICY, ALARM]
    assert len(policies) == 2
    assert refusals(template(stack)) == {}


def test_the_alarm_finds_its_policy_where_the_stack_names_resources_itself() -> None:
    usual, _ = bind(ASYNCHRONOUS)
    (target,) = resources(usual, TARGET)
    (name,) = [key for key, each in resources(usual, POLICY).items() if "WakeFromZero" in str(each)]
    renamed = new_stack()
    renamed.rename_logical_id(target, "Fleet")
    renamed.rename_logical_id(name, "Waker")
    bind(ASYNCHRONOUS, scope=renamed)
    assert only(renamed, ALARM)["AlarmActions"] == [{"Ref": "Waker"}]


# When


def wakes(scaling: Scaling, pattern: Pattern | None, **options: Any) -> bool:
    _, bound = bind(scaling, pattern, **options)
    return "WakeFromZero" in bound.cfn_policies


def nightly(*between: Any) -> ScheduledScaling:
    return ScheduledScaling(name="night", schedule=DAILY, between=between)


def test_a_fleet_that_keeps_one_needs_no_waking() -> None:
    stack, bound = bind(Scaling.on_backlog(between=(1, 4)))
    assert list(bound.cfn_policies) == ["Backlog"]
    assert resources(stack, ALARM) == {}


def test_a_fleet_that_is_at_zero_by_the_clock_only_is_woken_too() -> None:
    assert wakes(Scaling.between(1, 4, schedules=[nightly(0, 4)]), Pattern.ASYNCHRONOUS)
    assert not wakes(Scaling.between(1, 4, schedules=[nightly(1, 4)]), Pattern.ASYNCHRONOUS)


def test_a_fleet_without_policies_is_woken_too() -> None:
    assert wakes(Scaling.between(0, 4), Pattern.ASYNCHRONOUS)
    assert wakes(Scaling.between(0, 4), Pattern.COMPONENTS)


@pytest.mark.parametrize("pattern", [Pattern.ASYNCHRONOUS, Pattern.COMPONENTS, None])
def test_a_minimum_that_is_known_only_at_deploy_time_may_be_zero(pattern: Pattern | None) -> None:
    stack = new_stack()
    low: Any = number_token(stack)
    assert wakes(Scaling.between(low, 4), pattern, scope=stack)


@pytest.mark.parametrize("pattern", [*AT_ONCE, Pattern.SERVERLESS])
def test_what_cannot_be_at_zero_is_not_woken_whatever_the_minimum_will_be(pattern: Pattern) -> None:
    stack = new_stack()
    low: Any = number_token(stack)
    assert not wakes(Scaling.between(low, 4), pattern, scope=stack)


def test_instances_are_taken_for_an_asynchronous_endpoints_where_nobody_says() -> None:
    _, alarm = waking(Scaling.between(0, 4), None)
    assert alarm["MetricName"] == "HasBacklogWithoutCapacity"
    dimension = "sagemaker:variant:DesiredProvisionedConcurrency"
    assert not wakes(Scaling.between(0, 4), None, dimension=dimension)


# Its names


def test_names_may_be_tokens() -> None:
    stack = new_stack()
    _, alarm = waking(ASYNCHRONOUS, Pattern.ASYNCHRONOUS, scope=stack, endpoint_name=text_token(stack))
    assert alarm["Dimensions"] == [{"Name": "EndpointName", "Value": {"Ref": "Text"}}]
    assert refusals(template(stack)) == {}


@pytest.mark.parametrize("name", ["AllTraffic:Wake", "Wake", "WakeAlarm", ":Wake", "Target"])
def test_names_of_policies_cannot_run_into_it(name: str) -> None:
    rule = ScalingPolicy.on_metric(name, cloudwatch.Metric(namespace="Shop", metric_name="Queue"), target=1)
    stack, _ = bind(Scaling.between(0, 4, [rule]))
    assert len(resources(stack, POLICY)) == 2


def test_several_components_of_one_endpoint_wake_by_themselves() -> None:
    stack = new_stack()
    for name in ("small", "large"):
        bind(COMPONENT, Pattern.COMPONENTS, Construct(stack, name), component_name=name)
    watched = [each["Properties"]["Dimensions"][0]["Value"] for each in resources(stack, ALARM).values()]
    assert watched == ["small", "large"]


# As a value


def test_the_service_takes_both_by_its_own_calls() -> None:
    named = {"ServiceNamespace": "sagemaker", "ResourceId": "endpoint/ranker/variant/AllTraffic"}
    for wake in (Wake.asynchronous("ranker"), Wake.component("ranker-small")):
        put = {
            **named,
            "PolicyName": "p",
            "ScalableDimension": "sagemaker:variant:DesiredInstanceCount",
            **wake.render(),
        }
        assert violations("application-autoscaling", "PutScalingPolicyRequest", put) == []
        assert violations("cloudwatch", "PutMetricAlarmInput", {"AlarmName": "a", **wake.render_alarm()}) == []


def test_is_a_value() -> None:
    assert Wake.asynchronous("ranker") == Wake.asynchronous("ranker")
    assert hash(Wake.asynchronous("ranker")) == hash(Wake.asynchronous("ranker"))
    assert Wake.asynchronous("ranker") != Wake.component("ranker")
    with pytest.raises(dataclasses.FrozenInstanceError):
        Wake.component("ranker").metric = "x"  # type: ignore[misc]
