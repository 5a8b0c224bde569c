"""The bounds of a fleet's size, and what they and their policies are refused for."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING

from cdk_model_hosting.advice import Advice
from cdk_model_hosting.errors import ConfigurationError
from cdk_model_hosting.limits import (
    MAX_CAPACITY,
    PROVISIONED_MIN_CAPACITY,
    REALTIME_MIN_CAPACITY,
    SERVERLESS_PROVISIONED_CONCURRENCY,
)
from cdk_model_hosting.patterns import Feature, Pattern, supports
from cdk_model_hosting.scaling.explanations import Explanations
from cdk_model_hosting.scaling.policy import INSTANCES
from cdk_model_hosting.scaling.schedule import check_bounds
from cdk_model_hosting.scaling.target_tracking import TargetTracking
from cdk_model_hosting.scaling.wake import WAKE, Wake
from cdk_model_hosting.tokens import is_token

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from cdk_model_hosting.endpoints.fleet import Fleet
    from cdk_model_hosting.limits import Limit
    from cdk_model_hosting.scaling.policies import ScalingPolicy
    from cdk_model_hosting.scaling.policy import ScaledFleet
    from cdk_model_hosting.scaling.schedule import ScheduledScaling


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounds:
    """What the factories of `Scaling` fill in.

    Args:
        minimum: Fewest instances.
        maximum: Most instances.
        policies: What moves the size.
        schedules: What changes the bounds by the clock.
    """

    minimum: int
    maximum: int
    policies: tuple[ScalingPolicy, ...]
    schedules: tuple[ScheduledScaling, ...]

    def __post_init__(self) -> None:
        check_bounds("Scaling", self.minimum, self.maximum, most=MAX_CAPACITY)
        names = [policy.rule.name for policy in self.policies]
        _check_unique("policies", names, "the second would take the place of the first")
        if self.reaches_zero and WAKE in names:
            raise ConfigurationError(
                f"Scaling policies must not be named {WAKE!r} where the minimum is 0, got one: that is the policy which wakes "
                "the fleet"
            )
        tracked = [policy.rule.tracks for policy in self.policies if isinstance(policy.rule, TargetTracking)]
        _check_unique("policies", tracked, "two targets for one metric would fight")
        _check_unique(
            "schedules", [schedule.name for schedule in self.schedules], "the second would take the place of the first"
        )

    @property
    def smallest(self) -> int:
        """Fewest instances at any time of the schedules; a Token when one of them is."""
        return _extreme(min, [self.minimum, *(each.between[0] for each in self.schedules)])

    @property
    def largest(self) -> int:
        """Most instances at any time of the schedules; a Token when one of them is."""
        return _extreme(max, [self.maximum, *(each.between[1] for each in self.schedules)])

    @property
    def reaches_zero(self) -> bool:
        """Whether the fleet can be at zero at any time; also when a bound that is known at deploy time only may be."""
        smallest = self.smallest
        return is_token(smallest) or smallest == 0

    def check_zero(self, what: str, *, allowed: bool) -> None:
        """Refuse a minimum of 0, of the bounds or of a schedule, where the endpoint cannot be at zero.

        Args:
            what: The scaling as the user typed it, such as ``RealtimeEndpoint scaling``.
            allowed: Whether it can.

        Raises:
            ConfigurationError: When one is 0 and must not be.
        """
        if not allowed:
            self._check_minima(what, REALTIME_MIN_CAPACITY)

    def check_pattern(self, pattern: Pattern) -> None:
        """Refuse policies that would never act on this kind of endpoint, and more concurrency than can be provisioned.

        Args:
            pattern: How the models are hosted.

        Raises:
            ConfigurationError: When there is such a policy or bound.
        """
        for policy in self.policies:
            policy.rule.check_pattern(pattern)
        if pattern is Pattern.SERVERLESS:
            self._check_minima("Scaling", PROVISIONED_MIN_CAPACITY)
            SERVERLESS_PROVISIONED_CONCURRENCY.check("Scaling maximum", self.maximum)
            for each in self.schedules:
                SERVERLESS_PROVISIONED_CONCURRENCY.check("ScheduledScaling maximum", each.between[1])

    def check_explainer(self, *, present: bool) -> None:
        """Refuse policies on explanations where there are none.

        Args:
            present: Whether the endpoint explains its answers.

        Raises:
            ConfigurationError: When it does not, and a policy counts on it.
        """
        for policy in self.policies:
            if isinstance(policy.rule, Explanations) and not present:
                raise ConfigurationError(
                    f"{policy.rule.what} must be omitted for endpoints without explainer, got one: SageMaker counts "
                    "explanations only where there are some"
                )

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

    def advice(self, what: str) -> list[Advice]:
        """What works with a fleet that can be at zero, but not as one may expect.

        Args:
            what: The fleet in words.
        """
        smallest = self.smallest
        if is_token(smallest) or smallest > 0:
            return []
        off = any(is_token(each.between[1]) or each.between[1] == 0 for each in self.schedules)
        if off or any(policy.rule.shrinks for policy in self.policies):
            return []
        text = (
            f"{what} is woken from zero by its first request and never goes back there: nothing in its scaling takes away what "
            "that brings up; add a policy that shrinks it, or see to it elsewhere"
        )
        return [Advice("neverBackToZero", text)]

    def wake(self, fleet: ScaledFleet) -> Wake | None:
        """What wakes a fleet that can be at zero; None for all others.

        Args:
            fleet: The fleet.
        """
        if not self.reaches_zero or not _may_be_at_zero(fleet.pattern):
            return None
        if fleet.component_name is not None:
            return Wake.component(fleet.component_name)
        return Wake.asynchronous(fleet.endpoint_name) if fleet.dimension == INSTANCES else None

    def _check_minima(self, what: str, least: Limit) -> None:
        least.check(f"{what} minimum", self.minimum)
        for each in self.schedules:
            least.check(f"{what} schedule {each.name} minimum", each.between[0])


def _may_be_at_zero(pattern: Pattern | None) -> bool:
    return pattern is None or supports(pattern, Feature.SCALE_TO_ZERO)


def _extreme(choose: Callable[[list[int]], int], numbers: list[int]) -> int:
    return next((each for each in numbers if is_token(each)), None) or choose(numbers)


def _check_unique(what: str, names: Sequence[str | tuple[str, ...]], why: str) -> None:
    twice = [name for name in names if names.count(name) > 1]
    if twice:
        shown = twice[0] if isinstance(twice[0], str) else " ".join(twice[0])
        raise ConfigurationError(f"Scaling {what} must differ, got {shown!r} twice: {why}")
