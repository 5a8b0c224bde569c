"""What makes a fleet grow and shrink."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import aws_cdk as cdk

from cdk_model_hosting.durations import seconds
from cdk_model_hosting.limits import COOLDOWN_SECONDS, TARGET_VALUE

if TYPE_CHECKING:
    from constructs import Construct


class ScalingPolicy(ABC):
    """A rule that changes a fleet's size. Several can act on one fleet; the one that asks for most instances wins.

    See: https://docs.aws.amazon.com/sagemaker/latest/dg/endpoint-auto-scaling-policy.html
    """

    @staticmethod
    def on_invocations(
        *,
        per_instance_per_minute: float,
        scale_out_cooldown: cdk.Duration | None = None,
        scale_in_cooldown: cdk.Duration | None = None,
        scale_in: bool = True,
    ) -> ScalingPolicy:
        """Keep the requests that one instance gets in a minute near a target.

        A load test gives the target: the most requests per second that one instance answers well, times a safety factor
        of 0.5, times 60.

        Args:
            per_instance_per_minute: Requests that one instance should get in a minute, above 0.
            scale_out_cooldown: Pause after growing; 5 minutes when omitted.
            scale_in_cooldown: Pause after shrinking; 5 minutes when omitted.
            scale_in: Whether the fleet may shrink by this policy.

        Raises:
            ConfigurationError: When the target is not above 0.
        """
        return _TargetTracking(
            name="Invocations",
            what="ScalingPolicy.on_invocations",
            metric="SageMakerVariantInvocationsPerInstance",
            target_argument="per_instance_per_minute",
            target=per_instance_per_minute,
            out_seconds=seconds("ScalingPolicy.on_invocations scale_out_cooldown", scale_out_cooldown),
            in_seconds=seconds("ScalingPolicy.on_invocations scale_in_cooldown", scale_in_cooldown),
            scale_in=scale_in,
        )

    name: str
    """Name of the policy, unique on its fleet."""

    @abstractmethod
    def render(self) -> dict[str, Any]:
        """The policy's type and configuration, as CloudFormation's properties."""

    def bind(self, scope: Construct, construct_id: str, target: Any) -> cdk.CfnResource:
        """Make the policy's resource.

        Args:
            scope: Where to make it.
            construct_id: ID below `scope`.
            target: Reference to the registered fleet.
        """
        properties = {"PolicyName": self.name, "ScalingTargetId": target, **self.render()}
        return cdk.CfnResource(
            scope, construct_id, type="AWS::ApplicationAutoScaling::ScalingPolicy", properties=properties
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class _TargetTracking(ScalingPolicy):
    name: str
    what: str
    metric: str
    target_argument: str
    target: float
    out_seconds: int | None
    in_seconds: int | None
    scale_in: bool

    def __post_init__(self) -> None:
        TARGET_VALUE.check(f"{self.what} {self.target_argument}", self.target)
        COOLDOWN_SECONDS.check(f"{self.what} scale_out_cooldown", self.out_seconds)
        COOLDOWN_SECONDS.check(f"{self.what} scale_in_cooldown", self.in_seconds)

    def render(self) -> dict[str, Any]:
        configuration: dict[str, Any] = {
            "TargetValue": self.target,
            "PredefinedMetricSpecification": {"PredefinedMetricType": self.metric},
        }
        if self.out_seconds is not None:
            configuration["ScaleOutCooldown"] = self.out_seconds
        if self.in_seconds is not None:
            configuration["ScaleInCooldown"] = self.in_seconds
        if not self.scale_in:
            configuration["DisableScaleIn"] = True
        return {
            "PolicyType": "TargetTrackingScaling",
            "TargetTrackingScalingPolicyConfiguration": configuration,
        }
