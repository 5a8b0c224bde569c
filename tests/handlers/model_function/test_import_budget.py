"""What an environment takes to begin, beside what onnxruntime alone takes."""

from pathlib import Path
from statistics import median

import pytest

from tests.handlers.model_function.package import lay_out, run

# The budget of docs/adr/lambda-runtime.md.
MOST = 1.3
RUNS = 9
# A machine with other work can look slow for a while. What really is slow stays so.
ROUNDS = 5


def milliseconds(root: Path, statement: str) -> float:
    """What a statement takes of a processor in a new interpreter: on the clock, whatever else the machine does would count too."""
    program = f"""
from time import process_time
began = process_time()
{statement}
print((process_time() - began) * 1000)
"""
    return float(run(root, program).splitlines()[-1])


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
    alone: list[float] = []
    ours: list[float] = []
    for _ in range(ROUNDS):
        # By turns, so that a machine that gets slower does so for both.
        for _ in range(RUNS):
            alone.append(milliseconds(tmp_path, "import onnxruntime"))
            ours.append(milliseconds(tmp_path, statement))
        if median(ours) / median(alone) <= MOST:
            return

    pytest.fail(f"{median(ours):.0f} ms beside {median(alone):.0f} ms of onnxruntime alone")
