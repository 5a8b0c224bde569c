"""Real-time endpoints whose fleets scale."""

from typing import Any

import aws_cdk as cdk
import pytest

from cdk_model_hosting import Fleet, Model, RealtimeEndpoint, Scaling, Variant
from tests.unit.builders import (
    FLEET,
    PAIR,
    att,
    new_stack,
    only,
    resources,
    single,
    variants,
)

SCALING = Scaling.on_invocations(per_instance_per_minute=600, between=(2, 10))


def endpoint_in(stack: cdk.Stack, **options: Any) -> RealtimeEndpoint:
    return RealtimeEndpoint(stack, "Endpoint", model=single(stack), **{"fleet": FLEET, **options})


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
