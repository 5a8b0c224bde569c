"""A Python model of Triton's: the classifier's probabilities to a decision."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import triton_python_backend_utils as triton


class TritonPythonModel:
    """One copy of the model; the server makes as many as the configuration says."""

    def initialize(self, args: dict[str, str]) -> None:
        """Find out from which probability on a transaction is reviewed."""
        described = json.loads((Path(args["model_repository"]) / "model.json").read_text(encoding="utf-8"))
        self._decision = described["decision"]

    def execute(self, requests: list[Any]) -> list[Any]:
        """Answer each of the requests that came together."""
        return [self._answer(request) for request in requests]

    def _answer(self, request: Any) -> Any:
        both = triton.get_input_tensor_by_name(request, "probabilities").as_numpy()
        fraud = both[:, 1:]
        above = fraud >= self._decision["threshold"]
        words = np.where(above, self._decision["at_or_above"], self._decision["below"]).astype(np.bytes_).astype(object)
        return triton.InferenceResponse([triton.Tensor("fraud_probability", fraud), triton.Tensor("decision", words)])
