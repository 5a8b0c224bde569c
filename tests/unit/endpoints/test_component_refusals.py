from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_s3 as s3
from aws_cdk.assertions import Template

from cdk_model_hosting import (
    ComponentResources,
    Container,
    ContainerImage,
    Fleet,
    InferenceComponent,
    ManagedInstances,
    ModelStore,
    Network,
    RealtimeEndpoint,
    Scaling,
)
from cdk_model_hosting.models.image import Architecture
from tests.unit.builders import (
    FLEET,
    IMAGE,
    container,
    new_stack,
    only,
    refused,
    single,
    text_token,
)
from tests.unit.endpoints.shared import COMPONENT, component_in, component_on, endpoint_in

MODEL = "AWS::SageMaker::Model"
TARGET = "AWS::ApplicationAutoScaling::ScalableTarget"
POLICY = "AWS::ApplicationAutoScaling::ScalingPolicy"
ALARM = "AWS::CloudWatch::Alarm"
INVOKE = ["sagemaker:InvokeEndpoint", "sagemaker:InvokeEndpointWithResponseStream"]
TO_ZERO = Scaling.on_concurrency_per_copy(per_copy=4, between=(0, 3))
SHARED = ComponentResources(memory_mb=128)


# What is refused


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"copies": 0}, "copies must be at least 1, got 0: a component that may be at zero starts with a copy, and scaling takes it away"),
        ({"component_name": "a_b"}, "component_name must be 1-63 characters (letters, digits and hyphens), got 'a_b': requests name the component by it"),
        ({"startup_timeout": cdk.Duration.seconds(59)}, "startup_timeout must be 60-3600 seconds, got 59: SageMaker gives a container at least a minute and at most an hour to start"),
        ({"download_timeout": cdk.Duration.hours(2)}, "download_timeout must be 60-3600 seconds, got 7200: SageMaker gives a download at least a minute and at most an hour"),
        ({"cache": "yes"}, "cache must be a bool, got 'yes': nothing else is understood there"),
        ({"scaling": 3}, "scaling must be a Scaling, got 3: nothing else is understood there"),
        ({"container": "image"}, "container must be a Container, got 'image': nothing else is understood there"),
        ({"resources": 512}, "resources must be a ComponentResources, got 512: nothing else is understood there"),
    ],
)  # fmt: skip
def test_fails_when_an_argument_is_outside_what_there_is(options: dict[str, Any], message: str) -> None:
    with refused(f"InferenceComponent {message}"):
        component_in(new_stack(), **options)


def test_fails_when_the_endpoint_is_another() -> None:
    stack = new_stack()
    realtime = RealtimeEndpoint(stack, "Other", model=single(stack), fleet=FLEET)
    with pytest.raises(ValueError, match=r"^InferenceComponent endpoint must be a ComponentEndpoint, got "):
        InferenceComponent(stack, "C", endpoint=realtime, container=container(), resources=SHARED)  # type: ignore[arg-type]


def test_fails_when_models_are_to_be_loaded_on_request() -> None:
    stack = new_stack()
    store = ModelStore(stack, "Store", bucket=s3.Bucket.from_bucket_name(stack, "Bucket", "models"))
    with refused(
        "InferenceComponent container must have an artifact, got models of a store: each copy serves one model; make a component "
        "for each"
    ):
        component_on(endpoint_in(stack), container=container(models=store))


def test_fails_when_the_environment_is_too_large() -> None:
    large = {f"V{number}": "x" * 1000 for number in range(33)}
    with refused(
        "Container environment in total must be 0-32768 bytes, got 33089: SageMaker counts the names and values of all "
        "containers of a model together"
    ):
        component_in(new_stack(), container=container(environment=large))


def test_fails_when_the_image_is_for_another_processor() -> None:
    arm = Container(image=ContainerImage.from_uri(IMAGE, architecture=Architecture.ARM64))
    with refused(
        "InferenceComponent container must be built for the endpoint's ml.c6i.large which runs linux/amd64, got linux/arm64: the "
        "container would not start"
    ):
        component_in(new_stack(), container=arm)
    component_in(new_stack(), instance_type="ml.c7g.large", container=arm)
    stack = new_stack()
    component_in(stack, instance_type=text_token(stack), container=arm)


def test_fails_when_a_private_registry_is_out_of_reach() -> None:
    private = Container(image=ContainerImage.from_private_registry("registry.example.com/serve:1"))
    with refused(
        "ComponentEndpoint network must be given with an image from a private registry, got none: SageMaker reaches that "
        "registry through the VPC"
    ):
        component_in(new_stack(), container=private)
    stack = new_stack()
    component_on(endpoint_in(stack, network=Network(vpc=ec2.Vpc(stack, "Vpc"))), container=private)
    assert only(stack, MODEL)["PrimaryContainer"]["ImageConfig"] == {"RepositoryAccessMode": "Vpc"}


def test_fails_when_the_copies_of_all_find_no_room() -> None:
    stack = new_stack()
    endpoint = endpoint_in(
        stack, fleet=Fleet(instance_type="ml.g5.xlarge"), instances=ManagedInstances(minimum=0, maximum=2)
    )
    one = ComponentResources(memory_mb=1024, accelerators=1)
    component_on(endpoint, "A", resources=one, scaling=TO_ZERO)
    component_on(endpoint, "B", resources=one)
    with refused(
        "InferenceComponent copies must need at most the 2 accelerators of the endpoint's 2 ml.g5.xlarge, got 3 with those of "
        "all components: SageMaker places no copy without room"
    ):
        component_on(endpoint, "C", resources=one)


def test_fails_when_the_least_copies_of_scaling_find_no_room() -> None:
    scaling = Scaling.on_concurrency_per_copy(per_copy=1, between=(5, 9))
    with refused(
        "InferenceComponent copies must need at most the 2 cores of the endpoint's 1 ml.c6i.large, got 2.5 with those of all "
        "components: SageMaker places no copy without room"
    ):
        component_in(new_stack(), scaling=scaling)


def test_fails_when_no_instance_has_what_a_copy_needs() -> None:
    with refused("ComponentResources accelerators must be omitted on ml.c6i.large, got 1: it has none"):
        component_in(new_stack(), resources=ComponentResources(memory_mb=512, accelerators=1))


def test_fails_when_it_is_in_another_stack() -> None:
    stack = new_stack()
    other = cdk.Stack(cdk.App.of(stack), "Other")
    with refused(
        "InferenceComponent must be in its endpoint's stack, got Other and Stack: the endpoint's role gets what the component "
        "needs"
    ):
        component_on(endpoint_in(stack), scope=other)


def test_a_nested_stack_is_the_stack_that_it_is_nested_in() -> None:
    stack = new_stack()
    nested = cdk.NestedStack(stack, "Nested")
    component_on(endpoint_in(stack, verify_rollout=True), scope=nested)
    made = Template.from_stack(nested)
    made.resource_count_is(COMPONENT, 1)
    made.resource_count_is("Custom::EndpointRollout", 1)
    Template.from_stack(stack).resource_count_is("Custom::EndpointRollout", 1)
