"""What goes into a Triton model and what comes out: named tensors with a type and a shape."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from itertools import pairwise
from math import prod
from typing import TYPE_CHECKING

from cdk_model_hosting.arguments import require, require_several
from cdk_model_hosting.errors import ConfigurationError
from cdk_model_hosting.models.triton import literals

if TYPE_CHECKING:
    from collections.abc import Sequence

_ANY = -1


class TensorType(Enum):
    """The data type of a tensor's elements, named as Triton's protocol names it, but for ``STRING`` (its ``BYTES``).

    See: https://docs.nvidia.com/deeplearning/triton-inference-server/user-guide/docs/user_guide/model_configuration.html
    """

    BOOL = "TYPE_BOOL"
    UINT8 = "TYPE_UINT8"
    UINT16 = "TYPE_UINT16"
    UINT32 = "TYPE_UINT32"
    UINT64 = "TYPE_UINT64"
    INT8 = "TYPE_INT8"
    INT16 = "TYPE_INT16"
    INT32 = "TYPE_INT32"
    INT64 = "TYPE_INT64"
    FP16 = "TYPE_FP16"
    FP32 = "TYPE_FP32"
    FP64 = "TYPE_FP64"
    BF16 = "TYPE_BF16"
    STRING = "TYPE_STRING"


@dataclass(frozen=True, slots=True, kw_only=True)
class Tensor:
    """An input or output of a Triton model or ensemble.

    Args:
        name: As the model itself calls it: the ONNX graph's input, the argument of ``forward``, what the Python code asks
            for.
        data_type: Type of its elements.
        shape: Size of each dimension of one item, at least one dimension, without the batch: ``[3, 224, 224]``. -1 stands
            for any size.
        model_shape: Shape that the model wants in place of `shape`, with as many elements. Empty for a model that takes
            or gives one bare number an item, which `shape` then calls ``[1]``. The same as `shape` when omitted.
        optional: Whether a request may leave this input out.

    Raises:
        ConfigurationError: When the name is empty, a dimension is neither -1 nor at least 1, or the shapes differ in size.

    See: https://docs.nvidia.com/deeplearning/triton-inference-server/user-guide/docs/user_guide/model_configuration.html
    """

    name: str
    data_type: TensorType
    shape: Sequence[int]
    model_shape: Sequence[int] | None = None
    optional: bool = False

    def __post_init__(self) -> None:
        literals.text("Tensor name", self.name)
        require(f"Tensor {self.name!r} optional", self.optional, bool)
        require(f"Tensor {self.name!r} data_type", self.data_type, TensorType)
        object.__setattr__(self, "shape", self._checked("shape", self.shape))
        if not self.shape:
            raise ConfigurationError(
                f"Tensor {self.name!r} shape must have at least one dimension, got []: a bare number is [1], with an empty "
                "model_shape"
            )
        if self.model_shape is None:
            return
        object.__setattr__(self, "model_shape", self._checked("model_shape", self.model_shape))
        if _runs(self.shape) != _runs(self.model_shape):
            raise ConfigurationError(
                f"Tensor {self.name!r} model_shape must have as many elements as shape, got {list(self.model_shape)} for "
                f"{list(self.shape)}: the server only reads the same elements in another shape"
            )

    def _checked(self, what: str, shape: Sequence[int]) -> tuple[int, ...]:
        literals.numbers(f"Tensor {self.name!r} {what}", shape)
        for size in shape:
            if size < 1 and size != _ANY:
                raise ConfigurationError(
                    f"Tensor {self.name!r} {what} must hold sizes of at least 1, or -1 for any size, got {list(shape)}: no "
                    "tensor has another dimension"
                )
        return tuple(shape)

    def fits(self, other: Tensor) -> bool:
        """Whether a tensor of this shape can be one of the other's, as far as sizes are known before the request."""
        if len(self.shape) != len(other.shape):
            return False
        return all(_ANY in pair or pair[0] == pair[1] for pair in zip(self.shape, other.shape, strict=True))


def _runs(shape: Sequence[int]) -> list[int]:
    """The number of elements before, between and after the dimensions of any size."""
    edges = [-1, *(index for index, size in enumerate(shape) if size == _ANY), len(shape)]
    return [prod(shape[start + 1 : end]) for start, end in pairwise(edges)]


def check_tensors(what: str, tensors: Sequence[Tensor]) -> tuple[Tensor, ...]:
    """Refuse inputs or outputs that are none, or share a name.

    Args:
        what: The argument as the user typed it.
        tensors: What was given.

    Raises:
        ConfigurationError: When it is no list of tensors, is empty, or names one twice.
    """
    require_several(what, tensors, Tensor)
    if not tensors:
        raise ConfigurationError(f"{what} must hold at least one tensor, got none: SageMaker's container asks for both")
    names = [each.name for each in tensors]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise ConfigurationError(
            f"{what} must have names of their own, got {twice[0]!r} twice: a tensor is found by its name"
        )
    return tuple(tensors)
