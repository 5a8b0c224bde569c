"""What a Lambda function does with the fraud model: one transaction in, one decision out."""

import json
from collections.abc import Mapping, Sequence
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
    (decision,) = decide(model, [request])
    return decision


def decide(model: Any, requests: Sequence[Any]) -> list[dict[str, float | str]]:
    """Decide about some transactions at once, as `predict` does about one."""
    described = _description(model.folder)
    rows = [_row(described, request) for request in requests]
    (probabilities,) = model.run([described["output"]], {described["input"]: np.array(rows, dtype=np.float32)})
    return [_decision(described, round(float(each), _DECIMALS)) for each in probabilities[:, -1]]


def _decision(described: Mapping[str, Any], probability: float) -> dict[str, float | str]:
    decision = described["decision"]
    return {
        "probability": probability,
        "decision": decision["at_or_above"] if probability >= decision["threshold"] else decision["below"],
        "version": described["version"],
    }


def _row(described: Mapping[str, Any], request: Any) -> list[float]:
    if not isinstance(request, Mapping):
        raise ValueError(f"a transaction must be an object, got {_shown(request)}")  # noqa: TRY004 - the caller's fault
    return [_number(feature, request.get(feature["name"])) for feature in described["features"]]


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
