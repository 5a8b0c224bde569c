"""The names of real-time endpoints."""

import re
from typing import Any

import aws_cdk as cdk
import pytest

from cdk_model_hosting import RealtimeEndpoint, Scaling, Variant
from tests.unit.builders import (
    FLEET,
    PAIR,
    new_stack,
    only,
    refused,
    resources,
    single,
    statements,
    text_token,
)

SCALING = Scaling.on_invocations(per_instance_per_minute=600, between=(2, 10))


def endpoint_in(stack: cdk.Stack, **options: Any) -> RealtimeEndpoint:
    return RealtimeEndpoint(stack, "Endpoint", model=single(stack), **{"fleet": FLEET, **options})


PATTERN = re.compile(r"[a-zA-Z0-9](-*[a-zA-Z0-9]){0,62}")


def name_in(scope: cdk.Stack, construct_id: str = "Endpoint") -> str:
    return RealtimeEndpoint(scope, construct_id, model=single(scope, f"M{construct_id}"), fleet=FLEET).endpoint_name


def test_a_made_name_is_literal_readable_and_the_same_every_time() -> None:
    first, second = (name_in(new_stack("Fraud-Prod"), "Detector") for _ in range(2))
    assert first == second
    assert re.fullmatch(r"fraud-prod-detector-[0-9a-f]{8}", first)


@pytest.mark.parametrize(
    ("stack_id", "construct_id"),
    [("S", "E"), ("S" * 100, "E" * 100), ("A-B-C", "x_y.z$"), ("Stack", "Größe"), ("S", "--"), ("S", "1")],
)
def test_a_made_name_is_one_that_sagemaker_accepts(stack_id: str, construct_id: str) -> None:
    name = name_in(new_stack(stack_id), construct_id)
    assert PATTERN.fullmatch(name), name


def test_made_names_differ_from_stack_to_stack_and_path_to_path() -> None:
    app = cdk.App()
    stack = cdk.Stack(app, "Stack")
    scopes = [
        stack,
        cdk.Stack(app, "Other"),
        cdk.NestedStack(stack, "Nested"),
        cdk.Stack(cdk.Stage(app, "Prod"), "Stack"),
        cdk.Stack(cdk.Stage(app, "Test"), "Stack"),
        cdk.Stack(app, "Named", stack_name="prod"),
    ]
    names = [name_in(scope) for scope in scopes]
    names += [name_in(stack, "A-B"), name_in(stack, "A_B"), name_in(stack, "AB"), name_in(stack, "E" * 90)]
    names += [name_in(stack, f"{'E' * 90}x"), name_in(stack, "endpoint")]
    assert len(set(names)) == len(names)


def test_two_deployments_of_one_app_differ_by_the_stacks_name_even_in_nested_stacks() -> None:
    names = [name_in(cdk.NestedStack(new_stack("Stack", stack_name=each), "Nested")) for each in ("dev", "prod")]
    assert len(set(names)) == 2
    assert [each.partition("-")[0] for each in names] == ["dev", "prod"]


@pytest.mark.parametrize("name", ["a_b", "-a", "a-", "a b"])
def test_fails_when_sagemaker_accepts_no_such_name(name: str) -> None:
    with refused(
        "RealtimeEndpoint endpoint_name must be 1-63 characters (letters, digits and hyphens, no hyphen first or last), "
        f"got {name!r}: SageMaker accepts no other endpoint name"
    ):
        endpoint_in(new_stack(), endpoint_name=name)


def test_fails_when_the_name_is_too_long() -> None:
    with refused(
        "RealtimeEndpoint endpoint_name must be 1-63 characters (letters, digits and hyphens, no hyphen first or last), "
        f"got {repr('n' * 64)[:59]}… of 64 characters: SageMaker accepts no other endpoint name"
    ):
        endpoint_in(new_stack(), endpoint_name="n" * 64)


def test_the_longest_names_still_make_valid_alarms() -> None:
    stack = new_stack()
    several = [Variant(model=single(stack), fleet=FLEET, name="v" * 63)]
    RealtimeEndpoint(stack, "Endpoint", variants=several, endpoint_name="n" * 63)
    assert all(
        len(each["Properties"]["AlarmName"]) <= 255 for each in resources(stack, "AWS::CloudWatch::Alarm").values()
    )


def test_a_name_may_be_a_token() -> None:
    stack = new_stack()
    endpoint_in(stack, endpoint_name=text_token(stack), fleet=PAIR, scaling=SCALING)
    assert only(stack, "AWS::SageMaker::Endpoint")["EndpointName"] == {"Ref": "Text"}
    for alarm in resources(stack, "AWS::CloudWatch::Alarm").values():
        assert alarm["Properties"]["Dimensions"][0] == {"Name": "EndpointName", "Value": {"Ref": "Text"}}
        assert alarm["Properties"]["AlarmName"]["Fn::Join"][1][0] == {"Ref": "Text"}
    described = statements(stack)[1]["Resource"]
    assert all({"Ref": "Text"} in each["Fn::Join"][1] for each in described)
