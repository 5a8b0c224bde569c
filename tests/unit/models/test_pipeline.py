from pathlib import Path
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_s3 as s3

from cdk_model_hosting import (
    Architecture,
    Container,
    ContainerImage,
    ModelArtifact,
    ModelStore,
    Network,
    PipelineModel,
)
from cdk_model_hosting.patterns import Pattern
from tests.unit.builders import IMAGE, container, new_stack, only, refused, resources, statements, text_token

PREPARE = "123456789012.dkr.ecr.eu-west-1.amazonaws.com/prepare:1"


def pipeline(stack: cdk.Stack, *containers: Container, **options: Any) -> PipelineModel:
    return PipelineModel(stack, "Model", containers=containers or [container(), container()], **options)


def on_request(stack: cdk.Stack, construct_id: str = "Store") -> Container:
    bucket = s3.Bucket.from_bucket_name(stack, f"{construct_id}Bucket", "models")
    return container(models=ModelStore(stack, construct_id, bucket=bucket))


def test_containers_stand_in_the_order_in_which_they_work() -> None:
    stack = new_stack()
    first = Container(image=ContainerImage.from_uri(PREPARE), environment={"A": "1"}, hostname="prepare")
    model = pipeline(stack, first, container(hostname="predict"))
    rendered = only(stack, "AWS::SageMaker::Model")
    assert set(rendered) == {"Containers", "ExecutionRoleArn"}
    assert rendered["Containers"] == [
        {"Image": PREPARE, "Environment": {"A": "1"}, "ContainerHostname": "prepare"},
        {"Image": IMAGE, "ContainerHostname": "predict"},
    ]
    assert (model.pattern, model.hostnames) == (Pattern.PIPELINE, ("prepare", "predict"))
    assert [each.hostname for each in model.containers] == ["prepare", "predict"]


def test_the_role_may_fetch_all_images_and_artifacts() -> None:
    stack = new_stack()
    bucket = s3.Bucket.from_bucket_name(stack, "Bucket", "models")
    first = Container(image=ContainerImage.from_uri(PREPARE))
    pipeline(stack, first, container(ModelArtifact.from_bucket(bucket, "7.tar.gz")))
    reached = [each["Resource"]["Fn::Sub"].rpartition(":")[2] for each in statements(stack)]
    assert reached == ["repository/prepare", "repository/serve", "models/7.tar.gz"]


def folder_of(parent: Path, name: str) -> Path:
    folder = parent / name
    folder.mkdir()
    (folder / "Dockerfile").write_text(f"FROM scratch\nLABEL name={name}\n")
    return folder


def test_containers_of_one_kind_stand_beside_each_other(tmp_path: Path) -> None:
    stack = new_stack()
    folders = [folder_of(tmp_path, name) for name in ("one", "two")]
    model = pipeline(
        stack,
        *(
            Container(
                image=ContainerImage.from_asset(each), artifact=ModelArtifact.from_asset(each), hostname=each.name
            )
            for each in folders
        ),
    )
    scopes = [each.node.id for each in model.node.children if "Container" in each.node.id]
    assert scopes == ["Container-one", "Container-two"]
    rendered = only(stack, "AWS::SageMaker::Model")["Containers"]
    assert rendered[0]["Image"] != rendered[1]["Image"]
    assert rendered[0]["ModelDataUrl"] != rendered[1]["ModelDataUrl"]


def test_containers_without_names_are_told_apart_by_their_place(tmp_path: Path) -> None:
    stack = new_stack()
    artifact = ModelArtifact.from_asset(folder_of(tmp_path, "model"))
    model = pipeline(stack, container(artifact), container(artifact))
    assert [each.node.id for each in model.node.children if "Container" in each.node.id] == ["Container0", "Container1"]
    assert (model.hostnames, "ContainerHostname" in str(only(stack, "AWS::SageMaker::Model"))) == ((), False)


@pytest.mark.parametrize("name", ["Role", "Resource", "SecurityGroup"])
def test_a_container_may_be_named_as_a_part_of_the_model(name: str) -> None:
    stack = new_stack()
    vpc = Network(vpc=ec2.Vpc(stack, "Vpc"))
    pipeline(stack, container(hostname=name), container(hostname="other"), network=vpc)
    assert len(only(stack, "AWS::SageMaker::Model")["Containers"]) == 2


