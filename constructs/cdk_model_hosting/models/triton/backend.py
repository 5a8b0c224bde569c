"""What runs a Triton model: the backend, and the file that it looks for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from cdk_model_hosting.arguments import require
from cdk_model_hosting.errors import ConfigurationError

_DROPPED = "tensorflow"


@dataclass(frozen=True, slots=True, kw_only=True)
class TritonBackend:
    """The part of the Triton server that runs a model. Those of SageMaker's container are attributes of this class.

    `ONNX_RUNTIME`, `PYTORCH` (TorchScript), `TENSORRT`, `OPENVINO`, `PYTHON` (code of yours), `FIL` (forests of XGBoost,
    LightGBM and others) and `DALI` (images); `custom` names another.

    Args:
        name: As the configuration names it.
        files: Names of the file, or folder, that it looks for in a version's folder; any one of them must be there.
        platform: Kind of model, for backends that run several.
        file_named: Whether the configuration must name the file.

    See: https://docs.aws.amazon.com/sagemaker/latest/dg/deploy-models-frameworks-triton.html
    """

    name: str
    files: tuple[str, ...]
    platform: str | None = None
    file_named: bool = False

    ONNX_RUNTIME: ClassVar[TritonBackend]
    PYTORCH: ClassVar[TritonBackend]
    TENSORRT: ClassVar[TritonBackend]
    OPENVINO: ClassVar[TritonBackend]
    PYTHON: ClassVar[TritonBackend]
    FIL: ClassVar[TritonBackend]
    DALI: ClassVar[TritonBackend]

    @staticmethod
    def custom(name: str, *, file: str, platform: str | None = None) -> TritonBackend:
        """A backend that is no attribute of this class, in an image of yours or among the model's own files.

        Args:
            name: As the configuration names it: ``libtriton_<name>.so`` runs the model.
            file: File, or folder, that it looks for in a version's folder.
            platform: Kind of model, for backends that run several.

        Raises:
            ConfigurationError: When the name is empty or that of TensorFlow's, or the file is a path.
        """
        require("TritonBackend.custom name", name, str)
        if not name or name == _DROPPED:
            raise ConfigurationError(
                f"TritonBackend.custom name must be that of a backend of the image, got {name!r}: Triton has dropped "
                "TensorFlow; export the model to ONNX"
            )
        require("TritonBackend.custom file", file, str)
        if not file or "/" in file:
            raise ConfigurationError(
                f"TritonBackend.custom file must be the name of one file or folder, got {file!r}: the backend looks for it in "
                "the version's folder"
            )
        return TritonBackend(name=name, files=(file,), platform=platform, file_named=True)


TritonBackend.ONNX_RUNTIME = TritonBackend(name="onnxruntime", files=("model.onnx",))
TritonBackend.PYTORCH = TritonBackend(name="pytorch", files=("model.pt",))
TritonBackend.TENSORRT = TritonBackend(name="tensorrt", files=("model.plan",))
TritonBackend.OPENVINO = TritonBackend(name="openvino", files=("model.xml",))
TritonBackend.PYTHON = TritonBackend(name="python", files=("model.py",))
TritonBackend.FIL = TritonBackend(name="fil", files=("xgboost.model", "xgboost.json", "model.txt", "checkpoint.tl"))
TritonBackend.DALI = TritonBackend(name="dali", files=("model.dali", "dali.py"))
