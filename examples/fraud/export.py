"""Write a trained model as the folder that the server reads: model.onnx and model.json.

The same model gives the same bytes: names are fixed, and what the exporter would add about itself is left out.
"""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from skl2onnx import to_onnx  # type: ignore[import-untyped]
from skl2onnx.common.data_types import FloatTensorType  # type: ignore[import-untyped]
from sklearn.ensemble import GradientBoostingClassifier  # type: ignore[import-untyped]

from examples.fraud.features import Feature

if TYPE_CHECKING:
    from onnx import ModelProto

INPUT = "features"
OUTPUT = "probabilities"

# Old enough for every runtime still in use, new enough for trees.
_OPSETS = {"": 17, "ai.onnx.ml": 3}


def onnx_bytes(classifier: GradientBoostingClassifier, *, name: str, features: int) -> bytes:
    """The classifier as an ONNX graph: `features` (float32, rows x features) to `probabilities` (float32, rows x 2)."""
    exported: ModelProto = to_onnx(
        classifier,
        initial_types=[(INPUT, FloatTensorType([None, features]))],
        options={id(classifier): {"zipmap": False}},
        target_opset=_OPSETS,
        # Ours, so that the bytes do not hang on what the exporter calls a graph by itself.
        name=name,
    )
    exported.producer_version = ""
    # The exporter collects the operator sets in a Python set, whose order changes from run to run.
    operator_sets = sorted(exported.opset_import, key=lambda entry: entry.domain)
    del exported.opset_import[:]
    exported.opset_import.extend(operator_sets)
    graph: bytes = exported.SerializeToString(deterministic=True)
    return graph


def description(
    *,
    name: str,
    version: str,
    features: Sequence[Feature],
    threshold: float,
    training: dict[str, Any],
    metrics: dict[str, float],
) -> dict[str, Any]:
    """What model.json says.

    Args:
        name: The model's name.
        version: Told with every prediction, so that a rollout shows in the answers.
        features: The inputs in the order of the graph's columns.
        threshold: Probability from which a transaction is reviewed.
        training: How the model was made, the seed included.
        metrics: How well it does on held-out transactions.
    """
    return {
        "name": name,
        "version": version,
        "input": INPUT,
        "output": OUTPUT,
        "features": [feature.to_json() for feature in features],
        "decision": {"threshold": threshold, "at_or_above": "review", "below": "approve"},
        "training": training,
        "metrics": metrics,
    }


def write(folder: Path, *, graph: bytes, described: dict[str, Any]) -> None:
    """Write both files; whatever else the folder holds stays."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "model.onnx").write_bytes(graph)
    text = json.dumps(described, indent=2, ensure_ascii=False)
    (folder / "model.json").write_text(text + "\n", encoding="utf-8", newline="\n")
