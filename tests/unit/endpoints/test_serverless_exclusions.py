"""What serverless endpoints exclude is refused by the name of the rule."""

from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_s3 as s3

from cdk_model_hosting import (
    Container,
    ContainerImage,
    Model,
    ModelArtifact,
    Network,
    Pattern,
    ServerlessEndpoint,
    SingleModel,
)
from cdk_model_hosting.models.image import Architecture
from tests.unit.builders import (
    IMAGE,
    container,
    new_stack,
    refused,
    single,
)


def endpoint_in(stack: cdk.Stack, **options: Any) -> ServerlessEndpoint:
    asked: dict[str, Any] = {"verify_rollout": False, **options}
    if "model" not in asked:
        asked["model"] = single(stack)
    return ServerlessEndpoint(stack, "Endpoint", **asked)


def fails(message: str, stack: cdk.Stack, model: Model) -> None:
    with refused(message):
        endpoint_in(stack, model=model)


def test_fails_when_the_model_is_in_a_vpc() -> None:
    stack = new_stack()
    model = single(stack, network=Network(vpc=ec2.Vpc(stack, "Vpc")))
    fails(
        "SingleModel network must be omitted for a serverless endpoint, got one: serverless endpoints reach no VPC",
        stack,
        model,
    )


def test_fails_when_the_model_is_isolated() -> None:
    stack = new_stack()
    fails(
        "SingleModel network_isolation must be omitted for a serverless endpoint, got True: serverless endpoints cannot be "
        "isolated",
        stack,
        single(stack, network_isolation=True),
    )


def test_fails_when_the_artifact_is_not_packed() -> None:
    stack = new_stack()
    bucket = s3.Bucket.from_bucket_name(stack, "Bucket", "models")
    model = SingleModel(stack, "Model", container=container(ModelArtifact.uncompressed(bucket, "fraud/1/")))
    fails(
        "SingleModel artifact must be one gzipped archive for a serverless endpoint, got files under a prefix: SageMaker unpacks "
        "one gzipped archive there",
        stack,
        model,
    )


def test_fails_when_the_image_is_for_arm() -> None:
    stack = new_stack()
    image = ContainerImage.from_uri(IMAGE, architecture=Architecture.ARM64)
    fails(
        "ServerlessEndpoint model must be built for linux/amd64, got linux/arm64: serverless endpoints run nothing else",
        stack,
        SingleModel(stack, "Model", container=Container(image=image)),
    )
    intel = SingleModel(
        stack, "Intel", container=Container(image=ContainerImage.from_uri(IMAGE, architecture=Architecture.X86_64))
    )
    endpoint_in(stack, model=intel)


@pytest.mark.parametrize(
    ("pattern", "why"),
    [
        (Pattern.MULTI_MODEL, "each request goes to the one model that it has"),
        (Pattern.PIPELINE, "SageMaker runs one container there"),
        (Pattern.MULTI_CONTAINER, "SageMaker runs no containers side by side there"),
    ],
)
def test_fails_when_the_model_is_of_another_kind(pattern: Pattern, why: str) -> None:
    stack = new_stack()
    model = Model.from_model_name(stack, "Model", "m", pattern=pattern)
    with refused(
        f"ServerlessEndpoint model must be a single model for a serverless endpoint, got a {pattern.value} one: {why}"
    ):
        endpoint_in(stack, model=model)


def test_fails_when_the_model_is_in_another_stack() -> None:
    stack = new_stack()
    other = cdk.Stack(cdk.App.of(stack), "Other")
    with refused(
        "SingleModel must be in its endpoint's stack, got Other and Stack: each new version has a new name, which CloudFormation "
        "cannot change while another stack imports it"
    ):
        endpoint_in(stack, model=single(other))
