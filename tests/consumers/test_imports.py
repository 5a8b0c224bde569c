"""Importing the library shadows nothing and loads nothing that the app does not use."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest

from tests.consumers.conftest import ROOT

SOURCE_ROOT = ROOT / "constructs"
HEAVY = {f"aws_cdk.{name}" for name in ("aws_ec2", "aws_eks", "aws_lambda", "aws_ecs")}

BUILD_AN_ENDPOINT = """
import aws_cdk as cdk
from aws_cdk import aws_s3 as s3
from cdk_model_hosting import (
    Alarm, Container, ContainerImage, Fleet, ModelArtifact, RealtimeEndpoint, Rollout, Scaling, SingleModel,
)

stack = cdk.Stack(cdk.App(), "Stack")
bucket = s3.Bucket.from_bucket_name(stack, "Bucket", "models")
container = Container(
    image=ContainerImage.xgboost("1.7-1"), artifact=ModelArtifact.from_bucket(bucket, "model/1/model.tar.gz")
)
endpoint = RealtimeEndpoint(
    stack,
    "Endpoint",
    model=SingleModel(stack, "Model", container=container),
    fleet=Fleet(instance_type="ml.m6i.large", count=2),
    scaling=Scaling.on_invocations(per_instance_per_minute=600, between=(2, 4)),
    rollout=Rollout.canary(percent=10, bake=cdk.Duration.minutes(5)),
    verify_rollout=False,
    rollback_on=[Alarm.server_errors()],
)
"""
LIST_THE_MODULES = "\nimport json, sys\nprint(json.dumps(sorted(sys.modules)))"


def python(code: str, *path: str) -> str:
    """Run code at the repository's root in a fresh process, and return what it printed."""
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    if path:
        environment["PYTHONPATH"] = os.pathsep.join(path)
    finished = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, env=environment, check=False, capture_output=True, text=True
    )
    assert finished.returncode == 0, finished.stderr
    return finished.stdout


def loaded(code: str) -> set[str]:
    """The modules that code loads."""
    return set(json.loads(python(code + LIST_THE_MODULES, str(SOURCE_ROOT))))


@pytest.mark.parametrize(
    "path",
    [(), (str(ROOT),), (str(SOURCE_ROOT),), (str(SOURCE_ROOT), str(ROOT)), (str(ROOT), str(SOURCE_ROOT))],
    ids=["none", "root", "source", "source-root", "root-source"],
)
def test_constructs_is_the_published_package(path: tuple[str, ...]) -> None:
    """With nothing on the path, as `cdk` runs app.py; and with what pytest and editors put there."""
    home = python("import constructs; print(constructs.__file__, constructs.Construct.__jsii_type__)", *path)

    assert "site-packages" in home
    assert home.strip().endswith("constructs.Construct")


def test_nothing_shadows_it() -> None:
    assert not (SOURCE_ROOT / "__init__.py").exists()
    assert not (ROOT / "tests" / "constructs").exists()


def test_importing_the_library_loads_no_part_of_the_cdk() -> None:
    assert not {name for name in loaded("import cdk_model_hosting") if name.startswith(("aws_cdk.", "jsii"))}


def test_an_endpoint_loads_nothing_heavy() -> None:
    modules = loaded(BUILD_AN_ENDPOINT)

    assert "cdk_model_hosting.endpoints.realtime" in modules
    assert modules.isdisjoint(HEAVY)


def test_a_heavy_module_would_be_seen() -> None:
    assert "aws_cdk.aws_ec2" in loaded("import aws_cdk.aws_ec2")


def test_a_star_import_offers_every_public_name() -> None:
    printed = python(
        "from cdk_model_hosting import *\nimport cdk_model_hosting as m\nprint(all(n in globals() for n in m.__all__))",
        str(SOURCE_ROOT),
    )

    assert printed.strip() == "True"
