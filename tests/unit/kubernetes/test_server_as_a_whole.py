"""What no part of a server shows by itself."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import aws_cdk as cdk
from aws_cdk import aws_sqs as sqs
from cdk_nag import AwsSolutionsChecks

from cdk_model_hosting import TritonRepository
from cdk_model_hosting.kubernetes.pod_scaling import PodScaling
from cdk_model_hosting.kubernetes.servers.model_server import ModelServer
from cdk_model_hosting.rollout.rollout import Rollout
from tests.unit.kubernetes import made
from tests.unit.kubernetes.custom import assert_valid_custom
from tests.unit.kubernetes.schemas import assert_valid
from tests.unit.kubernetes.serving import TRITON, add_ons, prefix, serving
from tests.unit.models.triton.builders import chain, python_model

if TYPE_CHECKING:
    from pathlib import Path


def everything(scope: cdk.Stack, folder: Path) -> None:
    """Servers with all that they can have."""
    cluster = made.cluster(scope)
    add_ons(cluster)
    queue = sqs.Queue.from_queue_arn(scope, "Queue", "arn:aws:sqs:eu-west-1:111122223333:asked")
    repository = TritonRepository([chain(python_model(folder))])
    serving(
        "Asset",
        cluster=cluster,
        server=ModelServer.triton(image=TRITON, repository=repository),
        scaling=PodScaling.on_gpu_use(percent=70, between=(10, 20)),
        rollout=Rollout.canary(percent=10, bake=cdk.Duration.minutes(5)),
    )
    serving(
        "Prefix",
        cluster=cluster,
        server=ModelServer.triton(image=TRITON, repository=prefix(scope)),
        scaling=PodScaling.on_sqs(queue, per_replica=10, between=(0, 6)),
    )


def test_cdk_nag_finds_nothing(tmp_path: Path) -> None:
    app = cdk.App(outdir=str(tmp_path / "out"))
    everything(cdk.Stack(app, "Stack"), tmp_path)
    cdk.Validations.of(app).add_plugins(AwsSolutionsChecks(app))
    app.synth()


def test_the_same_app_gives_the_same_template(tmp_path: Path) -> None:
    def template(name: str) -> str:
        stack = cdk.Stack(cdk.App(), "Stack")
        everything(stack, tmp_path / name)
        return json.dumps(made.template(stack))

    assert template("a") == template("b")


def test_all_objects_are_such_as_kubernetes_and_the_add_ons_take(tmp_path: Path) -> None:
    stack = cdk.Stack(cdk.App(), "Stack")
    everything(stack, tmp_path)
    found: list[dict[str, Any]] = made.manifests(stack)

    assert_valid(found)
    assert_valid_custom(found)
    kinds = [each["kind"] for each in found]
    assert {kind: kinds.count(kind) for kind in ("Deployment", "Rollout", "ScaledObject", "TriggerAuthentication")} == {
        "Deployment": 1,
        "Rollout": 1,
        "ScaledObject": 2,
        "TriggerAuthentication": 1,
    }
