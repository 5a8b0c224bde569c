"""cdk-nag finds nothing on a front, but for the one that is public, which says that it was asked for."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING
from unittest import mock

import aws_cdk as cdk
from cdk_nag import AwsSolutionsChecks

from cdk_model_hosting import Front
from cdk_model_hosting.functions.fronts.authorization import Authorization
from tests.unit.functions.made import function

if TYPE_CHECKING:
    from pathlib import Path


def findings(source: Path, model: Path, folder: Path) -> list[str]:
    """What is found on the parts of functions with every front."""
    app = cdk.App(outdir=str(folder))
    stack = cdk.Stack(app, "Stack")
    fronts = {
        "Url": Front.function_url(),
        "Api": Front.http_api(),
        "Public": Front.http_api(authorization=Authorization.public()),
        "Tokens": Front.http_api(authorization=Authorization.jwt(issuer="https://a.example", audiences=["app"])),
        "Queue": Front.queue(),
    }
    for name, front in fronts.items():
        function(source, model, stack, name, front=front)
    cdk.Validations.of(app).add_plugins(AwsSolutionsChecks(app))
    try:
        app.synth()
    except RuntimeError as error:
        assert "ValidationFailed" in str(error)  # noqa: PT017 - only one of the tests expects it
    return [
        f"{violation['ruleName']} {construct['constructPath']}"
        for report in json.loads((folder / "validation-report.json").read_text())["pluginReports"]
        for violation in report["violations"]
        for construct in violation["violatingConstructs"]
    ]


def test_nothing_is_found(source: Path, model: Path, tmp_path: Path) -> None:
    assert findings(source, model, tmp_path / "out") == []


def test_only_the_public_api_is_acknowledged(source: Path, model: Path, tmp_path: Path) -> None:
    with mock.patch.object(cdk.Validations, "acknowledge"):
        found = findings(source, model, tmp_path / "out")

    # Traces have no ARN, and version checks name versions by a wildcard: that is not the front's.
    assert [each for each in found if "IAM5" not in each] == ["AwsSolutions-APIG4 Stack/Public/Route"]
