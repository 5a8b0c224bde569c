"""The registration as two custom resources, one before the endpoint and one after it."""

from typing import Any

import pytest
from aws_cdk import aws_applicationautoscaling as autoscaling
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk.assertions import Template
from constructs import Construct

from cdk_model_hosting import Interval, RealtimeEndpoint, Scaling, ScalingPolicy, ScheduledScaling, Variant
from cdk_model_hosting.guard.scaling_owner import ScalingOwner
from cdk_model_hosting.handlers.endpoint_guard.declaration import Declaration, alarm_names
from cdk_model_hosting.handlers.endpoint_guard.shapes import typed
from cdk_model_hosting.patterns import Pattern
from cdk_model_hosting.scaling.wake import Wake
from tests.handlers.endpoint_guard.stage import as_text
from tests.strict_shapes import service_model, violations
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
        "policy, which is another one after each registration; change the type in two deployments"
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


# Fleets that can be at zero


def owned(scaling: Scaling, pattern: Pattern | None = Pattern.ASYNCHRONOUS, name: str = "ranker") -> Template:
    """The two custom resources of a fleet, without its endpoint."""
    stack = new_stack()
    endpoint = Construct(stack, "Endpoint")
    variant = Variant(model=single(stack), fleet=PAIR, scaling=scaling)
    ScalingOwner(endpoint, stack, name, [variant], pattern=pattern).register(name)
    return Template.from_stack(stack)


def declared(template: Template) -> list[dict[str, Any]]:
    """The policies of the one fleet."""
    _, before = only(template, "Custom::ScalingRelease")
    policies: list[dict[str, Any]] = before["Properties"]["Variants"]["AllTraffic"]["Registration"]["Policies"]
    return policies


def test_what_wakes_a_fleet_is_declared_with_its_alarm() -> None:
    template = owned(Scaling.on_backlog(between=(0, 4)))
    backlog, wake = declared(template)
    assert (backlog["PolicyName"], wake["PolicyName"]) == ("Backlog-owned", "WakeFromZero-owned")
    (alarm,) = wake.pop("Alarms")
    assert alarm == {
        "AlarmName": "ranker/AllTraffic/WakeFromZero-owned",
        **Wake.asynchronous("ranker").render_alarm(),
    }
    target = {
        "ServiceNamespace": "sagemaker",
        "ResourceId": "endpoint/ranker/variant/AllTraffic",
        "ScalableDimension": "sagemaker:variant:DesiredInstanceCount",
    }
    assert violations("application-autoscaling", "PutScalingPolicyRequest", {**target, **wake}) == []
    assert violations("cloudwatch", "PutMetricAlarmInput", alarm) == []
    template.resource_count_is("AWS::CloudWatch::Alarm", 0)


def test_the_handler_finds_the_alarm() -> None:
    _, after = only(owned(Scaling.on_backlog(between=(0, 4))), "Custom::ScalingRegistration")
    registration = Declaration.of(after["Properties"]).registrations["AllTraffic"]
    assert alarm_names(registration) == {"ranker/AllTraffic/WakeFromZero-owned"}
    assert registration["MinCapacity"] == 0


def test_the_handler_gets_the_numbers_back_that_cloudformation_turns_into_text() -> None:
    (alarm,) = declared(owned(Scaling.on_backlog(between=(0, 4))))[1]["Alarms"]
    shape = service_model("cloudwatch").operation_model("PutMetricAlarm").input_shape
    assert typed(as_text(alarm), shape, "alarm") == alarm


def test_the_function_may_change_that_alarm_and_no_other() -> None:
    template = owned(Scaling.on_backlog(between=(0, 4)))
    policies = template.find_resources("AWS::IAM::Policy")
    (name,) = [each for each in policies if each.startswith("EndpointGuardOwnAlarm")]
    assert policies[name]["Properties"]["PolicyDocument"]["Statement"] == [
        {
            "Action": ["cloudwatch:DeleteAlarms", "cloudwatch:DescribeAlarms", "cloudwatch:PutMetricAlarm"],
            "Effect": "Allow",
            "Resource": {
                "Fn::Sub": "arn:${AWS::Partition}:cloudwatch:${AWS::Region}:${AWS::AccountId}:alarm:"
                "ranker/AllTraffic/WakeFromZero-owned"
            },
        }
    ]
    for kind in ("Custom::ScalingRelease", "Custom::ScalingRegistration"):
        _, resource = only(template, kind)
        assert name in resource["DependsOn"]


def test_an_endpoint_of_another_name_brings_a_permission_of_its_own() -> None:
    scaling = Scaling.on_backlog(between=(0, 4))

    def ids(name: str) -> set[str]:
        found = owned(scaling, name=name).find_resources("AWS::IAM::Policy")
        return {each for each in found if "OwnAlarm" in each}

    assert len(ids("ranker") | ids("sorter")) == 2
    assert ids("ranker") == ids("ranker")


@pytest.mark.parametrize(
    ("scaling", "pattern"),
    [
        (Scaling.on_backlog(between=(1, 4)), Pattern.ASYNCHRONOUS),
        (Scaling.on_invocations(per_instance_per_minute=60, between=(1, 4)), Pattern.REALTIME),
        (Scaling.on_invocations(per_instance_per_minute=60, between=(1, 4)), None),
    ],
)
def test_a_fleet_that_keeps_one_has_no_alarm_to_own(scaling: Scaling, pattern: Pattern | None) -> None:
    template = owned(scaling, pattern)
    assert [each for each in declared(template) if "Alarms" in each] == []
    assert [each for each in template.find_resources("AWS::IAM::Policy") if "OwnAlarm" in each] == []
