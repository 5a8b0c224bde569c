"""Synthesizes app.py as it is, in this process or, run as a program, in one of its own.

app.py makes its `App` without arguments, as the `cdk` command expects of it: output folder and context reach it through
the environment of the node process, which is fixed when that process starts. Here they are given to the `App` instead.
"""

from __future__ import annotations

import json
import os
import runpy
import sys
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any
from unittest import mock

import aws_cdk as cdk

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    Plugin = Callable[[cdk.App], cdk.IPolicyValidationPlugin]

ROOT = Path(__file__).parents[2]
REPORT = "validation-report.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Assembly:
    """What one run of app.py wrote.

    Args:
        folder: The cloud assembly.
    """

    folder: Path

    def templates(self) -> dict[str, dict[str, Any]]:
        """The templates by stack."""
        templates: dict[str, dict[str, Any]] = {}
        for path in self.template_files():
            templates[path.name.removesuffix(".template.json")] = json.loads(path.read_text())
        return templates

    def template_files(self) -> list[Path]:
        """The files of the templates."""
        return sorted(self.folder.glob("*.template.json"))


def synthesize(
    folder: Path,
    model_folder: Path,
    *,
    environment: tuple[str, str] | None = None,
    plugins: Sequence[Plugin] = (),
) -> Assembly:
    """Run app.py.

    Args:
        folder: Where the cloud assembly goes.
        model_folder: What stands for the trained models: its content reaches the templates as a hash alone.
        environment: Account and region of the deployer; none when omitted, as in a pipeline without credentials.
        plugins: Makers of what judges the app while it is synthesized.
    """
    models = {
        "fraud_model": str(model_folder),
        "fraud_candidate": str(model_folder.parent / "candidate"),
        "fraud_regions": str(model_folder.parent / "regions"),
        "fraud_function": str(model_folder.parent / "function"),
        "fraud_proxy": str(model_folder.parent / "function"),
    }
    context = json.loads((ROOT / "cdk.json").read_text())["context"] | models
    real = cdk.App

    def configured() -> cdk.App:
        app = real(outdir=str(folder), context=context)
        if plugins:
            cdk.Validations.of(app).add_plugins(*(make(app) for make in plugins))
        return app

    with mock.patch.object(cdk, "App", configured), _deployer(environment):
        runpy.run_path(str(ROOT / "app.py"))
    return Assembly(folder=folder)


def make_model_folder(parent: Path) -> Path:
    """A stand-in for the trained model, with the others beside it: templates hold hashes alone, which snapshots mask."""
    folder = parent / "model"
    for each in (
        folder,
        parent / "candidate",
        *(parent / "regions" / region for region in ("coast", "inland", "metro")),
    ):
        each.mkdir(parents=True)
        (each / "model.onnx").write_bytes(b"not a model")
        (each / "model.json").write_text("{}")
    # A function without packages: what it takes to install them has tests of its own.
    function = parent / "function"
    function.mkdir()
    stand_ins = {
        "predictor.py": "def predict(model, request): ...",
        "scorer.py": "def score(model, requests): ...",
        "onnxruntime.py": "",
        "sample.json": "{}",
        "requirements.txt": "",
    }
    for name, text in stand_ins.items():
        (function / name).write_text(text)
    return folder


@contextmanager
def _deployer(environment: tuple[str, str] | None) -> Iterator[None]:
    names = ("CDK_DEFAULT_ACCOUNT", "CDK_DEFAULT_REGION")
    without = {name: value for name, value in os.environ.items() if name not in names}
    chosen = {} if environment is None else dict(zip(names, environment, strict=True))
    with mock.patch.dict(os.environ, without | chosen, clear=True):
        yield


if __name__ == "__main__":
    synthesize(Path(sys.argv[1]), Path(sys.argv[2]))
