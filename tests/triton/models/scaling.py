"""A Python model of Triton's: as many outputs as its configuration names, each the input times its place, from 2 on."""

import json
from typing import Any

import triton_python_backend_utils as triton


class TritonPythonModel:
    """One copy of the model."""

    def initialize(self, args: dict[str, str]) -> None:
        """Read the names of inputs and outputs, and a factor of the version."""
        config = json.loads(args["model_config"])
        self._inputs = [each["name"] for each in config["input"]]
        self._outputs = [each["name"] for each in config["output"]]
        self._version = int(args["model_version"])

    def execute(self, requests: list[Any]) -> list[Any]:
        """Answer each of the requests that came together."""
        return [self._answer(request) for request in requests]

    def _answer(self, request: Any) -> Any:
        found = [triton.get_input_tensor_by_name(request, name) for name in self._inputs]
        total = sum(each.as_numpy() for each in found if each is not None)
        made = [(total * (place + self._version)).astype("float32") for place in range(1, len(self._outputs) + 1)]
        return triton.InferenceResponse(
            [triton.Tensor(name, array) for name, array in zip(self._outputs, made, strict=True)]
        )
