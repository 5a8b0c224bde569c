"""Instances that SageMaker adds and takes away as the copies of inference components need them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from aws_cdk import aws_sagemaker as sagemaker

from cdk_model_hosting.arguments import require
from cdk_model_hosting.durations import seconds
from cdk_model_hosting.errors import ConfigurationError
from cdk_model_hosting.limits import (
    MANAGED_MAX_INSTANCES,
    MANAGED_MIN_INSTANCES,
    MANAGED_SCALE_IN_COOLDOWN_MINUTES,
    MANAGED_SCALE_IN_STEP,
)
from cdk_model_hosting.tokens import is_token

if TYPE_CHECKING:
    import aws_cdk as cdk

_MINUTE = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class ManagedInstances:
    """How many instances the copies of inference components may bring up, and which of them go again.

    Args:
        minimum: Fewest instances; 0 lets an endpoint whose components are all at zero cost nothing.
        maximum: Most instances, at least 1.
        consolidate: Whether copies are moved together so that more instances become free. Otherwise an instance goes when it
            has no copies left.
        consolidate_step: Instances that consolidation takes away at a time, 1-100; 1 when omitted.
        consolidate_after: Pause after any operation before consolidation, 5 minutes to a day; 20 minutes when omitted.

    Raises:
        ConfigurationError: When the bounds are not in order, or consolidation is described and not asked for.

    See: https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_ProductionVariantManagedInstanceScaling.html
    """

    minimum: int
    maximum: int
    consolidate: bool = False
    consolidate_step: int | None = None
    consolidate_after: cdk.Duration | None = field(default=None, compare=False, repr=False)
    consolidate_minutes: int | None = field(init=False)

    def __post_init__(self) -> None:
        require("ManagedInstances consolidate", self.consolidate, bool)
        MANAGED_MIN_INSTANCES.check("ManagedInstances minimum", self.minimum, optional=False)
        MANAGED_MAX_INSTANCES.check("ManagedInstances maximum", self.maximum, optional=False)
        if not any(is_token(each) for each in (self.minimum, self.maximum)) and self.minimum > self.maximum:
            raise ConfigurationError(
                f"ManagedInstances minimum must be at most maximum, got {self.minimum} and {self.maximum}: no number lies "
                "between them"
            )
        object.__setattr__(self, "consolidate_minutes", _minutes(self.consolidate_after))
        MANAGED_SCALE_IN_STEP.check("ManagedInstances consolidate_step", self.consolidate_step)
        MANAGED_SCALE_IN_COOLDOWN_MINUTES.check("ManagedInstances consolidate_after", self.consolidate_minutes)
        described = self.consolidate_step is not None or self.consolidate_after is not None
        if described and not self.consolidate:
            raise ConfigurationError(
                "ManagedInstances consolidate must be True with consolidate_step or consolidate_after, got False: they say "
                "how copies are moved together"
            )

    def render(self) -> sagemaker.CfnEndpointConfig.ManagedInstanceScalingProperty:
        """The bounds as the endpoint configuration names them."""
        config = sagemaker.CfnEndpointConfig
        policy = None
        if self.consolidate:
            policy = config.ScaleInPolicyProperty(
                strategy="CONSOLIDATION",
                maximum_step_size=self.consolidate_step,
                cooldown_in_minutes=self.consolidate_minutes,
            )
        return config.ManagedInstanceScalingProperty(
            status="ENABLED",
            min_instance_count=self.minimum,
            max_instance_count=self.maximum,
            scale_in_policy=policy,
        )


def _minutes(duration: cdk.Duration | None) -> int | None:
    what = "ManagedInstances consolidate_after"
    pause = seconds(what, duration)
    if pause is None:
        return None
    if is_token(pause) or pause % _MINUTE:
        got = "one that is known at deploy time only" if is_token(pause) else f"{pause} seconds"
        raise ConfigurationError(f"{what} must be a whole number of minutes, got {got}: SageMaker counts it in minutes")
    return pause // _MINUTE
