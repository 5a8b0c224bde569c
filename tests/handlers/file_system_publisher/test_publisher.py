"""The file system publisher: what it asks of the function in the VPC, and that CloudFormation always gets an answer."""

from __future__ import annotations

import ast
import hashlib
import io
import json
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from botocore.exceptions import ReadTimeoutError
from botocore.stub import Stubber

import cdk_model_hosting.handlers.file_system_publisher as package
from cdk_model_hosting.handler_function import LONGEST_SECONDS
from cdk_model_hosting.handlers.file_system_publisher import entry
from cdk_model_hosting.handlers.file_system_publisher.surroundings import (
    PATIENCE_SECONDS,
    WRITER_SECONDS,
    Surroundings,
    client,
)
from cdk_model_hosting.handlers.log import Log
from tests.handlers.endpoint_guard.stage import answering

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.handlers.endpoint_guard.stage import Answers

PACKAGE = Path(str(package.__file__)).parent
WRITER = "arn:aws:lambda:us-east-1:123456789012:function:writer"
STACK = "arn:aws:cloudformation:us-east-1:123456789012:stack/Stack/1"
DIGEST = "a" * 64
USER = hashlib.sha256(f"{STACK}/Model".encode()).hexdigest()[:32]


@dataclass
class Stage:
    """Lambda, as somebody has written down what it answers, and somebody who takes the answers."""

    stubber: Stubber
    answers: Answers
    seconds: float = 900.0
    slept: list[float] = field(default_factory=list)

    def send(self, kind: str = "Create") -> dict[str, Any]:
        """Let CloudFormation ask for something, and return the answer."""
        event = {
            "RequestType": kind,
            "ResourceType": "Custom::ModelOnFileSystem",
            "StackId": STACK,
            "RequestId": "request",
            "LogicalResourceId": "Model",
            "ResponseURL": self.answers.url,
            "ResourceProperties": {
                "ServiceToken": "arn",
                "ServiceTimeout": "960",
                "Writer": WRITER,
                "Digest": DIGEST,
                "Bucket": "assets",
                "Key": "fraud.tar",
            },
        }
        before = len(self.answers.bodies)
        entry.handle(
            event,
            Surroundings(
                lambda_=lambda: self.stubber.client,
                remaining=lambda: self.seconds,
                log=Log("file_system_publisher"),
                sleep=self._sleep,
            ),
        )
        self.stubber.assert_no_pending_responses()
        (body,) = self.answers.bodies[before:]
        found: dict[str, Any] = json.loads(body)
        return found

    def will_answer(self, payload: bytes = b"{}", *, action: str = "publish", error: bool = False) -> None:
        """Write down an answer of the function in the VPC."""
        asked = {"Action": action, "Digest": DIGEST, "User": USER, "Bucket": "assets", "Key": "fraud.tar"}
        response: dict[str, Any] = {"StatusCode": 200, "Payload": io.BytesIO(payload)}
        self.stubber.add_response(
            "invoke",
            response | ({"FunctionError": "Unhandled"} if error else {}),
            {"FunctionName": WRITER, "Payload": json.dumps(asked).encode()},
        )

    def will_refuse(self, code: str, times: int = 1) -> None:
        """Write down refusals."""
        for _ in range(times):
            self.stubber.add_client_error("invoke", code, "it is not to be.")

    def _sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.seconds -= seconds


@pytest.fixture
def stage() -> Iterator[Stage]:
    """Set the stage."""
    session = boto3.Session("nobody", "nothing", region_name="us-east-1")
    with answering() as answers, Stubber(session.client("lambda")) as stubber:
        yield Stage(stubber, answers)


@pytest.mark.parametrize("kind", ["Create", "Update"])
def test_a_model_is_published(stage: Stage, kind: str) -> None:
    stage.will_answer()

    assert stage.send(kind)["Status"] == "SUCCESS"


def test_a_model_that_is_not_used_any_more_is_removed(stage: Stage) -> None:
    stage.will_answer(action="remove")

    assert stage.send("Delete")["Status"] == "SUCCESS"


def test_the_reason_is_told(stage: Stage) -> None:
    stage.will_answer(b'{"Failure": "there is no archive s3://assets/fraud.tar"}')

    answer = stage.send()

    assert answer["Status"] == "FAILED"
    assert answer["Reason"] == "there is no archive s3://assets/fraud.tar"


