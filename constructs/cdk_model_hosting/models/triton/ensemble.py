"""Models of a Triton repository that answer one request together."""

from __future__ import annotations

from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING

from cdk_model_hosting.arguments import require, require_several
from cdk_model_hosting.errors import ConfigurationError
from cdk_model_hosting.limits import TRITON_BATCH, TRITON_MODEL_NAME, TRITON_VERSION
from cdk_model_hosting.models.triton import literals
from cdk_model_hosting.models.triton.flow import Flow
from cdk_model_hosting.models.triton.model import TritonModel
from cdk_model_hosting.models.triton.tensor import Tensor, check_tensors

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


@dataclass(frozen=True, slots=True, kw_only=True)
class TritonStep:
    """One model's part in an ensemble.

    Args:
        model: The model, or another ensemble.
        inputs: Which tensor of the ensemble each of the model's inputs is: ``{"features": "matrix"}`` gives the model's
            input ``features`` what the ensemble calls ``matrix``. Inputs that are optional may be left out.
        outputs: What the ensemble calls each of the model's outputs; those that nothing needs are left out.
        version: Version of the model; the newest that is served when omitted.

    Raises:
        ConfigurationError: When an input or output is not the model's, an input is missing, no output is used, or the
            version is not served.
    """

    model: TritonModel | TritonEnsemble
    inputs: Mapping[str, str] = field(hash=False)
    outputs: Mapping[str, str] = field(hash=False)
    version: int | None = None

    def __post_init__(self) -> None:
        require("TritonStep model", self.model, TritonModel, TritonEnsemble)
        for what in ("inputs", "outputs"):
            require(f"{self._what} {what}", getattr(self, what), dict, MappingProxyType)
            # Copies: what the caller does to the dictionaries later must not change a frozen value.
            object.__setattr__(self, what, MappingProxyType(dict(getattr(self, what))))
        self._check_names("inputs", self.inputs, self.model.inputs)
        self._check_names("outputs", self.outputs, self.model.outputs)
        missing = [each.name for each in self.model.inputs if each.name not in self.inputs and not each.optional]
        if missing:
            raise ConfigurationError(
                f"{self._what} inputs must have every input of the model, got none for {missing[0]!r}: the model cannot "
                "answer without it"
            )
        if not self.inputs:
            raise ConfigurationError(
                f"{self._what} inputs must have at least one input, got none: the server starts a step when its inputs are there"
            )
        if not self.outputs:
            raise ConfigurationError(
                f"{self._what} outputs must have at least one output, got none: nothing would come of the step"
            )
        self._check_version()

    @property
    def _what(self) -> str:
        return f"TritonStep of {self.model.name!r}"

    def _check_names(self, what: str, mapping: Mapping[str, str], tensors: Sequence[Tensor]) -> None:
        known = [each.name for each in tensors]
        for name, tensor in mapping.items():
            if name not in known:
                raise ConfigurationError(
                    f"{self._what} {what} must be named as the model names them, got {name!r}, which is none of "
                    f"{', '.join(map(repr, known))}: the server finds them by their names"
                )
            literals.text(f"{self._what} {what} {name!r}", tensor)

    def _check_version(self) -> None:
        literals.number(f"{self._what} version", self.version, TRITON_VERSION)
        if self.version is not None and self.version not in self.model.served:
            raise ConfigurationError(
                f"{self._what} version must be one that the model serves, got {self.version}, which is none of "
                f"{', '.join(map(str, self.model.served))}: the ensemble would not load"
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class TritonEnsemble:
    """A graph of models that answers one request: outputs of some are inputs of others, and nothing leaves the server.

    A step starts as soon as its inputs are there, whatever its place in the list, and steps that do not wait for each
    other run at the same time.

    Args:
        name: Name of its folder, as a model's.
        inputs: What a request brings.
        outputs: What the answer holds. The steps name these tensors in their `outputs`.
        steps: The models, and what they give to each other.
        max_batch_size: Most items that it takes at once; as many as each of its models when omitted.

    Raises:
        ConfigurationError: When a step needs a tensor that nothing makes, or one that is made after it; when a tensor is
            made twice or for nothing; when two ends of a tensor differ in type or shape; when a model takes smaller
            batches.

    See: https://docs.nvidia.com/deeplearning/triton-inference-server/user-guide/docs/user_guide/ensemble_models.html
    """

    name: str
    inputs: Sequence[Tensor]
    outputs: Sequence[Tensor]
    steps: Sequence[TritonStep]
    max_batch_size: int | None = None

    def __post_init__(self) -> None:
        literals.text("TritonEnsemble name", self.name, TRITON_MODEL_NAME)
        require_several(f"{self._what} steps", self.steps, TritonStep)
        if not self.steps:
            raise ConfigurationError(f"{self._what} steps must have at least one, got none: nothing would answer")
        for what in ("inputs", "outputs"):
            tensors = check_tensors(f"{self._what} {what}", getattr(self, what))
            self._check_tensors(what, tensors)
            object.__setattr__(self, what, tensors)
        object.__setattr__(self, "steps", tuple(self.steps))
        self._check_batch()
        Flow(self._what, self.inputs, self.outputs, self.steps).check()

    @property
    def _what(self) -> str:
        return f"TritonEnsemble {self.name!r}"

    @property
    def largest_batch(self) -> int:
        """Most items that it takes at once."""
        if self.max_batch_size is not None:
            return self.max_batch_size
        return min(largest_batch(each.model) for each in self.steps)

    @property
    def served(self) -> tuple[int, ...]:
        """Numbers of the versions that are loaded: an ensemble has one."""
        return (1,)

    @property
    def members(self) -> tuple[TritonModel | TritonEnsemble, ...]:
        """Itself, and every model and ensemble that it uses, each once."""
        found: list[TritonModel | TritonEnsemble] = [self]
        for step in self.steps:
            found.extend(each for each in step.model.members if not any(each is known for known in found))
        return tuple(found)

    def _check_tensors(self, what: str, tensors: Sequence[Tensor]) -> None:
        for each in tensors:
            if each.model_shape is not None:
                raise ConfigurationError(
                    f"{self._what} {what} must have no model_shape, got one for {each.name!r}: the models have theirs, and an "
                    "ensemble hands tensors on as they are"
                )
            if each.optional and what == "outputs":
                raise ConfigurationError(
                    f"{self._what} outputs must not be optional, got {each.name!r}: the answer holds all of them, and a "
                    "request may ask for fewer"
                )

    def _check_batch(self) -> None:
        literals.number(f"{self._what} max_batch_size", self.max_batch_size, TRITON_BATCH)
        for step in self.steps:
            if largest_batch(step.model) < self.largest_batch:
                raise ConfigurationError(
                    f"{self._what} max_batch_size must be at most that of each of its models, got {self.max_batch_size} with "
                    f"{largest_batch(step.model)} for {step.model.name!r}: a batch goes through whole"
                )


def largest_batch(model: TritonModel | TritonEnsemble) -> int:
    """Most items that a model or ensemble takes at once."""
    return model.largest_batch if isinstance(model, TritonEnsemble) else model.max_batch_size
