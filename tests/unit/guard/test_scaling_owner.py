"""The registration as two custom resources, one before the endpoint and one after it."""

from typing import Any

import pytest
from aws_cdk import aws_applicationautoscaling as autoscaling
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk.assertions import Template

from cdk_model_hosting import Interval, RealtimeEndpoint, Scaling, ScalingPolicy, ScheduledScaling, Variant
from cdk_model_hosting.handlers.endpoint_guard.declaration import Declaration
from tests.strict_shapes import violations
from tests.unit.builders import PAIR, new_stack, refused, single

NIGHT = ScheduledScaling(
    name="night",
    schedule=autoscaling.Schedule.cron(hour="22", minute="0"),
    between=(2, 3),
    time_zone="Europe/Zurich",
)
SCALING = Scaling.between(
    2,
    6,
    [ScalingPolicy.on_invocations(per_instance_per_minute=600), ScalingPolicy.on_cpu(percent=50)],
    schedules=[NIGHT],
)


@pytest.fixture(scope="module")
def template() -> Template:
    stack = new_stack()
    model = single(stack)
    RealtimeEndpoint(
        stack,
        "Endpoint",
        variants=[
            Variant(name="scaled", model=model, fleet=PAIR, scaling=SCALING),
            Variant(name="fixed", model=model, fleet=PAIR),
        ],
        endpoint_name="fraud",
        allow_instance_type_change=True,
    )
    return Template.from_stack(stack)


def only(template: Template, kind: str) -> tuple[str, dict[str, Any]]:
    found = template.find_resources(kind)
    assert len(found) == 1
    name, resource = next(iter(found.items()))
    return name, dict(resource)


def test_there_are_no_native_resources(template: Template) -> None:
    template.resource_count_is("AWS::ApplicationAutoScaling::ScalableTarget", 0)
    template.resource_count_is("AWS::ApplicationAutoScaling::ScalingPolicy", 0)


def test_the_release_stands_before_the_endpoint_and_the_registration_after_it(template: Template) -> None:
    release, before = only(template, "Custom::ScalingRelease")
    endpoint_id, endpoint = only(template, "AWS::SageMaker::Endpoint")
    _, after = only(template, "Custom::ScalingRegistration")
    assert release in endpoint["DependsOn"]
    assert before["Properties"]["EndpointName"] == "fraud"
    assert after["Properties"]["EndpointName"] == {"Fn::GetAtt": [endpoint_id, "EndpointName"]}
    assert before["Properties"]["Variants"] == after["Properties"]["Variants"]


def test_the_handler_reads_what_is_declared(template: Template) -> None:
    _, before = only(template, "Custom::ScalingRelease")
    declaration = Declaration.of(before["Properties"])
    assert declaration.endpoint == "fraud"
    assert declaration.types == {"scaled": "ml.c6i.large", "fixed": "ml.c6i.large"}
    assert list(declaration.registrations) == ["scaled"]
    registration = declaration.registrations["scaled"]
    assert (registration["MinCapacity"], registration["MaxCapacity"]) == (2, 6)
    assert [each["PolicyName"] for each in registration["Policies"]] == ["Invocations-owned", "CPUUtilization-owned"]
    assert registration["ScheduledActions"] == [
        {
            "ScheduledActionName": "night",
            "Schedule": "cron(0 22 * * ? *)",
            "ScalableTargetAction": {"MinCapacity": 2, "MaxCapacity": 3},
            "Timezone": "Europe/Zurich",
        }
    ]


def test_the_service_would_take_it(template: Template) -> None:
    _, before = only(template, "Custom::ScalingRelease")
    registration = Declaration.of(before["Properties"]).registrations["scaled"]
    target = {
        "ServiceNamespace": "sagemaker",
        "ResourceId": "endpoint/fraud/variant/scaled",
        "ScalableDimension": "sagemaker:variant:DesiredInstanceCount",
    }
    for policy in registration["Policies"]:
        assert violations("application-autoscaling", "PutScalingPolicyRequest", {**target, **policy}) == []
    for action in registration["ScheduledActions"]:
        assert violations("application-autoscaling", "PutScheduledActionRequest", {**target, **action}) == []


def test_fails_when_a_step_policy_would_have_to_be_owned() -> None:
    stack = new_stack()
    metric = cloudwatch.Metric(namespace="Queue", metric_name="Waiting")
    steps = ScalingPolicy.steps("Wake", metric, [Interval(below=1, change=0), Interval(above=1, change=1)])
    with refused(
        "RealtimeEndpoint allow_instance_type_change must be off for step policies, got Wake: their alarms name the "
        "policy, which is another one after each registration"
    ):
        RealtimeEndpoint(
            stack,
            "Endpoint",
            model=single(stack),
            fleet=PAIR,
            scaling=Scaling.between(2, 4, [steps]),
            allow_instance_type_change=True,
        )


def test_an_endpoint_that_does_not_scale_has_nothing_to_own() -> None:
    stack = new_stack()
    endpoint = RealtimeEndpoint(stack, "E", model=single(stack), fleet=PAIR, allow_instance_type_change=True)
    assert endpoint.cfn_scaling_registration is None
    Template.from_stack(stack).resource_count_is("Custom::ScalingRelease", 0)
