"""The default loader: ONNX models, in sessions of onnxruntime's."""

import os
from pathlib import Path

import onnxruntime  # type: ignore[import-untyped]

from .failures import StartError

_FILE = "model.onnx"
_ERRORS_ONLY = 3
_MB_PER_PROCESSOR = 1769


class OnnxModel(onnxruntime.InferenceSession):  # type: ignore[misc]
    """A session of onnxruntime's that knows where its model came from.

    Args:
        file: The model.
        options: How to run it.

    Attributes:
        folder: The folder of the model, for what lies beside it.
    """

    def __init__(self, file: Path, options: onnxruntime.SessionOptions) -> None:
        super().__init__(str(file), options, providers=["CPUExecutionProvider"])
        self.folder = file.parent


def load(path: Path) -> OnnxModel:
    """Load a model.

    Args:
        path: The file, or a folder with a ``model.onnx`` or a single file that ends so.

    Raises:
        StartError: When there is no such file.
    """
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = processors()
    options.inter_op_num_threads = 1
    options.log_severity_level = _ERRORS_ONLY
    # A thread that waits by turning round uses up the share of the processor that Lambda gives the function.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    return OnnxModel(_file(path), options)


def processors() -> int:
    """How many processors the function has, which goes with its memory: Lambda shows two even to the smallest one."""
    usable = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    memory = os.environ.get("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "")
    if not memory.isdigit():
        return usable
    return max(1, min(usable, round(int(memory) / _MB_PER_PROCESSOR)))


def _file(path: Path) -> Path:
    if path.is_file():
        return path
    usual = path / _FILE
    if usual.is_file():
        return usual
    found = sorted(path.glob("*.onnx"))
    if len(found) != 1:
        names = ", ".join(each.name for each in found) or "none"
        raise StartError(f"the model {path} must have a {_FILE} or one other file that ends in .onnx, got {names}")
    return found[0]