def test_one_container_may_load_models_on_request() -> None:
    stack = new_stack()
    pipeline(stack, container(), on_request(stack))
    _, second = only(stack, "AWS::SageMaker::Model")["Containers"]
    assert (second["Mode"], second["ModelDataUrl"]) == ("MultiModel", "s3://models/models/")


def test_fails_when_more_than_one_container_loads_models() -> None:
    stack = new_stack()
    with refused(
        "PipelineModel containers must load models in one of them at most, got 2: a request names one target model"
    ):
        pipeline(stack, on_request(stack, "One"), on_request(stack, "Two"))


@pytest.mark.parametrize("count", [0, 1, 16])
def test_fails_when_there_are_too_few_or_too_many_containers(count: int) -> None:
    with refused(
        f"PipelineModel containers must have 2-15 containers, got {count}: a model with several containers has at least two, "
        "and SageMaker places at most 15 on one instance"
    ):
        PipelineModel(new_stack(), "Model", containers=[container()] * count)


def test_there_may_be_fifteen() -> None:
    stack = new_stack()
    pipeline(stack, *[container()] * 15)
    assert len(only(stack, "AWS::SageMaker::Model")["Containers"]) == 15


def test_fails_when_some_containers_have_names_and_some_have_none() -> None:
    with refused(
        "PipelineModel container hostname must be given to all containers or to none, got 1 of 3: SageMaker names either all of "
        "them or none itself"
    ):
        pipeline(new_stack(), container(hostname="first"), container(), container())


def test_fails_when_two_containers_have_one_name() -> None:
    with refused(
        "PipelineModel container hostname must be unique in its model, got 'same' twice: requests, logs and metrics tell "
        "containers apart by it"
    ):
        pipeline(new_stack(), container(hostname="same"), container(hostname="same"))


def test_names_may_be_tokens() -> None:
    stack = new_stack()
    name = text_token(stack)
    pipeline(stack, container(hostname=name), container(hostname=name))
    assert [each["ContainerHostname"] for each in only(stack, "AWS::SageMaker::Model")["Containers"]] == [
        {"Ref": "Text"}
    ] * 2


def test_fails_when_the_containers_are_no_list() -> None:
    with refused(
        "PipelineModel containers must be a list or tuple, got Container(image=_UriImage(uri='123456789012.dkr.ecr.eu-west-...: nothing else is understood there"
    ):
        PipelineModel(new_stack(), "Model", containers=container())  # type: ignore[arg-type]


def test_fails_when_images_are_built_for_different_processors() -> None:
    stack = new_stack()
    built = [
        Container(image=ContainerImage.from_uri(IMAGE, architecture=each))
        for each in (Architecture.X86_64, Architecture.ARM64)
    ]
    with refused(
        "PipelineModel containers must be built for one processor, got linux/amd64 and linux/arm64: they all run on the same "
        "instances"
    ):
        pipeline(stack, *built)


def test_fails_when_the_environments_add_up_to_too_much() -> None:
    large = container(environment={f"VARIABLE_{index:02}": "x" * 1000 for index in range(20)})
    with refused(
        "Container environment in total must be 0-32768 bytes, got 40440: SageMaker counts the names and values of all "
        "containers of a model together"
    ):
        pipeline(new_stack(), large, large)


def test_fails_when_one_image_is_private_and_there_is_no_network() -> None:
    private = Container(image=ContainerImage.from_private_registry("registry.example.com/serve:1"))
    with refused(
        "PipelineModel network must be given with an image from a private registry, got none: SageMaker reaches that registry "
        "through the VPC"
    ):
        pipeline(new_stack(), container(), private)


def test_it_may_be_in_a_vpc_and_isolated() -> None:
    stack = new_stack()
    pipeline(stack, network=Network(vpc=ec2.Vpc(stack, "Vpc")), network_isolation=True)
    model = only(stack, "AWS::SageMaker::Model")
    assert model["EnableNetworkIsolation"] is True
    assert set(model["VpcConfig"]) == {"SecurityGroupIds", "Subnets"}
    assert len(resources(stack, "AWS::IAM::Role")) == 1
