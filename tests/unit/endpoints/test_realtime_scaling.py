"""Real-time endpoints whose fleets scale."""

from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_applicationautoscaling as autoscaling
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk.assertions import Template

from cdk_model_hosting import (
    Fleet,
    Interval,
    Model,
    RealtimeEndpoint,
    Rollout,
    Scaling,
    ScalingPolicy,
    ScheduledScaling,
    Variant,
)
from tests.stacks.service_requests import refusals
from tests.unit.builders import (
    FLEET,
    PAIR,
    att,
    new_stack,
    only,
    resources,
    single,
    text_token,
    variants,
)

SCALING = Scaling.on_invocations(per_instance_per_minute=600, between=(2, 10))


def endpoint_in(stack: cdk.Stack, **options: Any) -> RealtimeEndpoint:
    return RealtimeEndpoint(
        stack, "Endpoint", model=single(stack), **{"fleet": FLEET, "verify_rollout": False, **options}
    )


def logical(stack: cdk.Stack, kind: str) -> str:
    (found,) = resources(stack, kind)
    return found


@pytest.fixture(scope="module")
def plain() -> cdk.Stack:
    stack = new_stack()
    endpoint_in(stack, endpoint_name="fraud")
    return stack


@pytest.fixture(scope="module")
def scaled() -> cdk.Stack:
    stack = new_stack()
    endpoint_in(stack, endpoint_name="fraud", fleet=Fleet(instance_type="ml.c6i.large"), scaling=SCALING)
    return stack


def test_capacity_that_scaling_reached_survives_a_deployment(plain: cdk.Stack, scaled: cdk.Stack) -> None:
    endpoint = only(scaled, "AWS::SageMaker::Endpoint")
    assert endpoint["RetainAllVariantProperties"] is True
    assert "ExcludeRetainedVariantProperties" not in endpoint
    assert not {"RetainAllVariantProperties", "ExcludeRetainedVariantProperties"} & set(
        only(plain, "AWS::SageMaker::Endpoint")
    )


def test_weights_of_several_variants_follow_the_template_nevertheless() -> None:
    stack = new_stack()
    RealtimeEndpoint(stack, "Endpoint", variants=variants(stack, "a", "b", fleet=PAIR, scaling=SCALING))
    endpoint = only(stack, "AWS::SageMaker::Endpoint")
    assert endpoint["RetainAllVariantProperties"] is True
    assert endpoint["ExcludeRetainedVariantProperties"] == [{"VariantPropertyType": "DesiredWeight"}]


def test_the_fleet_starts_with_the_minimum(scaled: cdk.Stack) -> None:
    (variant,) = only(scaled, "AWS::SageMaker::EndpointConfig")["ProductionVariants"]
    assert variant["InitialInstanceCount"] == 2


def test_the_fleet_is_registered_after_the_endpoint_and_without_a_role(scaled: cdk.Stack) -> None:
    assert only(scaled, "AWS::ApplicationAutoScaling::ScalableTarget") == {
        "MinCapacity": 2,
        "MaxCapacity": 10,
        "ResourceId": {
            "Fn::Join": [
                "",
                ["endpoint/", att(logical(scaled, "AWS::SageMaker::Endpoint"), "EndpointName"), "/variant/AllTraffic"],
            ]
        },
        "ScalableDimension": "sagemaker:variant:DesiredInstanceCount",
        "ServiceNamespace": "sagemaker",
    }
    assert len(resources(scaled, "AWS::IAM::Role")) == 1


def test_the_policy_acts_on_the_registered_fleet(scaled: cdk.Stack) -> None:
    policy = only(scaled, "AWS::ApplicationAutoScaling::ScalingPolicy")
    assert policy["ScalingTargetId"] == {"Ref": logical(scaled, "AWS::ApplicationAutoScaling::ScalableTarget")}


