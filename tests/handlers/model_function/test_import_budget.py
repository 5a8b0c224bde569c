"""What an environment takes to begin, beside what onnxruntime alone takes."""

from functools import partial
from pathlib import Path

import pytest

from tests.handlers.model_function.budget import hold
from tests.handlers.model_function.package import lay_out, run


@pytest.mark.parametrize(
    "statement",
    [
        # All that a function with the fraud model's predictor imports.
        "import cdk_model_function.function, cdk_model_function.onnx_loader, predictor",
        # All that its environment does before the first request: the model is loaded too, and has predicted once.
        "import cdk_model_function.entry",
    ],
    ids=["imports", "everything"],
)
def test_the_handler_takes_little_more_than_onnxruntime(tmp_path: Path, fraud_model: Path, statement: str) -> None:
    lay_out(tmp_path, fraud_model)

    hold(partial(run, tmp_path), statement, "import onnxruntime")
