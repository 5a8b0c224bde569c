"""The bounds of a fleet's size, and what moves it between them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from aws_cdk import aws_applicationautoscaling as autoscaling

from cdk_model_hosting.arguments import require_pair, require_several
from cdk_model_hosting.scaling.bounds import Bounds
from cdk_model_hosting.scaling.policies import ScalingPolicy
from cdk_model_hosting.scaling.schedule import ScheduledScaling
from cdk_model_hosting.scaling.wake import WAKE

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import aws_cdk as cdk
    from constructs import Construct

    from cdk_model_hosting.placement import Place
    from cdk_model_hosting.scaling.pace import Pace
    from cdk_model_hosting.scaling.policy import ScaledFleet


class Scaling(Bounds):
    """How many instances a fleet may have, and by what rules the number moves. Made by one of its factories.

    Of an inference component it is copies that are counted, and of a serverless endpoint requests that are provisioned for.

    A fleet that scales keeps the size it has reached when a new version is deployed. One that can be at zero (asynchronous
    endpoints, inference components) also gets a policy and an alarm that wake it: see `Wake`.

    See: https://docs.aws.amazon.com/sagemaker/latest/dg/endpoint-auto-scaling.html
    """

    __slots__ = ()

    @staticmethod
    def between(
        minimum: int,
        maximum: int,
        policies: Sequence[ScalingPolicy] = (),
        *,
        schedules: Sequence[ScheduledScaling] = (),
    ) -> Scaling:
        """Bounds, with any number of policies and schedules.

        Without a policy the fleet is registered with its bounds only, for policies made elsewhere. One that can be at zero
        is woken all the same, and warned of when nothing brings it back.

        Args:
            minimum: Fewest instances. 0 is for asynchronous endpoints and inference components.
            maximum: Most instances, at least 1.
            policies: What moves the size.
            schedules: What changes the bounds by the clock.

        Raises:
            ConfigurationError: When the bounds are not in order, or two policies act on the same metric.
        """
        require_several("Scaling policies", policies, ScalingPolicy)
        require_several("Scaling schedules", schedules, ScheduledScaling)
        return Scaling(minimum=minimum, maximum=maximum, policies=tuple(policies), schedules=tuple(schedules))

    @staticmethod
    def on_invocations(
        *, per_instance_per_minute: float, between: tuple[int, int], pace: Pace | None = None
    ) -> Scaling:
        """Bounds, and the one policy that most endpoints need: `ScalingPolicy.on_invocations`.

        Args:
            per_instance_per_minute: Requests that one instance should get in a minute, above 0.
            between: Fewest and most instances.
            pace: How fast it may act.

        Raises:
            ConfigurationError: When the bounds are not in order or the target is not above 0.
        """
        policy = ScalingPolicy.on_invocations(per_instance_per_minute=per_instance_per_minute, pace=pace)
        minimum, maximum = require_pair("Scaling.on_invocations between", between)
        return Scaling.between(minimum, maximum, [policy])

    @staticmethod
    def on_backlog(*, per_instance: float = 5, between: tuple[int, int], pace: Pace | None = None) -> Scaling:
        """Bounds, and the one policy that most asynchronous endpoints need: `ScalingPolicy.on_backlog`.

        Args:
            per_instance: Requests that may wait for one instance, above 0; 5 when omitted.
            between: Fewest and most instances; ``(0, n)`` costs nothing while no requests come.
            pace: How fast it may act.

        Raises:
            ConfigurationError: When the bounds are not in order or the number is not above 0.
        """
        policy = ScalingPolicy.on_backlog(per_instance=per_instance, pace=pace)
        minimum, maximum = require_pair("Scaling.on_backlog between", between)
        return Scaling.between(minimum, maximum, [policy])

    @staticmethod
    def on_provisioned_use(*, percent: float, between: tuple[int, int], pace: Pace | None = None) -> Scaling:
        """Bounds of provisioned concurrency, and the policy for it: `ScalingPolicy.on_provisioned_use`.

        Args:
            percent: Share of the provisioned concurrency that should be in use, 1-100 %.
            between: Fewest and most requests that are provisioned for, 1-200.
            pace: How fast it may act.

        Raises:
            ConfigurationError: When the bounds are not in order or the share is outside its range.
        """
        policy = ScalingPolicy.on_provisioned_use(percent=percent, pace=pace)
        minimum, maximum = require_pair("Scaling.on_provisioned_use between", between)
        return Scaling.between(minimum, maximum, [policy])

    @staticmethod
    def on_concurrency_per_copy(*, per_copy: float, between: tuple[int, int], pace: Pace | None = None) -> Scaling:
        """Bounds, and the one policy that most inference components need: `ScalingPolicy.on_concurrency_per_copy`.

        Args:
            per_copy: Requests that one copy should have in flight, above 0.
            between: Fewest and most copies; with ``(0, n)`` an idle component leaves its instances to others, or to none.
            pace: How fast it may act.

        Raises:
            ConfigurationError: When the bounds are not in order or the target is not above 0.
        """
        policy = ScalingPolicy.on_concurrency_per_copy(per_copy=per_copy, pace=pace)
        minimum, maximum = require_pair("Scaling.on_concurrency_per_copy between", between)
        return Scaling.between(minimum, maximum, [policy])

    def bind(
        self, endpoint: Construct, place: Place, construct_id: str, resource_id: str, fleet: ScaledFleet
    ) -> BoundScaling:
        """Register a variant's fleet, and make the policies.

        No role is passed: Application Auto Scaling uses its service-linked one.

        Args:
            endpoint: Where to make them.
            place: Where the endpoint stands.
            construct_id: Beginning of their IDs below the endpoint.
            resource_id: ``endpoint/<name>/variant/<name>`` or ``inference-component/<name>``, made of a reference to the
                endpoint or component, so that it waits for it.
            fleet: What the policies act on.
        """
        self.check_metrics(fleet)
        # Neither sign can be part of a variant's name, so no two of these IDs can be equal.
        target_id = f"{construct_id}:Target"
        target = autoscaling.CfnScalableTarget(
            endpoint,
            target_id,
            min_capacity=self.minimum,
            max_capacity=self.maximum,
            resource_id=resource_id,
            scalable_dimension=fleet.dimension,
            service_namespace="sagemaker",
            scheduled_actions=[each.property() for each in self.schedules] or None,
        )
        policies: dict[str, list[cdk.CfnResource]] = {}
        wake = self.wake(fleet)
        if self.policies or wake is not None:
            reference = place.reference(target, target_id)
            for policy in self.policies:
                rule = policy.rule
                policies[rule.name] = rule.bind(endpoint, f"{construct_id}.{rule.name}", reference, fleet)
            if wake is not None:
                policies[WAKE] = wake.bind(endpoint, place, construct_id, reference)
        return BoundScaling(cfn_target=target, cfn_policies=policies)


@dataclass(frozen=True, slots=True, kw_only=True)
class BoundScaling:
    """The resources by which a variant's fleet scales.

    Args:
        cfn_target: The registered fleet. Its logical ID must not be overridden: the policies refer to it.
        cfn_policies: The resources of each policy, by its name; ``WakeFromZero`` is the one that wakes it.
    """

    cfn_target: autoscaling.CfnScalableTarget
    cfn_policies: Mapping[str, Sequence[cdk.CfnResource]]
