"""What the code names comes with it, or with what is laid beside it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_lambda as lambda_

from cdk_model_hosting import FunctionCode, ModelDelivery
from tests.unit.builders import new_stack, refused
from tests.unit.functions.made import function
from tests.unit.functions.proxies import named, proxy
from tests.unit.functions.wheels import wheel

if TYPE_CHECKING:
    from pathlib import Path

LOADERS = "cdk_model_hosting.loaders"
OFFERED = f"[console_scripts]\nboost = boosters:main\n\n[{LOADERS}]\nboosters = boosters:load\n"


@pytest.fixture
def packaged(source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Code with a package that offers a loader."""
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(tmp_path / "wheels"))
    files = {
        "boosters.py": "def load(path): ...\ndef main(): ...\n",
        "boosting/trees.py": "def score(model, request): ...\n",
        "boosters-1.0.dist-info/entry_points.txt": OFFERED,
    }
    (source / "requirements.txt").write_text(wheel(tmp_path / "wheels", "boosters", "1.0", "py3-none-any", files))
    return source


def with_packages(source: Path, model: Path, scope: cdk.Stack | None = None, **options: Any) -> None:
    code = FunctionCode.from_folder(source, requirements="requirements.txt", python="3.14", **options)
    function(source, model, scope, code=code)


def layer() -> lambda_.ILayerVersion:
    arn = "arn:aws:lambda:eu-west-1:123456789012:layer:mine:1"
    return lambda_.LayerVersion.from_layer_version_arn(new_stack(), "Layer", arn)


@pytest.mark.parametrize(
    "options",
    [
        {"loader": "boosters"},
        {"loader": "boosters:load"},
        {"entry": "boosting.trees:score"},
        {"loader": "pathlib:Path"},
    ],
)
def test_packages_bring_modules_and_loaders(packaged: Path, model: Path, options: dict[str, Any]) -> None:
    with_packages(packaged, model, **options)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (
            {"entry": "predictr:predict"},
            "entry must name a module of the folder {}, or of its packages, got 'predictr:predict': there is no predictr.py",
        ),
        (
            {"loader": "boosting:load"},
            "loader must name a module of the folder {}, or of its packages, got 'boosting:load': there is no boosting.py",
        ),
        (
            {"loader": "boost"},
            (
                f"loader must be an entry point of {LOADERS} of the folder {{}}, or of its packages, got 'boost': none offers it; a "
                "loader of your own is module:function"
            ),
        ),
    ],
)
def test_fails_when_no_package_has_it(packaged: Path, model: Path, options: dict[str, Any], message: str) -> None:
    with refused(f"FunctionCode {message.format(packaged)}"):
        with_packages(packaged, model, **options)


def test_packages_that_are_not_there_yet_may_have_anything(packaged: Path, model: Path, cached: Path) -> None:
    """`cdk list`, and ``--exclusively`` for another stack, install nothing."""
    app = cdk.App(context={"aws:cdk:bundling-stacks": ["Other"]})
    with_packages(packaged, model, cdk.Stack(app, "Stack"), entry="predictr:predict", loader="boost")

    assert list(cached.iterdir()) == []


def test_fails_when_a_lock_has_nothing_for_the_platform(source: Path, model: Path) -> None:
    (source / "requirements.txt").write_text("# nothing\n")
    with refused(
        f"FunctionCode loader must name a module of the folder {source}, got 'boosters:load': there is no boosters.py"
    ):
        with_packages(source, model, loader="boosters:load")


@pytest.mark.parametrize("loader", ["boosters", "boosters:load", "onnx"])
def test_layers_and_other_places_may_bring_anything(source: Path, model: Path, loader: str) -> None:
    (source / "onnxruntime.py").unlink()
    elsewhere, wrapped = {"PYTHONPATH": "/mnt/models/packages"}, {"AWS_LAMBDA_EXEC_WRAPPER": "/var/task/begin"}
    for options in ({"layers": [layer()]}, {"environment": elsewhere}, {"environment": wrapped}):
        function(source, model, code=FunctionCode.from_folder(source, loader=loader, **options))


