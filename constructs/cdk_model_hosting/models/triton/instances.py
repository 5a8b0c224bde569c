"""Where the copies of a Triton model run, and how many there are."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from cdk_model_hosting.errors import ConfigurationError
from cdk_model_hosting.limits import TRITON_COPIES, TRITON_GPU
from cdk_model_hosting.models.triton import literals

if TYPE_CHECKING:
    from collections.abc import Sequence

GPU = "KIND_GPU"
CPU = "KIND_CPU"
AUTO = "KIND_AUTO"
MODEL = "KIND_MODEL"


@dataclass(frozen=True, slots=True, kw_only=True)
class TritonInstances:
    """Copies of a model that answer beside each other. Made by one of its factories.

    See: https://docs.aws.amazon.com/sagemaker/latest/dg/deploy-models-frameworks-triton.html
    """

    kind: str
    count: int
    gpus: Sequence[int] = ()

    def __post_init__(self) -> None:
        literals.number("TritonInstances count", self.count, TRITON_COPIES)
        literals.numbers("TritonInstances gpus", self.gpus)
        object.__setattr__(self, "gpus", tuple(self.gpus))
        for number in self.gpus:
            TRITON_GPU.check("TritonInstances gpus", number)
        if len(set(self.gpus)) < len(self.gpus):
            raise ConfigurationError(
                f"TritonInstances gpus must name each GPU once, got {list(self.gpus)}: count says how many copies it holds"
            )

    @staticmethod
    def gpu(count: int = 1, *, gpus: Sequence[int] = ()) -> TritonInstances:
        """Copies on every GPU of the instance.

        Args:
            count: Copies on each GPU, at least 1.
            gpus: Numbers of the GPUs to use, from 0; all when omitted.

        Raises:
            ConfigurationError: When a number is outside its range, or a GPU is named twice.
        """
        return TritonInstances(kind=GPU, count=count, gpus=gpus)

    @staticmethod
    def cpu(count: int = 1) -> TritonInstances:
        """Copies on the processor, also where there is a GPU.

        Args:
            count: Copies, at least 1.

        Raises:
            ConfigurationError: When there are none.
        """
        return TritonInstances(kind=CPU, count=count)

    @staticmethod
    def auto(count: int = 1) -> TritonInstances:
        """Copies on every GPU where there is one, on the processor otherwise.

        Args:
            count: Copies on each GPU, or on the processor, at least 1.

        Raises:
            ConfigurationError: When there are none.
        """
        return TritonInstances(kind=AUTO, count=count)

    @staticmethod
    def by_model(count: int = 1) -> TritonInstances:
        """Copies that choose their devices themselves, such as a model spread over several GPUs.

        Args:
            count: Copies, at least 1.

        Raises:
            ConfigurationError: When there are none.
        """
        return TritonInstances(kind=MODEL, count=count)
