"""Policies that follow what is explained."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from cdk_model_hosting.scaling.target_tracking import TargetTracking, customized

if TYPE_CHECKING:
    from cdk_model_hosting.scaling.policy import ScaledFleet

_NAMESPACE = "AWS/SageMaker"
_METRIC = "ExplanationsPerInstance"


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanations(TargetTracking):
    """Tracks the records that one instance explains in a minute.

    See: https://docs.aws.amazon.com/sagemaker/latest/dg/endpoint-auto-scaling-add-code-define.html
    """

    @property
    def tracks(self) -> tuple[str, ...]:
        """The metric's namespace and name."""
        return (_NAMESPACE, _METRIC)

    def specification(self, fleet: ScaledFleet) -> dict[str, Any]:
        """The metric with its dimensions."""
        dimensions = (("EndpointName", fleet.endpoint_name), ("VariantName", fleet.variant_name))
        return {"CustomizedMetricSpecification": customized(_NAMESPACE, _METRIC, dimensions, "Sum")}
