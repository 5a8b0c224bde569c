"""An app outside of this repository uses the installed wheel through the real `cdk` command."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest
from aws_cdk.assertions import Template

from tests.consumers.conftest import ROOT

if TYPE_CHECKING:
    from pathlib import Path

CDK = ROOT / "node_modules" / ".bin" / "cdk"


def environment_of(python: Path, home: Path) -> dict[str, str]:
    """A shell's variables with the environment active, and without a way back into this repository."""
    strange = ("PYTHON", "AWS_", "CDK_", "VIRTUAL_ENV")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(strange)}
    return kept | {
        "PATH": os.pathsep.join([str(python.parent), kept.get("PATH", os.defpath)]),
        "CDK_HOME": str(home),
        "AWS_EC2_METADATA_DISABLED": "true",
    }


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the consumer's two files, and nothing beside them."""
    folder = tmp_path_factory.mktemp("project")
    for name in ("app.py", "cdk.json"):
        shutil.copy(ROOT / "examples" / "consumer" / name, folder)
    return folder


@pytest.fixture(scope="module")
def template(consumer_python: Path, project: Path, tmp_path_factory: pytest.TempPathFactory) -> Template:
    """What `cdk synth` makes of it, CDK's own validation included."""
    assert CDK.exists(), "the cdk command is missing: run make install"
    command = [str(CDK), "synth", "--quiet", "--no-notices", "--output", "assembly"]
    home = tmp_path_factory.mktemp("home")
    finished = subprocess.run(
        command, cwd=project, env=environment_of(consumer_python, home), check=False, capture_output=True, text=True
    )
    assert finished.returncode == 0, finished.stdout + finished.stderr
    written: dict[str, Any] = json.loads((project / "assembly" / "Shop.template.json").read_text())
    return Template.from_json(written)


def test_the_model_is_served(template: Template) -> None:
    template.resource_count_is("AWS::SageMaker::Model", 1)
    template.resource_count_is("AWS::SageMaker::EndpointConfig", 1)
    template.resource_count_is("AWS::SageMaker::Endpoint", 1)
    template.resource_count_is("AWS::ApplicationAutoScaling::ScalableTarget", 1)
    template.resource_count_is("AWS::ApplicationAutoScaling::ScalingPolicy", 1)


def test_a_construct_of_the_users_may_invoke_it(template: Template) -> None:
    (endpoint,) = template.find_resources("AWS::SageMaker::Endpoint").values()
    name = endpoint["Properties"]["EndpointName"]

    template.has_resource_properties("AWS::Lambda::Function", {"Environment": {"Variables": {"ENDPOINT_NAME": name}}})
    policies = template.find_resources("AWS::IAM::Policy")
    (policy,) = (each for name, each in policies.items() if not name.startswith("EndpointGuard"))
    (statement,) = policy["Properties"]["PolicyDocument"]["Statement"]
    assert "sagemaker:InvokeEndpoint" in statement["Action"]
    assert statement["Resource"]["Fn::Join"][1][-1] == f":endpoint/{name}"


def test_its_metrics_are_watched(template: Template) -> None:
    template.has_resource_properties(
        "AWS::CloudWatch::Alarm",
        {"MetricName": "ModelLatency", "Namespace": "AWS/SageMaker", "ExtendedStatistic": "p99", "Threshold": 200_000},
    )


def test_the_library_is_the_installed_one(consumer_python: Path, project: Path, tmp_path: Path) -> None:
    finished = subprocess.run(
        ["python3", "-c", "import cdk_model_hosting; print(cdk_model_hosting.__file__)"],
        cwd=project,
        env=environment_of(consumer_python, tmp_path),
        check=True,
        capture_output=True,
        text=True,
    )

    assert finished.stdout.startswith(str(consumer_python.parents[1]))


def strict_mypy(python: Path, app: Path) -> subprocess.CompletedProcess[str]:
    """Check an app against what is installed, with none of this repository's settings.

    The options that reach the CDK's own modules are those of `make types`, so that its cache spares a minute of reading
    them again: mypy compares contents, not paths.
    """
    command = [sys.executable, "-m", "mypy", "--config-file=", "--strict", "--python-version=3.11"]
    options = ["--namespace-packages", "--explicit-package-bases", f"--cache-dir={ROOT / '.mypy_cache'}"]
    return subprocess.run(
        [*command, *options, "--python-executable", str(python), app.name],
        cwd=app.parent,
        env=environment_of(python, app.parent),
        check=False,
        capture_output=True,
        text=True,
    )


def test_the_app_is_typed(consumer_python: Path, project: Path) -> None:
    finished = strict_mypy(consumer_python, project / "app.py")

    assert finished.returncode == 0, finished.stdout + finished.stderr


def test_a_wrong_type_is_found(consumer_python: Path, project: Path, tmp_path: Path) -> None:
    source = (project / "app.py").read_text()
    wrong = tmp_path / "wrong.py"
    wrong.write_text(source.replace("percent=20", "percent='20'").replace("Fleet(instance_type", "Fleet(type_of_it"))

    finished = strict_mypy(consumer_python, wrong)

    assert finished.returncode == 1
    assert 'Argument "percent" to "canary" of "Rollout" has incompatible type "str"' in finished.stdout
    assert 'Unexpected keyword argument "type_of_it" for "Fleet"' in finished.stdout
