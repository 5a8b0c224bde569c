"""What a copy of an inference component gets of an instance."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from aws_cdk import aws_sagemaker as sagemaker

from cdk_model_hosting.errors import ConfigurationError
from cdk_model_hosting.limits import COMPONENT_ACCELERATORS, COMPONENT_CPUS, COMPONENT_MEMORY_MB
from cdk_model_hosting.tokens import is_token

if TYPE_CHECKING:
    from cdk_model_hosting.instances import InstanceType


@dataclass(frozen=True, slots=True, kw_only=True)
class ComponentResources:
    """What each copy is given, and placed by.

    Args:
        memory_mb: Memory that a copy needs, at least 128 MB.
        max_memory_mb: Memory that it may use; as much as there is when omitted.
        cpus: CPU cores, at least 0.25; shared when omitted.
        accelerators: GPUs or Neuron devices, whole ones; none when omitted.

    Raises:
        ConfigurationError: When a number is outside its range, or the memory's bounds are not in order.

    See: https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_InferenceComponentComputeResourceRequirements.html
    """

    memory_mb: int
    max_memory_mb: int | None = None
    cpus: float | None = None
    accelerators: int | None = None

    def __post_init__(self) -> None:
        COMPONENT_MEMORY_MB.check("ComponentResources memory_mb", self.memory_mb, optional=False)
        COMPONENT_MEMORY_MB.check("ComponentResources max_memory_mb", self.max_memory_mb)
        COMPONENT_CPUS.check("ComponentResources cpus", self.cpus)
        COMPONENT_ACCELERATORS.check("ComponentResources accelerators", self.accelerators)
        most = self.max_memory_mb
        if most is not None and not is_token(most) and not is_token(self.memory_mb) and most < self.memory_mb:
            raise ConfigurationError(
                f"ComponentResources max_memory_mb must be at least memory_mb {self.memory_mb}, got {most}: a copy would be "
                "placed with more than it may use"
            )

    def check(self, machine: InstanceType) -> None:
        """Refuse what no instance of a type can give.

        Args:
            machine: What the endpoint's instances are.

        Raises:
            ConfigurationError: When a copy needs more than one instance has.
        """
        if not machine.resolved or not machine.known:
            return
        wanted = self.accelerators
        if wanted is not None and not is_token(wanted):
            if machine.accelerator is None:
                raise ConfigurationError(
                    f"ComponentResources accelerators must be omitted on {machine.name}, got {wanted}: it has none"
                )
            if machine.accelerators is not None and wanted > machine.accelerators:
                raise ConfigurationError(
                    f"ComponentResources accelerators must be at most the {machine.accelerators} of {machine.name}, got "
                    f"{wanted}: a copy runs on one instance"
                )
        cpus = self.cpus
        if cpus is not None and not is_token(cpus) and machine.vcpus is not None and cpus > machine.vcpus:
            raise ConfigurationError(
                f"ComponentResources cpus must be at most the {machine.vcpus} of {machine.name}, got {cpus:g}: a copy runs on "
                "one instance"
            )

    def render(self) -> sagemaker.CfnInferenceComponent.InferenceComponentComputeResourceRequirementsProperty:
        """The resources as the component names them."""
        return sagemaker.CfnInferenceComponent.InferenceComponentComputeResourceRequirementsProperty(
            min_memory_required_in_mb=self.memory_mb,
            max_memory_required_in_mb=self.max_memory_mb,
            number_of_cpu_cores_required=self.cpus,
            number_of_accelerator_devices_required=self.accelerators,
        )
