"""The bounds of a fleet's size, and what moves it between them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from aws_cdk import aws_applicationautoscaling as autoscaling

from cdk_model_hosting.errors import ConfigurationError
from cdk_model_hosting.limits import MAX_CAPACITY, REALTIME_MIN_CAPACITY
from cdk_model_hosting.scaling.policy import ScalingPolicy
from cdk_model_hosting.tokens import is_token

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import aws_cdk as cdk
    from constructs import Construct

    from cdk_model_hosting.endpoints.fleet import Fleet
    from cdk_model_hosting.placement import Place


@dataclass(frozen=True, slots=True, kw_only=True)
class Scaling:
    """How many instances a fleet may have, and by what rules the number moves. Made by one of its factories.

    A fleet that scales keeps the size it has reached when a new version is deployed.

    See: https://docs.aws.amazon.com/sagemaker/latest/dg/endpoint-auto-scaling.html
    """

    minimum: int
    maximum: int
    policies: tuple[ScalingPolicy, ...]

    def __post_init__(self) -> None:
        REALTIME_MIN_CAPACITY.check("Scaling minimum", self.minimum)
        MAX_CAPACITY.check("Scaling maximum", self.maximum)
        if not is_token(self.minimum) and not is_token(self.maximum) and self.minimum > self.maximum:
            raise ConfigurationError(
                f"Scaling minimum must be at most its maximum, got {self.minimum} and {self.maximum}: "
                "no fleet size lies between them"
            )
        names = [policy.name for policy in self.policies]
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise ConfigurationError(
                f"Scaling policies must differ, got {twice[0]!r} twice: two rules on one metric would fight"
            )

    @staticmethod
    def between(minimum: int, maximum: int, policies: Sequence[ScalingPolicy] = ()) -> Scaling:
        """Bounds, with any number of policies.

        Without a policy the fleet is registered with its bounds only, for policies made elsewhere.

        Args:
            minimum: Fewest instances, at least 1.
            maximum: Most instances.
            policies: What moves the size.

        Raises:
            ConfigurationError: When the bounds are not in order, or two policies act on the same metric.
        """
        return Scaling(minimum=minimum, maximum=maximum, policies=tuple(policies))

    @staticmethod
    def on_invocations(
        *,
        per_instance_per_minute: float,
        between: tuple[int, int],
        scale_out_cooldown: cdk.Duration | None = None,
        scale_in_cooldown: cdk.Duration | None = None,
        scale_in: bool = True,
    ) -> Scaling:
        """Bounds, and the one policy that most endpoints need: `ScalingPolicy.on_invocations`.

        Args:
            per_instance_per_minute: Requests that one instance should get in a minute, above 0.
            between: Fewest and most instances.
            scale_out_cooldown: Pause after growing; 5 minutes when omitted.
            scale_in_cooldown: Pause after shrinking; 5 minutes when omitted.
            scale_in: Whether the fleet may shrink again.

        Raises:
            ConfigurationError: When the bounds are not in order or the target is not above 0.
        """
        policy = ScalingPolicy.on_invocations(
            per_instance_per_minute=per_instance_per_minute,
            scale_out_cooldown=scale_out_cooldown,
            scale_in_cooldown=scale_in_cooldown,
            scale_in=scale_in,
        )
        return Scaling.between(*between, policies=[policy])

    def check_fleet(self, fleet: Fleet) -> None:
        """Refuse a fleet that cannot scale within these bounds.

        Args:
            fleet: The fleet.

        Raises:
            ConfigurationError: When its type is burstable, or its count lies outside the bounds.
        """
        if fleet.machine.burstable:
            raise ConfigurationError(
                f"Scaling fleet must not be of a burstable type, got {fleet.instance_type}: Application Auto Scaling "
                "registers no T2 instances"
            )
        count = fleet.count
        if count is None or any(is_token(each) for each in (count, self.minimum, self.maximum)):
            return
        if not self.minimum <= count <= self.maximum:
            raise ConfigurationError(
                f"Fleet count must lie between the scaling's bounds {self.minimum} and {self.maximum}, got {count}: "
                "scaling would change it at once"
            )

    def bind(self, endpoint: Construct, place: Place, construct_id: str, resource_id: str) -> BoundScaling:
        """Register a variant's fleet, and make the policies.

        No role is passed: Application Auto Scaling uses its service-linked one.

        Args:
            endpoint: Where to make them.
            place: Where the endpoint stands.
            construct_id: Beginning of their IDs below the endpoint.
            resource_id: ``endpoint/<name>/variant/<name>``, made of a reference to the endpoint, so that it waits for it.
        """
        target_id = f"{construct_id}Target"
        target = autoscaling.CfnScalableTarget(
            endpoint,
            target_id,
            min_capacity=self.minimum,
            max_capacity=self.maximum,
            resource_id=resource_id,
            scalable_dimension="sagemaker:variant:DesiredInstanceCount",
            service_namespace="sagemaker",
        )
        reference = place.reference(target, target_id)
        policies = {each.name: each.bind(endpoint, f"{construct_id}{each.name}", reference) for each in self.policies}
        return BoundScaling(cfn_target=target, cfn_policies=policies)


@dataclass(frozen=True, slots=True, kw_only=True)
class BoundScaling:
    """The resources by which a variant's fleet scales.

    Args:
        cfn_target: The registered fleet. Its logical ID must not be overridden: the policies refer to it.
        cfn_policies: The policies by name.
    """

    cfn_target: autoscaling.CfnScalableTarget
    cfn_policies: Mapping[str, cdk.CfnResource]
