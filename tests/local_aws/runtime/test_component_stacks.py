"""CloudFormation creates inference components, waits for them, changes them in place and deletes them."""

from typing import Any

import pytest

from tests.local_aws.runtime.componental import WHOLE, Host, managed
from tests.local_aws.runtime.hosting import Hosting, unique
from tests.local_aws.stacks import Stack


@pytest.fixture(scope="module")
def host(hosting: Hosting) -> Host:
    return Host(hosting, managed(0, 3))


def template(host: Host, version: str, *, copies: int = 1, **properties: Any) -> dict[str, Any]:
    """Return a stack of one component."""
    known = {
        "EndpointName": host.name,
        "VariantName": "Main",
        "Specification": host.specification(version),
        "RuntimeConfig": {"CopyCount": copies},
    }
    component = {"Type": "AWS::SageMaker::InferenceComponent", "Properties": {**known, **properties}}
    outputs = {
        "Arn": {"Value": {"Ref": "Component"}},
        "Status": {"Value": {"Fn::GetAtt": ["Component", "InferenceComponentStatus"]}},
    }
    return {"Resources": {"Component": component}, "Outputs": outputs}


def name_in(stack: Stack) -> str:
    return stack.physical_id("Component").rpartition("/")[2]


def test_a_stack_creates_changes_and_deletes_a_component(host: Host) -> None:
    stack = Stack(host.hosting.local, unique("components"))

    assert stack.apply(template(host, "1")) == "CREATE_COMPLETE", stack.log()
    name = name_in(stack)
    assert host.version(name) == "1"
    assert stack.outputs() == {"Arn": host.describe(name)["InferenceComponentArn"], "Status": "InService"}
    # What scaling does to the copies is no drift, and an update that does not mention them keeps them.
    host.scale(name, 3)
    assert not stack.has_drifted()
    batch = {"Type": "CAPACITY_PERCENT", "Value": 50}
    rolling = {"RollingUpdatePolicy": {"MaximumBatchSize": batch, "WaitIntervalInSeconds": 0}}
    assert stack.apply(template(host, "2", DeploymentConfig=rolling)) == "UPDATE_COMPLETE", stack.reasons(
        "UPDATE_FAILED"
    )
    assert name_in(stack) == name
    assert host.version(name) == "2"
    assert host.describe(name)["RuntimeConfig"]["CurrentCopyCount"] == 3
    assert host.describe(name)["LastDeploymentConfig"] == rolling
    assert stack.apply(template(host, "2", copies=2)) == "UPDATE_COMPLETE", stack.reasons("UPDATE_FAILED")
    assert host.describe(name)["RuntimeConfig"]["CurrentCopyCount"] == 2
    assert stack.delete() == "DELETE_COMPLETE"
    assert name not in host.names()


def test_drift_shows_another_artifact(host: Host) -> None:
    stack = Stack(host.hosting.local, unique("components"))
    assert stack.apply(template(host, "1")) == "CREATE_COMPLETE", stack.log()

    host.update(name_in(stack), Specification=host.specification("2"))

    assert stack.has_drifted()
    stack.delete()


def test_a_component_without_room_fails_the_stack_and_leaves_nothing(host: Host) -> None:
    stack = Stack(host.hosting.local, unique("components"))

    assert (
        stack.apply(template(host, "1", copies=9, Specification=host.specification("1", WHOLE))) == "ROLLBACK_COMPLETE"
    )

    assert "There is not enough hardware resources" in stack.reasons("CREATE_FAILED")["Component"]
    assert not host.names()


@pytest.mark.parametrize("fixed", ["EndpointName", "InferenceComponentName"])
def test_a_component_can_be_neither_renamed_nor_moved(host: Host, fixed: str) -> None:
    stack = Stack(host.hosting.local, unique("components"))
    given: dict[str, Any] = {"InferenceComponentName": unique("named")}
    assert stack.apply(template(host, "1", **given)) == "CREATE_COMPLETE", stack.log()

    changed = {**given, fixed: unique("other")}
    assert stack.apply(template(host, "1", **changed)) == "UPDATE_ROLLBACK_COMPLETE", stack.log()

    assert f"{fixed} of an inference component cannot be changed" in stack.reasons("UPDATE_FAILED")["Component"]
    assert host.version(given["InferenceComponentName"]) == "1"
    stack.delete()
