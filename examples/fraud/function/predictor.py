"""What a Lambda function does with the fraud model: one transaction in, one decision out."""

import json
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

# A 32-bit probability tells no more apart.
_DECIMALS = 6
_LARGEST = float(np.finfo(np.float32).max)


def predict(model: Any, request: Any) -> dict[str, float | str]:
    """Decide about a transaction.

    Args:
        model: A session of onnxruntime's, with the folder that it came from.
        request: The transaction, with every feature that model.json names.

    Raises:
        ValueError: When the request is none, which its caller is told with the reason.
    """
    described = _description(model.folder)
    if not isinstance(request, Mapping):
        raise ValueError(f"a transaction must be an object, got {_shown(request)}")  # noqa: TRY004 - the caller's fault
    row = [_number(feature, request.get(feature["name"])) for feature in described["features"]]
    (probabilities,) = model.run([described["output"]], {described["input"]: np.array([row], dtype=np.float32)})
    probability = round(float(probabilities[0, -1]), _DECIMALS)
    decision = described["decision"]
    return {
        "probability": probability,
        "decision": decision["at_or_above"] if probability >= decision["threshold"] else decision["below"],
        "version": described["version"],
    }


@lru_cache(maxsize=1)
def _description(folder: Path) -> dict[str, Any]:
    described: dict[str, Any] = json.loads((folder / "model.json").read_text(encoding="utf-8"))
    return described


def _number(feature: Mapping[str, Any], value: object) -> float:
    """A field as the model reads it: a boolean as 0 or 1, a category as its index."""
    name = feature["name"]
    if feature["type"] == "category":
        categories = feature["categories"]
        if value not in categories:
            raise ValueError(f"{name} must be one of {', '.join(categories)}, got {_shown(value)}")
        return float(categories.index(value))
    if feature["type"] == "boolean":
        if not isinstance(value, bool):
            raise ValueError(f"{name} must be true or false, got {_shown(value)}")
        return float(value)
    # To Python, a boolean is a number too.
    if isinstance(value, bool) or not isinstance(value, int | float) or not abs(value) <= _LARGEST:
        raise ValueError(f"{name} must be a finite number, got {_shown(value)}")
    return float(value)


def _shown(value: object) -> str:
    return "nothing" if value is None else json.dumps(value)[:40]
