import aws_cdk as cdk
import pytest
from aws_cdk import aws_iam as iam
from aws_cdk.assertions import Annotations, Match

from cdk_model_hosting import Model, RealtimeEndpoint
from cdk_model_hosting.patterns import Pattern
from tests.unit.builders import FLEET, new_stack, only, refused, resources, single, text_token


def imported(stack: cdk.Stack, role: iam.IRole | None = None) -> Model:
    return Model.from_model_name(stack, "Model", "fraud-7", role=role)


def test_an_imported_model_can_be_served() -> None:
    stack = new_stack()
    model = imported(stack)
    RealtimeEndpoint(stack, "Endpoint", model=model, fleet=FLEET)
    assert only(stack, "AWS::SageMaker::EndpointConfig")["ProductionVariants"][0]["ModelName"] == "fraud-7"
    assert model.architectures == frozenset()
    assert resources(stack, "AWS::SageMaker::Model") == {}
    assert resources(stack, "AWS::IAM::Role") == {}


def test_its_role_gets_what_the_endpoint_needs() -> None:
    stack = new_stack()
    role = iam.Role.from_role_arn(stack, "Role", "arn:aws:iam::123456789012:role/serve")
    RealtimeEndpoint(stack, "Endpoint", model=imported(stack, role), fleet=FLEET)
    policy = only(stack, "AWS::IAM::Policy")
    assert policy["Roles"] == ["serve"]
    assert [each["Action"] for each in policy["PolicyDocument"]["Statement"]] == ["cloudwatch:DescribeAlarms"]


def test_the_endpoint_waits_until_its_role_has_that() -> None:
    stack = new_stack()
    role = iam.Role.from_role_arn(stack, "Role", "arn:aws:iam::123456789012:role/serve")
    RealtimeEndpoint(stack, "Endpoint", model=imported(stack, role), fleet=FLEET)
    (policy,) = resources(stack, "AWS::IAM::Policy")
    (endpoint,) = resources(stack, "AWS::SageMaker::Endpoint").values()
    assert policy in endpoint["DependsOn"]


def test_an_immutable_role_of_its_is_left_as_it_is() -> None:
    stack = new_stack()
    role = iam.Role.from_role_arn(stack, "Role", "arn:aws:iam::123456789012:role/serve", mutable=False)
    RealtimeEndpoint(stack, "Endpoint", model=imported(stack, role), fleet=FLEET)
    assert resources(stack, "AWS::IAM::Policy") == {}


@pytest.mark.parametrize("name", ["-fraud", "fraud-", "fraud_7", "a b"])
def test_fails_when_no_model_can_have_the_name(name: str) -> None:
    with refused(
        "Model.from_model_name model_name must be 1-63 characters (letters, digits and hyphens, no hyphen first or "
        f"last), got {name!r}: SageMaker accepts no other model name"
    ):
        Model.from_model_name(new_stack(), "Model", name)


def test_the_name_may_be_a_token() -> None:
    stack = new_stack()
    model = Model.from_model_name(stack, "Model", text_token(stack))
    RealtimeEndpoint(stack, "Endpoint", model=model, fleet=FLEET)
    assert only(stack, "AWS::SageMaker::EndpointConfig")["ProductionVariants"][0]["ModelName"] == {"Ref": "Text"}


def test_fails_when_the_endpoint_is_in_another_stack() -> None:
    app = cdk.App()
    models, endpoints = cdk.Stack(app, "Models", stack_name="m"), cdk.Stack(app, "Endpoints", stack_name="e")
    model = single(models)
    with refused(
        "SingleModel must be in its endpoint's stack, got m and e: each new version has a new name, which CloudFormation "
        "cannot change while another stack imports it"
    ):
        RealtimeEndpoint(endpoints, "Endpoint", model=model, fleet=FLEET)


def test_a_model_and_its_endpoint_may_stand_in_parent_and_nested_stack() -> None:
    stack = new_stack()
    nested = cdk.NestedStack(stack, "Nested")
    RealtimeEndpoint(nested, "Endpoint", model=single(stack), fleet=FLEET)
    (variant,) = only(nested, "AWS::SageMaker::EndpointConfig")["ProductionVariants"]
    assert variant["ModelName"]["Ref"].startswith("reference")


def test_an_imported_model_may_be_served_from_any_stack() -> None:
    app = cdk.App()
    models, endpoints = cdk.Stack(app, "Models"), cdk.Stack(app, "Endpoints")
    RealtimeEndpoint(endpoints, "Endpoint", model=imported(models), fleet=FLEET)
    assert len(resources(endpoints, "AWS::SageMaker::Endpoint")) == 1


def test_one_model_may_stand_behind_two_endpoints() -> None:
    stack = new_stack()
    model = single(stack)
    for each in ("One", "Two"):
        RealtimeEndpoint(stack, each, model=model, fleet=FLEET)
    assert len(resources(stack, "AWS::SageMaker::Endpoint")) == 2
    described = [
        each
        for each in only(stack, "AWS::IAM::Role")["Policies"][0]["PolicyDocument"]["Statement"]
        if each["Action"] == "cloudwatch:DescribeAlarms"
    ]
    assert sum(len(each["Resource"]) for each in described) == 4


def test_says_that_the_role_of_an_imported_model_is_the_owners_to_see_to() -> None:
    stack = new_stack()
    RealtimeEndpoint(stack, "Endpoint", model=imported(stack), fleet=FLEET)
    warnings = Annotations.from_stack(stack).find_warning("*", Match.string_like_regexp("cloudwatch:DescribeAlarms"))
    assert len(warnings) == 1


def test_an_imported_model_is_a_single_one_unless_said() -> None:
    stack = new_stack()
    assert imported(stack).pattern is Pattern.REALTIME
    several = Model.from_model_name(stack, "Several", "fraud-7", pattern=Pattern.MULTI_MODEL)
    assert (several.pattern, several.containers, several.hostnames) == (Pattern.MULTI_MODEL, (), ())
    assert imported(new_stack()).pattern is Pattern.REALTIME


def test_fails_when_the_pattern_is_no_kind_of_model() -> None:
    with refused(
        "Model.from_model_name pattern must be one of REALTIME, MULTI_MODEL, PIPELINE, MULTI_CONTAINER, got ASYNCHRONOUS: the "
        "others are ways to answer, and not kinds of model"
    ):
        Model.from_model_name(new_stack(), "Model", "fraud-7", pattern=Pattern.ASYNCHRONOUS)
