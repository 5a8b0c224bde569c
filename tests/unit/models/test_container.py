import dataclasses

import pytest
from aws_cdk import aws_s3 as s3

from cdk_model_hosting import Container, ModelArtifact, ModelStore, SingleModel
from tests.unit.builders import container, new_stack, only, refused, single, text_token


def test_renders_image_environment_and_hostname() -> None:
    stack = new_stack()
    single_container = container(environment={"B": "2", "A": ""}, hostname="first")
    SingleModel(stack, "Model", container=single_container)
    assert only(stack, "AWS::SageMaker::Model")["PrimaryContainer"] == {
        "Image": "123456789012.dkr.ecr.eu-west-1.amazonaws.com/serve:1",
        "Environment": {"A": "", "B": "2"},
        "ContainerHostname": "first",
    }


def test_omits_what_is_not_given() -> None:
    stack = new_stack()
    single(stack)
    assert set(only(stack, "AWS::SageMaker::Model")["PrimaryContainer"]) == {"Image"}


def test_accepts_an_environment_at_every_limit() -> None:
    assert container(environment={f"V{index}": "" for index in range(100)}).environment_bytes == 290
    assert container(environment={"N" * 1024: "v" * 1024}).environment_bytes == 2048


def test_fails_when_there_are_too_many_variables() -> None:
    with refused("Container environment must have 0-100 variables, got 101: SageMaker passes no more to a container"):
        container(environment={f"V{index}": "" for index in range(101)})


@pytest.mark.parametrize("name", ["1A", "A-B", "", "Ä"])
def test_fails_when_a_name_is_no_variables(name: str) -> None:
    got = repr(name) if name else "'' of 0 bytes"
    with refused(
        f"Container environment name {name!r} must be 1-1024 bytes (letters, digits and underscores, no digit first), "
        f"got {got}: SageMaker accepts no other variable name"
    ):
        container(environment={name: "x"})


def test_fails_when_a_value_is_too_long_without_repeating_it() -> None:
    with refused(
        "Container environment TOKEN must be 0-1024 bytes, got 1026 bytes: SageMaker passes no longer value to a container"
    ):
        container(environment={"TOKEN": "ü" * 513})


def test_fails_when_a_value_is_no_text() -> None:
    with refused("Container environment PORT must be 0-1024 bytes, got 8080: it must be a string"):
        container(environment={"PORT": 8080})


def test_fails_when_names_and_values_add_up_to_too_much() -> None:
    environment = {f"VARIABLE_{index:02}": "x" * 1000 for index in range(33)}
    with refused(
        "Container environment in total must be 0-32768 bytes, got 33363: SageMaker counts the names and values of all "
        "containers of a model together"
    ):
        SingleModel(new_stack(), "Model", container=container(environment=environment))


def test_a_value_may_be_a_token() -> None:
    stack = new_stack()
    environment = {"BUCKET": text_token(stack), **{f"V{index}": "x" * 1000 for index in range(32)}}
    SingleModel(stack, "Model", container=container(environment=environment))
    assert only(stack, "AWS::SageMaker::Model")["PrimaryContainer"]["Environment"]["BUCKET"] == {"Ref": "Text"}


@pytest.mark.parametrize("hostname", ["-a", "a-", "a.b", "a_b"])
def test_fails_when_the_hostname_has_another_form(hostname: str) -> None:
    with refused(
        "Container hostname must be 1-63 characters (letters, digits and hyphens, no hyphen first or last), "
        f"got {hostname!r}: SageMaker uses it as a DNS name"
    ):
        container(hostname=hostname)


def test_fails_when_the_hostname_is_too_long() -> None:
    with refused(
        "Container hostname must be 1-63 characters (letters, digits and hyphens, no hyphen first or last), "
        f"got {repr('h' * 64)[:59]}… of 64 characters: SageMaker uses it as a DNS name"
    ):
        container(hostname="h" * 64)


def test_a_hostname_may_be_a_token() -> None:
    token = text_token(new_stack())
    assert container(hostname=token).hostname == token


def test_cannot_be_changed() -> None:
    fixed = container()
    with pytest.raises(dataclasses.FrozenInstanceError):
        fixed.hostname = "other"  # type: ignore[misc]


def test_does_not_follow_the_callers_own_mapping() -> None:
    environment = {"A": "1"}
    fixed = container(environment=environment)
    environment["B"] = "x" * 5000
    assert dict(fixed.environment) == {"A": "1"}


def test_equal_containers_are_equal() -> None:
    assert container(environment={"A": "1"}) == container(environment={"A": "1"})
    assert container(environment={"A": "1"}) != container(environment={"A": "2"})
    assert isinstance(container(), Container)


def test_fails_when_there_are_both_an_artifact_and_models() -> None:
    stack = new_stack()
    bucket = s3.Bucket.from_bucket_name(stack, "Bucket", "models")
    with refused(
        "Container models must be given without an artifact, got both: a container has one model, or loads those of a store on "
        "request"
    ):
        container(ModelArtifact.from_bucket(bucket, "7.tar.gz"), models=ModelStore(stack, "Store", bucket=bucket))


def test_fails_when_the_models_are_none() -> None:
    with refused("Container models must be a ModelStore, got 's3://models/': nothing else is understood there"):
        container(models="s3://models/")
