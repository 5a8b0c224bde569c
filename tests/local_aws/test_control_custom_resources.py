"""Custom resources behind a Python function: the protocol, the order, and what CloudFormation makes of a failure."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from tests.local_aws import paths
from tests.local_aws.lifecycle import LocalAws
from tests.local_aws.stacks import Stack

FUNCTION = Path(paths.REPOSITORY, "tests/local_aws/fixtures/custom_resource.py").read_text()
BUCKET = "custom-resource-events"
FUNCTION_STACK = "CustomResourceFunction"

Properties = dict[str, Any]


@pytest.fixture(scope="module")
def function(local_aws: LocalAws) -> str:
    """Deploy the function from a template, as inline code."""
    local_aws.client("s3").create_bucket(Bucket=BUCKET)
    stack = Stack(local_aws, FUNCTION_STACK)
    resources = {
        "Role": {"Type": "AWS::IAM::Role", "Properties": {"AssumeRolePolicyDocument": {}}},
        "Function": {
            "Type": "AWS::Lambda::Function",
            "Properties": {
                "Runtime": "python3.14",
                "Handler": "index.handler",
                "Role": {"Fn::GetAtt": ["Role", "Arn"]},
                "Timeout": 60,
                "Code": {"ZipFile": FUNCTION},
                "Environment": {"Variables": {"EVENTS": BUCKET}},
                "RecursiveLoop": "Allow",
            },
        },
    }
    outputs = {"Arn": {"Value": {"Fn::GetAtt": ["Function", "Arn"]}}}
    assert stack.apply({"Resources": resources, "Outputs": outputs}) == "CREATE_COMPLETE", stack.log()
    return stack.outputs()["Arn"]


class Customs:
    """A stack of custom resources, and the events that their function got."""

    def __init__(self, local: LocalAws, name: str, function: str) -> None:
        self.stack = Stack(local, name)
        self._function = function
        self._s3 = local.client("s3")

    def template(self, **resources: Properties) -> dict[str, Any]:
        """Return a template of custom resources, each of which depends on the one before."""
        described: dict[str, Any] = {}
        for logical_id, properties in resources.items():
            before = list(described)[-1:]
            described[logical_id] = {
                "Type": "Custom::Thing",
                "Properties": {"ServiceToken": self._function, **properties},
                **({"DependsOn": before} if before else {}),
            }
        # Something that every update changes, so that taking a resource away is not the only change.
        described["Fixed"] = {"Type": "AWS::SSM::Parameter", "Properties": {"Type": "String", "Value": "x"}}
        return {"Resources": described}

    def apply(self, **resources: Properties) -> str:
        return self.stack.apply(self.template(**resources))

    def events(self) -> list[dict[str, Any]]:
        """Return the events since the last call, first one first."""
        found = []
        prefix = self.stack.name
        for entry in self._s3.list_objects_v2(Bucket=BUCKET).get("Contents", []):
            if f":stack/{prefix}/" in entry["Key"]:
                found.append((entry["Key"], self._s3.get_object(Bucket=BUCKET, Key=entry["Key"])["Body"].read()))
                self._s3.delete_object(Bucket=BUCKET, Key=entry["Key"])
        return [json.loads(body) for _, body in sorted(found)]

    def requests(self) -> list[tuple[str, str]]:
        """Return the request types of these events, each with the logical ID."""
        return [(event["RequestType"], event["LogicalResourceId"]) for event in self.events()]


@pytest.fixture
def customs(local_aws: LocalAws, function: str, request: pytest.FixtureRequest) -> Customs:
    """Give a test a stack of its own."""
    name = re.sub(r"[^A-Za-z0-9]+", "-", request.node.name.removeprefix("test_"))
    return Customs(local_aws, name.strip("-"), function)


def test_from_create_to_delete(customs: Customs) -> None:
    assert customs.apply(One={"Value": 1, "Flag": True}) == "CREATE_COMPLETE", customs.stack.log()
    (created,) = customs.events()
    assert created["ResourceProperties"] == {"ServiceToken": created["ServiceToken"], "Value": "1", "Flag": "true"}
    assert created["ResourceType"] == "Custom::Thing"
    assert "PhysicalResourceId" not in created

    assert customs.apply(One={"Value": 2}, Two={"Value": 1}) == "UPDATE_COMPLETE"
    updated, second = customs.events()
    assert (updated["RequestType"], updated["PhysicalResourceId"]) == ("Update", "One")
    assert (updated["ResourceProperties"]["Value"], updated["OldResourceProperties"]["Value"]) == ("2", "1")
    assert (second["RequestType"], second["LogicalResourceId"]) == ("Create", "Two")

    assert customs.apply(One={"Value": 3}, Two={"Value": 1}) == "UPDATE_COMPLETE"
    assert customs.requests() == [("Update", "One")]

    assert customs.stack.delete() == "DELETE_COMPLETE"
    assert customs.requests() == [("Delete", "Two"), ("Delete", "One")]


def test_what_is_replaced_or_removed_is_deleted_in_the_cleanup(customs: Customs) -> None:
    slow = {"Delete": {"sleep": 0.5}}
    customs.apply(One={"Wish": {"Create": {"id": "old"}, **slow}}, Two={}, Three={"Wish": slow})
    customs.events()

    status = customs.apply(One={"Wish": {"Update": {"id": "new"}}}, Two={"Value": 2})

    assert status == "UPDATE_COMPLETE"
    assert customs.stack.statuses()[-3:] == [
        "UPDATE_IN_PROGRESS",
        "UPDATE_COMPLETE_CLEANUP_IN_PROGRESS",
        "UPDATE_COMPLETE",
    ]
    events = customs.events()
    assert [(event["RequestType"], event["PhysicalResourceId"]) for event in events] == [
        ("Update", "old"),
        ("Update", "Two"),
        ("Delete", "old"),
        ("Delete", "Three"),
    ]
    assert ("Three", "DELETE_COMPLETE", "") in customs.stack.log()
    assert customs.stack.physical_id("One") == "new"


def test_a_failed_update_goes_back_dependencies_first(customs: Customs) -> None:
    customs.apply(One={"Value": 1}, Two={"Value": 1}, Three={"Value": 1})
    customs.events()

    failing = {"Value": 2, "Wish": {"Update": {"fail": "Two is not what was deployed"}}}
    status = customs.apply(One={"Value": 2}, Two=failing, Three={"Value": 2})

    assert status == "UPDATE_ROLLBACK_COMPLETE"
    assert "Message returned: Two is not what was deployed" in customs.stack.reasons("UPDATE_FAILED")["Two"]
    events = customs.events()
    assert [(event["LogicalResourceId"], event["ResourceProperties"]["Value"]) for event in events] == [
        ("One", "2"),
        ("Two", "2"),
        ("One", "1"),
        ("Two", "1"),
    ]
    assert events[-1]["OldResourceProperties"]["Value"] == "2"


def test_what_fails_to_be_created_is_deleted_in_the_rollback(customs: Customs) -> None:
    customs.apply(One={"Value": 1})
    customs.events()

    failing = {"Wish": {"Create": {"fail": "no", "id": "half-made"}, "Delete": {"sleep": 0.3}}}
    status = customs.apply(One={"Value": 2}, Two=failing)

    assert status == "UPDATE_ROLLBACK_COMPLETE"
    assert customs.stack.statuses()[-2:] == ["UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS", "UPDATE_ROLLBACK_COMPLETE"]
    events = customs.events()
    assert [(event["RequestType"], event["LogicalResourceId"]) for event in events] == [
        ("Update", "One"),
        ("Create", "Two"),
        ("Update", "One"),
        ("Delete", "Two"),
    ]
    assert events[-1]["PhysicalResourceId"] == "half-made"


def test_a_failed_first_deploy_leaves_nothing(customs: Customs) -> None:
    assert customs.apply(One={}, Two={"Wish": {"Create": {"fail": "no"}}}) == "ROLLBACK_COMPLETE"
    assert customs.requests() == [("Create", "One"), ("Create", "Two"), ("Delete", "Two"), ("Delete", "One")]


def test_a_function_that_invokes_itself_answers_later(customs: Customs) -> None:
    # More often than Lambda allows without RecursiveLoop.
    assert customs.apply(One={"Value": 7, "Wish": {"Create": {"later": 20}}}) == "CREATE_COMPLETE", customs.stack.log()
    assert customs.requests() == [("Create", "One")]


@pytest.mark.parametrize(
    ("wish", "seconds", "reason"),
    [
        ({"silent": True}, 1, "Nothing arrived within the 1 seconds of its ServiceTimeout"),
        ({"sleep": 5}, 1, "did not receive a response from your Custom Resource"),
        (
            {"crash": "oh dear"},
            3600,
            "ended in an error before it answered, and AWS would have waited 3600 seconds for it: oh",
        ),
        ({"typed": True}, 3600, "HTTP Error 403: "),
        ({"long": 5000}, 3600, "Response object is too long."),
    ],
    ids=["silent", "slow", "crash", "typed", "long"],
)
def test_an_answer_that_does_not_come(customs: Customs, wish: dict[str, Any], seconds: int, reason: str) -> None:
    # What is known to fail is not waited for, which the stack would not live to see.
    status = customs.apply(One={"ServiceTimeout": seconds, "Wish": {"Create": wish}})

    assert status == "ROLLBACK_COMPLETE"
    assert reason in customs.stack.reasons("CREATE_FAILED")["One"]
