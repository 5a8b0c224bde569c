"""Every wildcard of ours is acknowledged by itself, in the words in which cdk-nag finds it."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3
from cdk_nag import AwsSolutionsChecks

from cdk_model_hosting import Fleet, Model, ModelArtifact, Network, RealtimeEndpoint, Scaling, SingleModel
from cdk_model_hosting.acknowledgments import acknowledge_wildcards
from cdk_model_hosting.permissions import Permission, arn
from tests.unit.builders import container, single, text_token

ROLE_ARN = "arn:aws:iam::111122223333:role/serve"


def found(build: Callable[[cdk.Stack], object], **options: Any) -> set[str]:
    """What cdk-nag finds on the stack's roles and policies, and is not acknowledged."""
    app = cdk.App()
    cdk.Validations.of(app).add_plugins(AwsSolutionsChecks(app))
    stack = cdk.Stack(app, "Stack", **options)
    build(stack)
    try:
        app.synth()
    except RuntimeError as failed:
        assert "ValidationFailed" in str(failed)  # noqa: PT017 - a synth may pass or fail here
    report = Path(app.outdir, "validation-report.json")
    if not report.exists():
        return set()
    reports = json.loads(report.read_text())["pluginReports"]
    violations = [each for one in reports for each in one.get("violations", [])]
    return {each["ruleName"].removeprefix("AwsSolutions::") for each in violations if "IAM" in each["ruleName"]}


def serve(stack: cdk.Stack, artifact: ModelArtifact, **options: Any) -> None:
    model = SingleModel(stack, "Model", container=container(artifact), **options)
    scaling = Scaling.on_invocations(per_instance_per_minute=60, between=(1, 2))
    fleet = Fleet(instance_type="ml.c6i.large")
    RealtimeEndpoint(stack, "Endpoint", model=model, fleet=fleet, scaling=scaling)


def imported_bucket(stack: cdk.Stack) -> None:
    serve(stack, ModelArtifact.uncompressed(s3.Bucket.from_bucket_name(stack, "Bucket", "models"), "llm/7/"))


def token_bucket(stack: cdk.Stack) -> None:
    bucket = s3.Bucket.from_bucket_name(stack, "Bucket", text_token(stack, "Name"))
    serve(stack, ModelArtifact.uncompressed(bucket, f"{text_token(stack, 'Release')}/"))


def made_bucket(stack: cdk.Stack) -> None:
    key = kms.Key(stack, "Key", enable_key_rotation=True)
    serve(stack, ModelArtifact.uncompressed(s3.Bucket(stack, "Bucket", encryption_key=key), "llm/"))


def bucket_of_another_stack(stack: cdk.Stack) -> None:
    bucket = s3.Bucket(cdk.Stack(cdk.App.of(stack), "Storage"), "Bucket")
    serve(stack, ModelArtifact.uncompressed(bucket, "llm/"))


def brought_role(stack: cdk.Stack) -> None:
    bucket = s3.Bucket.from_bucket_name(stack, "Bucket", "models")
    role = iam.Role(stack, "Role", assumed_by=iam.ServicePrincipal("sagemaker.amazonaws.com"))
    serve(stack, ModelArtifact.uncompressed(bucket, "llm/"), role=role)


def imported_role(stack: cdk.Stack) -> None:
    bucket = s3.Bucket.from_bucket_name(stack, "Bucket", "models")
    serve(stack, ModelArtifact.uncompressed(bucket, "llm/"), role=iam.Role.from_role_arn(stack, "Role", ROLE_ARN))


def in_a_vpc(stack: cdk.Stack) -> None:
    vpc = ec2.Vpc(stack, "Vpc")
    bucket = s3.Bucket.from_bucket_name(stack, "Bucket", "models")
    serve(stack, ModelArtifact.uncompressed(bucket, "llm/"), network=Network(vpc=vpc))


def in_a_nested_stack(stack: cdk.Stack) -> None:
    imported_bucket(cdk.NestedStack(stack, "Nested"))


def imported_model(stack: cdk.Stack) -> None:
    role = iam.Role.from_role_arn(stack, "Role", ROLE_ARN)
    model = Model.from_model_name(stack, "Model", "fraud", role=role)
    RealtimeEndpoint(stack, "Endpoint", model=model, fleet=Fleet(instance_type="ml.c6i.large"))


@pytest.mark.parametrize(
    "build",
    [single, imported_bucket, token_bucket, made_bucket, bucket_of_another_stack, brought_role, imported_role, in_a_vpc,
     in_a_nested_stack, imported_model],
    ids=lambda each: each.__name__,
)  # fmt: skip
def test_nothing_is_left_unacknowledged(build: Callable[[cdk.Stack], object]) -> None:
    assert found(build) == set()


def test_nothing_is_left_unacknowledged_in_a_known_region() -> None:
    assert found(imported_bucket, env=cdk.Environment(region="eu-west-1", account="111122223333")) == set()


def with_two_wildcards(stack: cdk.Stack, permissions: list[Permission]) -> None:
    statements = [each.render() for each in permissions]
    document = {"Version": "2012-10-17", "Statement": statements}
    policy = iam.CfnManagedPolicy(stack, "Policy", policy_document=document)
    acknowledge_wildcards(policy, permissions)


def test_a_wildcard_without_a_reason_is_found() -> None:
    told = Permission(
        actions=("s3:GetObject",), resources=(arn("arn:${AWS::Partition}:s3:::a/*"),), wildcard_reason="why"
    )
    silent = Permission(actions=("s3:GetObject",), resources=("arn:aws:s3:::b/*",))
    assert found(lambda stack: with_two_wildcards(stack, [told, silent])) == {
        "AwsSolutions-IAM5[Resource::arn:aws:s3:::b/*]"
    }


def test_a_wildcard_action_is_never_hidden() -> None:
    told = Permission(actions=("s3:*",), resources=("*",), wildcard_reason="why")
    assert found(lambda stack: with_two_wildcards(stack, [told])) == {"AwsSolutions-IAM5[Action::s3:*]"}


def test_a_further_statement_on_our_role_is_still_found() -> None:
    def build(stack: cdk.Stack) -> None:
        model = single(stack)
        model.role.add_to_principal_policy(iam.PolicyStatement(actions=["dynamodb:GetItem"], resources=["*"]))

    assert found(build) == {"AwsSolutions-IAM5[Resource::*]"}