@pytest.mark.parametrize(
    ("payload", "told"),
    [
        (
            b'{"errorType": "Sandbox.Timedout", "errorMessage": "Task timed out after 720.00 seconds"}',
            "Sandbox.Timedout: Task timed out after 720.00 seconds",
        ),
        (b"[]", "error: no reason was given"),
        (b"<html>", "error: no reason was given"),
    ],
)
def test_a_function_that_is_ended_is_told_of(stage: Stage, payload: bytes, told: str) -> None:
    stage.will_answer(payload, error=True)

    answer = stage.send()

    assert answer["Status"] == "FAILED"
    assert answer["Reason"] == f"the function in the file system's VPC ended without a word: {told}"


def test_what_is_new_may_take_a_moment(stage: Stage) -> None:
    stage.will_refuse("AccessDeniedException")
    stage.will_refuse("EFSMountConnectivityException")
    stage.will_answer()

    assert stage.send()["Status"] == "SUCCESS"
    assert stage.slept == [2, 4]


def test_a_file_system_that_cannot_be_mounted_is_told_of(stage: Stage) -> None:
    stage.will_refuse("EFSMountTimeoutException", times=7)

    answer = stage.send()

    assert answer["Status"] == "FAILED"
    assert answer["Reason"] == (
        "the function in the file system's VPC cannot mount the file system: it is not to be (EFSMountTimeoutException): each zone of its "
        "subnets must have a mount target, whose security group lets port 2049 in from the functions'"
    )
    assert stage.slept == [2, 4, 8, 16, 30, 30]


def test_it_tries_no_more_when_nobody_would_hear_the_answer(stage: Stage) -> None:
    stage.seconds = PATIENCE_SECONDS + 11
    stage.will_refuse("EFSMountFailureException")

    assert stage.send()["Status"] == "FAILED"
    assert stage.slept == []


def test_other_refusals_are_told_at_once(stage: Stage) -> None:
    stage.will_refuse("ResourceNotFoundException")

    answer = stage.send()

    assert answer["Reason"] == "Invoke was refused: it is not to be (ResourceNotFoundException)"
    assert stage.slept == []


def test_a_function_that_never_answers_is_told_of(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    def invoke(**_: object) -> None:
        raise ReadTimeoutError(endpoint_url="https://lambda")

    monkeypatch.setattr(stage.stubber.client, "invoke", invoke)

    answer = stage.send()

    assert answer["Status"] == "FAILED"
    assert answer["Reason"] == "the function in the file system's VPC did not answer in time: its log has the rest"


def test_a_stack_can_be_deleted_when_its_file_system_cannot_be_reached(stage: Stage) -> None:
    stage.will_refuse("ResourceNotFoundException")

    assert stage.send("Delete")["Status"] == "SUCCESS"


def test_its_answer_comes_before_lambda_ends_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """Lambda ends the writer, the publisher hears of it and tells CloudFormation, and only then would be ended itself."""
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    client.cache_clear()
    config = client().meta.config

    assert WRITER_SECONDS < config.read_timeout < LONGEST_SECONDS
    assert config.retries["total_max_attempts"] == 1
    client.cache_clear()


def test_importing_it_loads_neither_the_cdk_nor_a_service() -> None:
    program = (
        "import sys; import cdk_model_hosting.handlers.file_system_publisher; "
        "print([name for name in ('aws_cdk', 'jsii', 'boto3', 'botocore.client') if name in sys.modules])"
    )
    finished = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)

    assert finished.stdout.strip() == "[]"


def test_it_is_a_package_inside_the_function() -> None:
    program = "import handlers.file_system_publisher; print(handlers.file_system_publisher.handler.__module__)"
    finished = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, cwd=PACKAGE.parents[1]
    )

    assert finished.stdout.strip() == "handlers.file_system_publisher.entry"


@pytest.mark.parametrize("path", sorted(PACKAGE.glob("*.py")), ids=lambda path: path.name)
def test_it_imports_nothing_but_the_standard_library_and_boto3(path: Path) -> None:
    roots = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            roots |= {name.name.partition(".")[0] for name in node.names}
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            roots.add(str(node.module).partition(".")[0])

    assert roots <= sys.stdlib_module_names | {"boto3", "botocore"}
