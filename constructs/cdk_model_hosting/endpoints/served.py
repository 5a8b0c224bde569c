"""What an endpoint needs to know of each of its variants, whatever they run on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    import aws_cdk as cdk
    from aws_cdk import aws_sagemaker as sagemaker

    from cdk_model_hosting.models.model import Model
    from cdk_model_hosting.monitoring.watched import Watched
    from cdk_model_hosting.patterns import Pattern
    from cdk_model_hosting.scaling.policy import ScaledFleet
    from cdk_model_hosting.scaling.scaling import Scaling


class Served(Protocol):
    """A variant, on instances or on none."""

    @property
    def name(self) -> str:
        """Name that requests and metrics tell it apart by."""

    @property
    def model(self) -> Model | None:
        """What it serves; None where inference components are to."""

    @property
    def scaling(self) -> Scaling | None:
        """How it grows with its traffic."""

    def render(self) -> sagemaker.CfnEndpointConfig.ProductionVariantProperty:
        """The variant as the endpoint configuration names it."""

    def watched(self, endpoint_name: str) -> Watched:
        """The variant as alarms and dashboards look at it."""

    def scaled(self, endpoint_name: str, stack: cdk.Stack, pattern: Pattern) -> ScaledFleet | None:
        """The variant as scaling policies act on it; None where nothing of it scales."""
