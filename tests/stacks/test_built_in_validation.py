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

# A stack that CloudFormation would refuse (the name) and one that it might (the type): an error, which ends the process, and a
# warning before it. To load the rules takes longer than to apply them, so that one process does both.
WRONG_APPS = """
import json, sys
import aws_cdk as cdk

def synthesize(folder, name, instance_type):
    app = cdk.App(outdir=folder, context=json.load(open("cdk.json"))["context"])
    variant = {"VariantName": name, "InstanceType": instance_type, "ModelName": "model", "InitialInstanceCount": 1}
    config = {"ProductionVariants": [variant | {"InitialVariantWeight": 1}]}
    cdk.CfnResource(cdk.Stack(app, "Stack"), "Config", type="AWS::SageMaker::EndpointConfig", properties=config)
    app.synth()
    print("synthesized")

synthesize(sys.argv[1], "AllTraffic", "ml.nonsense")
synthesize(sys.argv[2], "a b", "ml.c7i.large")
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


def test_an_error_fails_the_synth_and_a_warning_is_reported(tmp_path: Path) -> None:
    doubtful, refused = tmp_path / "doubtful", tmp_path / "refused"

    finished = run_with_validation("-c", WRONG_APPS, str(doubtful), str(refused))

    assert finished.returncode != 0
    assert finished.stdout.split() == ["synthesized"]
    assert [(found["ruleName"], found["severity"]) for found in violations(doubtful)] == [("W3030", "warning")]
    assert [(found["ruleName"], found["severity"]) for found in violations(refused)] == [("F3031", "error")]
