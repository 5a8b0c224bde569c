"""A loaded model: its graph in an onnxruntime session, and what model.json says about it."""

from pathlib import Path

import numpy as np
import numpy.typing as npt
import onnxruntime  # type: ignore[import-untyped]

from .description import Description
from .errors import ModelLoadError

_ERRORS_ONLY = 3
_CLASSES = 2


class Model:
    """A model that has proved that it can answer; one serves every request, from any thread."""

    def __init__(self, description: Description, session: onnxruntime.InferenceSession) -> None:
        self.description = description
        self._session = session

    @classmethod
    def load(cls, folder: Path, *, threads: int = 1) -> "Model":
        """Load the model of a folder and let it predict once.

        Args:
            folder: Holds model.onnx and model.json.
            threads: Threads that onnxruntime may use for one prediction.

        Raises:
            ModelLoadError: A file is absent, is not what it should be, or the two do not fit together.
            MemoryError: The model does not fit into the memory of this machine.
        """
        description = Description.read(folder / "model.json")
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        options.inter_op_num_threads = 1
        options.log_severity_level = _ERRORS_ONLY
        graph = folder / "model.onnx"
        if not graph.is_file():
            raise ModelLoadError(f"{graph} must be a file")
        try:
            session = onnxruntime.InferenceSession(str(graph), options, providers=["CPUExecutionProvider"])
            model = cls(description, session)
            model.probabilities(np.zeros((1, len(description.features)), dtype=np.float32))
        except MemoryError:
            raise
        # onnxruntime raises a dozen classes of its own, straight from Exception.
        except Exception as error:
            raise ModelLoadError(f"{graph} must predict from the features of model.json: {error}") from error
        return model

    def probabilities(self, matrix: npt.NDArray[np.float32]) -> npt.NDArray[np.float64]:
        """The probability for each row of the matrix."""
        (output,) = self._session.run([self.description.output], {self.description.input: matrix})
        columns = np.asarray(output, dtype=np.float64).reshape(len(matrix), -1)
        if columns.shape[1] > _CLASSES:
            raise ValueError(f"the graph's output must have at most {_CLASSES} columns, got {columns.shape[1]}")
        probabilities: npt.NDArray[np.float64] = columns[:, -1]
        if not np.isfinite(probabilities).all():
            raise ValueError("the graph's probabilities must be finite")
        return probabilities
