"""What the tests of Triton repositories are made of."""

from pathlib import Path
from typing import Any

from cdk_model_hosting import Tensor, TensorType, TritonBackend, TritonEnsemble, TritonModel, TritonStep

CODE = "class TritonPythonModel:\n    pass\n"


def tensor(name: str, *shape: int, data_type: TensorType = TensorType.FP32, **options: Any) -> Tensor:
    return Tensor(name=name, data_type=data_type, shape=shape or (3,), **options)


def code(folder: Path, text: str = CODE) -> Path:
    """A Python model's file."""
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / "model.py"
    file.write_text(text, encoding="utf-8")
    return file


def python_model(folder: Path, name: str = "scale", **options: Any) -> TritonModel:
    """A model from X to Y, of three numbers each, in batches of up to 8."""
    given: dict[str, Any] = {
        "backend": TritonBackend.PYTHON,
        "inputs": [tensor("X")],
        "outputs": [tensor("Y")],
        "max_batch_size": 8,
        **options,
    }
    if "versions" not in given:
        given["versions"] = {1: code(folder / name)}
    return TritonModel(name=name, **given)


def chain(*models: TritonModel | TritonEnsemble, name: str = "ranker", **options: Any) -> TritonEnsemble:
    """An ensemble of models one after the other, from the tensor t0 on."""
    steps = [
        TritonStep(model=each, inputs={"X": f"t{index}"}, outputs={"Y": f"t{index + 1}"})
        for index, each in enumerate(models)
    ]
    given: dict[str, Any] = {
        "inputs": [tensor("t0")],
        "outputs": [tensor(f"t{len(models)}")],
        "steps": steps,
        **options,
    }
    return TritonEnsemble(name=name, **given)
