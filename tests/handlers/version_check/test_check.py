"""The version check: what it asks of a version, and what it tells CloudFormation."""

from __future__ import annotations

import ast
import io
import json
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from botocore.stub import Stubber

import cdk_model_hosting.handlers.version_check as package
from cdk_model_hosting.handlers.log import Log
from cdk_model_hosting.handlers.model_function import http_events
from cdk_model_hosting.handlers.version_check import entry
from cdk_model_hosting.handlers.version_check.surroundings import Surroundings, client
from cdk_model_hosting.handlers.version_check.version import EVENT
from tests.handlers.endpoint_guard.stage import answering

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.handlers.endpoint_guard.stage import Answers

PACKAGE = Path(str(package.__file__)).parent
VERSION = "arn:aws:lambda:us-east-1:123456789012:function:fraud:7"


@dataclass
class Stage:
    """Lambda, as somebody has written down what it answers, and somebody who takes the answers."""

    stubber: Stubber
    answers: Answers
    slept: list[float] = field(default_factory=list)

    def send(self, kind: str = "Create") -> dict[str, Any]:
        """Hand the check an event; return what it answered."""
        event = {
            "RequestType": kind,
            "ResourceType": "Custom::ModelFunctionVersion",
            "StackId": "arn:aws:cloudformation:us-east-1:123456789012:stack/Stack/1",
            "RequestId": "request",
            "LogicalResourceId": "Check",
            "ResponseURL": self.answers.url,
            "ResourceProperties": {"ServiceToken": "arn", "Version": VERSION},
        }
        entry.handle(
            event,
            Surroundings(lambda_=lambda: self.stubber.client, log=Log("version_check"), sleep=self.slept.append),
        )
        self.stubber.assert_no_pending_responses()
        found: dict[str, Any] = json.loads(self.answers.bodies[-1])
        return found

    def will_answer(self, payload: bytes, *, error: bool = False) -> None:
        """Write down an answer to an invocation of the version."""
        response: dict[str, Any] = {"StatusCode": 200, "Payload": io.BytesIO(payload)}
        self.stubber.add_response(
            "invoke",
            response | ({"FunctionError": "Unhandled"} if error else {}),
            {"FunctionName": VERSION, "Payload": json.dumps(EVENT).encode()},
        )

    def will_be(self, **state: str) -> None:
        """Write down what Lambda says of the version."""
        self.stubber.add_response("get_function_configuration", state, {"FunctionName": VERSION})

    def will_refuse(self, code: str) -> None:
        """Write down a refusal."""
        self.stubber.add_client_error("invoke", code, "it is not to be")


@pytest.fixture
def stage() -> Iterator[Stage]:
    """Set the stage."""
    session = boto3.Session("nobody", "nothing", region_name="us-east-1")
    stubber = Stubber(session.client("lambda"))
    stubber.activate()
    with answering() as answers:
        yield Stage(stubber, answers)


def test_the_question_is_one_that_a_model_function_answers_without_predicting() -> None:
    assert http_events.source_of(EVENT) == "load_balancer"
    assert http_events.is_health_check(EVENT)


def test_a_version_that_answers_is_well(stage: Stage) -> None:
    stage.will_answer(b'{"statusCode": 200}')

    assert stage.send()["Status"] == "SUCCESS"


def test_a_version_that_cannot_begin_fails_the_deployment_with_its_reason(stage: Stage) -> None:
    stage.will_answer(b'{"errorType": "StartError", "errorMessage": "the model is broken"}', error=True)

    answer = stage.send()

    assert answer["Status"] == "FAILED"
    assert answer["Reason"] == "version 7 cannot begin and does not become live: StartError: the model is broken"


@pytest.mark.parametrize("payload", [b"", b"null", b"{}", b"oops"])
def test_a_failure_without_words_is_one_too(stage: Stage, payload: bytes) -> None:
    stage.will_answer(payload, error=True)

    assert stage.send()["Reason"] == "version 7 cannot begin and does not become live: error: no reason was given"


@pytest.mark.parametrize("kind", ["Update", "Delete"])
def test_nothing_is_asked_of_a_version_again(stage: Stage, kind: str) -> None:
    """Neither when it goes, nor when the function that checks has changed."""
    assert stage.send(kind)["Status"] == "SUCCESS"


@pytest.mark.parametrize(
    "code",
    [
        "AccessDeniedException",
        "EFSMountConnectivityException",
        "EFSMountTimeoutException",
        "TooManyRequestsException",
    ],
)
def test_what_is_not_ready_yet_is_waited_for(stage: Stage, code: str) -> None:
    stage.will_refuse(code)
    stage.will_refuse(code)
    stage.will_answer(b"{}")

    assert stage.send()["Status"] == "SUCCESS"
    assert stage.slept == [2, 4]


@pytest.mark.parametrize(
    "code",
    ["ENINotReadyException", "ResourceConflictException", "ResourceNotReadyException", "SnapStartNotReadyException"],
)
def test_a_version_is_waited_for_while_lambda_makes_it(stage: Stage, code: str) -> None:
    stage.will_refuse(code)
    for state in ("Pending", "Pending", "Active"):
        stage.will_be(State=state)
    stage.will_answer(b"{}")

    assert stage.send()["Status"] == "SUCCESS"
    assert stage.slept == [10, 10, 2]


