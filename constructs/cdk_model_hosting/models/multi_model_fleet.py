"""Which instances a container can load models on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cdk_model_hosting.advice import Advice
from cdk_model_hosting.errors import ConfigurationError

if TYPE_CHECKING:
    from cdk_model_hosting.instances import InstanceType
    from cdk_model_hosting.models.image import ContainerImage

# The families in AWS's table. Its page on instances asks for a single GPU and names no family.
# See: https://docs.aws.amazon.com/sagemaker/latest/dg/multi-model-support.html (read 2026-11-20)
_LISTED = ("g4dn", "g5", "p2", "p3")


def check_multi_model_fleet(what: str, image: ContainerImage, machine: InstanceType) -> None:
    """Refuse instances that a container cannot load models on.

    Args:
        what: The model as the user typed it.
        image: The container's image.
        machine: What the fleet's instances are.

    Raises:
        ConfigurationError: When they have chips that are no GPUs, several GPUs, or a GPU and an image without Triton.

    See: https://docs.aws.amazon.com/sagemaker/latest/dg/multi-model-endpoint-instance.html
    """
    if not machine.resolved or machine.accelerator is None:
        return
    if machine.single_gpu is False:
        raise ConfigurationError(
            f"Fleet instance_type must have no accelerator or a single GPU for {what}, got {machine.name}: SageMaker loads "
            "models on request on no other instances"
        )
    if image.is_triton is False:
        raise ConfigurationError(
            f"{what} image must run Triton on {machine.name}, got {image.published_as}: SageMaker loads models into a GPU "
            "by Triton's container only; use ContainerImage.triton, or CPU instances"
        )


def multi_model_fleet_advice(machine: InstanceType) -> list[Advice]:
    """What AWS does not say of instances that a container loads models on.

    Args:
        machine: What the fleet's instances are.
    """
    if not machine.gpu or machine.single_gpu is False or machine.family in _LISTED:
        return []
    text = (
        f"{machine.name} may be refused for models that are loaded on request: AWS asks for instances with a single GPU, and "
        f"lists those of {', '.join(_LISTED)}"
    )
    return [Advice("unlistedMultiModelInstance", text)]
