from pathlib import Path
from typing import Any

import pytest

from cdk_model_hosting import TritonBackend
from tests.unit.builders import refused
from tests.unit.models.triton.builders import CODE, code, python_model


def _file(path: Path, text: str = "") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def _names(**options: Any) -> list[str]:
    return [each.name for each in python_model(Path(), **options).placed]


@pytest.mark.parametrize(
    ("backend", "given", "placed"),
    [
        (TritonBackend.ONNX_RUNTIME, "encoder-v7.onnx", "2/model.onnx"),
        (TritonBackend.ONNX_RUNTIME, "model.onnx", "2/model.onnx"),
        (TritonBackend.PYTORCH, "traced.pt", "2/model.pt"),
        (TritonBackend.TENSORRT, "a10g.plan", "2/model.plan"),
        (TritonBackend.OPENVINO, "net.xml", "2/model.xml"),
        (TritonBackend.FIL, "xgboost.json", "2/xgboost.json"),
        (TritonBackend.FIL, "forest.json", "2/xgboost.json"),
        (TritonBackend.FIL, "lightgbm.txt", "2/model.txt"),
        (TritonBackend.DALI, "pipeline.dali", "2/model.dali"),
        (TritonBackend.custom("mine", file="weights.bin"), "epoch9.bin", "2/weights.bin"),
    ],
)
def test_a_file_gets_the_name_that_the_backend_looks_for(
    tmp_path: Path, backend: TritonBackend, given: str, placed: str
) -> None:
    assert _names(backend=backend, versions={2: _file(tmp_path / given)}) == [placed]


def test_a_folder_is_taken_as_it_is(tmp_path: Path) -> None:
    code(tmp_path / "first")
    _file(tmp_path / "first" / "vocabulary.txt")
    code(tmp_path / "second")
    assert _names(versions={10: tmp_path / "second", 9: str(tmp_path / "first")}) == ["9", "10"]


def test_a_folder_may_be_what_the_backend_calls_its_file(tmp_path: Path) -> None:
    _file(tmp_path / "model.onnx" / "weights")
    given: dict[str, Any] = {"backend": TritonBackend.ONNX_RUNTIME}
    assert _names(versions={1: tmp_path / "model.onnx"}, **given) == ["1/model.onnx"]
    assert _names(versions={1: tmp_path}, **given) == ["1"]


def test_files_stand_beside_the_versions(tmp_path: Path) -> None:
    files = {"labels.txt": _file(tmp_path / "names.txt"), "assets/tokens": _file(tmp_path / "tokens" / "a").parent}
    assert _names(versions={1: code(tmp_path)}, files=files) == ["1/model.py", "assets/tokens", "labels.txt"]


def test_fails_when_there_is_no_version(tmp_path: Path) -> None:
    with refused(
        "TritonModel 'scale' versions must have at least one, got none: the server loads a model by its version"
    ):
        python_model(tmp_path, versions={})


@pytest.mark.parametrize(
    ("version", "message"),
    [
        (0, "at least 1, got 0: the server looks into folders with such names and no others"),
        ("1", "an int, got '1': nothing else is understood there"),
    ],
)
def test_fails_when_a_version_is_no_number_from_one(tmp_path: Path, version: object, message: str) -> None:
    with refused(f"TritonModel 'scale' versions must be {message}"):
        python_model(tmp_path, versions={version: code(tmp_path)})


def test_fails_when_a_version_is_not_there(tmp_path: Path) -> None:
    missing = tmp_path / "model.py"
    with refused(
        f"TritonModel 'scale' version 1 must be an existing file or folder, got {missing}: it goes into the archive"
    ):
        python_model(tmp_path, versions={1: missing})


def test_fails_when_a_file_is_another_backends(tmp_path: Path) -> None:
    file = _file(tmp_path / "model.pt")
    with refused(
        "TritonModel 'scale' version 1 must be model.onnx, got model.pt: the onnxruntime backend looks for nothing else"
    ):
        python_model(tmp_path, backend=TritonBackend.ONNX_RUNTIME, versions={1: file})
    with refused(
        "TritonModel 'scale' version 1 must be one of xgboost.model, xgboost.json, model.txt, checkpoint.tl, got model.pt: the "
        "fil backend looks for nothing else"
    ):
        python_model(tmp_path, backend=TritonBackend.FIL, versions={1: file})


