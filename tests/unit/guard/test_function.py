"""One function a stack, allowed to do what its custom resources ask of it."""

from pathlib import Path
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk.assertions import Match, Template

from cdk_model_hosting import (
    ComponentEndpoint,
    ComponentResources,
    ConfigurationError,
    InferenceComponent,
    RealtimeEndpoint,
    Scaling,
)
from cdk_model_hosting.guard.function import EndpointGuard
from cdk_model_hosting.guard.permissions import CHECK_COMPONENTS, CHECK_ROLLOUTS, OWN_SCALING, own_capacity
from cdk_model_hosting.handlers.endpoint_guard.permissions import (
    PERMISSIONS,
    SCALABLE_TARGET_CONDITIONS,
    SERVICE_LINKED_ROLE_CONDITIONS,
)
from cdk_model_hosting.permissions import Permission
from tests.unit.builders import PAIR, container, new_stack, single, sub, text_token

SCALING = Scaling.on_invocations(per_instance_per_minute=600, between=(2, 4))


def two_endpoints(**options: Any) -> cdk.Stack:
    stack = new_stack()
    for name in ("A", "B"):
        RealtimeEndpoint(stack, name, model=single(stack, f"Model{name}"), fleet=PAIR, scaling=SCALING, **options)
    return stack


@pytest.fixture(scope="module")
def checked() -> Template:
    return Template.from_stack(two_endpoints())


def guard_policy(template: Template) -> list[dict[str, Any]]:
    """The statements of all the function's policies."""
    found: list[dict[str, Any]] = []
    for name, policy in template.find_resources("AWS::IAM::Policy").items():
        if name.startswith("EndpointGuard"):
            found.extend(policy["Properties"]["PolicyDocument"]["Statement"])
    return found


def actions(permissions: list[dict[str, Any]]) -> set[str]:
    found: set[str] = set()
    for each in permissions:
        action = each["Action"]
        found.update([action] if isinstance(action, str) else action)
    return found


def test_a_stack_has_one_function_however_many_endpoints(checked: Template) -> None:
    checked.resource_count_is("AWS::Lambda::Function", 1)
    checked.resource_count_is("Custom::EndpointRollout", 1)
    checked.has_resource_properties(
        "AWS::Lambda::Function", {"Handler": "handlers.endpoint_guard.handler", "Runtime": "python3.14", "Timeout": 900}
    )


def test_lambda_does_not_try_again_by_itself(checked: Template) -> None:
    checked.has_resource_properties(
        "AWS::Lambda::EventInvokeConfig", {"MaximumRetryAttempts": 0, "Qualifier": "$LATEST"}
    )


def test_the_check_waits_for_every_endpoint_and_for_its_permissions(checked: Template) -> None:
    checks = checked.find_resources("Custom::EndpointRollout")
    check = next(iter(checks.values()))
    names = [each["Name"]["Fn::GetAtt"][0] for each in check["Properties"]["Endpoints"].values()]
    assert sorted(names) == sorted(checked.find_resources("AWS::SageMaker::Endpoint"))
    assert all(
        "EndpointConfigName" in each["Config"]["Fn::GetAtt"] for each in check["Properties"]["Endpoints"].values()
    )
    assert any(name.startswith("EndpointGuardPolicy") for name in check["DependsOn"])


LOGS = {"logs:CreateLogStream", "logs:PutLogEvents"}
LOOK = {action for each in PERMISSIONS["Custom::EndpointRollout"].values() for action in each}
COMPONENTS = PERMISSIONS["Custom::EndpointRollout"]["inference-component"]


def test_the_function_may_look_and_nothing_else(checked: Template) -> None:
    assert actions(guard_policy(checked)) == (LOOK - COMPONENTS) | LOGS


def test_with_inference_components_it_may_look_at_them_too() -> None:
    stack = new_stack()
    endpoint = ComponentEndpoint(stack, "Endpoint", fleet=PAIR)
    for name in ("Coast", "Inland"):
        resources = ComponentResources(memory_mb=512)
        InferenceComponent(stack, name, endpoint=endpoint, container=container(), resources=resources)
    template = Template.from_stack(stack)
    assert actions(guard_policy(template)) == LOOK | LOGS
    (check,) = template.find_resources("Custom::EndpointRollout").values()
    assert any(name.startswith("EndpointGuardCheckComponents") for name in check["DependsOn"])
    waits_for = {each["Arn"]["Ref"] for each in check["Properties"]["Components"].values()}
    assert waits_for == set(template.find_resources("AWS::SageMaker::InferenceComponent"))


def test_owning_the_scaling_needs_what_the_handler_says() -> None:
    template = Template.from_stack(two_endpoints(allow_instance_type_change=True))
    wanted = {
        action
        for kind in PERMISSIONS.values()
        for subject, each in kind.items()
        # Step policies cannot be owned, so their alarms are nobody's; and there is no inference component.
        if subject not in {"alarm", "inference-component"}
        for action in each
    } | {"cloudwatch:DescribeAlarms"}
    assert actions(guard_policy(template)) == wanted | {"logs:CreateLogStream", "logs:PutLogEvents"}


def test_conditions_are_those_that_the_handler_says() -> None:
    conditions = [each.conditions for each in OWN_SCALING if each.conditions]
    assert conditions == [
        {"StringEquals": dict(SCALABLE_TARGET_CONDITIONS)},
        {"StringLike": dict(SERVICE_LINKED_ROLE_CONDITIONS)},
    ]