def test_a_version_that_lambda_could_not_make_fails_the_deployment_with_its_reason(stage: Stage) -> None:
    stage.will_refuse("ResourceConflictException")
    stage.will_be(State="Failed", StateReasonCode="FunctionError", StateReason="the model is broken")

    assert stage.send()["Reason"] == (
        "version 7 cannot begin and does not become live: FunctionError: the model is broken"
    )


def test_a_version_that_is_never_made_is_not_waited_for_forever(stage: Stage) -> None:
    stage.will_refuse("SnapStartNotReadyException")
    for _ in range(54):
        stage.will_be(State="Pending")

    assert stage.send()["Reason"] == (
        "version 7 cannot begin and does not become live: Pending: Lambda was still making it after 9 minutes"
    )


def test_a_version_whose_state_is_not_told_is_tried_again(stage: Stage) -> None:
    stage.will_refuse("ResourceConflictException")
    stage.stubber.add_client_error("get_function_configuration", "AccessDeniedException", "it is not to be")
    stage.will_answer(b"{}")

    assert stage.send()["Status"] == "SUCCESS"
    assert stage.slept == [2]


@pytest.mark.parametrize(
    ("reason", "hint"),
    [
        (
            "RequestId: 1 Error: Task timed out after 10.00 seconds",
            (
                "FunctionSize timeout must be longer than what it takes to get the model, to load it, and to predict the sample if "
                "there is one"
            ),
        ),
        (
            "the sample fails: ClientError: An error occurred (AccessDeniedException) when calling the GetItem operation",
            "what the code is granted beside the model is there in time by grant.apply_before(function.cfn_version)",
        ),
    ],
    ids=["time", "grants"],
)
def test_it_is_told_what_helps(stage: Stage, reason: str, hint: str) -> None:
    stage.will_answer(json.dumps({"errorType": "Sandbox.Timedout", "errorMessage": reason}).encode(), error=True)

    assert stage.send()["Reason"] == (
        f"version 7 cannot begin and does not become live: Sandbox.Timedout: {reason}; {hint}"
    )


def test_a_version_waits_for_minutes_for_an_environment_beside_those_of_the_live_one(stage: Stage) -> None:
    for _ in range(14):
        stage.will_refuse("TooManyRequestsException")
    stage.will_answer(b"{}")

    assert stage.send()["Status"] == "SUCCESS"
    assert sum(stage.slept) == 330


def test_traffic_that_leaves_no_environment_fails_the_deployment(stage: Stage) -> None:
    for _ in range(15):
        stage.stubber.add_client_error(
            "invoke",
            "TooManyRequestsException",
            "Rate Exceeded.",
            modeled_fields={"Reason": "ReservedFunctionConcurrentInvocationLimitExceeded"},
        )

    assert stage.send()["Reason"] == (
        "version 7 could not be tried and does not become live: for 5.5 minutes no environment was free, "
        "ReservedFunctionConcurrentInvocationLimitExceeded; Concurrency reserved must leave room for one more, or the account's "
        "concurrency"
    )


def test_patience_ends(stage: Stage) -> None:
    for _ in range(7):
        stage.will_refuse("AccessDeniedException")

    assert stage.send()["Reason"] == "Invoke was refused: it is not to be (AccessDeniedException)"
    assert sum(stage.slept) == 90


def test_other_refusals_are_told_at_once(stage: Stage) -> None:
    stage.will_refuse("ResourceNotFoundException")

    assert stage.send()["Reason"] == "Invoke was refused: it is not to be (ResourceNotFoundException)"
    assert stage.slept == []


def test_an_error_of_the_check_itself_is_answered(stage: Stage) -> None:
    stage.stubber.client = None  # type: ignore[assignment]

    assert stage.send()["Reason"].startswith("the version check failed: AttributeError: ")


def test_the_client_waits_as_long_as_a_function_may_take_and_asks_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    client.cache_clear()
    config = client().meta.config

    assert config.read_timeout >= 890
    assert config.retries["total_max_attempts"] == 1


def test_lambda_calls_the_handler(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(entry, "client", lambda: stage.stubber.client)
    stage.will_answer(b"{}")
    event = {
        "RequestType": "Create",
        "ResourceType": "Custom::ModelFunctionVersion",
        "StackId": "stack",
        "RequestId": "request",
        "LogicalResourceId": "Check",
        "ResponseURL": stage.answers.url,
        "ResourceProperties": {"Version": VERSION},
    }

    package.handler(event, object())

    assert json.loads(stage.answers.bodies[-1])["Status"] == "SUCCESS"


def test_importing_it_loads_neither_the_cdk_nor_a_service() -> None:
    program = (
        "import sys; import cdk_model_hosting.handlers.version_check; "
        "print([name for name in ('aws_cdk', 'jsii', 'boto3', 'botocore.client') if name in sys.modules])"
    )
    finished = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)

    assert finished.stdout.strip() == "[]"


@pytest.mark.parametrize("path", sorted(PACKAGE.glob("*.py")), ids=lambda path: path.name)
def test_it_imports_nothing_but_the_standard_library_and_boto3(path: Path) -> None:
    roots = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            roots |= {name.name.partition(".")[0] for name in node.names}
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            roots.add(str(node.module).partition(".")[0])

    assert roots <= sys.stdlib_module_names | {"boto3", "botocore"}