def test_the_policy_finds_its_fleet_wherever_the_endpoint_stands() -> None:
    app = cdk.App()
    stage = cdk.Stage(app, "Stage")
    stack = cdk.Stack(stage, "Stack")
    scopes = [cdk.NestedStack(stack, "Nested"), stack, cdk.Stack(app, "Other")]
    for scope in scopes:
        for construct_id in ("Endpoint", "E" * 200, "with-hyphen_and.dot", "Default", "Resource"):
            model = Model.from_model_name(scope, f"M{construct_id}", "fraud")
            RealtimeEndpoint(scope, construct_id, model=model, fleet=PAIR, scaling=SCALING)
    for scope in scopes:
        targets = resources(scope, "AWS::ApplicationAutoScaling::ScalableTarget")
        policies = resources(scope, "AWS::ApplicationAutoScaling::ScalingPolicy").values()
        assert {each["Properties"]["ScalingTargetId"]["Ref"] for each in policies} == set(targets)


def test_the_policy_finds_its_fleet_where_the_stack_names_resources_itself() -> None:
    stack = new_stack()
    endpoint_in(stack, fleet=PAIR, scaling=SCALING)
    renamed = new_stack()
    renamed.rename_logical_id(logical(stack, "AWS::ApplicationAutoScaling::ScalableTarget"), "Renamed")
    endpoint_in(renamed, fleet=PAIR, scaling=SCALING)
    assert logical(renamed, "AWS::ApplicationAutoScaling::ScalableTarget") == "Renamed"
    assert only(renamed, "AWS::ApplicationAutoScaling::ScalingPolicy")["ScalingTargetId"] == {"Ref": "Renamed"}


def test_only_variants_that_scale_are_registered() -> None:
    stack = new_stack()
    model = single(stack)
    several = [
        Variant(model=model, fleet=PAIR, name="fixed"),
        Variant(model=model, fleet=FLEET, name="scaled", scaling=SCALING),
    ]
    endpoint = RealtimeEndpoint(stack, "Endpoint", variants=several)
    target = only(stack, "AWS::ApplicationAutoScaling::ScalableTarget")
    assert target["ResourceId"]["Fn::Join"][1][-1] == "/variant/scaled"
    assert list(endpoint.scaled) == ["scaled"]
    assert list(endpoint.scaled["scaled"].cfn_policies) == ["Invocations"]


# Several variants that scale


def policy_on(name: str) -> ScalingPolicy:
    metric = cloudwatch.Metric(namespace="Shop", metric_name=name)
    return ScalingPolicy.on_metric(name, metric, target=1)


def variants_with(scope: cdk.Stack, names: dict[str, list[ScalingPolicy]]) -> list[Variant]:
    model = single(scope)
    return [
        Variant(model=model, fleet=FLEET, name=name, scaling=Scaling.between(1, 4, policies))
        for name, policies in names.items()
    ]


def fleets(stack: cdk.Stack) -> dict[str, list[str]]:
    """The names of the policies on each variant, by the variant's name."""
    targets = resources(stack, "AWS::ApplicationAutoScaling::ScalableTarget")
    found: dict[str, list[str]] = {
        str(each["Properties"]["ResourceId"]["Fn::Join"][1][-1]).removeprefix("/variant/"): []
        for each in targets.values()
    }
    for each in resources(stack, "AWS::ApplicationAutoScaling::ScalingPolicy").values():
        target = targets[each["Properties"]["ScalingTargetId"]["Ref"]]
        variant = str(target["Properties"]["ResourceId"]["Fn::Join"][1][-1]).removeprefix("/variant/")
        found[variant].append(each["Properties"]["PolicyName"])
    return found


INVOCATIONS = ScalingPolicy.on_invocations(per_instance_per_minute=60)


def test_each_variant_scales_by_its_own_rules() -> None:
    stack = new_stack()
    both = variants_with(stack, {"champion": [INVOCATIONS, policy_on("Depth")], "challenger": [INVOCATIONS]})
    endpoint = RealtimeEndpoint(stack, "Endpoint", variants=both)
    assert fleets(stack) == {"champion": ["Invocations", "Depth"], "challenger": ["Invocations"]}
    assert {name: list(bound.cfn_policies) for name, bound in endpoint.scaled.items()} == fleets(stack)
    assert refusals(dict(Template.from_stack(stack).to_json())) == {}


