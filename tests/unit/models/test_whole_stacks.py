"""Stacks with stores and models of every kind: no cycle, nothing for cdk-nag to find, and nothing that SageMaker would refuse."""

import json
from collections.abc import Callable
from pathlib import Path
from unittest import mock

import aws_cdk as cdk
import pytest
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3
from aws_cdk.assertions import Template
from cdk_nag import AwsSolutionsChecks

from cdk_model_hosting import (
    Container,
    ContainerImage,
    ModelArtifact,
    ModelStore,
    MultiContainerModel,
    MultiModel,
    Network,
    PipelineModel,
)
from tests.stacks.service_requests import refusals
from tests.unit.builders import container, text_token

Fill = Callable[[cdk.Stack, Path], object]


def serve(stack: cdk.Stack, folder: Path, store: ModelStore, **options: object) -> None:
    """Three kinds of model around a store with models of two origins."""
    releases = s3.Bucket.from_bucket_name(stack, "Releases", "releases")
    store.add_model("fraud", ModelArtifact.from_asset(folder))
    store.add_model("ads", ModelArtifact.from_bucket(releases, "ads/{version}.tar.gz", version="7"))
    serving = Container(image=ContainerImage.xgboost("1.7-1"), models=store)
    MultiModel(stack, "Multi", container=serving, **options)  # type: ignore[arg-type]
    PipelineModel(stack, "Pipeline", containers=[container(), serving], **options)  # type: ignore[arg-type]
    MultiContainerModel(
        stack,
        "Direct",
        containers=[container(hostname="one"), container(ModelArtifact.from_asset(folder), hostname="two")],
        **options,  # type: ignore[arg-type]
    )


def made_bucket(stack: cdk.Stack, folder: Path) -> None:
    serve(stack, folder, ModelStore(stack, "Store", cache=False))


def imported_bucket_with_a_key(stack: cdk.Stack, folder: Path) -> None:
    key = kms.Key.from_key_arn(stack, "Key", "arn:aws:kms:eu-west-1:111122223333:key/1")
    bucket = s3.Bucket.from_bucket_attributes(stack, "Bucket", bucket_name="models", encryption_key=key)
    serve(stack, folder, ModelStore(stack, "Store", bucket=bucket))


def tokens(stack: cdk.Stack, folder: Path) -> None:
    bucket = s3.Bucket.from_bucket_name(stack, "Bucket", text_token(stack, "Name"))
    serve(stack, folder, ModelStore(stack, "Store", bucket=bucket, prefix=f"{text_token(stack, 'Prefix')}/"))


def bucket_of_another_stack(stack: cdk.Stack, folder: Path) -> None:
    other = cdk.Stack(cdk.App.of(stack), "Storage")
    serve(stack, folder, ModelStore(stack, "Store", bucket=ModelStore(other, "Store").bucket))


def brought_role_in_a_vpc(stack: cdk.Stack, folder: Path) -> None:
    role = iam.Role.from_role_arn(stack, "Role", "arn:aws:iam::111122223333:role/serve")
    vpc = ec2.Vpc(stack, "Vpc")
    cdk.Validations.of(vpc).acknowledge(cdk.Acknowledgment(id="AwsSolutions-VPC7", reason="The VPC is the user's"))
    serve(stack, folder, ModelStore(stack, "Store"), role=role, network=Network(vpc=vpc))


FILLS = [made_bucket, imported_bucket_with_a_key, tokens, bucket_of_another_stack, brought_role_in_a_vpc]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "model").mkdir()
    (tmp_path / "model" / "model.onnx").write_bytes(b"weights")
    return tmp_path / "model"


def findings(fill: Fill, folder: Path, **options: object) -> list[str]:
    """What cdk-nag finds that is not acknowledged."""
    app = cdk.App()
    cdk.Validations.of(app).add_plugins(AwsSolutionsChecks(app))
    fill(cdk.Stack(app, "Stack", **options), folder)  # type: ignore[arg-type]
    try:
        app.synth()
    except RuntimeError as failed:
        assert "ValidationFailed" in str(failed)  # noqa: PT017 - a synth may pass or fail here
    report = Path(app.outdir, "validation-report.json")
    if not report.exists():
        return []
    reports = json.loads(report.read_text())["pluginReports"]
    return [violation["ruleName"] for one in reports for violation in one.get("violations", [])]


@pytest.mark.parametrize("fill", FILLS)
def test_cdk_nag_finds_nothing(fill: Fill, folder: Path) -> None:
    assert findings(fill, folder) == []


def test_nor_in_one_region(folder: Path) -> None:
    assert findings(made_bucket, folder, env=cdk.Environment(account="111122223333", region="eu-west-1")) == []


def test_only_wildcards_and_access_logs_are_acknowledged(folder: Path) -> None:
    with mock.patch.object(cdk.Validations, "acknowledge"):
        found = findings(made_bucket, folder)
    assert "AwsSolutions-S1" in {each.removeprefix("AwsSolutions::") for each in found}
    assert all("IAM5[Resource::" in each or each.endswith("-S1") for each in found), found


@pytest.mark.parametrize("fill", FILLS)
def test_there_is_no_cycle_and_nothing_that_sagemaker_would_refuse(fill: Fill, folder: Path) -> None:
    stack = cdk.Stack(cdk.App(), "Stack")
    fill(stack, folder)
    template = Template.from_stack(stack).to_json()
    assert refusals(template) == {}
    assert len([each for each in template["Resources"].values() if each["Type"] == "AWS::SageMaker::Model"]) == 3


def test_the_same_app_gives_the_same_template(folder: Path) -> None:
    def template() -> object:
        stack = cdk.Stack(cdk.App(), "Stack")
        made_bucket(stack, folder)
        return Template.from_stack(stack).to_json()

    assert template() == template()
