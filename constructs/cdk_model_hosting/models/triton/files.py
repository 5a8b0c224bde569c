"""The files of a Triton model, and where they stand in its folder."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from cdk_model_hosting.arguments import require
from cdk_model_hosting.errors import ConfigurationError
from cdk_model_hosting.models.triton import literals
from cdk_model_hosting.models.triton.backend import TritonBackend

if TYPE_CHECKING:
    import os

CONFIGURATION = "config.pbtxt"
_MODEL_FOLDER = "$$TRITON_MODEL_DIRECTORY/"
_ENVIRONMENT = "EXECUTION_ENV_PATH"
_PYTHON_CLASS = "TritonPythonModel"


@dataclass(frozen=True, slots=True, kw_only=True)
class Placed:
    """A file or folder of the user's, and where it goes.

    Args:
        name: Path below the model's folder, with slashes.
        source: Where it lies now.
    """

    name: str
    source: Path


def place_version(what: str, version: int, source: str | os.PathLike[str], backend: TritonBackend) -> Placed:
    """Say where a version's file or folder goes, under the name that the backend looks for.

    Args:
        what: The model, as the user typed it.
        version: Number of the version.
        source: The file or folder.
        backend: What runs it.

    Raises:
        ConfigurationError: When it is not there, or not what the backend reads.
    """
    which = f"{what} version {version}"
    require(which, source, str, Path)
    path = Path(source)
    if path.is_dir() and not _is_the_file_itself(path, backend):
        found = [path / name for name in backend.files if (path / name).exists()]
        if not found:
            raise ConfigurationError(
                f"{which} must hold {_one_of(backend.files)}, got the folder {path} without it: the {backend.name} backend looks "
                "for nothing else"
            )
        _check_python(which, found[0], backend)
        return Placed(name=str(version), source=path)
    if not path.exists():
        raise ConfigurationError(f"{which} must be an existing file or folder, got {path}: it goes into the archive")
    _check_python(which, path, backend)
    return Placed(name=f"{version}/{_named(which, path, backend)}", source=path)


def place_file(what: str, name: str, source: str | os.PathLike[str]) -> Placed:
    """Say where a file goes that stands beside the versions.

    Args:
        what: The model, as the user typed it.
        name: Path below the model's folder.
        source: The file or folder.

    Raises:
        ConfigurationError: When it is not there, or its name leads elsewhere or is the server's own.
    """
    literals.text(f"{what} files name", name)
    parts = name.split("/")
    if "" in parts or ".." in parts or "." in parts or "\\" in name:
        raise ConfigurationError(
            f"{what} files name must be a path below the model's folder, got {name!r}: it goes into the archive"
        )
    if name == CONFIGURATION or parts[0].isdigit():
        raise ConfigurationError(
            f"{what} files name must be neither {CONFIGURATION} nor a version, got {name!r}: those are written from the "
            "model's other arguments"
        )
    require(f"{what} files {name!r}", source, str, Path)
    if not Path(source).exists():
        raise ConfigurationError(
            f"{what} files {name!r} must be an existing file or folder, got {source}: it goes into the archive"
        )
    return Placed(name=name, source=Path(source))


def check_environment(what: str, parameters: dict[str, str], files: tuple[Placed, ...]) -> None:
    """Refuse a Python environment of the model's own that is not among its files.

    Args:
        what: The model, as the user typed it.
        parameters: The model's parameters.
        files: What stands beside its versions.

    Raises:
        ConfigurationError: When it is named and is not there.
    """
    named = parameters.get(_ENVIRONMENT, "")
    file = named.removeprefix(_MODEL_FOLDER)
    if named.startswith(_MODEL_FOLDER) and file not in {each.name for each in files}:
        raise ConfigurationError(
            f"{what} parameters {_ENVIRONMENT} must name one of its files, got {file!r} beside "
            f"{', '.join(repr(each.name) for each in files) or 'none'}: the Python backend unpacks it before the model starts"
        )


def _is_the_file_itself(path: Path, backend: TritonBackend) -> bool:
    """Whether a folder is what the backend calls its file, as large ONNX models are."""
    return path.name in backend.files


def _named(which: str, path: Path, backend: TritonBackend) -> str:
    if path.name in backend.files:
        return path.name
    alike = [name for name in backend.files if Path(name).suffix == path.suffix]
    if len(alike) != 1:
        raise ConfigurationError(
            f"{which} must be {_one_of(backend.files)}, got {path.name}: the {backend.name} backend looks for nothing else"
        )
    return alike[0]


def _check_python(which: str, path: Path, backend: TritonBackend) -> None:
    if backend is not TritonBackend.PYTHON or not path.is_file():
        return
    try:
        tree = ast.parse(path.read_bytes())
    except SyntaxError:
        # The container's Python may be newer than this one.
        return
    defined = {node.name for node in ast.walk(tree) if isinstance(node, ast.ClassDef)}
    imported = {
        alias.asname or alias.name
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }
    if _PYTHON_CLASS not in defined | imported:
        raise ConfigurationError(
            f"{which} must define the class {_PYTHON_CLASS}, got {path} without it: the Python backend makes one for each "
            "copy of the model"
        )


def _one_of(names: tuple[str, ...]) -> str:
    return names[0] if len(names) == 1 else f"one of {', '.join(names)}"
