"""The instances that inference components share: the one variant of their endpoint, without a model."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from aws_cdk import aws_sagemaker as sagemaker

from cdk_model_hosting.arguments import require
from cdk_model_hosting.endpoints.fleet import Fleet
from cdk_model_hosting.endpoints.managed_instances import ManagedInstances
from cdk_model_hosting.endpoints.variant import ONLY_VARIANT, fleet_advice
from cdk_model_hosting.errors import ConfigurationError
from cdk_model_hosting.monitoring.watched import Watched
from cdk_model_hosting.tokens import is_token

if TYPE_CHECKING:
    import aws_cdk as cdk

    from cdk_model_hosting.advice import Advice
    from cdk_model_hosting.patterns import Pattern


@dataclass(frozen=True, slots=True, kw_only=True)
class SharedInstances:
    """The one variant of an endpoint for inference components.

    Args:
        fleet: Instance type, and what holds for all instances.
        instances: Bounds of their number; None for a fixed one.
        name: The variant's name.

    Raises:
        ConfigurationError: When the fleet's count lies outside the bounds.
    """

    fleet: Fleet
    instances: ManagedInstances | None
    name: str = ONLY_VARIANT
    model: None = None
    scaling: None = None

    def __post_init__(self) -> None:
        require("ComponentEndpoint fleet", self.fleet, Fleet)
        if self.instances is None:
            return
        require("ComponentEndpoint instances", self.instances, ManagedInstances)
        count, least, most = self.fleet.count, self.instances.minimum, self.instances.maximum
        if count is None or any(is_token(each) for each in (count, least, most)) or least <= count <= most:
            return
        raise ConfigurationError(
            f"Fleet count must lie between the bounds {least} and {most} of instances, got {count}: SageMaker would change "
            "it at once"
        )

    @property
    def initial_count(self) -> int:
        """Instances that the endpoint is created with."""
        if self.fleet.count is not None:
            return self.fleet.count
        if self.instances is None:
            return 1
        # One that may go down to none cannot begin there.
        minimum = self.instances.minimum
        return minimum if is_token(minimum) else max(1, minimum)

    @property
    def largest_count(self) -> int:
        """Most instances that there can be."""
        return self.initial_count if self.instances is None else self.instances.maximum

    def render(self) -> sagemaker.CfnEndpointConfig.ProductionVariantProperty:
        """The variant as the endpoint configuration names it."""
        fleet, managed = self.fleet, self.instances
        return sagemaker.CfnEndpointConfig.ProductionVariantProperty(
            variant_name=self.name,
            initial_instance_count=self.initial_count,
            initial_variant_weight=1,
            instance_type=fleet.instance_type,
            volume_size_in_gb=fleet.volume_gb,
            model_data_download_timeout_in_seconds=fleet.download_seconds,
            container_startup_health_check_timeout_in_seconds=fleet.startup_seconds,
            inference_ami_version=fleet.ami_version,
            managed_instance_scaling=None if managed is None else managed.render(),
            routing_config=None if fleet.routing is None else fleet.routing.render(),
        )

    def watched(self, endpoint_name: str) -> Watched:
        """The variant as alarms and dashboards look at it."""
        bounds = None if self.instances is None else (self.instances.minimum, self.instances.maximum)
        return Watched(endpoint_name=endpoint_name, variant_name=self.name, machine=self.fleet.machine, bounds=bounds)

    def scaled(self, endpoint_name: str, stack: cdk.Stack, pattern: Pattern) -> None:
        """Copies scale, and instances follow them."""

    def advice(self) -> list[Advice]:
        """What works with these instances, but not as one may expect."""
        return fleet_advice(self.name, self.fleet)
