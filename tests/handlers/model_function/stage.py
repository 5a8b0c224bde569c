"""A stage for the model function: code of a user's, a model, and what is written to the log."""

import itertools
import json
import textwrap
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from cdk_model_hosting.handlers.model_function.contract import Delivery, Variable
from cdk_model_hosting.handlers.model_function.failures import StartError
from cdk_model_hosting.handlers.model_function.function import ModelFunction
from cdk_model_hosting.handlers.model_function.journal import Journal

DOUBLING = """
    def load(path):
        return int(path.read_text())

    def predict(model, request):
        return {"doubled": model * request["amount"]}
"""
# Modules are looked for once: each stage has names of its own.
_NUMBERS = itertools.count(1)


@dataclass
class Context:
    """As much of Lambda's context as the function asks for.

    Args:
        seconds: What is left of the invocation, call by call; the last one stays.
    """

    seconds: list[float] = field(default_factory=lambda: [60.0])
    aws_request_id: str = "request-1"

    def get_remaining_time_in_millis(self) -> int:
        left = self.seconds.pop(0) if len(self.seconds) > 1 else self.seconds[0]
        return int(left * 1000)


class Stage:
    """A function's surroundings."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.root = folder
        self.lines: list[dict[str, Any]] = []
        self.name = ""
        self.environment: dict[str, str] = {
            "AWS_LAMBDA_FUNCTION_NAME": "fraud",
            "AWS_LAMBDA_FUNCTION_VERSION": "7",
            "LAMBDA_TASK_ROOT": str(folder),
        }
        monkeypatch.syspath_prepend(folder)
        (folder / "model.txt").write_text("2")

    def module(self, code: str) -> str:
        """Write a module, and return its name."""
        name = f"user_code_{next(_NUMBERS)}"
        (self.root / f"{name}.py").write_text(textwrap.dedent(code))
        self.name = name
        return name

    def variables(self, code: str = DOUBLING, **changed: str) -> dict[str, str]:
        """The variables of a function that loads what it predicts with; a changed one is named as in `Variable`."""
        name = self.module(code)
        ours: dict[str, str] = {
            Variable.ENTRY: f"{name}:predict",
            Variable.LOADER: f"{name}:load",
            Variable.DELIVERY: Delivery.BUNDLED,
            Variable.PATH: "model.txt",
        }
        return {**self.environment, **ours, **{str(Variable[variable]): value for variable, value in changed.items()}}

    def start(self, code: str = DOUBLING, **changed: str) -> ModelFunction:
        return self.start_with(self.variables(code, **changed))

    def start_with(self, variables: Mapping[str, str]) -> ModelFunction:
        self.lines.clear()
        return ModelFunction.start(variables, Journal(variables, lambda line: self.lines.append(json.loads(line))))

    def fails(self, code: str = DOUBLING, **changed: str) -> str:
        """What is said of a function that does not start: to Lambda, and in the log."""
        with pytest.raises(StartError) as raised:
            self.start(code, **changed)
        (line,) = self.lines
        assert (line["level"], line["message"], line["reason"]) == (
            "ERROR",
            "the function cannot start",
            str(raised.value),
        )
        return str(raised.value)

    @property
    def line(self) -> dict[str, Any]:
        """The last line of the log."""
        return self.lines[-1]
