"""What an alarm or a graph looks at."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cdk_model_hosting.instances import InstanceType

REQUESTS = "AWS/SageMaker"
"""Namespace of what SageMaker counts about requests."""

INSTANCES = "/aws/sagemaker/Endpoints"
"""Namespace of what SageMaker measures on instances."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Watched:
    """A variant of an endpoint.

    Args:
        endpoint_name: Name of the endpoint.
        variant_name: Name of its variant.
        config_name: Name of the endpoint configuration, to look at the fleet that this configuration brought up and
            not at the one it replaces; None to look at whatever serves.
        machine: What its instances are; None where this app does not say, as for an imported endpoint.
        bounds: Fewest and most instances that it scales between; None for a fixed fleet, or where it is not known.
    """

    endpoint_name: str
    variant_name: str
    config_name: str | None = None
    machine: InstanceType | None = None
    bounds: tuple[int, int] | None = None

    def dimensions(self) -> dict[str, str]:
        """The dimensions by which the variant's own metrics are found."""
        return {"EndpointName": self.endpoint_name, "VariantName": self.variant_name}
