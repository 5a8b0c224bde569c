"""CDK's own validation, which the other tests switch off for its price, finds nothing either."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import TYPE_CHECKING, Any

from tests.stacks.synthesis import REPORT, ROOT

if TYPE_CHECKING:
    from pathlib import Path

# A stack that CloudFormation would refuse (the name) and one that it might (the type): an error and a warning.
WRONG_APP = """
import json, sys
import aws_cdk as cdk

app = cdk.App(outdir=sys.argv[1], context=json.load(open("cdk.json"))["context"])
variant = {"VariantName": sys.argv[2], "InstanceType": sys.argv[3], "ModelName": "model", "InitialInstanceCount": 1}
config = {"ProductionVariants": [variant | {"InitialVariantWeight": 1}]}
cdk.CfnResource(cdk.Stack(app, "Stack"), "Config", type="AWS::SageMaker::EndpointConfig", properties=config)
app.synth()
"""


def run_with_validation(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Run Python in a process whose CDK validates."""
    environment = {name: value for name, value in os.environ.items() if name != "CDK_VALIDATION"}
    environment["PYTHONPATH"] = os.pathsep.join([str(ROOT), str(ROOT / "constructs")])
    return subprocess.run(
        [sys.executable, *arguments], cwd=ROOT, env=environment, check=False, capture_output=True, text=True
    )


def violations(folder: Path) -> list[dict[str, Any]]:
    """What CDK reported, errors and warnings alike."""
    reports = json.loads((folder / REPORT).read_text())["pluginReports"]
    return [violation for report in reports for violation in report["violations"]]


def test_nothing_is_found(model_folder: Path, tmp_path: Path) -> None:
    finished = run_with_validation("-m", "tests.stacks.synthesis", str(tmp_path), str(model_folder))

    assert finished.returncode == 0, finished.stderr
    assert violations(tmp_path) == []


def test_an_error_fails_the_synth(tmp_path: Path) -> None:
    finished = run_with_validation("-c", WRONG_APP, str(tmp_path), "a b", "ml.c7i.large")

    assert finished.returncode != 0
    assert [(found["ruleName"], found["severity"]) for found in violations(tmp_path)] == [("F3031", "error")]


def test_a_warning_is_reported(tmp_path: Path) -> None:
    run_with_validation("-c", WRONG_APP, str(tmp_path), "AllTraffic", "ml.nonsense")

    assert [(found["ruleName"], found["severity"]) for found in violations(tmp_path)] == [("W3030", "warning")]
