"""What the user writes of a function: a module that predicts, and a lock of what it imports."""

from __future__ import annotations

import json
import os
import re
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING

from cdk_model_hosting.arguments import require, require_like, require_several
from cdk_model_hosting.errors import ConfigurationError
from cdk_model_hosting.functions.bundling import Bundling
from cdk_model_hosting.functions.environment import check_names
from cdk_model_hosting.functions.files import files_below
from cdk_model_hosting.functions.image import DOCKERFILE
from cdk_model_hosting.functions.named import Named, OfferedLoader, lacking
from cdk_model_hosting.functions.references import Reference, widens_path
from cdk_model_hosting.handlers.model_function.contract import (
    DEFAULT_LOADER,
    LOADER_GROUP,
    MOST_TOGETHER,
    PACKAGE,
    Variable,
)
from cdk_model_hosting.handlers.model_function.payloads import refuse_constant
from cdk_model_hosting.limits import FUNCTION_PYTHON
from cdk_model_hosting.tokens import is_token

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from aws_cdk import aws_lambda as lambda_

MODEL_FOLDER = "cdk_model"
"""Where a model lies in the code of a function, in a layer and in an image."""

_ENTRY = re.compile(r"[^\W\d]\w*(\.[^\W\d]\w*)*:[^\W\d]\w*")
_LOADER = re.compile(rf"[\w.-]+|{_ENTRY.pattern}")
_OURS = (PACKAGE, MODEL_FOLDER)
# The one names folders to import from; the other a program that starts Python, and may do the same.
_PATHS = frozenset({"PYTHONPATH", "AWS_LAMBDA_EXEC_WRAPPER"})
_LAYER = "a layer such as LayerVersion.from_layer_version_arn(self, 'Extension', 'arn:...')"


