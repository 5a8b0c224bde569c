import aws_cdk as cdk
import pytest
from aws_cdk.assertions import Annotations, Match, Template

from cdk_model_hosting import Alarm, ConfigurationError, Fleet, Rollout, Scaling, ScalingPolicy
from tests.stacks.service_requests import refusals
from tests.unit.builders import new_stack, only, refused, resources
from tests.unit.endpoints.queues import endpoint_in

TO_ZERO = Scaling.on_backlog(between=(0, 4))


@pytest.fixture(scope="module")
def plain() -> cdk.Stack:
    stack = new_stack()
    endpoint_in(stack, endpoint_name="fraud")
    return stack


@pytest.fixture(scope="module")
def to_zero() -> cdk.Stack:
    stack = new_stack()
    endpoint_in(stack, endpoint_name="fraud", scaling=TO_ZERO)
    return stack


# To zero and back


def test_it_starts_with_one_instance_and_keeps_what_it_reached(to_zero: cdk.Stack) -> None:
    (variant,) = only(to_zero, "AWS::SageMaker::EndpointConfig")["ProductionVariants"]
    assert variant["InitialInstanceCount"] == 1
    assert only(to_zero, "AWS::SageMaker::Endpoint")["RetainAllVariantProperties"] is True
    target = only(to_zero, "AWS::ApplicationAutoScaling::ScalableTarget")
    assert (target["MinCapacity"], target["MaxCapacity"]) == (0, 4)


def test_the_queue_moves_it_and_one_policy_wakes_it(to_zero: cdk.Stack) -> None:
    policies = [
        each["Properties"] for each in resources(to_zero, "AWS::ApplicationAutoScaling::ScalingPolicy").values()
    ]
    assert [each["PolicyName"] for each in policies] == ["Backlog", "WakeFromZero"]
    tracked = policies[0]["TargetTrackingScalingPolicyConfiguration"]["CustomizedMetricSpecification"]
    assert tracked["Dimensions"] == [{"Name": "EndpointName", "Value": "fraud"}]
    alarms = [each["Properties"] for each in resources(to_zero, "AWS::CloudWatch::Alarm").values()]
    assert [each["MetricName"] for each in alarms if "AlarmActions" in each] == ["HasBacklogWithoutCapacity"]


def test_the_registration_can_be_owned_with_what_wakes_it() -> None:
    stack = new_stack()
    endpoint = endpoint_in(stack, endpoint_name="fraud", scaling=TO_ZERO, allow_instance_type_change=True)
    assert endpoint.scaled == {}
    assert endpoint.cfn_scaling_registration is not None
    declared = only(stack, "Custom::ScalingRegistration")["Variants"]["AllTraffic"]["Registration"]
    assert [each["PolicyName"] for each in declared["Policies"]] == ["Backlog-owned", "WakeFromZero-owned"]
    assert [each["AlarmName"] for each in declared["Policies"][1]["Alarms"]] == ["fraud/AllTraffic/WakeFromZero-owned"]


@pytest.mark.parametrize(
    ("rollout", "what"),
    [
        (Rollout.canary(percent=10, bake=cdk.Duration.minutes(5)), "Rollout.canary"),
        (Rollout.linear(percent=20, bake=cdk.Duration.minutes(5)), "Rollout.linear"),
        (Rollout.rolling(percent=50, bake=cdk.Duration.minutes(5)), "Rollout.rolling"),
    ],
)
def test_fails_when_a_fleet_at_zero_should_be_replaced_in_steps(rollout: Rollout, what: str) -> None:
    with refused(
        f"{what} fleet of variant AllTraffic must be at least 2 instances, got 0: a fleet that has shrunk to nothing has no "
        "part to go first; use Rollout.all_at_once, or a minimum of 2"
    ):
        endpoint_in(new_stack(), scaling=TO_ZERO, rollout=rollout)


def test_a_fleet_of_two_at_least_is_replaced_in_steps() -> None:
    stack = new_stack()
    rollout = Rollout.canary(percent=10, bake=cdk.Duration.minutes(5))
    endpoint_in(
        stack, fleet=Fleet(instance_type="ml.c6i.large"), scaling=Scaling.on_backlog(between=(2, 6)), rollout=rollout
    )
    policy = only(stack, "AWS::SageMaker::Endpoint")["DeploymentConfig"]["BlueGreenUpdatePolicy"]
    assert policy["TrafficRoutingConfiguration"]["Type"] == "CANARY"


def test_fails_when_a_policy_would_never_act() -> None:
    scaling = Scaling.between(1, 4, [ScalingPolicy.on_invocations(per_instance_per_minute=60)])
    with refused(
        "ScalingPolicy.on_invocations must be omitted for asynchronous endpoints, got one: SageMaker counts requests per "
        "instance only where instances answer at once; use ScalingPolicy.on_backlog"
    ):
        endpoint_in(new_stack(), scaling=scaling)


def test_the_services_accept_it_all(to_zero: cdk.Stack) -> None:
    assert refusals(Template.from_stack(to_zero).to_json()) == {}


# Replacing a version


def test_the_usual_alarms_of_a_queue_roll_back(plain: cdk.Stack) -> None:
    deployment = only(plain, "AWS::SageMaker::Endpoint")["DeploymentConfig"]
    assert deployment["AutoRollbackConfiguration"]["Alarms"] == [
        {"AlarmName": "fraud/AllTraffic/ServerErrors/rollback"},
        {"AlarmName": "fraud/AllTraffic/FailedInferences/rollback"},
    ]
    assert deployment["BlueGreenUpdatePolicy"]["TerminationWaitInSeconds"] == 300


def test_the_endpoints_own_metrics_may_roll_back() -> None:
    stack = new_stack()
    endpoint_in(stack, endpoint_name="fraud", rollback_on=[Alarm.backlog_age(above=cdk.Duration.minutes(20))])
    alarm = only(stack, "AWS::CloudWatch::Alarm")
    assert alarm["AlarmName"] == "fraud/BacklogAge/rollback"
    assert alarm["Dimensions"] == [{"Name": "EndpointName", "Value": "fraud"}]


def test_fails_when_the_queue_has_no_such_metric() -> None:
    with pytest.raises(ConfigurationError, match=r"got an asynchronous endpoint: it publishes no OverheadLatency$"):
        endpoint_in(new_stack(), rollback_on=[Alarm.overhead_latency(above=cdk.Duration.seconds(1))])


def test_a_plain_endpoint_needs_no_advice(plain: cdk.Stack, to_zero: cdk.Stack) -> None:
    for stack in (plain, to_zero):
        assert Annotations.from_stack(stack).find_warning("*", Match.any_value()) == []
