from __future__ import annotations

import contextlib
import json
from typing import TYPE_CHECKING, Any

import aws_cdk as cdk
import pytest

from cdk_model_hosting import Architecture, FunctionCode, ModelDelivery
from cdk_model_hosting.functions.bundling import Bundling
from tests.unit.builders import refused
from tests.unit.functions.made import function, only_own

if TYPE_CHECKING:
    from pathlib import Path

HASH = "--hash=sha256:" + "0" * 64


@pytest.fixture
def app(tmp_path: Path) -> cdk.App:
    """An app whose assembly can be looked into."""
    return cdk.App(outdir=str(tmp_path / "out"))


def built(app: cdk.App) -> tuple[dict[str, Any], Path]:
    """How the image is to be built, and its build context."""
    from pathlib import Path  # noqa: PLC0415 - the annotation alone needs none

    assembly = Path(app.synth().directory)
    assets = json.loads((assembly / "Stack.assets.json").read_text())
    (image,) = assets["dockerImages"].values()
    return image["source"], assembly / image["source"]["directory"]


def test_a_function_of_an_image_has_neither_runtime_nor_handler(source: Path, model: Path, app: cdk.App) -> None:
    made = function(source, model, cdk.Stack(app, "Stack"), delivery=ModelDelivery.image(model))

    properties = only_own(made, "AWS::Lambda::Function")
    assert properties["PackageType"] == "Image"
    assert list(properties["Code"]) == ["ImageUri"]
    assert properties["Architectures"] == ["arm64"]
    assert properties["Environment"]["Variables"]["MODEL_FUNCTION_DELIVERY"] == "image"
    assert not {"Runtime", "Handler", "Layers"} & properties.keys()


@pytest.mark.parametrize(
    ("architecture", "platform"), [(Architecture.ARM64, "linux/arm64"), (Architecture.X86_64, "linux/amd64")]
)
def test_the_image_is_built_for_the_functions_processor(
    source: Path, model: Path, app: cdk.App, architecture: Architecture, platform: str
) -> None:
    code = FunctionCode.from_folder(source, python="3.13")
    delivery = ModelDelivery.image(model)
    function(source, model, cdk.Stack(app, "Stack"), code=code, delivery=delivery, architecture=architecture)

    how, _ = built(app)
    assert how["platform"] == platform
    assert how["dockerBuildArgs"] == {"PYTHON": "3.13"}


def test_the_build_context_has_all_that_the_dockerfile_takes(source: Path, model: Path, app: cdk.App) -> None:
    (source / "requirements.txt").write_text(
        f"numpy==2.4 ; python_version < '3.12' {HASH}\nnumpy==2.5 ; python_version >= '3.12' {HASH}\n"
    )
    code = FunctionCode.from_folder(source, requirements="requirements.txt")
    function(source, model, cdk.Stack(app, "Stack"), code=code, delivery=ModelDelivery.image(model))

    _, context = built(app)
    assert (context / "requirements.txt").read_text() == f"numpy==2.5 {HASH}\n"
    for name in ("predictor.py", "cdk_model_function/entry.py", "cdk_model/model.onnx", "cdk_model/more/labels.json"):
        assert (context / "function" / name).is_file()
    lines = (context / "Dockerfile").read_text()
    assert "FROM public.ecr.aws/lambda/python:${PYTHON}\n" in lines
    assert "--require-hashes --only-binary :all: --no-deps" in lines
    assert 'COPY function/ "${LAMBDA_TASK_ROOT}/"\n' in lines
    assert lines.endswith('CMD ["cdk_model_function.entry.handler"]\n')


def test_the_users_own_dockerfile_is_taken(source: Path, model: Path, app: cdk.App) -> None:
    (source / "Dockerfile").write_text("FROM mine\n")
    function(source, model, cdk.Stack(app, "Stack"), delivery=ModelDelivery.image(model))

    _, context = built(app)
    assert (context / "Dockerfile").read_text() == "FROM mine\n"
    assert not (context / "function" / "Dockerfile").exists()


def test_fails_when_the_image_is_too_large(source: Path, model: Path, app: cdk.App) -> None:
    with (model / "model.onnx").open("wb") as file:
        file.truncate(10_300 << 20)
    with pytest.raises(
        ValueError,
        match=r"^ModelFunction code and model must be 0-10240 MB, got 10300\.\d: Lambda runs no larger image$",
    ):
        function(source, model, cdk.Stack(app, "Stack"), delivery=ModelDelivery.image(model))


@pytest.mark.parametrize(
    ("index", "passes"),
    [
        ("https://user:password@packages.example.com/simple", False),
        ("https://token@packages.example.com/simple", False),
        ("https://${USER}:password@packages.example.com/simple", False),
        ("https://${USER}:${TOKEN}@packages.example.com/simple", True),
        ("https://packages.example.com/simple@1", True),
    ],
)
def test_fails_when_credentials_would_stay_in_the_image(source: Path, model: Path, index: str, *, passes: bool) -> None:
    (source / "requirements.txt").write_text(f"--index-url {index}\nnumpy==2.5 {HASH}\n")
    code = FunctionCode.from_folder(source, requirements="requirements.txt")
    with (
        contextlib.nullcontext()
        if passes
        else refused(
            "FunctionCode requirements must hold no credentials with ModelDelivery.image, got a URL with a user or a password: the lock "
            "stays in a layer of the image, for all who may pull it; bring a Dockerfile in the folder that takes them as a secret of "
            "the build"
        )
    ):
        function(source, model, code=code, delivery=ModelDelivery.image(model))
    (source / "Dockerfile").write_text("FROM mine\n")
    function(source, model, code=code, delivery=ModelDelivery.image(model))


def test_fails_when_its_packages_were_to_be_built_elsewhere(source: Path, model: Path) -> None:
    code = FunctionCode.from_folder(source, bundling=Bundling.docker())
    with refused(
        "FunctionCode bundling must be omitted with ModelDelivery.image, got Bundling.docker: the Dockerfile installs the "
        "packages; bring one in the folder that builds them"
    ):
        function(source, model, code=code, delivery=ModelDelivery.image(model))