def test_every_wildcard_has_its_reason() -> None:
    for permission in (*CHECK_COMPONENTS, *CHECK_ROLLOUTS, *OWN_SCALING):
        has_wildcard = any("*" in str(resource) for resource in permission.resources)
        assert has_wildcard == (permission.wildcard_reason is not None), permission


def test_it_may_change_the_size_of_endpoints_that_ask_for_it_alone() -> None:
    stack = two_endpoints(verify_rollout=False)
    for name in ("fraud", "Coast"):
        RealtimeEndpoint(
            stack,
            name,
            model=single(stack, f"{name}Model"),
            fleet=PAIR,
            scaling=SCALING,
            endpoint_name=name,
            verify_rollout=False,
            allow_instance_type_change=True,
        )
    template = Template.from_stack(stack)
    both = ["sagemaker:DescribeEndpoint", "sagemaker:UpdateEndpointWeightsAndCapacities"]
    prefix = "arn:${AWS::Partition}:sagemaker:${AWS::Region}:${AWS::AccountId}:endpoint/"
    given = [each["Resource"] for each in guard_policy(template) if each["Action"] == both]
    # SageMaker writes names in lower case there.
    assert sorted(given, key=str) == [sub(f"{prefix}coast"), sub(f"{prefix}fraud")]
    assert not [each for each in guard_policy(template) if each["Resource"] == sub(f"{prefix}*")]
    for kind in ("Custom::ScalingRelease", "Custom::ScalingRegistration"):
        waits = [
            [name for name in each["DependsOn"] if "OwnCapacity" in name]
            for each in template.find_resources(kind).values()
        ]
        assert len(waits) == len({name for names in waits for name in names}) == 2


def test_an_endpoint_whose_name_is_a_token_stands_for_any() -> None:
    permission = own_capacity(text_token(new_stack()))
    assert permission.resources == (sub("arn:${AWS::Partition}:sagemaker:${AWS::Region}:${AWS::AccountId}:endpoint/*"),)
    assert permission.wildcard_reason == (
        "the endpoint is named when it is deployed, perhaps with capitals, which its ARN is without"
    )


def test_fails_when_iam_keeps_no_further_policy() -> None:
    guard = EndpointGuard.of(new_stack())
    small = (own_capacity("fraud"),)
    for _ in range(100):
        guard.policy("Once", small)
    large = (Permission(actions=("s3:GetObject",), resources=("x" * 9_000,)),)
    message = (
        r"Policies of the function that watches over a stack's endpoints must be 1-10240 characters, got 1\d{4}: IAM keeps no "
        r"longer ones, and each endpoint with allow_instance_type_change takes one; put some of them into another stack"
    )
    guard.policy("Enough", large)
    with pytest.raises(ConfigurationError, match=f"^{message}$"):
        guard.policy("More", large)


def test_nothing_is_given_twice() -> None:
    found = guard_policy(Template.from_stack(two_endpoints(allow_instance_type_change=True)))
    assert len(found) == len({str(each) for each in found})


def test_what_only_scaling_needs_goes_with_it_and_not_before() -> None:
    template = Template.from_stack(two_endpoints(allow_instance_type_change=True))
    policies = [name for name in template.find_resources("AWS::IAM::Policy") if "OwnScaling" in name]
    assert len(policies) == 1
    for kind in ("Custom::ScalingRelease", "Custom::ScalingRegistration"):
        for resource in template.find_resources(kind).values():
            assert policies[0] in resource["DependsOn"]


def test_a_stack_that_wants_no_check_has_no_function() -> None:
    template = Template.from_stack(two_endpoints(verify_rollout=False))
    template.resource_count_is("AWS::Lambda::Function", 0)
    template.resource_count_is("Custom::EndpointRollout", 0)


def test_every_stack_has_its_own() -> None:
    app = cdk.App()
    stacks = [cdk.Stack(app, name) for name in ("One", "Two")]
    for stack in stacks:
        RealtimeEndpoint(stack, "E", model=single(stack), fleet=PAIR)
    for stack in stacks:
        Template.from_stack(stack).resource_count_is("Custom::EndpointRollout", 1)


def test_the_code_is_the_handler_and_nothing_of_the_machine() -> None:
    app = cdk.App()
    stack = cdk.Stack(app, "Stack")
    RealtimeEndpoint(stack, "E", model=single(stack), fleet=PAIR)
    assembly = app.synth()
    files = [each for each in Path(assembly.directory).rglob("*") if "asset." in str(each)]
    assert any(each.name == "entry.py" for each in files)
    assert {each.name for each in files if each.parent.name.startswith("asset.")} == {"handlers"}
    guard = {each.name for each in files if each.parent.name == "handlers"}
    assert guard == {"__init__.py", "custom_resource.py", "endpoint_guard", "log.py"}
    assert not any("__pycache__" in str(each) for each in files)


def test_the_role_may_be_assumed_by_lambda_alone(checked: Template) -> None:
    checked.has_resource_properties(
        "AWS::IAM::Role",
        {
            "AssumeRolePolicyDocument": {
                "Statement": [Match.object_like({"Principal": {"Service": "lambda.amazonaws.com"}})],
                "Version": "2012-10-17",
            }
        },
    )
