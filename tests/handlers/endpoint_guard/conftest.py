"""The stage, on moto alone or with endpoints of a local AWS, whose rules about scaling and updates are the service's."""

from collections.abc import Iterator
from typing import Any

import botocore.session
import pytest
from moto import mock_aws
from moto.cloudformation.models import cloudformation_backends

from tests.handlers.endpoint_guard.fleet import SMALL, Fleet
from tests.handlers.endpoint_guard.stage import Answers, Stage, answering
from tests.local_aws.lifecycle import LocalAws
from tests.local_aws.runtime.hosting import Hosting

REGION = "us-east-1"
TEMPLATE = '{"Resources": {"Topic": {"Type": "AWS::SNS::Topic"}}}'


@pytest.fixture(scope="session")
def hosting(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hosting]:
    """Run a local AWS that can host echoing endpoints."""
    local = LocalAws.start(tmp_path_factory.mktemp("local-aws"))
    try:
        prepared = Hosting(local)
        prepared.prepare()
        yield prepared
    finally:
        local.stop()


@pytest.fixture
def answers() -> Iterator[Answers]:
    """Take the guard's answers."""
    with answering() as taking:
        yield taking


def client(service: str) -> Any:
    """Make a client that moto answers, while it does."""
    return botocore.session.get_session().create_client(service, region_name=REGION)


@pytest.fixture
def stage(answers: Answers) -> Iterator[Stage]:
    """Set the stage with moto's services, and a stack that exists."""
    with mock_aws():
        cloudformation = client("cloudformation")
        stack_id = cloudformation.create_stack(StackName="Stack", TemplateBody=TEMPLATE)["StackId"]
        account = stack_id.split(":")[4]
        services = ("application-autoscaling", "cloudwatch", "sagemaker")
        yield Stage(
            clients={"cloudformation": cloudformation, **{name: client(name) for name in services}},
            stack=cloudformation_backends[account][REGION].stacks[stack_id],
            answers=answers,
        )


@pytest.fixture
def fleet(stage: Stage, hosting: Hosting) -> Fleet:
    """Put an endpoint of the local AWS on the stage, and begin an update of the stack."""
    for service in ("application-autoscaling", "sagemaker"):
        stage.clients[service] = hosting.local.client(service)
        stage.clients[service].meta.events.register("before-call.*.*", stage._record)
    name = hosting.endpoint({"ModelName": hosting.model("1"), "InstanceType": SMALL})
    stage.stack_becomes("UPDATE_IN_PROGRESS")
    return Fleet(hosting, stage, name)
