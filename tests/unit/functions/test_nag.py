"""cdk-nag finds nothing on a function in a VPC that sends its failed events on, but what is acknowledged."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING
from unittest import mock

import aws_cdk as cdk
from aws_cdk import aws_sns as sns
from cdk_nag import AwsSolutionsChecks

from cdk_model_hosting import Concurrency, Network
from cdk_model_hosting.functions.on_failure import OnFailure
from tests.unit.functions.made import function
from tests.unit.functions.test_vpc import brought

if TYPE_CHECKING:
    from pathlib import Path


def findings(source: Path, model: Path, folder: Path) -> set[str]:
    """What is found on the function's own resources."""
    app = cdk.App(outdir=str(folder))
    stack = cdk.Stack(app, "Stack")
    topic = sns.Topic.from_topic_arn(stack, "Failed", "arn:aws:sns:eu-west-1:123456789012:failed")
    function(
        source,
        model,
        stack,
        network=Network(vpc=brought(stack, vpc_id="vpc-0123456789abcdef0")),
        on_failure=OnFailure.topic(topic),
        concurrency=Concurrency(snap_start=True),
    )
    cdk.Validations.of(app).add_plugins(AwsSolutionsChecks(app))
    try:
        app.synth()
    except RuntimeError as error:
        assert "ValidationFailed" in str(error)  # noqa: PT017 - only one of the tests expects it
    return {
        f"{violation['ruleName']} {construct['constructPath']}"
        for report in json.loads((folder / "validation-report.json").read_text())["pluginReports"]
        for violation in report["violations"]
        for construct in violation["violatingConstructs"]
        if construct["constructPath"].startswith("Stack/Fraud/")
    }


def test_nothing_is_found(source: Path, model: Path, tmp_path: Path) -> None:
    assert findings(source, model, tmp_path / "out") == set()


def test_only_what_has_no_arn_is_acknowledged(source: Path, model: Path, tmp_path: Path) -> None:
    with mock.patch.object(cdk.Validations, "acknowledge"):
        found = findings(source, model, tmp_path / "out")

    assert found == {"AwsSolutions-IAM5[Resource::*] Stack/Fraud/Role"}
