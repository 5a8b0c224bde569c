"""The bounds of a fleet's size, and what moves it between them."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING

from aws_cdk import aws_applicationautoscaling as autoscaling

from cdk_model_hosting.arguments import require_pair, require_several
from cdk_model_hosting.errors import ConfigurationError
from cdk_model_hosting.scaling.policies import Pace, ScalingPolicy
from cdk_model_hosting.scaling.schedule import ScheduledScaling, check_bounds
from cdk_model_hosting.scaling.target_tracking import TargetTracking
from cdk_model_hosting.tokens import is_token

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    import aws_cdk as cdk
    from constructs import Construct

    from cdk_model_hosting.endpoints.fleet import Fleet
    from cdk_model_hosting.placement import Place
    from cdk_model_hosting.scaling.policy import ScaledFleet


@dataclass(frozen=True, slots=True, kw_only=True)
class Scaling:
    """How many instances a fleet may have, and by what rules the number moves. Made by one of its factories.

    A fleet that scales keeps the size it has reached when a new version is deployed.

    See: https://docs.aws.amazon.com/sagemaker/latest/dg/endpoint-auto-scaling.html
    """

    minimum: int
    maximum: int
    policies: tuple[ScalingPolicy, ...]
    schedules: tuple[ScheduledScaling, ...]

    def __post_init__(self) -> None:
        check_bounds("Scaling", self.minimum, self.maximum)
        _check_unique(
            "policies", [policy.rule.name for policy in self.policies], "the second would take the place of the first"
        )
        tracked = [policy.rule.tracks for policy in self.policies if isinstance(policy.rule, TargetTracking)]
        _check_unique("policies", tracked, "two targets for one metric would fight")
        _check_unique(
            "schedules", [schedule.name for schedule in self.schedules], "the second would take the place of the first"
        )

    @staticmethod
    def between(
        minimum: int,
        maximum: int,
        policies: Sequence[ScalingPolicy] = (),
        *,
        schedules: Sequence[ScheduledScaling] = (),
    ) -> Scaling:
        """Bounds, with any number of policies and schedules.

        Without a policy the fleet is registered with its bounds only, for policies made elsewhere.

        Args:
            minimum: Fewest instances, at least 1.
            maximum: Most instances.
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

    @property
    def smallest(self) -> int:
        """Fewest instances at any time of the schedules; a Token when one of them is."""
        return _extreme(min, [self.minimum, *(each.between[0] for each in self.schedules)])

    @property
    def largest(self) -> int:
        """Most instances at any time of the schedules; a Token when one of them is."""
        return _extreme(max, [self.maximum, *(each.between[1] for each in self.schedules)])

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
        for policy in self.policies:
            policy.rule.check(fleet.machine)
        count = fleet.count
        if count is None or any(is_token(each) for each in (count, self.minimum, self.maximum)):
            return
        if not self.minimum <= count <= self.maximum:
            raise ConfigurationError(
                f"Fleet count must lie between the scaling's bounds {self.minimum} and {self.maximum}, got {count}: "
                "scaling would change it at once"
            )

    def check_metrics(self, fleet: ScaledFleet) -> None:
        """Refuse two policies that track one metric of the fleet, by whatever names.

        Args:
            fleet: What the policies act on.

        Raises:
            ConfigurationError: When two do.
        """
        rules = [policy.rule for policy in self.policies if isinstance(policy.rule, TargetTracking)]
        for first, second in combinations(rules, 2):
            if first.specification(fleet) == second.specification(fleet):
                raise ConfigurationError(
                    f"Scaling policies must track different metrics, got {first.name} and {second.name} on one: two targets "
                    "for one metric would fight"
                )

    def bind(
        self, endpoint: Construct, place: Place, construct_id: str, resource_id: str, fleet: ScaledFleet
    ) -> BoundScaling:
        """Register a variant's fleet, and make the policies.

        No role is passed: Application Auto Scaling uses its service-linked one.

        Args:
            endpoint: Where to make them.
            place: Where the endpoint stands.
            construct_id: Beginning of their IDs below the endpoint.
            resource_id: ``endpoint/<name>/variant/<name>``, made of a reference to the endpoint, so that it waits for it.
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
            scalable_dimension="sagemaker:variant:DesiredInstanceCount",
            service_namespace="sagemaker",
            scheduled_actions=[each.property() for each in self.schedules] or None,
        )
        policies: dict[str, list[cdk.CfnResource]] = {}
        if self.policies:
            reference = place.reference(target, target_id)
            for policy in self.policies:
                rule = policy.rule
                policies[rule.name] = rule.bind(endpoint, f"{construct_id}.{rule.name}", reference, fleet)
        return BoundScaling(cfn_target=target, cfn_policies=policies)


@dataclass(frozen=True, slots=True, kw_only=True)
class BoundScaling:
    """The resources by which a variant's fleet scales.

    Args:
        cfn_target: The registered fleet. Its logical ID must not be overridden: the policies refer to it.
        cfn_policies: The resources of each policy, by its name.
    """

    cfn_target: autoscaling.CfnScalableTarget
    cfn_policies: Mapping[str, Sequence[cdk.CfnResource]]


def _extreme(choose: Callable[[list[int]], int], numbers: list[int]) -> int:
    return next((each for each in numbers if is_token(each)), None) or choose(numbers)


def _check_unique(what: str, names: Sequence[str | tuple[str, ...]], why: str) -> None:
    twice = [name for name in names if names.count(name) > 1]
    if twice:
        shown = twice[0] if isinstance(twice[0], str) else " ".join(twice[0])
        raise ConfigurationError(f"Scaling {what} must differ, got {shown!r} twice: {why}")