@pytest.mark.parametrize("loader", ["boosters", "boosters:load", "onnx"])
@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("predictor.py", "import sys\nsys.path.insert(0, 'vendored')\n"),
        ("paths.py", "from sys import path\npath.append('/mnt/models/packages')\n"),
        ("paths.py", "import os, sys as system\nsystem.path.append('/mnt/models/packages')\n"),
        ("deep/paths.py", "import site\nsite.addsitedir('/mnt/models/packages')\n"),
        ("boosting/__init__.py", "__path__.append('/mnt/models/packages')\n"),
        ("paths.cpython-314-aarch64-linux-gnu.so", ""),
        ("paths.pyc", ""),
    ],
)
def test_code_that_imports_from_more_folders_may_find_anything_there(
    source: Path, model: Path, loader: str, name: str, text: str
) -> None:
    (source / "onnxruntime.py").unlink()
    (source / name).parent.mkdir(exist_ok=True)
    (source / name).write_text(f"{text}def predict(model, request): ...\n")

    function(source, model, code=FunctionCode.from_folder(source, loader=loader))


def test_packages_are_not_all_when_the_code_imports_from_more_folders(packaged: Path, model: Path) -> None:
    (packaged / "onnxruntime.py").unlink()
    (packaged / "paths.py").write_text("import sys\nsys.path.append('/mnt/models/packages')\n")

    for loader in ("onnx", "boost", "boosting:load"):
        with_packages(packaged, model, loader=loader)


@pytest.mark.parametrize(
    ("name", "text"), [("paths.py", "import os.path\nPATH = os.path.sep\n"), ("sys.path.json", "sys.path")]
)
def test_fails_when_nothing_else_is_imported_from(source: Path, model: Path, name: str, text: str) -> None:
    (source / "onnxruntime.py").unlink()
    (source / name).write_text(text)
    with refused(ONNX.format(source)):
        function(source, model)


@pytest.mark.parametrize("loader", ["boosters", "boosters:load"])
def test_images_may_bring_anything(source: Path, model: Path, loader: str) -> None:
    (source / "Dockerfile").write_text("FROM mine\n")
    code = FunctionCode.from_folder(source, loader=loader)
    function(source, model, code=code, delivery=ModelDelivery.image(model))
    with pytest.raises(ValueError, match=r"^FunctionCode loader must (name a module|be an entry point) of .*folder"):
        function(source, model, code=code)


def test_fails_when_nothing_could_offer_a_loader(source: Path) -> None:
    with refused(
        f"FunctionCode loader must be an entry point of {LOADERS} of the folder {source}, got 'boosters': none offers it; a loader of "
        "your own is module:function"
    ):
        FunctionCode.from_folder(source, loader="boosters")


@pytest.mark.parametrize("kind", ["dist", "egg"])
def test_a_package_in_the_folder_offers_loaders_too(source: Path, kind: str) -> None:
    (source / f"boosters-1.0.{kind}-info").mkdir()
    (source / f"boosters-1.0.{kind}-info" / "entry_points.txt").write_text(OFFERED)

    assert FunctionCode.from_folder(source, loader="boosters").loader == "boosters"


@pytest.mark.parametrize("text", [b"nothing", b"[console_scripts]\nm\xff = more:main\n", b"[console_scripts]\nmore\n"])
def test_what_other_packages_offer_is_no_matter(source: Path, text: bytes) -> None:
    for name, offered in (
        ("a", text),
        ("boosters", f"\n  [{LOADERS}]\n  load = boosters:load\n    Boosters = b:l\n".encode()),
    ):
        (source / f"{name}-1.0.dist-info").mkdir()
        (source / f"{name}-1.0.dist-info" / "entry_points.txt").write_bytes(offered)

    assert FunctionCode.from_folder(source, loader="Boosters").loader == "Boosters"
    with pytest.raises(ValueError, match=r"got 'boosters': none offers it"):
        FunctionCode.from_folder(source, loader="boosters")


ONNX = (
    "FunctionCode requirements must have onnxruntime for the loader onnx, got none in the folder {}: a model of another kind takes a "
    "loader of your own, module:function"
)


def test_fails_when_the_usual_loader_has_no_onnxruntime(packaged: Path, model: Path) -> None:
    (packaged / "onnxruntime.py").unlink()
    with refused(ONNX.format(packaged)):
        function(packaged, model)
    with refused(ONNX.format(f"{packaged}, or of its packages")):
        with_packages(packaged, model)
    with_packages(packaged, model, loader="boosters")
    function(packaged, model, delivery=ModelDelivery.image(model))
    proxy(packaged, named(new_stack()))


def test_onnxruntime_comes_with_the_packages(source: Path, model: Path, tmp_path: Path, monkeypatch: Any) -> None:
    (source / "onnxruntime.py").unlink()
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(tmp_path / "wheels"))
    files = {"onnxruntime/__init__.py": ""}
    line = wheel(tmp_path / "wheels", "onnxruntime", "1.0", "py3-none-any", files)
    (source / "requirements.txt").write_text(line)

    with_packages(source, model)
