"""One function a stack copies the archives of all its stores."""

import json
from pathlib import Path
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_s3 as s3
from aws_cdk.assertions import Template

from cdk_model_hosting import ModelArtifact, ModelStore
from tests.unit.builders import new_stack, refused, resources


def store_of(stack: cdk.Stack, construct_id: str = "Store") -> ModelStore:
    return ModelStore(stack, construct_id, bucket=s3.Bucket.from_bucket_name(stack, f"{construct_id}Bucket", "models"))


def fill(store: ModelStore, count: int, source: s3.IBucket, key: str = "model-{version}.tar.gz") -> None:
    for index in range(count):
        store.add_model(f"m{index}", ModelArtifact.from_bucket(source, key, version=str(index)))


@pytest.fixture(scope="module")
def two_stores() -> Template:
    stack = new_stack()
    source = s3.Bucket.from_bucket_name(stack, "Source", "releases")
    for name in ("A", "B"):
        fill(store_of(stack, name), 2, source)
    return Template.from_stack(stack)


def test_a_stack_has_one_function_however_many_models(two_stores: Template) -> None:
    two_stores.resource_count_is("AWS::Lambda::Function", 1)
    two_stores.resource_count_is("Custom::PublishedModel", 4)
    two_stores.has_resource_properties(
        "AWS::Lambda::Function",
        {"Handler": "handlers.model_publisher.handler", "Runtime": "python3.14", "Timeout": 900},
    )


def test_it_does_not_call_itself(two_stores: Template) -> None:
    (function,) = two_stores.find_resources("AWS::Lambda::Function").values()
    assert "RecursiveLoop" not in function["Properties"]
    assert "lambda:InvokeFunction" not in json.dumps(two_stores.to_json())


def test_every_model_waits_until_it_may_be_copied(two_stores: Template) -> None:
    (allowed,) = [name for name in two_stores.find_resources("AWS::IAM::ManagedPolicy") if "Publisher" in name]
    (always,) = two_stores.find_resources("AWS::IAM::Policy")
    for published in two_stores.find_resources("Custom::PublishedModel").values():
        assert sorted(published["DependsOn"]) == sorted([allowed, always])


def test_it_may_read_the_archives_that_it_copies_and_no_others(two_stores: Template) -> None:
    (policy,) = two_stores.find_resources("AWS::IAM::ManagedPolicy").values()
    reading = [each["Resource"] for each in policy["Properties"]["PolicyDocument"]["Statement"]]
    archives = [each["Fn::Sub"].partition(":::")[2] for each in reading if "releases" in json.dumps(each)]
    assert archives == ["releases/model-0.tar.gz", "releases/model-1.tar.gz"]


def test_it_may_remove_nothing(two_stores: Template) -> None:
    assert "Delete" not in json.dumps(
        [each["Properties"] for each in two_stores.find_resources("AWS::IAM::ManagedPolicy").values()]
    )


def test_each_stack_has_its_own() -> None:
    app = cdk.App()
    stacks = [cdk.Stack(app, name) for name in ("One", "Two")]
    for stack in stacks:
        fill(store_of(stack), 1, s3.Bucket.from_bucket_name(stack, "Source", "releases"))
    for stack in stacks:
        Template.from_stack(stack).resource_count_is("AWS::Lambda::Function", 1)


def policies(stack: cdk.Stack) -> list[dict[str, Any]]:
    return [each["Properties"]["PolicyDocument"] for each in resources(stack, "AWS::IAM::ManagedPolicy").values()]


def test_many_models_are_spread_over_policies_that_iam_keeps() -> None:
    stack = new_stack()
    fill(store_of(stack), 100, s3.Bucket.from_bucket_name(stack, "Source", "releases"), "k" * 100 + "-{version}.tar.gz")
    found = policies(stack)
    lengths = [len(json.dumps(each, separators=(",", ":"))) for each in found]
    assert len(found) == 4
    assert all(4000 < length <= 6144 for length in lengths[:-1])
    waited = {name for each in resources(stack, "Custom::PublishedModel").values() for name in each["DependsOn"]}
    assert set(resources(stack, "AWS::IAM::ManagedPolicy")) <= waited


def test_fails_when_there_are_more_models_than_a_role_may_read() -> None:
    stack = new_stack()
    source = s3.Bucket.from_bucket_name(stack, "Source", "releases")
    with refused(
        "ModelStore.add_model policies of all models of a stack must be 0-10 policies, got 11: IAM attaches no more to a role; "
        "add the other models to a store in another stack"
    ):
        fill(store_of(stack), 70, source, "k" * 900 + "-{version}.tar.gz")


def test_archives_in_buckets_named_by_the_deployment_leave_room_for_the_names() -> None:
    stack = new_stack()
    fill(store_of(stack), 100, s3.Bucket(stack, "Source"))
    longest = "arn:aws-us-gov:s3:::" + "b" * 63
    for document in policies(stack):
        text = json.dumps(document, separators=(",", ":"))
        assert text.count("Fn::GetAtt") * len(longest) < 6144


def test_the_code_is_the_handler_and_what_it_shares() -> None:
    app = cdk.App()
    stack = cdk.Stack(app, "Stack")
    fill(store_of(stack), 1, s3.Bucket.from_bucket_name(stack, "Source", "releases"))
    files = [each for each in Path(app.synth().directory).rglob("*") if "asset." in str(each)]
    (folder,) = [each for each in files if each.name == "handlers"]
    assert {each.name for each in folder.iterdir()} == {
        "__init__.py",
        "custom_resource.py",
        "log.py",
        "model_publisher",
    }
    assert not any("__pycache__" in str(each) for each in files)
