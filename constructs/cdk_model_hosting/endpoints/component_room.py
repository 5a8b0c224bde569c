"""Whether the copies of all inference components find room on their endpoint's instances."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from cdk_model_hosting.errors import ConfigurationError
from cdk_model_hosting.tokens import is_token

if TYPE_CHECKING:
    from cdk_model_hosting.endpoints.component_resources import ComponentResources
    from cdk_model_hosting.instances import InstanceType


@dataclass(slots=True, kw_only=True)
class ComponentRoom:
    """What the components of an endpoint reserve, beside what its instances have when there are most of them.

    Memory is not counted: SageMaker keeps a part of it for itself, and does not say how much.

    Args:
        machine: What the instances are.
        instances: Most of them.
    """

    machine: InstanceType
    instances: int
    _accelerators: float = 0
    _cpus: float = 0

    def take(self, resources: ComponentResources, copies: int) -> None:
        """Reserve room for the copies that a component is never without.

        Args:
            resources: What each gets.
            copies: How many there are.

        Raises:
            ConfigurationError: When there is not enough, however they are placed.
        """
        machine = self.machine
        if not machine.resolved or not machine.known or is_token(self.instances) or is_token(copies):
            return
        self._accelerators += _sum(resources.accelerators, copies)
        self._cpus += _sum(resources.cpus, copies)
        for what, taken, each in (
            ("accelerators", self._accelerators, machine.accelerators),
            ("cores", self._cpus, machine.vcpus),
        ):
            if each is not None and taken > each * self.instances:
                raise ConfigurationError(
                    f"InferenceComponent copies must need at most the {each * self.instances} {what} of the endpoint's "
                    f"{self.instances} {machine.name}, got {taken:g} with those of all components: SageMaker places no "
                    "copy without room"
                )


def _sum(each: float | None, copies: int) -> float:
    return 0 if each is None or is_token(each) else each * copies
