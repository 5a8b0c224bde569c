from typing import Any

import aws_cdk as cdk
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_iam as iam
from aws_cdk import aws_s3 as s3

from cdk_model_hosting import Container, ContainerImage, ModelArtifact, ModelStore, MultiModel, Network
from cdk_model_hosting.patterns import Pattern
from tests.unit.builders import IMAGE, container, new_stack, only, refused, resources


def store_of(stack: cdk.Stack, **options: Any) -> ModelStore:
    return ModelStore(stack, "Store", bucket=s3.Bucket.from_bucket_name(stack, "Bucket", "models"), **options)


def multi(stack: cdk.Stack, **options: Any) -> MultiModel:
    return MultiModel(stack, "Model", container=container(models=store_of(stack)), **options)


def test_a_container_loads_models_below_a_prefix() -> None:
    stack = new_stack()
    multi(stack)
    model = only(stack, "AWS::SageMaker::Model")
    assert set(model) == {"ExecutionRoleArn", "PrimaryContainer"}
    assert model["PrimaryContainer"] == {
        "Image": IMAGE,
        "Mode": "MultiModel",
        "ModelDataUrl": "s3://models/models/",
    }


def test_models_need_not_stay_in_memory() -> None:
    stack = new_stack()
    MultiModel(stack, "Model", container=container(models=store_of(stack, cache=False)))
    rendered = only(stack, "AWS::SageMaker::Model")["PrimaryContainer"]
    assert rendered["MultiModelConfig"] == {"ModelCacheSetting": "Disabled"}


def test_models_are_added_to_its_store() -> None:
    stack = new_stack()
    model = multi(stack)
    released = ModelArtifact.from_bucket(
        s3.Bucket.from_bucket_name(stack, "Releases", "releases"), "{version}.tar.gz", version="7"
    )
    assert model.add_model("fraud", released) == "fraud-7.tar.gz"
    assert len(model.store.published) == 1


def test_it_tells_what_it_is() -> None:
    stack = new_stack()
    model = multi(stack)
    assert model.pattern is Pattern.MULTI_MODEL
    assert (model.hostnames, [each.models for each in model.containers]) == ((), [model.store])


def test_it_takes_a_role_and_a_network_and_may_be_isolated() -> None:
    stack = new_stack()
    role = iam.Role.from_role_arn(stack, "Role", "arn:aws:iam::123456789012:role/serve")
    multi(stack, role=role, network=Network(vpc=ec2.Vpc(stack, "Vpc")), network_isolation=True)
    model = only(stack, "AWS::SageMaker::Model")
    assert model["ExecutionRoleArn"] == "arn:aws:iam::123456789012:role/serve"
    assert (model["EnableNetworkIsolation"], "VpcConfig" in model) == (True, True)
    (policy,) = resources(stack, "AWS::IAM::Policy").values()
    actions = [each["Action"] for each in policy["Properties"]["PolicyDocument"]["Statement"]]
    assert {"s3:GetObject", "s3:ListBucket"} <= {each for each in actions if isinstance(each, str)}


def test_two_models_may_share_a_store() -> None:
    stack = new_stack()
    store = store_of(stack)
    for name in ("One", "Two"):
        MultiModel(stack, name, container=container(models=store))
    urls = {
        each["Properties"]["PrimaryContainer"]["ModelDataUrl"]
        for each in resources(stack, "AWS::SageMaker::Model").values()
    }
    assert urls == {"s3://models/models/"}


def test_fails_when_the_container_has_no_models() -> None:
    with refused(
        "MultiModel container must have models, got none: it loads them from a ModelStore on request; use SingleModel for one "
        "that it starts with"
    ):
        MultiModel(new_stack(), "Model", container=container())


def test_fails_when_the_container_is_none() -> None:
    with refused("MultiModel container must be a Container, got 'image': nothing else is understood there"):
        MultiModel(new_stack(), "Model", container="image")  # type: ignore[arg-type]


def test_fails_when_a_private_image_has_no_network() -> None:
    stack = new_stack()
    image = ContainerImage.from_private_registry("registry.example.com/serve:1")
    with refused(
        "MultiModel network must be given with an image from a private registry, got none: SageMaker reaches that registry "
        "through the VPC"
    ):
        MultiModel(stack, "Model", container=Container(image=image, models=store_of(stack)))
