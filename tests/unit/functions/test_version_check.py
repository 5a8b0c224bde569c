"""Who may let a version begin, and what a function of the stack may know of another meanwhile."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk.assertions import Template

from cdk_model_hosting import Front, FunctionCode, ModelFunction
from cdk_model_hosting.functions.on_failure import OnFailure
from tests.unit.builders import att, new_stack, resources
from tests.unit.functions.made import CHECK, function, own
from tests.unit.functions.proxies import proxy, realtime

if TYPE_CHECKING:
    from pathlib import Path


def properties_of(found: dict[str, Any]) -> dict[str, Any]:
    return {name: each["Properties"] for name, each in found.items()}


def test_each_version_lets_the_check_try_it_and_look_at_it(source: Path, model: Path) -> None:
    stack = new_stack()
    for name in ("First", "Second"):
        function(source, model, stack, name)

    found = resources(stack, "AWS::Lambda::Permission")
    (check_role,) = [name for name in resources(stack, "AWS::IAM::Role") if name.startswith(CHECK)]
    assert {name: each["Principal"] for name, each in properties_of(found).items()} == dict.fromkeys(
        found, att(check_role, "Arn")
    )
    versions = list(own(stack, "AWS::Lambda::Version"))
    actions = ("lambda:InvokeFunction", "lambda:GetFunctionConfiguration")
    assert [(each["FunctionName"], each["Action"]) for each in properties_of(found).values()] == [
        ({"Ref": version}, action) for version in versions for action in actions
    ]
    for checked in resources(stack, "Custom::ModelFunctionVersion").values():
        name = checked["Properties"]["Version"]
        lets = {each for each, properties in properties_of(found).items() if properties["FunctionName"] == name}
        assert lets < set(checked["DependsOn"])
    policies_ = {**resources(stack, "AWS::IAM::Policy"), **resources(stack, "AWS::IAM::ManagedPolicy")}
    assert "lambda:" not in json.dumps(policies_)


@pytest.mark.parametrize("way", ["alias", "address", "failed events", "endpoint"])
def test_functions_of_a_stack_may_know_each_other(source: Path, model: Path, way: str) -> None:
    """`Template.from_stack` refuses cycles."""
    stack = new_stack()
    if way == "endpoint":
        first: ModelFunction = proxy(source, realtime(stack))
    else:
        first = function(source, model, stack, "First", front=Front.function_url())
    known = first.url if way == "address" else first.alias_arn
    options: dict[str, Any] = {"code": FunctionCode.from_folder(source, environment={"NEXT": str(known)})}
    if way == "failed events":
        options = {"on_failure": OnFailure.function(first.alias)}
    second = function(source, model, stack, "Second", **options)

    assert len(resources(stack, "Custom::ModelFunctionVersion")) == 2
    (alias,) = [name for name in own(stack, "AWS::Lambda::Alias") if not name.startswith("Second")]
    resource = {"address": "FirstUrl"}.get(way, alias)
    assert resource in json.dumps(
        [each for name, each in Template.from_stack(stack).to_json()["Resources"].items() if name.startswith("Second")]
    )
    assert second.alias_arn != first.alias_arn


def test_a_grant_can_come_before_a_version_begins(source: Path, model: Path) -> None:
    stack = new_stack()
    made = function(source, model, stack)
    table = dynamodb.TableV2(
        stack, "Table", partition_key=dynamodb.Attribute(name="id", type=dynamodb.AttributeType.STRING)
    )
    table.grant_read_data(made.role).apply_before(made.cfn_version)

    (version,) = own(made, "AWS::Lambda::Version").values()
    (policy,) = own(made, "AWS::IAM::Policy")
    assert version["DependsOn"] == [policy]