def test_fails_when_a_folder_lacks_the_backends_file(tmp_path: Path) -> None:
    _file(tmp_path / "main.py", CODE)
    with refused(
        f"TritonModel 'scale' version 3 must hold model.py, got the folder {tmp_path} without it: the python backend looks "
        "for nothing else"
    ):
        python_model(tmp_path, versions={3: tmp_path})


@pytest.mark.parametrize("as_folder", [False, True])
def test_fails_when_python_code_defines_no_model(tmp_path: Path, as_folder: bool) -> None:
    file = code(tmp_path, "class Model:\n    TritonPythonModel = None\n")
    with refused(
        f"TritonModel 'scale' version 1 must define the class TritonPythonModel, got {file} without it: the Python backend "
        "makes one for each copy of the model"
    ):
        python_model(tmp_path, versions={1: tmp_path if as_folder else file})


@pytest.mark.parametrize(
    "text",
    [
        "from shared import TritonPythonModel\n",
        "from shared import Model as TritonPythonModel\n",
        # Perhaps the syntax of a newer Python than this one.
        "type Row[T] = list[T] where\n",
    ],
)
def test_python_code_may_take_its_class_from_elsewhere(tmp_path: Path, text: str) -> None:
    assert _names(versions={1: code(tmp_path, text)}) == ["1/model.py"]


@pytest.mark.parametrize("name", ["../labels.txt", "/labels.txt", "a//b", "./labels.txt", "a\\b", "labels/"])
def test_fails_when_a_file_would_stand_elsewhere(tmp_path: Path, name: str) -> None:
    with refused(
        f"TritonModel 'scale' files name must be a path below the model's folder, got {name!r}: it goes into the archive"
    ):
        python_model(tmp_path, files={name: code(tmp_path)})


@pytest.mark.parametrize("name", ["config.pbtxt", "1", "2/labels.txt"])
def test_fails_when_a_file_would_stand_where_others_are_written(tmp_path: Path, name: str) -> None:
    with refused(
        f"TritonModel 'scale' files name must be neither config.pbtxt nor a version, got {name!r}: those are written from the "
        "model's other arguments"
    ):
        python_model(tmp_path, files={name: code(tmp_path)})


def test_fails_when_a_file_is_not_there(tmp_path: Path) -> None:
    missing = tmp_path / "labels.txt"
    with refused(
        f"TritonModel 'scale' files 'labels.txt' must be an existing file or folder, got {missing}: it goes into the archive"
    ):
        python_model(tmp_path, files={"labels.txt": missing})


def test_an_environment_of_packages_is_one_of_the_files(tmp_path: Path) -> None:
    packed = _file(tmp_path / "packages.tar.gz")
    parameters = {"EXECUTION_ENV_PATH": "$$TRITON_MODEL_DIRECTORY/env.tar.gz"}
    assert "env.tar.gz" in _names(versions={1: code(tmp_path)}, files={"env.tar.gz": packed}, parameters=parameters)
    elsewhere = {"EXECUTION_ENV_PATH": "/opt/environments/nlp.tar.gz"}
    assert _names(versions={1: code(tmp_path)}, parameters=elsewhere) == ["1/model.py"]
    with refused(
        "TritonModel 'scale' parameters EXECUTION_ENV_PATH must name one of its files, got 'env.tar.gz' beside "
        "'packages.tar.gz': the Python backend unpacks it before the model starts"
    ):
        python_model(tmp_path, files={"packages.tar.gz": packed}, parameters=parameters)
    with refused(
        "TritonModel 'scale' parameters EXECUTION_ENV_PATH must name one of its files, got 'env.tar.gz' beside none: the "
        "Python backend unpacks it before the model starts"
    ):
        python_model(tmp_path, parameters=parameters)
