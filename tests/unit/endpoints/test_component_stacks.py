"""Stacks of inference components as one would have them: no cycle, and nothing that a linter, cdk-nag or a service minds."""

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
from cfnlint.api import ManualArgs, lint_file

from cdk_model_hosting import (
    AdapterComponent,
    Alarm,
    ComponentEndpoint,
    ComponentResources,
    EndpointDashboard,
    Fleet,
    InferenceComponent,
    ManagedInstances,
    ModelArtifact,
    Network,
    Rollout,
    Scaling,
)
from tests.stacks.service_requests import refusals
from tests.unit.builders import container

REGIONS = ["us-east-1", "eu-west-1"]
KEY = "arn:aws:kms:eu-west-1:111122223333:key/1"

Fill = Callable[[cdk.Stack], object]


def serve(stack: cdk.Stack, **options: Any) -> None:
    """Two components that scale, an adapter on one of them, somebody who calls them, and who watches."""
    models = s3.Bucket.from_bucket_attributes(
        stack, "Models", bucket_arn="arn:aws:s3:::models", encryption_key=kms.Key.from_key_arn(stack, "ModelsKey", KEY)
    )
    endpoint = ComponentEndpoint(
        stack,
        "Endpoint",
        fleet=Fleet(instance_type="ml.c6i.xlarge"),
        instances=ManagedInstances(minimum=0, maximum=4, consolidate=True),
        **options,
    )
    quick, sleepy = (
        InferenceComponent(
            stack,
            name,
            endpoint=endpoint,
            container=container(ModelArtifact.from_bucket(models, f"{name}-1.tar.gz")),
            resources=ComponentResources(memory_mb=512, cpus=1),
            scaling=Scaling.on_concurrency_per_copy(per_copy=4, between=(least, 4)),
            rollout=Rollout.rolling(percent=25, bake=cdk.Duration.minutes(10)),
            rollback_on=[Alarm.server_errors(above=1)],
        )
        for name, least in (("Quick", 2), ("Sleepy", 0))
    )
    AdapterComponent(stack, "Legal", base=quick, artifact=ModelArtifact.from_bucket(models, "legal-1.tar.gz"))
    function = iam.Role(stack, "Caller", assumed_by=iam.ServicePrincipal("lambda.amazonaws.com"))
    sleepy.grant_invoke(function)
    endpoint.grant_invoke(function)
    endpoint.alarms()
    EndpointDashboard(stack, "Dashboard", endpoints=[endpoint])


def plain(stack: cdk.Stack) -> None:
    serve(stack)


def in_a_vpc_with_a_key(stack: cdk.Stack) -> None:
    vpc = ec2.Vpc.from_vpc_attributes(
        stack,
        "Vpc",
        vpc_id="vpc-0123456789abcdef0",
        availability_zones=["a", "b"],
        private_subnet_ids=["subnet-0123456789abcdef0", "subnet-0123456789abcdef1"],
    )
    key = kms.Key(stack, "Key", enable_key_rotation=True)
    serve(stack, network=Network(vpc=vpc), encryption_key=key)


def with_a_brought_role(stack: cdk.Stack) -> None:
    serve(stack, role=iam.Role.from_role_arn(stack, "Role", "arn:aws:iam::111122223333:role/serve"))


FILLS = [plain, in_a_vpc_with_a_key, with_a_brought_role]
HERE = cdk.Environment(account="111122223333", region="eu-west-1")


@pytest.mark.parametrize("env", [None, HERE], ids=["anywhere", "located"])
@pytest.mark.parametrize("fill", FILLS)
def test_nobody_minds(fill: Fill, env: cdk.Environment | None, tmp_path: Path) -> None:
    app = cdk.App(outdir=str(tmp_path))
    cdk.Validations.of(app).add_plugins(AwsSolutionsChecks(app))
    fill(cdk.Stack(app, "Stack", env=env))
    app.synth()  # It fails where cdk-nag finds something.
    written = tmp_path / "Stack.template.json"
    assert [str(each) for each in lint_file(written, config=ManualArgs(regions=REGIONS))] == []
    template = json.loads(written.read_text())
    assert refusals(template) == {}
    kinds = [each["Type"] for each in template["Resources"].values()]
    assert kinds.count("AWS::SageMaker::InferenceComponent") == 3
