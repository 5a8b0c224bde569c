"""The function examples for the Python and the processor of this machine, on which the local AWS runs them."""

from __future__ import annotations

import json
import shutil
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from examples.fraud.records import sample_records
from examples.fraud.train import NAME, RECIPES, TrainedModel
from tests.local_aws import paths
from tests.local_aws.examples.assembling import assemble
from tests.local_aws.function_packages import ARCHITECTURE, PYTHON, for_this_machine
from tests.local_aws.training import train

if TYPE_CHECKING:
    from pathlib import Path

    import aws_cdk as cdk

    from tests.local_aws.cdk import Cdk
    from tests.local_aws.lifecycle import LocalAws

FOLDER = paths.REPOSITORY / "examples/fraud/function"
PROXY_FOLDER = paths.REPOSITORY / "examples/fraud/proxy"
# Named, because what comes from a queue is written down by its name.
RECORDS: list[dict[str, Any]] = [
    {"transaction": f"t-{number}", **record} for number, record in enumerate(sample_records(8).records)
]


@dataclass(frozen=True)
class Example:
    """An example stack, which of its outputs name functions, and what besides the model it is made of."""

    name: str
    stack: type[cdk.Stack]
    outputs: tuple[str, ...] = ("FunctionArn",)
    code: tuple[str, Path] = ("function_folder", FOLDER)


def trained(folder: Path) -> dict[str, tuple[TrainedModel, Path]]:
    """Train two versions of the model, each into a folder below `folder`."""
    made = {}
    for version in ("1", "2"):
        model = train(RECIPES[version])
        model.export(folder / version, name=NAME, version=version)
        made[version] = (model, folder / version)
    return made


def assembled(local: LocalAws, example: Example, model: Path, folder: Path, *, function: Path | None = None) -> Cdk:
    """Synthesize an example with a model, and with another function than its own."""
    argument, own = example.code

    def make(app: cdk.App, environment: cdk.Environment) -> None:
        given: dict[str, Any] = {
            "model_folder": str(model),
            argument: str(own if function is None else function),
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


def cut(model: Path, folder: Path) -> Path:
    """A copy of a model whose file was broken off."""
    shutil.copytree(model, folder)
    content = (model / "model.onnx").read_bytes()
    (folder / "model.onnx").write_bytes(content[: len(content) // 2])
    return folder