def test_utilization_is_of_the_variant_that_scales() -> None:
    stack = new_stack()
    cpu = ScalingPolicy.on_cpu(percent=50)
    RealtimeEndpoint(stack, "Endpoint", variants=variants_with(stack, {"a": [cpu], "b": [cpu]}), endpoint_name="fraud")
    policies = resources(stack, "AWS::ApplicationAutoScaling::ScalingPolicy").values()
    watched = [
        each["Properties"]["TargetTrackingScalingPolicyConfiguration"]["CustomizedMetricSpecification"]["Dimensions"]
        for each in policies
    ]
    assert watched == [
        [{"Name": "EndpointName", "Value": "fraud"}, {"Name": "VariantName", "Value": name}] for name in ("a", "b")
    ]


def test_schedules_may_have_one_name_on_two_variants() -> None:
    stack = new_stack()
    schedule = autoscaling.Schedule.expression("rate(1 day)")
    night = ScheduledScaling(name="night", schedule=schedule, between=(1, 2))
    scaling = Scaling.between(1, 4, schedules=[night])
    RealtimeEndpoint(stack, "Endpoint", variants=variants(stack, "a", "b", scaling=scaling))
    targets = resources(stack, "AWS::ApplicationAutoScaling::ScalableTarget").values()
    assert [each["Properties"]["ScheduledActions"][0]["ScheduledActionName"] for each in targets] == ["night", "night"]


@pytest.mark.parametrize("name", ["Config", "Resource", "Rollback", "Target", "Default", "Variant0", "a" * 63, "a-b-c"])
def test_a_variant_may_have_any_name(name: str) -> None:
    stack = new_stack()
    both = variants_with(stack, {name: [INVOCATIONS], "other": [INVOCATIONS]})
    RealtimeEndpoint(stack, "Endpoint", variants=both, rollout=Rollout.all_at_once())
    assert fleets(stack) == {name: ["Invocations"], "other": ["Invocations"]}


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (("a", "bInvocations"), ("ab", "Invocations")),
        (("a", "Target"), ("aTarget", "Target")),
        (("a", ".Target"), ("a-b", ":Target")),
        (("Conf", "ig"), ("Re", "source")),
        (("Roll", "back"), ("x", "Config")),
        (("a-b", "same"), ("ab", "same")),
        (("A", "same"), ("a", "same")),
        (("a", "b/c"), ("b", "b--c")),
        (("a", "  "), ("b", "Ü: 5 %/min")),
    ],
)
def test_names_of_variants_and_policies_cannot_run_into_one_another(
    first: tuple[str, str], second: tuple[str, str]
) -> None:
    stack = new_stack()
    names = {variant: [policy_on(policy)] for variant, policy in (first, second)}
    RealtimeEndpoint(stack, "Endpoint", variants=variants_with(stack, names))
    assert fleets(stack) == {first[0]: [first[1]], second[0]: [second[1]]}


@pytest.mark.parametrize(
    "other", ["StepsTarget", "Steps:Target", "StepsUpperPolicy", "Target", "Steps/UpperPolicy", "a/b"]
)
def test_names_of_policies_cannot_run_into_what_steps_make(other: str) -> None:
    stack = new_stack()
    metric = cloudwatch.Metric(namespace="Shop", metric_name="Queue")
    steps = ScalingPolicy.steps("Steps", metric, [Interval(below=1, change=0), Interval(above=5, change=1)])
    RealtimeEndpoint(stack, "Endpoint", variants=variants_with(stack, {"a": [steps, policy_on(other)]}))
    assert len(resources(stack, "AWS::ApplicationAutoScaling::ScalingPolicy")) == 2


def test_a_variant_whose_name_is_a_token_is_told_from_one_named_after_its_position() -> None:
    stack = new_stack()
    names = {text_token(stack): [INVOCATIONS], "Variant0": [INVOCATIONS]}
    RealtimeEndpoint(stack, "Endpoint", variants=variants_with(stack, names), rollback_on=[])
    assert len(resources(stack, "AWS::ApplicationAutoScaling::ScalingPolicy")) == 2
