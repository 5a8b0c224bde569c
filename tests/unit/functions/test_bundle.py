from __future__ import annotations

import json
import subprocess
import sys
import zipfile
from typing import TYPE_CHECKING, Any
from unittest import mock

import pytest

from cdk_model_hosting import Architecture, FunctionCode
from cdk_model_hosting.functions.bundle import Bundle
from cdk_model_hosting.functions.target import Target
from tests.unit.builders import refused
from tests.unit.functions.wheels import wheel

if TYPE_CHECKING:
    from pathlib import Path

HERE = f"{sys.version_info.major}.{sys.version_info.minor}"


def bundle(source: Path, model: Path | None = None, **options: Any) -> Bundle:
    files = {} if model is None else {"cdk_model/model.onnx": model / "model.onnx"}
    python = options.pop("python", HERE)
    code = FunctionCode.from_folder(source, python=python, **options)
    return Bundle(code=code, target=Target(python=python, architecture=Architecture.X86_64), model=files)


@pytest.fixture
def packaged(source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Code with a package."""
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(tmp_path / "wheels"))
    line = wheel(tmp_path / "wheels", "boosters", "1.0", "py3-none-any", {"boosters.py": "LEAVES = 7"})
    (source / "requirements.txt").write_text(line)
    return source


def test_the_archive_has_code_runtime_packages_and_model(packaged: Path, model: Path) -> None:
    with zipfile.ZipFile(bundle(packaged, model, requirements="requirements.txt").archive()) as opened:
        names = opened.namelist()

    assert len(names) == len(set(names))
    tag = sys.implementation.cache_tag
    assert {
        "predictor.py",
        f"__pycache__/predictor.{tag}.pyc",
        "cdk_model_function/entry.py",
        f"cdk_model_function/__pycache__/entry.{tag}.pyc",
        "boosters.py",
        "cdk_model/model.onnx",
    } <= set(names)
    assert "requirements.txt" not in names


def test_what_is_in_the_archive_answers_an_event(source: Path, model: Path, tmp_path: Path) -> None:
    """The runtime lies where the handler's name says, and finds the user's module and the model."""
    (source / "predictor.py").write_text(
        "def load(path): return (path / 'model.onnx').read_text()\ndef predict(model, request): return {model: request}\n"
    )
    made = bundle(source, model, loader="predictor:load", sample="sample.json")
    with zipfile.ZipFile(made.archive()) as opened:
        opened.extractall(tmp_path / "task")
    variables = {
        **made.code.variables(),
        "MODEL_FUNCTION_DELIVERY": "bundled",
        "MODEL_FUNCTION_PATH": "cdk_model",
        "LAMBDA_TASK_ROOT": str(tmp_path / "task"),
    }
    code = (
        "import json, sys; from types import SimpleNamespace as N; from cdk_model_function.entry import handler;"
        "print(json.dumps(handler({'a': 1}, N(aws_request_id='1')), sort_keys=True), file=sys.stderr)"
    )

    done = subprocess.run(
        [sys.executable, "-S", "-c", code],
        cwd=tmp_path / "task",
        env=variables,
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0, done.stderr
    assert json.loads(done.stderr) == {"graph": {"a": 1}}


def test_the_archive_is_made_once(source: Path) -> None:
    first = bundle(source).archive()

    with mock.patch.object(Bundle, "_make") as make:
        assert bundle(source).archive() == first
    make.assert_not_called()


def test_changed_code_installs_no_packages_again(packaged: Path) -> None:
    bundle(packaged, requirements="requirements.txt").archive()
    (packaged / "predictor.py").write_text("def predict(model, request): ...")

    with mock.patch("cdk_model_hosting.functions.packages.Packages._install") as install:
        bundle(packaged, requirements="requirements.txt").archive()
    install.assert_not_called()


def test_the_digest_needs_nothing_installed_and_changes_with_all_that_goes_in(
    packaged: Path, model: Path, cached: Path
) -> None:
    found = {bundle(packaged).digest, bundle(packaged, model).digest, bundle(packaged, python="3.14").digest}
    found.add(bundle(packaged, requirements="requirements.txt").digest)
    with mock.patch.object(Target, "interpreter", return_value=None):
        found.add(bundle(packaged).digest)
    (packaged / "predictor.py").write_text("def predict(model, request): ...")
    found.add(bundle(packaged).digest)

    assert len(found) == 6
    assert list(cached.iterdir()) == []


def test_the_size_is_that_of_what_is_unpacked(packaged: Path, model: Path) -> None:
    (model / "model.onnx").write_bytes(bytes(5 << 20))
    made = bundle(packaged, model, requirements="requirements.txt")
    with zipfile.ZipFile(made.archive()) as opened:
        unpacked = sum(each.file_size for each in opened.infolist()) / (1 << 20)

    # The bytecode of the user's own code is not counted before it is compiled.
    assert made.unzipped_megabytes() == pytest.approx(unpacked, abs=0.2)
    assert made.own_megabytes() == pytest.approx(5, abs=0.2)


def test_an_empty_lock_is_no_packages(source: Path) -> None:
    (source / "requirements.txt").write_text("# nothing\n")

    assert bundle(source, requirements="requirements.txt").packages is None


def test_fails_when_code_and_packages_have_the_same_file(packaged: Path) -> None:
    (packaged / "boosters.py").touch()
    with refused(
        "FunctionCode folder must hold no file that its packages have too, got boosters.py: one would hide the other"
    ):
        bundle(packaged, requirements="requirements.txt").archive()
