"""The size of a node group: what the function asks EKS, and what it tells CloudFormation."""

from __future__ import annotations

import ast
import json
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from botocore.stub import Stubber

import cdk_model_hosting.handlers.node_group_size as package
from cdk_model_hosting.handlers.log import Log
from cdk_model_hosting.handlers.node_group_size import entry
from cdk_model_hosting.handlers.node_group_size.surroundings import Surroundings, client
from tests.handlers.endpoint_guard.stage import answering

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.handlers.endpoint_guard.stage import Answers

PACKAGE = Path(str(package.__file__)).parent
# As CloudFormation sends numbers.
GROUP = {"ClusterName": "models", "NodegroupName": "gpu-1", "MinSize": "1", "MaxSize": "5"}


def event(kind: str, properties: dict[str, str], old: dict[str, str], url: str) -> dict[str, Any]:
    return {
        "RequestType": kind,
        "ResourceType": "Custom::NodeGroupSize",
        "StackId": "arn:aws:cloudformation:us-east-1:123456789012:stack/Stack/1",
        "RequestId": "request",
        "LogicalResourceId": "Size",
        "ResponseURL": url,
        "ResourceProperties": {"ServiceToken": "arn", **properties},
        **({"OldResourceProperties": {"ServiceToken": "arn", **old}} if old else {}),
    }


@dataclass
class Stage:
    """EKS, as somebody has written down what it answers, and somebody who takes the answers."""

    stubber: Stubber
    answers: Answers
    slept: list[float] = field(default_factory=list)

    def send(self, kind: str, *, old: dict[str, str] | None = None, **changed: str) -> dict[str, Any]:
        """Hand the function an event; return what it answered."""
        asked = event(kind, {**GROUP, **changed}, old or {}, self.answers.url)
        entry.handle(
            asked,
            Surroundings(eks=lambda: self.stubber.client, log=Log("node_group_size"), sleep=self.slept.append),
        )
        self.stubber.assert_no_pending_responses()
        found: dict[str, Any] = json.loads(self.answers.bodies[-1])
        return found

    def has(self, nodes: int, *, name: str = "gpu-1") -> None:
        """Write down how many nodes a group has."""
        self.stubber.add_response(
            "describe_nodegroup",
            {"nodegroup": {"scalingConfig": {"desiredSize": nodes}}},
            {"clusterName": "models", "nodegroupName": name},
        )

    def refuses(self, code: str) -> None:
        """Write down a refusal."""
        self.stubber.add_client_error("describe_nodegroup", code, "it is not to be.")


@pytest.fixture
def stage() -> Iterator[Stage]:
    """Set the stage."""
    session = boto3.Session("nobody", "nothing", region_name="us-east-1")
    stubber = Stubber(session.client("eks"))
    stubber.activate()
    with answering() as answers:
        yield Stage(stubber, answers)


def desired(answer: dict[str, Any]) -> Any:
    assert answer["Status"] == "SUCCESS"
    return answer["Data"]["DesiredSize"]


def test_a_new_group_begins_with_its_minimum_and_nobody_is_asked(stage: Stage) -> None:
    assert desired(stage.send("Create")) == 1


def test_a_group_keeps_the_nodes_that_it_has(stage: Stage) -> None:
    stage.has(3)
    assert desired(stage.send("Update", old=GROUP)) == 3


def test_a_group_at_zero_stays_there(stage: Stage) -> None:
    stage.has(0)
    assert desired(stage.send("Update", old=GROUP, MinSize="0")) == 0


@pytest.mark.parametrize(("bounds", "expected"), [(("4", "8"), 4), (("0", "2"), 2), (("3", "3"), 3)])
def test_new_bounds_hold(stage: Stage, bounds: tuple[str, str], expected: int) -> None:
    stage.has(3)
    assert desired(stage.send("Update", old=GROUP, MinSize=bounds[0], MaxSize=bounds[1])) == expected


def test_a_group_that_takes_the_place_of_another_begins_with_as_many(stage: Stage) -> None:
    stage.refuses("ResourceNotFoundException")
    stage.has(4, name="gpu-1")
    assert desired(stage.send("Update", old=GROUP, NodegroupName="gpu-2")) == 4


@pytest.mark.parametrize("code", ["ResourceNotFoundException", "AccessDeniedException", "ServerException"])
def test_a_group_before_that_is_not_known_is_no_obstacle(stage: Stage, code: str) -> None:
    stage.refuses("ResourceNotFoundException")
    stage.refuses(code)
    assert desired(stage.send("Update", old=GROUP, NodegroupName="gpu-2")) == 1


def test_a_group_that_is_gone_begins_anew(stage: Stage) -> None:
    stage.refuses("ResourceNotFoundException")
    assert desired(stage.send("Update", old=GROUP)) == 1


def test_a_new_permission_is_waited_for(stage: Stage) -> None:
    stage.refuses("AccessDeniedException")
    stage.refuses("AccessDeniedException")
    stage.has(2)
    assert desired(stage.send("Update", old=GROUP)) == 2
    assert stage.slept == [2, 4]


def test_a_deployment_fails_rather_than_taking_nodes_away(stage: Stage) -> None:
    for _ in range(5):
        stage.refuses("AccessDeniedException")
    answer = stage.send("Update", old=GROUP)
    assert answer["Status"] == "FAILED"
    assert answer["Reason"] == (
        "the size of the node group is not known: DescribeNodegroup was refused: it is not to be (AccessDeniedException)"
    )
    assert "Data" not in answer
    assert stage.slept == [2, 4, 8, 16]


def test_other_refusals_are_told_at_once(stage: Stage) -> None:
    stage.refuses("ServerException")
    assert stage.send("Update", old=GROUP)["Status"] == "FAILED"
    assert stage.slept == []


def test_an_error_of_the_function_itself_is_answered(stage: Stage) -> None:
    stage.stubber.client = None  # type: ignore[assignment]
    reason = stage.send("Update", old=GROUP)["Reason"]
    assert reason.startswith("the size of the node group is not known: AttributeError: ")


def test_nothing_is_asked_when_it_goes(stage: Stage) -> None:
    answer = stage.send("Delete")
    assert answer["Status"] == "SUCCESS"
    assert "Data" not in answer


def test_lambda_calls_the_handler(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(entry, "client", lambda: stage.stubber.client)
    stage.has(2)
    package.handler(event("Update", GROUP, GROUP, stage.answers.url), object())
    assert json.loads(stage.answers.bodies[-1])["Data"] == {"DesiredSize": 2}


def test_the_client_is_one_of_eks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    client.cache_clear()
    assert client().meta.service_model.service_name == "eks"


def test_importing_it_loads_neither_the_cdk_nor_a_service() -> None:
    program = (
        "import sys; import cdk_model_hosting.handlers.node_group_size; "
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
