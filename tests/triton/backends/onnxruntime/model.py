"""Plays Triton's ONNX Runtime backend, which the server of the tests comes without, by the ONNX Runtime of Python.

The server takes a folder with a ``model.py`` for a backend that is written in Python, and hands it every model of it.
"""

import json
from pathlib import Path
from typing import Any

import onnxruntime  # type: ignore[import-untyped]
import triton_python_backend_utils as triton


class TritonPythonModel:
    """One copy of an ONNX model."""

    @staticmethod
    def auto_complete_config(config: Any) -> Any:
        """Leave the configuration as it is: it must be whole by itself."""
        return config

    def initialize(self, args: dict[str, str]) -> None:
        """Load the version's file."""
        config = json.loads(args["model_config"])
        file = Path(args["model_repository"]) / args["model_version"] / "model.onnx"
        self._session = onnxruntime.InferenceSession(str(file), providers=["CPUExecutionProvider"])
        self._inputs = [each["name"] for each in config["input"]]
        self._outputs = [each["name"] for each in config["output"]]

    def execute(self, requests: list[Any]) -> list[Any]:
        """Answer each of the requests that came together."""
        return [self._answer(request) for request in requests]

    def _answer(self, request: Any) -> Any:
        given = {name: triton.get_input_tensor_by_name(request, name).as_numpy() for name in self._inputs}
        made = self._session.run(self._outputs, given)
        tensors = [triton.Tensor(name, array) for name, array in zip(self._outputs, made, strict=True)]
        return triton.InferenceResponse(tensors)
