"""Policies that follow how busy the instances are."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from cdk_model_hosting.errors import ConfigurationError
from cdk_model_hosting.limits import UTILIZATION_PERCENT
from cdk_model_hosting.scaling.target_tracking import TargetTracking, customized
from cdk_model_hosting.tokens import is_token

if TYPE_CHECKING:
    from cdk_model_hosting.instances import InstanceType
    from cdk_model_hosting.scaling.policy import ScaledFleet

_INSTANCES = "/aws/sagemaker/Endpoints"


@dataclass(frozen=True, slots=True, kw_only=True)
class Utilization(TargetTracking):
    """Tracks how much of the instances is in use.

    SageMaker adds CPU and GPU metrics up over cores and devices, so that four busy GPUs show 400 %. The target is given
    for the machine as a whole, 0 to 100 %, and multiplied here.

    Args:
        metric: Metric of the instances.
        counted: What the metric is added up over: ``vcpus``, ``accelerators``, or nothing.
    """

    metric: str
    counted: str | None

    def __post_init__(self) -> None:
        UTILIZATION_PERCENT.check(f"{self.what} {self.argument}", self.target)
        super(Utilization, self).__post_init__()

    def check(self, machine: InstanceType | None) -> None:
        """Refuse machines without what is measured, or with an unknown number of it, and fleets without machines."""
        machine = self._present(machine)
        if self.counted is None:
            return
        if self.counted == "accelerators" and machine.resolved and not machine.gpu:
            raise ConfigurationError(
                f"{self.what} fleet must be of GPU instances, got {machine.name}: there is nothing to measure"
            )
        if self._count(machine) is None:
            name = "one that is known only at deploy time" if not machine.resolved else machine.name
            raise ConfigurationError(
                f"{self.what} fleet must be of a type whose number of {self.counted} is known, got {name}: SageMaker adds "
                "the metric up over them; use ScalingPolicy.on_metric with a target of your own"
            )

    @property
    def tracks(self) -> tuple[str, ...]:
        """The metric's namespace and name."""
        return (_INSTANCES, self.metric)

    def value(self, machine: InstanceType | None) -> float:
        """The target times what it is added up over."""
        count = self._count(self._present(machine))
        if count in {None, 1}:
            return self.target
        return self._refused() if is_token(self.target) else round(self.target * (count or 1), 6)

    def specification(self, fleet: ScaledFleet) -> dict[str, Any]:
        """The metric with its dimensions."""
        dimensions = (("EndpointName", fleet.endpoint_name), ("VariantName", fleet.variant_name))
        return {"CustomizedMetricSpecification": customized(_INSTANCES, self.metric, dimensions, "Average")}

    def _present(self, machine: InstanceType | None) -> InstanceType:
        if machine is None:
            raise ConfigurationError(
                f"{self.what} fleet must have instances, got none: there is nothing to measure; use "
                "ScalingPolicy.on_metric"
            )
        return machine

    def _count(self, machine: InstanceType) -> int | None:
        count: int | None = getattr(machine, self.counted) if self.counted is not None else 1
        return count or None

    def _refused(self) -> float:
        raise ConfigurationError(
            f"{self.what} {self.argument} must be a literal number, got one that is known only at deploy time: it is "
            f"multiplied by the number of {self.counted}"
        )