@dataclass(frozen=True, slots=True, kw_only=True)
class FunctionCode:
    """The code of a function. Made by `from_folder`.

    Args:
        folder: Folder of the modules.
        requirements: Path of the lock; None when only the standard library and Lambda's SDK are imported.
        entry: ``module:function`` that predicts.
        loader: What makes a model of its files.
        python: The function's Python.
        batch_size: How many requests the function takes at once; None when it takes one.
        sample: Name of a request in the folder, or None.
        environment: Environment variables for it.
        layers: Layers that lie beneath it.
        bundling: How its packages are installed.
    """

    folder: Path
    requirements: Path | None
    entry: str
    loader: str
    python: str
    batch_size: int | None
    sample: str | None
    environment: Mapping[str, str]
    layers: Sequence[lambda_.ILayerVersion]
    bundling: Bundling

    @classmethod
    def from_folder(
        cls,
        folder: str | os.PathLike[str],
        *,
        requirements: str | None = None,
        entry: str = "predictor:predict",
        loader: str = DEFAULT_LOADER,
        python: str = "3.14",
        batch_size: int | None = None,
        sample: str | None = None,
        environment: Mapping[str, str] = MappingProxyType({}),
        layers: Sequence[lambda_.ILayerVersion] = (),
        bundling: Bundling | None = None,
    ) -> FunctionCode:
        """A local folder with Python modules.

        The packages of the lock are installed by pip when the app is synthesized, for the function's own processor and Python,
        from wheels alone and only with the hashes that the lock has. Nothing of them is run, and no Docker is needed, unless
        `bundling` says so. They are kept for the next synthesis. Their bytecode is written if this machine has the function's
        Python: with it, a function begins about three times as fast.

        Args:
            folder: The folder. All of it goes into the function.
            requirements: File in the folder that locks the function's packages with hashes, as ``pip-compile`` and ``uv pip
                compile`` write it with ``--generate-hashes``; no packages when omitted.
            entry: The function that predicts: ``module:function``, called with the model and a request. Its module is read, and not
                run: one that has no such function is refused.
            loader: ``onnx``, for which the packages must have onnxruntime; the name of an entry point that one of them has in the group
                ``cdk_model_hosting.loaders``; or ``module:function``, called with the model's path, and looked for as `entry` is.
            python: The function's Python, 3.11-3.14.
            batch_size: When the function takes lists of requests: how many at most, 1-10000; it takes one when omitted.
            sample: JSON file in the folder with a request, which is predicted from when the function begins: a version
                that cannot answer it is not deployed.
            environment: Environment variables for the code, at most 4096 bytes with this library's.
            layers: Layers with what else the code needs, such as extensions; at most 5 with the model's.
            bundling: How the packages are installed: `Bundling.docker` builds those that have no wheels; `Bundling.wheels` when omitted.

        Raises:
            ConfigurationError: When a file is not there, or an argument is none of the above.
        """
        require("FunctionCode.from_folder folder", folder, str, os.PathLike)
        for name, value in (("requirements", requirements), ("sample", sample)):
            if value is not None:
                require(f"FunctionCode {name}", value, str)
        path = Path(folder)
        return cls(
            folder=path,
            requirements=None if requirements is None else path / requirements,
            entry=entry,
            loader=loader,
            python=python,
            batch_size=batch_size,
            sample=sample,
            environment=environment,
            layers=layers,
            bundling=Bundling.wheels() if bundling is None else bundling,
        )

    def __post_init__(self) -> None:
        files = files_below("FunctionCode folder", self.folder)
        self._check_texts()
        require("FunctionCode python", self.python, str)
        FUNCTION_PYTHON.check("FunctionCode python", self.python)
        check_names(self.environment)
        require("FunctionCode bundling", self.bundling, Bundling)
        require_several("FunctionCode layers", self.layers)
        for each in self.layers:
            require_like("FunctionCode layers element", each, "layer_version_arn", _LAYER)
        # Copies: what the caller does to them later must not change a frozen value.
        object.__setattr__(self, "environment", MappingProxyType(dict(self.environment)))
        object.__setattr__(self, "layers", tuple(self.layers))
        for name, path in (("requirements", self.requirements), ("sample", self._sample_path())):
            if path is not None and path not in files.values():
                raise ConfigurationError(
                    f"FunctionCode {name} must be a file in the folder, got {path}: it is part of the function"
                )
        self._check_sample()
        for named in self.named():
            named.check(files, self.python)
        found = lacking(self.named(), files)
        if found and self.requirements is None and DOCKERFILE not in files and not self.reaches_further:
            raise found[0].missing(f"the folder {self.folder}")
        for name in _OURS:
            if any(each == f"{name}.py" or each.startswith(f"{name}/") for each in files):
                raise ConfigurationError(
                    f"FunctionCode folder must hold nothing called {name}, got {self.folder}: that is where this library puts its own"
                )

    def _check_texts(self) -> None:
        for name, text, pattern, shape in (
            ("entry", self.entry, _ENTRY, "module:function such as predictor:predict"),
            ("loader", self.loader, _LOADER, f"{DEFAULT_LOADER}, an entry point of {LOADER_GROUP}, or module:function"),
        ):
            require(f"FunctionCode {name}", text, str)
            if not is_token(text) and not pattern.fullmatch(text):
                raise ConfigurationError(
                    f"FunctionCode {name} must be {shape}, got {text!r}: it is imported by that name"
                )
        for name, value in (("python", self.python), ("batch_size", self.batch_size)):
            if is_token(value):
                raise ConfigurationError(
                    f"FunctionCode {name} must be literal, got one that is known only at deploy time: the code is bundled for it"
                )
        size = self.batch_size
        if size is not None and (isinstance(size, bool) or not isinstance(size, int) or not 1 <= size <= MOST_TOGETHER):
            raise ConfigurationError(
                f"FunctionCode batch_size must be 1-{MOST_TOGETHER}, got {size!r}: SQS hands over no larger batch"
            )

    @property
    def reaches_further(self) -> bool:
        """Whether it may import what is neither in the folder nor in its packages: from layers, or from a path of the user's.

        All files of the folder may be read for it.
        """
        return bool(self.layers) or bool(_PATHS & self.environment.keys()) or widens_path(self.files())

    def named(self) -> tuple[Named, ...]:
        """What it names of itself and of its packages, where that is known when the app is built."""
        found: list[Named] = []
        if not is_token(self.entry):
            found.append(Reference(what="FunctionCode entry", text=self.entry, takes=("model", "request")))
        if ":" in self.loader and not is_token(self.loader):
            found.append(Reference(what="FunctionCode loader", text=self.loader, takes=("path",)))
        elif self.loader != DEFAULT_LOADER and not is_token(self.loader):
            found.append(OfferedLoader(self.loader))
        return tuple(found)

    def _sample_path(self) -> Path | None:
        return None if self.sample is None else self.folder / self.sample

    def _check_sample(self) -> None:
        path = self._sample_path()
        if path is None:
            return
        try:
            json.loads(path.read_bytes(), parse_constant=refuse_constant)
        except (ValueError, RecursionError) as error:
            raise ConfigurationError(
                f"FunctionCode sample must be a file with JSON, got {path}: {error}; a version that cannot answer it is not deployed"
            ) from error

    def files(self) -> dict[str, Path]:
        """The folder's files by name, without the lock."""
        found = files_below("FunctionCode folder", self.folder)
        return {name: path for name, path in found.items() if path != self.requirements}

    def variables(self) -> dict[str, str]:
        """What the function is told of it, as environment variables."""
        told = {Variable.ENTRY: self.entry}
        if self.loader != DEFAULT_LOADER:
            told[Variable.LOADER] = self.loader
        if self.batch_size is not None:
            told[Variable.BATCH_SIZE] = str(self.batch_size)
        if self.sample is not None:
            told[Variable.SAMPLE] = self.sample
        return {str(name): value for name, value in told.items()}
