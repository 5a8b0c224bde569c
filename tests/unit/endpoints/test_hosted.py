"""What every endpoint made here has in common, where one kind of endpoint alone cannot show it."""

from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_iam as iam
from aws_cdk import aws_s3 as s3

from cdk_model_hosting import (
    AsyncEndpoint,
    Container,
    Model,
    ModelStore,
    MultiContainerModel,
    MultiModel,
    Pattern,
    PipelineModel,
    RealtimeEndpoint,
    ServerlessEndpoint,
    SingleModel,
    Variant,
)
from cdk_model_hosting.endpoints.hosted import hosted_model
from tests.unit.builders import FLEET, container, new_stack, only, refused


def on_request(stack: cdk.Stack) -> Container:
    return container(models=ModelStore(stack, "Store", bucket=s3.Bucket.from_bucket_name(stack, "Bucket", "models")))


def model_of(stack: cdk.Stack, pattern: Pattern) -> Model:
    match pattern:
        case Pattern.MULTI_MODEL:
            return MultiModel(stack, "Model", container=on_request(stack))
        case Pattern.PIPELINE:
            return PipelineModel(stack, "Model", containers=[container(), container()])
        case Pattern.MULTI_CONTAINER:
            both = [container(hostname="a"), container(hostname="b")]
            return MultiContainerModel(stack, "Model", containers=both)
        case _:
            return SingleModel(stack, "Model", container=container())


AT_ONCE = (Pattern.REALTIME, Pattern.MULTI_MODEL, Pattern.PIPELINE, Pattern.MULTI_CONTAINER)


# The kind of endpoint


@pytest.mark.parametrize("pattern", AT_ONCE, ids=lambda each: each.name)
def test_an_endpoint_is_watched_as_what_its_model_makes_it(pattern: Pattern) -> None:
    stack = new_stack()
    endpoint = RealtimeEndpoint(stack, "Endpoint", model=model_of(stack, pattern), fleet=FLEET)
    assert (endpoint.pattern, endpoint.watching.kind.pattern) == (pattern, pattern)


@pytest.mark.parametrize("pattern", AT_ONCE[1:], ids=lambda each: each.name)
@pytest.mark.parametrize("imported", [False, True], ids=["made", "imported"])
def test_a_model_of_another_kind_is_named_by_its_kind(pattern: Pattern, imported: bool) -> None:
    stack = new_stack()
    model = Model.from_model_name(stack, "Model", "m", pattern=pattern) if imported else model_of(stack, pattern)
    (used,) = hosted_model("ServerlessEndpoint", model)
    assert (used.what, used.got, used.must) == (
        "ServerlessEndpoint model",
        f"a {pattern.value} one",
        "be a single model",
    )


def test_a_single_model_asks_for_nothing() -> None:
    stack = new_stack()
    assert hosted_model("AsyncEndpoint", model_of(stack, Pattern.REALTIME)) == []


@pytest.mark.parametrize("made", [AsyncEndpoint, ServerlessEndpoint])
def test_fails_when_a_pipeline_should_answer_otherwise(made: Any) -> None:
    stack = new_stack()
    nouns = {AsyncEndpoint: "an asynchronous endpoint", ServerlessEndpoint: "a serverless endpoint"}
    fleet: dict[str, Any] = {"fleet": FLEET} if made is AsyncEndpoint else {}
    with refused(
        f"{made.__name__} model must be a single model for {nouns[made]}, got a serial pipeline one: SageMaker runs one "
        "container there"
    ):
        made(stack, "Endpoint", model=model_of(stack, Pattern.PIPELINE), **fleet)


# Its containers and models


def test_the_containers_of_all_variants_can_be_asked_for() -> None:
    stack = new_stack()
    several = [
        MultiContainerModel(stack, f"M{index}", containers=[container(hostname=each) for each in hostnames])
        for index, hostnames in enumerate([("fraud", "ads"), ("fraud", "spam")])
    ]
    variants = [Variant(model=model, fleet=FLEET, name=f"v{index}") for index, model in enumerate(several)]
    endpoint = RealtimeEndpoint(stack, "Endpoint", variants=variants)
    role = iam.Role(stack, "Caller", assumed_by=iam.ServicePrincipal("lambda.amazonaws.com"))
    endpoint.grant_invoke(role, containers=["ads", "spam"])
    (statement,) = only(stack, "AWS::IAM::Policy")["PolicyDocument"]["Statement"]
    assert statement["Condition"] == {"StringEquals": {"sagemaker:TargetContainerHostname": ["ads", "spam"]}}
    with refused("grant_invoke containers must be among fraud, ads, spam, got 'news': the endpoint has no other"):
        endpoint.grant_invoke(role, containers=["news"])


def test_fails_when_models_are_granted_of_a_pipeline_that_loads_none() -> None:
    stack = new_stack()
    endpoint = RealtimeEndpoint(stack, "Endpoint", model=model_of(stack, Pattern.PIPELINE), fleet=FLEET)
    with refused(
        "grant_invoke models must be omitted where no container loads models, got ['coast-*']: its requests name no target "
        "model, so none would be allowed"
    ):
        endpoint.grant_invoke(iam.AccountRootPrincipal(), models=["coast-*"])


@pytest.mark.parametrize("known", ["model", "endpoint"])
def test_an_imported_pipeline_may_load_models(known: str) -> None:
    stack = new_stack()
    if known == "model":
        model = Model.from_model_name(stack, "Model", "m", pattern=Pattern.PIPELINE)
        endpoint: Any = RealtimeEndpoint(stack, "Endpoint", model=model, fleet=FLEET, verify_rollout=False)
    else:
        endpoint = RealtimeEndpoint.from_endpoint_name(stack, "Endpoint", "fraud", pattern=Pattern.PIPELINE)
    role = iam.Role(stack, "Caller", assumed_by=iam.ServicePrincipal("lambda.amazonaws.com"))
    endpoint.grant_invoke(role, models=["coast-*"])
    (statement,) = only(stack, "AWS::IAM::Policy")["PolicyDocument"]["Statement"]
    assert statement["Condition"] == {"StringLike": {"sagemaker:TargetModel": ["coast-*"]}}


def test_fails_when_another_endpoint_of_the_stack_has_the_name() -> None:
    stack = new_stack()
    model = model_of(stack, Pattern.REALTIME)
    RealtimeEndpoint(stack, "One", model=model, fleet=FLEET, endpoint_name="fraud")
    with refused(
        "RealtimeEndpoint endpoint_name must be unique in its stack, got 'Fraud' twice: SageMaker tells endpoints apart by "
        "it, whatever their capitals"
    ):
        RealtimeEndpoint(stack, "Two", model=model, fleet=FLEET, endpoint_name="Fraud")
    other = new_stack("Other")
    RealtimeEndpoint(other, "One", model=model_of(other, Pattern.REALTIME), fleet=FLEET, endpoint_name="fraud")
