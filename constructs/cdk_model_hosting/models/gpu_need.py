"""GPUs that a model does not load without."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from cdk_model_hosting.errors import ConfigurationError

if TYPE_CHECKING:
    from cdk_model_hosting.instances import InstanceType
    from cdk_model_hosting.models.image import ContainerImage


@dataclass(frozen=True, slots=True, kw_only=True)
class GpuNeed:
    """That a model of an artifact loads on instances with GPUs alone.

    Args:
        owner: The model, as the user typed it.
        gpus: How many an instance must have, at least 1.
    """

    owner: str
    gpus: int

    def check(self, image: ContainerImage, machine: InstanceType) -> None:
        """Refuse an image or instances that it does not load on.

        Args:
            image: The container's image.
            machine: What the fleet's instances are.

        Raises:
            ConfigurationError: When the image is built without GPUs, or the instances have too few of them.
        """
        if image.is_for_cpus:
            raise ConfigurationError(
                f"ContainerImage.triton gpu must be True for {self.owner}, got False: its copies run on GPUs, and that image "
                "is built without them"
            )
        if not machine.resolved or self._has_enough(machine):
            return
        wanted = "a GPU" if self.gpus == 1 else f"at least {self.gpus} GPUs"
        raise ConfigurationError(
            f"Fleet instance_type must have {wanted} for {self.owner}, got {machine.name}: the Triton server does not load it "
            "there"
        )

    def _has_enough(self, machine: InstanceType) -> bool:
        return machine.gpu and (machine.accelerators is None or machine.accelerators >= self.gpus)
