"""How a function begins: on demand, ahead of the requests, or from a snapshot; and what excludes what."""

import re
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.local_aws.lifecycle import LocalAws
from tests.local_aws.runtime.functional import Functions, laid_out
from tests.local_aws.stacks import Stack

SNAPSHOTS = {"ApplyOn": "PublishedVersions"}
TELLING = """\
import os

BEGUN = os.environ["AWS_LAMBDA_INITIALIZATION_TYPE"]

def handler(event, context):
    return BEGUN
"""
RESTORED = """\
from snapshot_restore_py import register_after_restore, register_before_snapshot

DONE = []
register_before_snapshot(DONE.append, "before")
register_after_restore(DONE.append, "after")

def handler(event, context):
    return DONE
"""
BROKEN = "raise ValueError('no model')\n"


@pytest.fixture(scope="module")
def functions(local_aws: LocalAws) -> Functions:
    """Short words for what Lambda is asked to do."""
    return Functions(local_aws)


def test_on_demand_and_ahead_of_the_requests(functions: Functions) -> None:
    function = functions.create(TELLING)
    version = functions.publish(function, "live")
    assert functions.invoke(function, qualifier="live") == "on-demand"

    functions.client.put_provisioned_concurrency_config(
        FunctionName=function, Qualifier="live", ProvisionedConcurrentExecutions=1
    )

    assert functions.invoke(function, qualifier="live") == "provisioned-concurrency"
    assert functions.invoke(function, qualifier=version) == "provisioned-concurrency"
    assert functions.invoke(function) == "on-demand"
    with pytest.raises(ClientError, match="cannot be applied to unpublished function versions"):
        functions.client.put_provisioned_concurrency_config(
            FunctionName=function, Qualifier="$LATEST", ProvisionedConcurrentExecutions=1
        )


def test_from_a_snapshot(functions: Functions) -> None:
    function = functions.create(TELLING, SnapStart=SNAPSHOTS)
    functions.settled(function, functions.publish(function, "live"))
    assert functions.invoke(function, qualifier="live") == "snap-start"
    assert functions.invoke(function) == "on-demand"

    hooked = functions.create(RESTORED, SnapStart=SNAPSHOTS)
    version = functions.publish(hooked)
    functions.settled(hooked, version)
    assert functions.invoke(hooked, qualifier=version) == ["before", "after"]
    assert functions.invoke(hooked) == []


def test_a_snapshot_of_an_image(functions: Functions, tmp_path: Path) -> None:
    dockerfile = 'FROM public.ecr.aws/lambda/python:3.13\nCOPY app.py "${LAMBDA_TASK_ROOT}"\nCMD ["app.handler"]\n'
    good, broken = (
        functions.image(laid_out(tmp_path / name, dockerfile, {"app.py": code}))
        for name, code in (("good", TELLING), ("broken", BROKEN))
    )
    function = functions.create_image(good, SnapStart=SNAPSHOTS)
    assert functions.settled(function, functions.publish(function, "live"))["State"] == "Active"
    assert functions.invoke(function, qualifier="live") == "snap-start"

    functions.client.update_function_code(FunctionName=function, ImageUri=broken)
    failed = functions.settled(function, functions.publish(function))
    assert failed["State"] == "Failed"
    assert "no model" in failed["StateReason"]


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"EphemeralStorage": {"Size": 1024}}, "ephemeral storage greater than 512 MB"),
        ({"Runtime": "python3.11"}, "not supported for the python3.11 runtime"),
    ],
    ids=["storage", "runtime"],
)
def test_what_excludes_snapshots_in_a_template(functions: Functions, settings: dict[str, Any], message: str) -> None:
    name = f"SnapshotWithout{next(iter(settings))}"
    properties = {
        "Runtime": "python3.13",
        "Handler": "index.handler",
        "Code": {"ZipFile": TELLING},
        "Role": functions.role,
        "SnapStart": SNAPSHOTS,
        **settings,
    }
    stack = Stack(functions.local, name)
    template = {"Resources": {"Function": {"Type": "AWS::Lambda::Function", "Properties": properties}}}
    assert stack.apply(template) == "ROLLBACK_COMPLETE"
    assert message in stack.reasons("CREATE_FAILED")["Function"]
    stack.delete()


def test_snapshots_exclude_provisioned_concurrency(functions: Functions) -> None:
    function = functions.create(TELLING, SnapStart=SNAPSHOTS)
    functions.settled(function, functions.publish(function, "live"))
    with pytest.raises(ClientError, match=r"Provisioned concurrency is not supported for .*:live, which has SnapStart"):
        functions.client.put_provisioned_concurrency_config(
            FunctionName=function, Qualifier="live", ProvisionedConcurrentExecutions=1
        )


def test_a_version_in_a_template_that_cannot_begin_fails(functions: Functions) -> None:
    def template(code: str, version: str) -> dict[str, Any]:
        function = {
            "Runtime": "python3.13",
            "Handler": "index.handler",
            "Code": {"ZipFile": code},
            "Role": functions.role,
            "SnapStart": SNAPSHOTS,
            "ReservedConcurrentExecutions": 3,
        }
        published = {"FunctionName": {"Ref": "Function"}}
        return {
            "Resources": {
                "Function": {"Type": "AWS::Lambda::Function", "Properties": function},
                version: {"Type": "AWS::Lambda::Version", "Properties": published},
            },
            "Outputs": {"Name": {"Value": {"Ref": "Function"}}},
        }

    stack = Stack(functions.local, "SnapshotVersions")
    assert stack.apply(template(TELLING, "First")) == "CREATE_COMPLETE", stack.log()
    name = stack.outputs()["Name"]
    assert functions.invoke(name, qualifier="1") == "snap-start"
    reserved = functions.client.get_function_concurrency(FunctionName=name)
    assert reserved["ReservedConcurrentExecutions"] == 3
    assert stack.apply(template(BROKEN, "Second")) == "UPDATE_ROLLBACK_COMPLETE"
    why = stack.reasons("UPDATE_FAILED")["Second"]
    assert re.fullmatch(r"version 2 of SnapshotVersions-Function-\w+ could not begin: .*: no model", why)
    versions = functions.client.list_versions_by_function(FunctionName=name)["Versions"]
    assert [each["Version"] for each in versions] == ["$LATEST", "1"]
    assert functions.invoke(name, qualifier="1") == "snap-start"
    assert stack.delete() == "DELETE_COMPLETE"
