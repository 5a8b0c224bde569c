"""Scaling as it stands in a template."""

from typing import Any

import aws_cdk as cdk
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk.assertions import Template
from constructs import Construct

from cdk_model_hosting import Fleet, Interval, Model, RealtimeEndpoint, Scaling, ScalingPolicy, ScheduledScaling
from tests.unit.builders import FLEET, new_stack, only, resources

TARGET = "AWS::ApplicationAutoScaling::ScalableTarget"
POLICY = "AWS::ApplicationAutoScaling::ScalingPolicy"
ALARM = "AWS::CloudWatch::Alarm"

NEUTRAL = Interval(below=1, change=0)
GROW = Interval(above=5, change=1)


def queue(**options: Any) -> cloudwatch.Metric:
    """A metric of the user's own."""
    return cloudwatch.Metric(**{"namespace": "Shop", "metric_name": "Queue", **options})


def scaled(scaling: Scaling, fleet: Fleet = FLEET, scope: Construct | None = None, **options: Any) -> cdk.Stack:
    """The stack of an endpoint that scales, with nothing beside it."""
    stack = new_stack() if scope is None else cdk.Stack.of(scope)
    RealtimeEndpoint(
        stack,
        "Endpoint",
        model=Model.from_model_name(stack, "Model", "fraud"),
        fleet=fleet,
        scaling=scaling,
        **{"endpoint_name": "fraud", "rollback_on": [], "verify_rollout": False, **options},
    )
    return stack


def policies(scope: cdk.Stack, *rules: ScalingPolicy, fleet: Fleet = FLEET) -> list[dict[str, Any]]:
    """The scaling policies of an endpoint, without their reference to the fleet."""
    scaled(Scaling.between(1, 4, rules), fleet, scope)
    found = [each["Properties"] for each in resources(scope, POLICY).values()]
    return [{key: value for key, value in each.items() if key != "ScalingTargetId"} for each in found]


def tracking(rule: ScalingPolicy, fleet: Fleet = FLEET, scope: cdk.Stack | None = None) -> dict[str, Any]:
    """The configuration of the one target-tracking policy."""
    (found,) = policies(new_stack() if scope is None else scope, rule, fleet=fleet)
    assert found["PolicyType"] == "TargetTrackingScaling"
    configuration: dict[str, Any] = found["TargetTrackingScalingPolicyConfiguration"]
    return configuration


def actions(*schedules: ScheduledScaling, scope: cdk.Stack | None = None) -> list[dict[str, Any]]:
    """The scheduled actions of an endpoint."""
    stack = scaled(Scaling.between(1, 8, schedules=schedules), scope=scope)
    found: list[dict[str, Any]] = only(stack, TARGET)["ScheduledActions"]
    return found


def template(stack: cdk.Stack) -> dict[str, Any]:
    """The whole template."""
    return dict(Template.from_stack(stack).to_json())
