"""Who may call inference components: all of an endpoint, or a single one."""

from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk.assertions import Template
from cdk_nag import AwsSolutionsChecks

from cdk_model_hosting import ComponentEndpoint, Container, ContainerImage, InferenceComponent
from cdk_model_hosting.endpoints.components import ImportedComponentEndpoint
from tests.unit.builders import IMAGE, join, new_stack, only, refused, text_token
from tests.unit.endpoints.shared import component_on, endpoint_in

INVOKE = ["sagemaker:InvokeEndpoint", "sagemaker:InvokeEndpointWithResponseStream"]
ELSEWHERE = "arn:aws:sagemaker:eu-west-1:444455556666:endpoint/elsewhere"
HERE = ("arn:", {"Ref": "AWS::Partition"}, ":sagemaker:", {"Ref": "AWS::Region"}, ":", {"Ref": "AWS::AccountId"})


def granted(stack: cdk.Stack) -> list[Any]:
    """What the caller may invoke, by statement."""
    statements = only(stack, "AWS::IAM::Policy")["PolicyDocument"]["Statement"]
    assert {(str(each["Action"]), each["Effect"]) for each in statements} == {(str(INVOKE), "Allow")}
    return [each["Resource"] for each in statements]


def caller(stack: cdk.Stack) -> iam.Role:
    return iam.Role(stack, "Caller", assumed_by=iam.ServicePrincipal("lambda.amazonaws.com"))


def here(kind: str) -> dict[str, list[object]]:
    return join(*HERE, f":{kind}")


def elsewhere(kind: str) -> dict[str, list[object]]:
    return join("arn:", {"Ref": "AWS::Partition"}, f":sagemaker:eu-west-1:444455556666:{kind}")


def imported(stack: cdk.Stack, *, by_arn: bool) -> ImportedComponentEndpoint:
    if by_arn:
        return ComponentEndpoint.from_endpoint_arn(stack, "Endpoint", ELSEWHERE)
    return ComponentEndpoint.from_endpoint_name(stack, "Endpoint", "elsewhere")


# All of them


def test_all_components_may_be_called() -> None:
    stack = new_stack()
    endpoint_in(stack, endpoint_name="Shared").grant_invoke(caller(stack))
    assert granted(stack) == [here("endpoint/shared"), here("inference-component/*")]


@pytest.mark.parametrize("by_arn", [False, True])
def test_those_of_an_imported_endpoint_too(by_arn: bool) -> None:
    stack = new_stack()
    imported(stack, by_arn=by_arn).grant_invoke(caller(stack))
    if by_arn:
        assert granted(stack) == [ELSEWHERE, elsewhere("inference-component/*")]
    else:
        assert granted(stack) == [here("endpoint/elsewhere"), here("inference-component/*")]


def test_of_an_endpoint_whose_arn_is_a_token() -> None:
    stack = new_stack()
    ComponentEndpoint.from_endpoint_arn(stack, "Endpoint", text_token(stack, "Arn")).grant_invoke(caller(stack))
    partition = join("arn:", {"Ref": "AWS::Partition"}, ":sagemaker:*:*:inference-component/*")
    assert granted(stack) == [{"Ref": "Arn"}, partition]


@pytest.mark.parametrize(("what", "target"), [("models", "target model"), ("containers", "target container")])
def test_fails_when_targets_are_named(what: str, target: str) -> None:
    stack = new_stack()
    with refused(
        f"grant_invoke {what} must be omitted for an inference component endpoint, got ['a']: its requests name no {target}"
    ):
        endpoint_in(stack).grant_invoke(caller(stack), **{what: ["a"]})


def test_the_wildcard_has_its_reason() -> None:
    app = cdk.App()
    cdk.Validations.of(app).add_plugins(AwsSolutionsChecks(app))
    stack = cdk.Stack(app, "Stack")
    endpoint_in(stack).grant_invoke(caller(stack))
    app.synth()  # It fails where cdk-nag finds something.


# A single one


def test_it_alone_may_be_called() -> None:
    stack = new_stack()
    endpoint = endpoint_in(stack, endpoint_name="shared")
    component_on(endpoint, component_name="Coast").grant_invoke(caller(stack))
    component_on(endpoint, "Inland")
    assert granted(stack) == [[here("endpoint/shared"), here("inference-component/coast")]]


def test_a_name_that_is_a_token_is_granted_as_it_is() -> None:
    stack = new_stack()
    component = component_on(endpoint_in(stack, endpoint_name="shared"), component_name=text_token(stack, "Name"))
    component.grant_invoke(caller(stack))
    ((_, second),) = granted(stack)
    assert second == join(*HERE, ":inference-component/", {"Ref": "Name"})


@pytest.mark.parametrize("by_arn", [False, True])
def test_an_existing_one_has_the_same_grants_and_metrics(by_arn: bool) -> None:
    stack = new_stack()
    endpoint = imported(stack, by_arn=by_arn)
    component = InferenceComponent.from_component_name(stack, "Coast", "coast", endpoint=endpoint)
    component.grant_invoke(caller(stack))
    if by_arn:
        assert granted(stack) == [[ELSEWHERE, elsewhere("inference-component/coast")]]
    else:
        assert granted(stack) == [[here("endpoint/elsewhere"), here("inference-component/coast")]]
    metric = component.metric_invocations()
    assert (metric.metric_name, metric.dimensions) == ("Invocations", {"InferenceComponentName": "coast"})
    assert (metric.region, metric.account) == (("eu-west-1", "444455556666") if by_arn else (None, None))


def test_fails_when_what_is_imported_cannot_be() -> None:
    stack = new_stack()
    endpoint = imported(stack, by_arn=False)
    with refused(
        "from_component_name component_name must be 1-63 characters (letters, digits and hyphens), got 'a_b': requests name the "
        "component by it"
    ):
        InferenceComponent.from_component_name(stack, "Coast", "a_b", endpoint=endpoint)
    with refused(
        "from_component_name endpoint must be a SharedEndpoint, got 'elsewhere': nothing else is understood there"
    ):
        InferenceComponent.from_component_name(stack, "Coast", "coast", endpoint="elsewhere")  # type: ignore[arg-type]
    name = text_token(stack)
    assert InferenceComponent.from_component_name(stack, "Coast", name, endpoint=endpoint).component_name == name


def test_a_caller_whose_name_a_component_knows_makes_no_cycle() -> None:
    stack = new_stack()
    code = lambda_.Code.from_inline("x")
    function = lambda_.Function(stack, "Function", runtime=lambda_.Runtime.PYTHON_3_12, handler="a.b", code=code)
    told = Container(image=ContainerImage.from_uri(IMAGE), environment={"CALLER": function.function_name})
    component = component_on(endpoint_in(stack), container=told)
    component.grant_invoke(function)
    component.endpoint.grant_invoke(function)
    Template.from_stack(stack)
