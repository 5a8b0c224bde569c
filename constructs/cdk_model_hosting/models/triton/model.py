"""One model of a Triton repository."""

from __future__ import annotations

from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from cdk_model_hosting.arguments import require, require_several
from cdk_model_hosting.errors import ConfigurationError
from cdk_model_hosting.limits import TRITON_BATCH, TRITON_MODEL_NAME, TRITON_VERSION
from cdk_model_hosting.models.triton import instances as kinds
from cdk_model_hosting.models.triton import literals
from cdk_model_hosting.models.triton.backend import TritonBackend
from cdk_model_hosting.models.triton.batching import DynamicBatching
from cdk_model_hosting.models.triton.files import Placed, check_environment, place_file, place_version
from cdk_model_hosting.models.triton.instances import TritonInstances
from cdk_model_hosting.models.triton.tensor import Tensor, check_tensors
from cdk_model_hosting.models.triton.versions import TritonVersions

if TYPE_CHECKING:
    import os
    from collections.abc import Mapping, Sequence

# What the other arguments say.
_OWN = (
    "name",
    "platform",
    "backend",
    "max_batch_size",
    "input",
    "output",
    "dynamic_batching",
    "ensemble_scheduling",
    "instance_group",
    "version_policy",
    "parameters",
    "default_model_filename",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class TritonModel:
    """A trained model, or Python code, that a Triton server runs.

    Args:
        name: Name of its folder: letters, digits, dots, hyphens and underscores, at most 255.
        backend: What runs it, such as ``TritonBackend.ONNX_RUNTIME``.
        versions: The file or folder of each version, by its number from 1. A file gets the name that the backend looks
            for; a folder must hold a file of that name.
        inputs: What it takes, as the model itself names it.
        outputs: What it gives.
        max_batch_size: Most items that it takes at once, at least 1. Inputs and outputs then have a first dimension beside
            their shapes, which counts the items.
        batching: How single requests are gathered into batches; they are not when omitted.
        instances: Where its copies run; one on each GPU, or one on the processor where there is none, when omitted (two
            for ONNX).
        serve: Which versions are loaded; the newest when omitted.
        files: Further files, by their path in the model's folder: labels, or an environment of Python packages.
        parameters: What the backend is told besides, such as ``model_type`` for `FIL`.
        options: Further fields of Triton's ModelConfig, such as ``{"response_cache": {"enable": True}}``, checked against
            its schema when the repository is made.

    Raises:
        ConfigurationError: When a value is outside its range, a file is not there or not what the backend reads, or a
            preferred batch size, version or GPU is named that cannot be.

    See: https://docs.aws.amazon.com/sagemaker/latest/dg/deploy-models-frameworks-triton.html
    """

    name: str
    backend: TritonBackend
    versions: Mapping[int, str | os.PathLike[str]] = field(hash=False)
    inputs: Sequence[Tensor]
    outputs: Sequence[Tensor]
    max_batch_size: int = 1
    batching: DynamicBatching | None = None
    instances: Sequence[TritonInstances] = ()
    serve: TritonVersions | None = None
    files: Mapping[str, str | os.PathLike[str]] = field(default_factory=dict, hash=False)
    parameters: Mapping[str, str] = field(default_factory=dict, hash=False)
    options: Mapping[str, Any] = field(default_factory=dict, hash=False)
    placed: tuple[Placed, ...] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        literals.text("TritonModel name", self.name, TRITON_MODEL_NAME)
        require(f"{self._what} backend", self.backend, TritonBackend)
        object.__setattr__(self, "inputs", check_tensors(f"{self._what} inputs", self.inputs))
        object.__setattr__(self, "outputs", check_tensors(f"{self._what} outputs", self.outputs))
        _check_outputs(self._what, self.outputs)
        literals.number(f"{self._what} max_batch_size", self.max_batch_size, TRITON_BATCH)
        if self.batching is not None:
            require(f"{self._what} batching", self.batching, DynamicBatching)
            self.batching.check_batch(self._what, self.max_batch_size)
        self._check_instances()
        self._check_files()
        if self.serve is not None:
            require(f"{self._what} serve", self.serve, TritonVersions)
            self.serve.served(self._what, self.versions)
        self._check_options()

    @property
    def _what(self) -> str:
        return f"TritonModel {self.name!r}"

    @property
    def served(self) -> tuple[int, ...]:
        """Numbers of the versions that are loaded."""
        policy = TritonVersions.latest() if self.serve is None else self.serve
        return policy.served(self._what, self.versions)

    @property
    def members(self) -> tuple[TritonModel, ...]:
        """Itself: a model uses no other."""
        return (self,)

    @property
    def gpus(self) -> int:
        """Number of GPUs that it does not load without."""
        on_gpus = [each for each in self.instances if each.kind == kinds.GPU]
        any_at_all = bool(on_gpus) or self.backend is TritonBackend.TENSORRT
        return max([int(any_at_all), *(number + 1 for each in on_gpus for number in each.gpus)])

    def _check_instances(self) -> None:
        require_several(f"{self._what} instances", self.instances, TritonInstances)
        object.__setattr__(self, "instances", tuple(self.instances))
        for each in self.instances:
            if self.backend is TritonBackend.TENSORRT and each.kind == kinds.CPU:
                raise ConfigurationError(
                    f"{self._what} instances must run on a GPU, got TritonInstances.cpu: TensorRT compiles for GPUs alone"
                )

    def _check_files(self) -> None:
        require(f"{self._what} versions", self.versions, dict, MappingProxyType)
        if not self.versions:
            raise ConfigurationError(
                f"{self._what} versions must have at least one, got none: the server loads a model by its version"
            )
        for version in self.versions:
            literals.number(f"{self._what} versions", version, TRITON_VERSION)
        # Copies: what the caller does to the dictionaries later must not change a frozen value.
        for name in ("versions", "files", "parameters", "options"):
            require(f"{self._what} {name}", getattr(self, name), dict, MappingProxyType)
            object.__setattr__(self, name, MappingProxyType(dict(getattr(self, name))))
        versions = (
            place_version(self._what, each, self.versions[each], self.backend) for each in sorted(self.versions)
        )
        beside = tuple(place_file(self._what, name, self.files[name]) for name in sorted(self.files))
        object.__setattr__(self, "placed", (*versions, *beside))
        for name, value in self.parameters.items():
            literals.text(f"{self._what} parameters", name)
            literals.text(f"{self._what} parameters {name!r}", value)
        check_environment(self._what, dict(self.parameters), beside)

    def _check_options(self) -> None:
        own = [name for name in _OWN if name in self.options]
        if own:
            raise ConfigurationError(
                f"{self._what} options must be what no other argument says, got {own[0]!r}: it would be said twice"
            )
        if "sequence_batching" in self.options and self.batching is not None:
            raise ConfigurationError(
                f"{self._what} options must hold no sequence_batching beside batching, got both: the server gathers requests "
                "in one way"
            )


def _check_outputs(what: str, outputs: Sequence[Tensor]) -> None:
    optional = [each.name for each in outputs if each.optional]
    if optional:
        raise ConfigurationError(
            f"{what} outputs must not be optional, got {optional[0]!r}: a model gives all of them, and a request may ask for "
            "fewer"
        )
