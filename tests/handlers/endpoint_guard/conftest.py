"""The stage, on moto alone or with endpoints of a local AWS, whose rules about scaling and updates are the service's."""

from collections.abc import Iterator
from typing import Any

import botocore.session
import pytest
from botocore.config import Config
from moto import mock_aws
from moto.cloudformation.models import cloudformation_backends

from tests.handlers.endpoint_guard.fleet import SMALL, Fleet
from tests.handlers.endpoint_guard.stage import REGION, Answers, Stage, answering
from tests.local_aws.lifecycle import LocalAws
from tests.local_aws.runtime.hosting import Hosting

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


@pytest.fixture(scope="session")
def model(hosting: Hosting) -> str:
    """Make the one model that every endpoint serves, unless a test wants a bad one."""
    return hosting.model("1")


@pytest.fixture
def answers() -> Iterator[Answers]:
    """Take the guard's answers."""
    with answering() as taking:
        yield taking


# One session, because it remembers the services' models, of which SageMaker's takes half a second to read.
_session = botocore.session.get_session()


def client(service: str, local: LocalAws | None = None) -> Any:
    """Make a client that moto answers, or a local AWS."""
    access = ("nobody", "nothing") if local is None else (local.account, "local")
    return _session.create_client(
        service,
        region_name=REGION,
        endpoint_url=None if local is None else local.endpoint,
        aws_access_key_id=access[0],
        aws_secret_access_key=access[1],
        config=Config(proxies={}, retries={"total_max_attempts": 1}),
    )


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
def fleet(stage: Stage, hosting: Hosting, model: str) -> Fleet:
    """Put an endpoint of the local AWS on the stage, and begin an update of the stack."""
    for service in ("application-autoscaling", "sagemaker"):
        stage.use(service, client(service, hosting.local))
    name = hosting.endpoint({"ModelName": model, "InstanceType": SMALL})
    stage.stack_becomes("UPDATE_IN_PROGRESS")
    return Fleet(hosting, stage, name, model)
