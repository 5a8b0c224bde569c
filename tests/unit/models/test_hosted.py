"""What models of several containers make for them."""

from pathlib import Path

import aws_cdk as cdk
import pytest
from aws_cdk import aws_ecr as ecr

from cdk_model_hosting import Container, ContainerImage, MultiContainerModel, PipelineModel
from tests.unit.builders import PULL, new_stack, only, resources, statements


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "Dockerfile").write_text("FROM scratch\n")
    return tmp_path


def direct(stack: cdk.Stack, *images: ContainerImage) -> MultiContainerModel:
    containers = [Container(image=image, hostname=f"c{index}") for index, image in enumerate(images)]
    return MultiContainerModel(stack, "Model", containers=containers)


def pulls(stack: cdk.Stack) -> list[object]:
    return [each["Resource"] for each in statements(stack) if each["Action"] == PULL]


def assets(model: MultiContainerModel) -> list[str]:
    return [each.node.path for each in model.node.find_all() if each.node.id == "Image"]


def test_containers_of_one_image_pull_it_by_one_permission(folder: Path) -> None:
    stack = new_stack()
    model = direct(stack, *(ContainerImage.from_asset(folder) for _ in range(3)))
    assert len(pulls(stack)) == 1
    assert assets(model) == ["Stack/Model/Container-c0/Image"]
    images = [each["Image"] for each in only(stack, "AWS::SageMaker::Model")["Containers"]]
    assert len(images) == 3
    assert images[0] == images[1] == images[2]


def test_containers_of_other_images_do_not(folder: Path) -> None:
    stack = new_stack()
    first, second = (ContainerImage.from_asset(folder, build_args={"A": value}) for value in "12")
    model = direct(stack, first, second, first)
    assert assets(model) == ["Stack/Model/Container-c0/Image", "Stack/Model/Container-c1/Image"]
    images = [each["Image"] for each in only(stack, "AWS::SageMaker::Model")["Containers"]]
    assert images[0] == images[2] != images[1]


def test_repositories_are_told_apart() -> None:
    stack = new_stack()
    repositories = [ecr.Repository.from_repository_name(stack, name, name) for name in ("fraud", "ads")]
    direct(stack, *(ContainerImage.from_ecr(each, tag="1") for each in repositories))
    assert len(pulls(stack)) == 2


def test_fifteen_containers_of_one_image_leave_room_in_the_role(folder: Path) -> None:
    stack = new_stack()
    image = ContainerImage.from_asset(folder)
    PipelineModel(stack, "Model", containers=[Container(image=image) for _ in range(15)])
    assert len(statements(stack)) == 1
    assert len(resources(stack, "AWS::IAM::Role")) == 1
