"""Callers that may ask for some of an endpoint's models or containers."""

from collections.abc import Sequence
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_iam as iam
from aws_cdk import aws_s3 as s3

from cdk_model_hosting import (
    Model,
    ModelStore,
    MultiContainerModel,
    MultiModel,
    Pattern,
    PipelineModel,
    RealtimeEndpoint,
)
from tests.unit.builders import FLEET, container, new_stack, only, refused, single, text_token

LONGEST = "a" * 1017 + ".tar.gz"


@pytest.fixture
def stack() -> cdk.Stack:
    return new_stack()


def grant(endpoint: RealtimeEndpoint, **targets: Any) -> dict[str, Any]:
    """The statement that lets a new role invoke an endpoint."""
    stack = cdk.Stack.of(endpoint)
    role = iam.Role(stack, "Caller", assumed_by=iam.ServicePrincipal("lambda.amazonaws.com"))
    endpoint.grant_invoke(role, **targets)
    (statement,) = only(stack, "AWS::IAM::Policy")["PolicyDocument"]["Statement"]
    found: dict[str, Any] = statement
    return found


def endpoint_of(model: Model) -> RealtimeEndpoint:
    return RealtimeEndpoint(cdk.Stack.of(model), "Endpoint", model=model, fleet=FLEET)


def multi_model(stack: cdk.Stack) -> RealtimeEndpoint:
    store = ModelStore(stack, "Store", bucket=s3.Bucket.from_bucket_name(stack, "Bucket", "models"))
    return endpoint_of(MultiModel(stack, "Model", container=container(models=store)))


def multi_container(stack: cdk.Stack, hostnames: Sequence[str] = ("fraud", "ads")) -> RealtimeEndpoint:
    containers = [container(hostname=hostname) for hostname in hostnames]
    return endpoint_of(MultiContainerModel(stack, "Model", containers=containers))


# Models


@pytest.mark.parametrize(
    "models",
    [["coast-1a2b3c4d.tar.gz"], ["coast-*", "inland-????????.tar.gz"], ["eu/*"], ["*"], ["my model.tar.gz"], [LONGEST]],
)
def test_a_caller_may_ask_for_some_models(stack: cdk.Stack, models: list[str]) -> None:
    statement = grant(multi_model(stack), models=models)
    assert statement["Condition"] == {"StringLike": {"sagemaker:TargetModel": models}}


def test_without_a_word_a_caller_may_ask_for_any(stack: cdk.Stack) -> None:
    assert "Condition" not in grant(multi_model(stack))


def test_models_may_be_tokens(stack: cdk.Stack) -> None:
    statement = grant(multi_model(stack), models=[text_token(stack)])
    assert statement["Condition"] == {"StringLike": {"sagemaker:TargetModel": [{"Ref": "Text"}]}}


def test_a_pipeline_may_have_models_to_ask_for(stack: cdk.Stack) -> None:
    store = ModelStore(stack, "Store", bucket=s3.Bucket.from_bucket_name(stack, "Bucket", "models"))
    model = PipelineModel(stack, "Model", containers=[container(), container(models=store)])
    statement = grant(endpoint_of(model), models=["coast-*"])
    assert statement["Condition"] == {"StringLike": {"sagemaker:TargetModel": ["coast-*"]}}


def test_fails_when_a_model_is_named_without_its_version(stack: cdk.Stack) -> None:
    with refused(
        "grant_invoke models must name archives, such as coast-* for all versions that add_model makes of it, got 'coast': "
        "requests name a model by the whole name of its .tar.gz archive"
    ):
        multi_model(stack).grant_invoke(iam.AccountRootPrincipal(), models=["coast"])


@pytest.mark.parametrize(
    ("model", "got"),
    [
        ("", "'' of 0 characters"),
        (f"a{LONGEST}", f"'{'a' * 58}… of 1025 characters"),
        (" coast-*", "' coast-*'"),
        ("küste-*", "'küste-*'"),
    ],
)
def test_fails_when_no_request_can_name_it(stack: cdk.Stack, model: str, got: str) -> None:
    with refused(
        "grant_invoke models must be 1-1024 characters (printable, no space first; * and ? stand for any text and any "
        f"character), got {got}: a request names its target model in a header"
    ):
        multi_model(stack).grant_invoke(iam.AccountRootPrincipal(), models=[model])


def test_fails_when_no_model_is_named(stack: cdk.Stack) -> None:
    with refused("grant_invoke models must name at least one, got none: leave it out to allow all of them"):
        multi_model(stack).grant_invoke(iam.AccountRootPrincipal(), models=[])


def test_fails_when_requests_name_no_model(stack: cdk.Stack) -> None:
    with refused(
        "grant_invoke models must be omitted for a multi-container endpoint, got ['coast-*']: its requests name no target model"
    ):
        multi_container(stack).grant_invoke(iam.AccountRootPrincipal(), models=["coast-*"])


# Containers


def test_a_caller_may_ask_some_containers(stack: cdk.Stack) -> None:
    statement = grant(multi_container(stack), containers=["ads"])
    assert statement["Condition"] == {"StringEquals": {"sagemaker:TargetContainerHostname": ["ads"]}}


def test_containers_may_be_tokens(stack: cdk.Stack) -> None:
    statement = grant(multi_container(stack), containers=["ads", text_token(stack)])
    assert statement["Condition"] == {"StringEquals": {"sagemaker:TargetContainerHostname": ["ads", {"Ref": "Text"}]}}


def test_an_imported_endpoint_takes_any_container(stack: cdk.Stack) -> None:
    imported = RealtimeEndpoint.from_endpoint_name(stack, "Endpoint", "fraud", pattern=Pattern.MULTI_CONTAINER)
    role = iam.Role(stack, "Caller", assumed_by=iam.ServicePrincipal("lambda.amazonaws.com"))
    imported.grant_invoke(role, containers=["anything"])
    (statement,) = only(stack, "AWS::IAM::Policy")["PolicyDocument"]["Statement"]
    assert statement["Condition"] == {"StringEquals": {"sagemaker:TargetContainerHostname": ["anything"]}}


def test_fails_when_there_is_no_such_container(stack: cdk.Stack) -> None:
    with refused("grant_invoke containers must be among fraud, ads, got 'spam': the endpoint has no other"):
        multi_container(stack).grant_invoke(iam.AccountRootPrincipal(), containers=["spam"])


def test_fails_when_no_container_can_have_the_name(stack: cdk.Stack) -> None:
    with refused(
        "grant_invoke container must be 1-63 characters (letters, digits and hyphens, no hyphen first or last), got 'ads*': "
        "SageMaker uses it as a DNS name"
    ):
        multi_container(stack).grant_invoke(iam.AccountRootPrincipal(), containers=["ads*"])


def test_fails_when_no_container_is_named(stack: cdk.Stack) -> None:
    with refused("grant_invoke containers must name at least one, got none: leave it out to allow all of them"):
        multi_container(stack).grant_invoke(iam.AccountRootPrincipal(), containers=[])


def test_fails_when_requests_name_no_container(stack: cdk.Stack) -> None:
    with refused(
        "grant_invoke containers must be omitted for a single-model real-time endpoint, got ['ads']: its requests name no "
        "target container"
    ):
        endpoint_of(single(stack)).grant_invoke(iam.AccountRootPrincipal(), containers=["ads"])


def test_a_name_that_is_a_token_may_be_any_of_them(stack: cdk.Stack) -> None:
    statement = grant(multi_container(stack, ["fraud", text_token(stack)]), containers=["ads"])
    assert statement["Condition"] == {"StringEquals": {"sagemaker:TargetContainerHostname": ["ads"]}}
