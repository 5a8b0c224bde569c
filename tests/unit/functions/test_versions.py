"""A new version is published whenever something changes that a version keeps, and never else."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_kms as kms
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_sns as sns

from cdk_model_hosting import (
    AccessPoint,
    Architecture,
    Concurrency,
    Front,
    FunctionAlarm,
    FunctionCode,
    ModelDelivery,
    ModelFileSystem,
    ModelLayer,
    Network,
    Rollout,
)
from cdk_model_hosting.functions import image
from cdk_model_hosting.functions.on_failure import OnFailure
from cdk_model_hosting.functions.size import FunctionSize
from tests.unit.builders import new_stack
from tests.unit.functions.made import function, own
from tests.unit.functions.test_vpc import brought

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

Options = dict[str, Any]
CANARY = Rollout.canary(percent=10, bake=cdk.Duration.minutes(5))
EXTENSION = "arn:aws:lambda:eu-west-1:123456789012:layer:extension:1"


def release(source: Path, model: Path, options: Callable[[cdk.Stack], Options] = lambda _: {}) -> str:
    """The logical ID of the version."""
    stack = new_stack()
    (found,) = own(function(source, model, stack, **options(stack)), "AWS::Lambda::Version")
    return str(found)


@pytest.mark.parametrize(
    "options",
    [
        lambda _: {"size": FunctionSize(memory_mb=2048)},
        lambda _: {"size": FunctionSize(timeout=cdk.Duration.seconds(20))},
        lambda _: {"size": FunctionSize(ephemeral_mb=1024)},
        lambda _: {"architecture": Architecture.X86_64},
        lambda stack: {"encryption_key": kms.Key(stack, "Key")},
        lambda stack: {"network": Network(vpc=brought(stack))},
        lambda _: {"concurrency": Concurrency(snap_start=True)},
    ],
    ids=["memory", "timeout", "tmp", "architecture", "key", "network", "snapshot"],
)
def test_another_configuration_is_a_new_version(
    source: Path, model: Path, options: Callable[[cdk.Stack], Options]
) -> None:
    assert release(source, model, options) != release(source, model)


@pytest.mark.parametrize(
    "options",
    [
        lambda _: {"log_days": 7},
        lambda _: {"concurrency": Concurrency(reserved=5, provisioned=2)},
        lambda _: {"front": Front.function_url()},
        lambda _: {"rollout": CANARY},
        lambda _: {"verify_version": False},
        lambda _: {"rollout": CANARY, "rollback_on": [FunctionAlarm.errors()]},
        lambda stack: {"on_failure": OnFailure.topic(sns.Topic(stack, "Failed"))},
    ],
    ids=["logs", "concurrency", "front", "rollout", "check", "alarms", "failed events"],
)
def test_what_no_version_keeps_makes_none(source: Path, model: Path, options: Callable[[cdk.Stack], Options]) -> None:
    assert release(source, model, options) == release(source, model)


@pytest.mark.parametrize("file", ["model", "code"])
def test_another_file_is_a_new_version(source: Path, model: Path, file: str) -> None:
    before = release(source, model)
    path = model / "model.onnx" if file == "model" else source / "predictor.py"
    path.write_text(path.read_text() + "\n")

    assert release(source, model) != before


@pytest.mark.parametrize(
    "of_code",
    [
        lambda _: {"python": "3.13"},
        lambda _: {"environment": {"TABLE": "decisions"}},
        lambda stack: {"layers": [lambda_.LayerVersion.from_layer_version_arn(stack, "Layer", EXTENSION)]},
    ],
    ids=["python", "environment", "layers"],
)
def test_what_else_belongs_to_the_code_is_a_new_version(
    source: Path, model: Path, of_code: Callable[[cdk.Stack], Options]
) -> None:
    def other(stack: cdk.Stack) -> Options:
        return {"code": FunctionCode.from_folder(source, **of_code(stack))}

    assert release(source, model, other) != release(source, model)


@pytest.mark.parametrize("way", ["layer", "bucket_asset", "image"])
def test_another_model_is_a_new_version_in_every_way(source: Path, model: Path, way: str) -> None:
    def delivered(stack: cdk.Stack) -> Options:
        if way == "layer":
            return {"delivery": ModelDelivery.layer(ModelLayer(stack, "Model", model=model))}
        return {"delivery": getattr(ModelDelivery, way)(model)}

    before = release(source, model, delivered)
    assert release(source, model, delivered) == before
    (model / "model.onnx").write_bytes(b"another graph")

    assert release(source, model, delivered) != before


def test_another_dockerfile_of_this_library_is_a_new_version(
    source: Path, model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def delivered(_: cdk.Stack) -> Options:
        return {"delivery": ModelDelivery.image(model)}

    before = release(source, model, delivered)
    monkeypatch.setattr(image, "_USUAL", "FROM another\n")

    assert release(source, model, delivered) != before


def test_other_files_in_a_layer_of_the_app_are_a_new_version(source: Path, model: Path) -> None:
    def with_layer(stack: cdk.Stack) -> Options:
        layer = lambda_.LayerVersion(stack, "Layer", code=lambda_.Code.from_asset(str(model)))
        return {"code": FunctionCode.from_folder(source, layers=[layer]), "delivery": ModelDelivery.bundled(source)}

    before = release(source, model, with_layer)
    assert release(source, model, with_layer) == before
    (model / "model.onnx").write_bytes(b"another graph")

    assert release(source, model, with_layer) != before


@pytest.mark.parametrize(
    "changed",
    [
        lambda _: {"access_point": AccessPoint(folder="/others")},
        lambda _: {"access_point": AccessPoint(uid=1001)},
        lambda _: {"access_point": AccessPoint(gid=1001)},
        lambda _: {"access_point": AccessPoint(mode="700")},
        lambda stack: {"encryption_key": kms.Key(stack, "Key")},
    ],
    ids=["folder", "user", "group", "mode", "key"],
)
def test_an_access_point_that_is_replaced_is_a_new_version(
    source: Path, model: Path, changed: Callable[[cdk.Stack], Options]
) -> None:
    def mounted(options: Callable[[cdk.Stack], Options]) -> Callable[[cdk.Stack], Options]:
        return lambda stack: {
            "delivery": ModelDelivery.file_system_asset(ModelFileSystem(stack, "Models", **options(stack)), model)
        }

    assert release(source, model, mounted(changed)) != release(source, model, mounted(lambda _: {}))


def test_another_object_in_a_bucket_is_a_new_version(source: Path, model: Path) -> None:
    from aws_cdk import aws_s3 as s3  # noqa: PLC0415 - needed here alone

    def with_etag(etag: str) -> Callable[[cdk.Stack], Options]:
        def delivered(stack: cdk.Stack) -> Options:
            bucket = s3.Bucket(stack, "Models")
            return {"delivery": ModelDelivery.bucket(bucket, "fraud.onnx", etag=etag)}

        return delivered

    assert release(source, model, with_etag("1")) == release(source, model, with_etag("1"))
    assert release(source, model, with_etag("1")) != release(source, model, with_etag("2"))
