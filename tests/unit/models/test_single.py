from pathlib import Path

import aws_cdk as cdk
import pytest
from aws_cdk import aws_ec2 as ec2
from aws_cdk.assertions import Template

from cdk_model_hosting import (
    Architecture,
    Container,
    ContainerImage,
    ModelArtifact,
    ModelStore,
    Network,
    SingleModel,
)
from cdk_model_hosting.patterns import Pattern
from tests.unit.builders import IMAGE, att, container, new_stack, only, refused, resources, single, stack_in


@pytest.fixture(scope="module")
def stack() -> cdk.Stack:
    stack = new_stack()
    single(stack)
    return stack


def test_a_model_is_never_named(stack: cdk.Stack) -> None:
    model = only(stack, "AWS::SageMaker::Model")
    assert set(model) == {"ExecutionRoleArn", "PrimaryContainer"}
    assert model["PrimaryContainer"] == {"Image": IMAGE}


def test_three_resources_make_a_model(stack: cdk.Stack) -> None:
    kinds = [each["Type"] for each in Template.from_stack(stack).to_json()["Resources"].values()]
    assert sorted(kinds) == ["AWS::IAM::ManagedPolicy", "AWS::IAM::Role", "AWS::SageMaker::Model"]


def test_its_name_is_the_one_that_cloudformation_gives() -> None:
    stack = new_stack()
    model = single(stack)
    assert stack.resolve(model.model_name) == att(next(iter(resources(stack, "AWS::SageMaker::Model"))), "ModelName")
    assert stack.resolve(model.cfn_model.attr_model_name) == stack.resolve(model.model_name)


def test_network_isolation_is_off_unless_asked_for() -> None:
    stack = new_stack()
    single(stack, network_isolation=True)
    assert only(stack, "AWS::SageMaker::Model")["EnableNetworkIsolation"] is True


def test_network_isolation_and_a_vpc_go_together() -> None:
    stack = new_stack()
    single(stack, network_isolation=True, network=Network(vpc=ec2.Vpc(stack, "Vpc")))
    model = only(stack, "AWS::SageMaker::Model")
    assert model["EnableNetworkIsolation"] is True
    assert set(model["VpcConfig"]) == {"SecurityGroupIds", "Subnets"}


def test_it_knows_the_architecture_of_its_image() -> None:
    stack = stack_in("eu-west-1")
    assert single(stack).architectures == frozenset()
    known = Container(image=ContainerImage.from_uri(IMAGE, architecture=Architecture.ARM64))
    assert SingleModel(stack, "Arm", container=known).architectures == {Architecture.ARM64}
    published = Container(image=ContainerImage.xgboost("1.7-1"))
    assert SingleModel(stack, "Published", container=published).architectures == {Architecture.X86_64}


def test_tags_reach_the_model() -> None:
    stack = new_stack()
    cdk.Tags.of(single(stack)).add("team", "fraud")
    assert only(stack, "AWS::SageMaker::Model")["Tags"] == [{"Key": "team", "Value": "fraud"}]


def test_the_resource_can_be_changed_from_outside() -> None:
    stack = new_stack()
    single(stack).cfn_model.add_property_override("EnableNetworkIsolation", value=True)
    assert only(stack, "AWS::SageMaker::Model")["EnableNetworkIsolation"] is True


def test_one_container_may_be_used_twice() -> None:
    stack = new_stack()
    shared = Container(image=ContainerImage.from_uri(IMAGE))
    SingleModel(stack, "One", container=shared)
    SingleModel(stack, "Two", container=shared)
    assert len(resources(stack, "AWS::SageMaker::Model")) == 2


def test_fails_when_the_container_loads_models_on_request() -> None:
    stack = new_stack()
    with refused(
        "SingleModel container must have one artifact or none, got models of a store: use MultiModel for a container that loads "
        "models on request"
    ):
        SingleModel(stack, "Model", container=container(models=ModelStore(stack, "Store")))


def test_it_tells_what_it_is() -> None:
    model = SingleModel(new_stack(), "Model", container=container(hostname="ignored"))
    assert (model.pattern, model.hostnames, len(model.containers)) == (Pattern.REALTIME, (), 1)


def test_what_belongs_to_its_container_stands_right_below_it(tmp_path: Path) -> None:
    (tmp_path / "model.onnx").write_bytes(b"weights")
    model = SingleModel(new_stack(), "Model", container=container(ModelArtifact.from_asset(tmp_path)))
    assert [each.node.id for each in model.node.children] == ["Artifact", "Role", "Resource"]
