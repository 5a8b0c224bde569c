"""The function examples: each delivery answers what its model computes, and a model that is broken never becomes live."""

from __future__ import annotations

import json
import shutil
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError

from examples.fraud.records import sample_records
from examples.fraud.train import NAME, RECIPES, TrainedModel, train
from stacks.function_bucket import FunctionBucketStack
from stacks.function_bundled import FunctionBundledStack
from stacks.function_layer import FunctionLayerStack
from tests.local_aws.cdk import Cdk, CdkError
from tests.local_aws.examples.assembling import assemble
from tests.local_aws.examples.deciding import TOLERANCE, decisions, probabilities
from tests.local_aws.examples.functions import ARCHITECTURE, FOLDER, PYTHON, for_this_machine

if TYPE_CHECKING:
    from pathlib import Path

    import aws_cdk as cdk

    from tests.local_aws.lifecycle import LocalAws

RECORDS = sample_records(8).records


@dataclass(frozen=True)
class Example:
    """An example stack, and which of its outputs name functions."""

    name: str
    stack: type[cdk.Stack]
    outputs: tuple[str, ...] = ("FunctionArn",)


BUNDLED = Example("FunctionBundled", FunctionBundledStack)
LAYER = Example("FunctionLayer", FunctionLayerStack, ("CheckoutArn", "NightlyArn"))
BUCKET = Example("FunctionBucket", FunctionBucketStack)


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> dict[str, tuple[TrainedModel, Path]]:
    """Two versions of the model, and their folders."""
    folder = tmp_path_factory.mktemp("models")
    made = {}
    for version in ("1", "2"):
        trained = train(RECIPES[version])
        trained.export(folder / version, name=NAME, version=version)
        made[version] = (trained, folder / version)
    return made


def assembled(local: LocalAws, example: Example, model: Path, folder: Path) -> Cdk:
    """Synthesize an example with a model."""

    def make(app: cdk.App, environment: cdk.Environment) -> None:
        given: dict[str, Any] = {
            "model_folder": str(model),
            "function_folder": str(FOLDER),
            "python": PYTHON,
            "architecture": ARCHITECTURE,
            "env": environment,
        }
        example.stack(app, example.name, **given)

    with for_this_machine():
        return assemble(local, folder, make)


def invoke(local: LocalAws, function: str, event: Any) -> tuple[Any, str | None]:
    """What a function answers, and what kind of error that is."""
    answer = local.client("lambda").invoke(FunctionName=function, Payload=json.dumps(event).encode())
    return json.loads(answer["Payload"].read()), answer.get("FunctionError")


def check(local: LocalAws, function: str, model: TrainedModel, version: str) -> None:
    """A function answers what its model computes in Python."""
    answers = [invoke(local, function, record)[0] for record in RECORDS]
    assert {answer["version"] for answer in answers} == {version}
    assert [answer["decision"] for answer in answers] == decisions(model, RECORDS)
    expected = pytest.approx(probabilities(model, RECORDS), abs=TOLERANCE)
    assert [answer["probability"] for answer in answers] == expected


def cut(model: Path, folder: Path) -> Path:
    """A copy of a model whose file was broken off."""
    shutil.copytree(model, folder)
    content = (model / "model.onnx").read_bytes()
    (folder / "model.onnx").write_bytes(content[: len(content) // 2])
    return folder


@pytest.mark.parametrize("example", [BUNDLED, LAYER, BUCKET], ids=lambda example: example.name)
def test_a_new_model_is_a_new_version_and_a_broken_one_never_is_live(
    bootstrapped: LocalAws, models: dict[str, tuple[TrainedModel, Path]], example: Example, tmp_path: Path
) -> None:
    (old, old_folder), (new, new_folder) = models["1"], models["2"]
    first = assembled(bootstrapped, example, old_folder, tmp_path / "first")
    outputs = first.deploy(example.name)[example.name]
    functions = [outputs[name] for name in example.outputs]
    for function in functions:
        assert function.endswith(":live")
        check(bootstrapped, function, old, "1")
    refused, kind = invoke(bootstrapped, functions[0], {**RECORDS[0], "merchant_category": "bribery"})
    assert kind is not None
    assert "merchant_category must be one of grocery," in refused["errorMessage"]
    assert not first.has_differences(example.name)
    assert not first.has_drifted(example.name)

    second = assembled(bootstrapped, example, new_folder, tmp_path / "second")
    assert second.deploy(example.name)[example.name] == outputs
    for function in functions:
        check(bootstrapped, function, new, "2")

    broken = assembled(bootstrapped, example, cut(old_folder, tmp_path / "broken"), tmp_path / "third")
    with pytest.raises(CdkError, match=r"version 3 cannot begin and does not become live: "):
        broken.deploy(example.name)
    for function in functions:
        check(bootstrapped, function, new, "2")

    second.destroy(example.name)
    with pytest.raises(ClientError, match="ResourceNotFound"):
        invoke(bootstrapped, functions[0], RECORDS[0])


def test_a_model_that_was_damaged_in_the_bucket_is_known_by_its_checksum(
    bootstrapped: LocalAws, models: dict[str, tuple[TrainedModel, Path]], tmp_path: Path
) -> None:
    (old, old_folder) = models["1"]
    first = assembled(bootstrapped, BUCKET, old_folder, tmp_path / "first")
    function = first.deploy(BUCKET.name)[BUCKET.name]["FunctionArn"]

    # Of another version than any that is in the bucket already: the CLI uploads nothing twice.
    old.export(tmp_path / "next", name=NAME, version="next")
    second = assembled(bootstrapped, BUCKET, tmp_path / "next", tmp_path / "second")
    (archive,) = second.assembly.glob("asset.*.tar")
    content = archive.read_bytes()
    archive.write_bytes(content[:4096] + b"\1" + content[4097:])
    with pytest.raises(CdkError, match="must have the SHA-256"):
        second.deploy(BUCKET.name)

    check(bootstrapped, function, old, "1")
    first.destroy(BUCKET.name)


def test_a_function_url_answers_requests_over_http(
    bootstrapped: LocalAws, models: dict[str, tuple[TrainedModel, Path]], tmp_path: Path
) -> None:
    """Through the event that Lambda makes of a request to a function URL."""
    (old, folder) = models["1"]
    app = assembled(bootstrapped, BUNDLED, folder, tmp_path / "app")
    outputs = app.deploy(BUNDLED.name)[BUNDLED.name]
    assert outputs["Url"].startswith("http")
    event = {
        "version": "2.0",
        "requestContext": {"http": {"method": "POST"}, "domainName": "abc.lambda-url.us-east-1.on.aws"},
        "headers": {"content-type": "application/json"},
        "body": json.dumps(RECORDS[0]),
    }

    answer, kind = invoke(bootstrapped, outputs["FunctionArn"], event)
    assert kind is None
    assert answer["statusCode"] == 200
    assert json.loads(answer["body"])["decision"] == decisions(old, RECORDS[:1])[0]
    answer, kind = invoke(bootstrapped, outputs["FunctionArn"], event | {"body": "{"})
    assert (kind, answer["statusCode"]) == (None, 400)
    app.destroy(BUNDLED.name)
