"""A Python model of Triton's: transactions as JSON, one text each, to the matrix that the classifier reads."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import triton_python_backend_utils as triton


class TritonPythonModel:
    """One copy of the model; the server makes as many as the configuration says."""

    def initialize(self, args: dict[str, str]) -> None:
        """Find out which fields the classifier reads, and in which order."""
        described = json.loads((Path(args["model_repository"]) / "model.json").read_text(encoding="utf-8"))
        self._features = described["features"]

    def execute(self, requests: list[Any]) -> list[Any]:
        """Answer each of the requests that came together."""
        return [self._answer(request) for request in requests]

    def _answer(self, request: Any) -> Any:
        texts = triton.get_input_tensor_by_name(request, "transaction").as_numpy().reshape(-1)
        try:
            rows = [[self._value(json.loads(text), feature) for feature in self._features] for text in texts]
        except (KeyError, TypeError, ValueError) as refusal:
            return triton.InferenceResponse(error=triton.TritonError(f"transaction cannot be read: {refusal!r}"))
        return triton.InferenceResponse([triton.Tensor("features", np.array(rows, dtype=np.float32))])

    @staticmethod
    def _value(record: dict[str, Any], feature: dict[str, Any]) -> float:
        value = record[feature["name"]]
        if feature["type"] == "category":
            return float(feature["categories"].index(value))
        return float(value)
