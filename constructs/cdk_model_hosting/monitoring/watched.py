"""What an alarm or a graph looks at."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from cdk_model_hosting.instances import InstanceType

REQUESTS = "AWS/SageMaker"
"""Namespace of what SageMaker counts about requests."""

INSTANCES = "/aws/sagemaker/Endpoints"
"""Namespace of what SageMaker measures on instances."""

COPIES = "/aws/sagemaker/InferenceComponents"
"""Namespace of what SageMaker measures on the copies of an inference component."""

By = Literal["endpoint", "variant", "container", "component"]
"""Who publishes a metric: the endpoint as a whole, each variant, each container of a variant, each component."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Watched:
    """A variant of an endpoint, one of its containers, or an inference component.

    Args:
        endpoint_name: Name of the endpoint.
        variant_name: Name of its variant.
        config_name: Name of the endpoint configuration, to look at the fleet that this configuration brought up and
            not at the one it replaces; None to look at whatever serves.
        machine: What its instances are; None where this app does not say, as for an imported endpoint.
        bounds: Fewest and most instances, or copies, that it scales between; None for a fixed number, or where it is not
            known.
        containers: Host names of the variant's containers, where metrics tell them apart.
        container_name: The one container that is looked at.
        component_name: Name of the inference component that is looked at, which is known by it alone.
    """

    endpoint_name: str
    variant_name: str
    config_name: str | None = None
    machine: InstanceType | None = None
    bounds: tuple[int, int] | None = None
    containers: tuple[str, ...] = ()
    container_name: str | None = None
    component_name: str | None = None

    @property
    def name(self) -> str:
        """What it is called among its likes."""
        if self.component_name is not None:
            return self.component_name
        return self.variant_name if self.container_name is None else self.container_name

    @property
    def title(self) -> str:
        """What it is, in words."""
        if self.component_name is not None:
            return f"{self.component_name} on {self.endpoint_name}"
        found = f"{self.variant_name} of {self.endpoint_name}"
        return found if self.container_name is None else f"{self.container_name} in {found}"

    @property
    def path(self) -> tuple[str, ...]:
        """The names that lead to it, from its endpoint's on."""
        if self.component_name is not None:
            return (self.endpoint_name, self.component_name)
        found = (self.endpoint_name, self.variant_name)
        return found if self.container_name is None else (*found, self.container_name)

    def dimensions(self) -> dict[str, str]:
        """The dimensions by which its own metrics are found."""
        if self.component_name is not None:
            return {"InferenceComponentName": self.component_name}
        found = {"EndpointName": self.endpoint_name, "VariantName": self.variant_name}
        if self.container_name is not None:
            found["ContainerName"] = self.container_name
        return found

    def each_container(self, *names: str) -> tuple[Watched, ...]:
        """The variant's containers, each by itself.

        Args:
            names: Those that are looked at; all that are known when none are named.
        """
        return tuple(replace(self, container_name=each) for each in names or self.containers)
