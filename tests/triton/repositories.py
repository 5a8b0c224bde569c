"""Repositories for the tests with a real server."""

from pathlib import Path
from typing import Any

from cdk_model_hosting import (
    Tensor,
    TensorType,
    TritonBackend,
    TritonEnsemble,
    TritonInstances,
    TritonModel,
    TritonStep,
    TritonVersions,
)

CODE = Path(__file__).with_name("models") / "scaling.py"


def tensor(name: str, *shape: int, **options: Any) -> Tensor:
    return Tensor(name=name, data_type=TensorType.FP32, shape=shape or (3,), **options)


def scaling(name: str, **options: Any) -> TritonModel:
    """A model from X to twice X."""
    given: dict[str, Any] = {
        "backend": TritonBackend.PYTHON,
        "versions": {1: CODE},
        "inputs": [tensor("X")],
        "outputs": [tensor("Y")],
        "max_batch_size": 8,
        "instances": [TritonInstances.cpu()],
        **options,
    }
    return TritonModel(name=name, **given)


def diamond() -> TritonEnsemble:
    """Two ways from one input, that meet again: 2a + 3a, twice, is 10a; and 4a beside it, by another version."""
    split = scaling("split", outputs=[tensor("Y"), tensor("Z")])
    join = scaling("join", inputs=[tensor("A"), tensor("B"), tensor("C", optional=True)])
    versions = scaling("versions", versions={1: CODE, 3: CODE}, serve=TritonVersions.every())
    return TritonEnsemble(
        name="diamond",
        inputs=[tensor("a", -1)],
        outputs=[tensor("ten"), tensor("four")],
        # In no order: the server finds it.
        steps=[
            TritonStep(model=join, inputs={"A": "double", "B": "triple"}, outputs={"Y": "ten"}),
            TritonStep(model=split, inputs={"X": "a"}, outputs={"Y": "double", "Z": "triple"}),
            TritonStep(model=versions, inputs={"X": "a"}, outputs={"Y": "four"}, version=3),
        ],
    )


def numbers(name: str, *rows: list[float]) -> dict[str, Any]:
    """A tensor of a request."""
    shape = [len(rows), len(rows[0])]
    return {"name": name, "datatype": "FP32", "shape": shape, "data": [each for row in rows for each in row]}
