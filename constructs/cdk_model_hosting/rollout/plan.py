"""What every way of replacing a version has in common."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

from aws_cdk import aws_sagemaker as sagemaker

from cdk_model_hosting.advice import Advice
from cdk_model_hosting.errors import ConfigurationError
from cdk_model_hosting.limits import EXECUTION_SECONDS, GRADUAL_FLEET, STEP_INSTANCES, Limit
from cdk_model_hosting.monitoring.alarm import Alarm
from cdk_model_hosting.tokens import is_token

if TYPE_CHECKING:
    from collections.abc import Sequence

    from aws_cdk import aws_cloudwatch as cloudwatch

    from cdk_model_hosting.endpoints.variant import Variant

# What bringing up a fleet takes besides its waits, when its own time-outs do not say: finding instances, pulling the image.
_BRING_UP_SECONDS = 1800
# The worst rounding of any legal percentage is met by a fleet that is not much larger than the smallest one.
_WORST_WITHIN = 100
_NO_PART = "a fleet that has shrunk to nothing has no part to go first; use Rollout.all_at_once, or a minimum of 2"
_HALF = 2
_WHOLE = 100


@dataclass(frozen=True, slots=True)
class Step:
    """A part of the fleet, by percent or by instances."""

    measure: str
    size: int

    @classmethod
    def of(cls, what: str, percent: int | None, instances: int | None, percents: Limit) -> Self:
        """The one of both that is given.

        Args:
            what: The rollout as the user typed it.
            percent: Percent of the fleet.
            instances: Instances.
            percents: Allowed percents.

        Raises:
            ConfigurationError: When none or both are given, or the number is outside its range.
        """
        percents.check(f"{what} percent", percent)
        STEP_INSTANCES.check(f"{what} instances", instances)
        if percent is not None and instances is None:
            return cls("CAPACITY_PERCENT", percent)
        if instances is not None and percent is None:
            return cls("INSTANCE_COUNT", instances)
        raise ConfigurationError(
            f"{what} must have exactly one of percent and instances, got {percent} and {instances}: "
            "it says how much goes at a time"
        )

    def check(self, what: str, variant: Variant, percents: Limit | None) -> None:
        """Refuse a step that is too large for the smallest fleet that the variant can have, or too small for the largest.

        Args:
            what: The rollout as the user typed it.
            variant: The variant.
            percents: Allowed percents, where they hold for instances too.

        Raises:
            ConfigurationError: When it is, or the fleet can have one instance only.
        """
        smallest, largest = variant.smallest_count, variant.largest_count
        why = _NO_PART if smallest == 0 else ""
        GRADUAL_FLEET.check(f"{what} fleet of variant {variant.name}", smallest, why=why)
        tokens = is_token(smallest) or is_token(self.size)
        if self.measure == "INSTANCE_COUNT" and not tokens and self.size * _HALF > smallest:
            raise ConfigurationError(
                f"{what} instances must be at most half of the {smallest} that variant {variant.name} can shrink to, got "
                f"{self.size}: SageMaker shifts at most half the fleet at a time"
            )
        tokens = is_token(largest) or is_token(self.size)
        if percents is None or tokens or self.measure == "CAPACITY_PERCENT":
            return
        if self.size * _WHOLE < percents.low * largest:
            raise ConfigurationError(
                f"{what} instances must be at least {percents.low:g} % of the {largest} that variant {variant.name} can grow "
                f"to, got {self.size}: SageMaker takes no smaller steps; give percent instead"
            )

    def count(self, variant: Variant) -> int | None:
        """Steps that the largest fleet of a variant takes, cut evenly; None when that is known only at deploy time."""
        largest = variant.largest_count
        if is_token(self.size) or (is_token(largest) and self.measure == "INSTANCE_COUNT"):
            return None
        if self.measure == "INSTANCE_COUNT":
            return math.ceil(largest / self.size)
        return math.ceil(_WHOLE / self.size)

    def most(self, variant: Variant) -> int | None:
        """Most steps that any fleet of a variant takes; None when that is known only at deploy time.

        AWS does not say how a percentage of a fleet becomes whole instances. Nothing takes longer than rounding down: 20 %
        of 9 instances is then a single one.
        """
        if self.measure == "INSTANCE_COUNT" or is_token(self.size):
            return self.count(variant)
        smallest, largest = variant.smallest_count, variant.largest_count
        # Below two instances there are no steps, whatever a Token turns out to be.
        first = int(GRADUAL_FLEET.low) if is_token(smallest) else smallest
        last = first + _WORST_WITHIN if is_token(largest) else largest
        return most_steps(self.size, first, last)

    def render(self) -> sagemaker.CfnEndpoint.CapacitySizeProperty:
        """The step as the endpoint names it."""
        return sagemaker.CfnEndpoint.CapacitySizeProperty(type=self.measure, value=self.size)


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan(ABC):
    """How a version is replaced, with how long that may take.

    Args:
        what: The rollout as the user typed it.
        timeout_seconds: Longest time for all of it; computed when None.
    """

    what: str
    timeout_seconds: int | None

    def __post_init__(self) -> None:
        EXECUTION_SECONDS.check(f"{self.what} timeout", self.timeout_seconds)

    @abstractmethod
    def bakes(self) -> tuple[int, ...]:
        """The uninterrupted times, in seconds, in which alarms are watched."""

    @abstractmethod
    def waits(self, variant: Variant) -> tuple[int | None, ...]:
        """Every wait, in seconds, of a rollout of a variant's largest fleet; None or a Token for one not known yet."""

    def longest_waits(self, variant: Variant) -> tuple[int | None, ...]:
        """The same where SageMaker counts as many steps as its guide leaves open, for the worst fleet."""
        return self.waits(variant)

    def bring_ups(self, variant: Variant) -> int | None:  # noqa: ARG002 - a whole fleet comes up at once, as a rule
        """How many times instances are brought up one after the other; None when that is known only at deploy time."""
        return 1

    @abstractmethod
    def check(self, variants: Sequence[Variant]) -> None:
        """Refuse fleets that cannot be replaced like this.

        Args:
            variants: The endpoint's variants.

        Raises:
            ConfigurationError: When a fleet cannot.
        """
        for variant in variants:
            self._check_time(variant)

    @abstractmethod
    def render(
        self, variants: Sequence[Variant], alarm_names: Sequence[str]
    ) -> sagemaker.CfnEndpoint.DeploymentConfigProperty:
        """The rollout as the endpoint names it.

        Args:
            variants: The endpoint's variants, whose time-outs the whole must exceed.
            alarm_names: Alarms that roll back.
        """

    def advice(
        self, rollback_on: Sequence[Alarm | cloudwatch.IAlarm], variants: Sequence[Variant] = ()
    ) -> list[Advice]:
        """What works with these alarms and fleets, but not as one may expect.

        Args:
            rollback_on: What rolls the rollout back.
            variants: The endpoint's variants.
        """
        return [*self._advice_on_alarms(rollback_on), *self._advice_on_time(variants)]

    def _advice_on_alarms(self, rollback_on: Sequence[Alarm | cloudwatch.IAlarm]) -> list[Advice]:
        if any(is_token(each) for each in self.bakes()):
            return []
        longest = max(self.bakes())
        late = [each.name for each in rollback_on if isinstance(each, Alarm) and each.seconds > longest]
        if not late:
            return []
        text = (
            f"{self.what} watches its alarms for {longest} seconds at most, in which {', '.join(late)} cannot go off: "
            "let it bake longer, or give the alarm fewer minutes"
        )
        return [Advice("bakeShorterThanAlarm", text)]

    def _advice_on_time(self, variants: Sequence[Variant]) -> list[Advice]:
        """Say when a rollout may be cut off: what is refused takes too long for certain."""
        given = self.timeout_seconds
        most = int(EXECUTION_SECONDS.high or 0) if given is None else given
        for variant in variants:
            waits, starting = _added_up(self.longest_waits(variant)), _added_up(_start_times(variant))
            if waits is None or starting is None or is_token(most):
                continue
            needed = waits if given is not None else waits + max(_BRING_UP_SECONDS, starting)
            if max(needed, waits + 1) > most:
                text = (
                    f"{self.what} may need {needed} seconds for variant {variant.name}, depending on how SageMaker counts its "
                    f"steps, and is rolled back after {most}: take larger steps, or let it bake shorter"
                )
                return [Advice("rolloutMayTakeTooLong", text)]
        return []

    def timeout(self, variants: Sequence[Variant]) -> int:
        """Longest time for the whole rollout: the given one, or more than everything that it waits for.

        Args:
            variants: The endpoint's variants.
        """
        if self.timeout_seconds is not None:
            return self.timeout_seconds
        longest = int(EXECUTION_SECONDS.high or 0)
        needed = 0
        for variant in variants:
            known, times = _added_up(self.longest_waits(variant)), self.bring_ups(variant)
            starting = _added_up(_start_times(variant))
            if known is None or starting is None or times is None:
                # Tokens cannot be added up; the longest time exceeds whatever they turn out to be.
                return longest
            needed = max(needed, known + times * max(_BRING_UP_SECONDS, starting))
        return min(needed, longest)

    def _check_time(self, variant: Variant) -> None:
        waits = _added_up(self.waits(variant))
        given = self.timeout_seconds
        most = int(EXECUTION_SECONDS.high or 0) if given is None else given
        if waits is None or is_token(most) or waits < most:
            return
        if given is None:
            raise ConfigurationError(
                f"{self.what} must wait less than {most} seconds in all, got {waits} for the largest fleet of variant "
                f"{variant.name}: SageMaker gives a rollout no longer time"
            )
        raise ConfigurationError(
            f"{self.what} timeout must be more than the {waits} seconds that the rollout waits, got {given}: "
            "SageMaker would roll back every time"
        )


def most_steps(percent: int, smallest: int, largest: int) -> int:
    """Most steps of some percent that a fleet takes where each is rounded down to whole instances, but to one at least.

    Args:
        percent: Percent of the fleet, 5 to 50.
        smallest: Fewest instances that the fleet can have.
        largest: Most instances that it can have.
    """
    worst = range(smallest, min(largest, smallest + _WORST_WITHIN) + 1)
    return max(math.ceil(size / max(1, size * percent // _WHOLE)) for size in worst)


def auto_rollback(alarm_names: Sequence[str]) -> sagemaker.CfnEndpoint.AutoRollbackConfigProperty | None:
    """The alarms as the endpoint names them; None when there are none."""
    if not alarm_names:
        return None
    alarms = [sagemaker.CfnEndpoint.AlarmProperty(alarm_name=name) for name in alarm_names]
    return sagemaker.CfnEndpoint.AutoRollbackConfigProperty(alarms=alarms)


def _start_times(variant: Variant) -> tuple[int, ...]:
    """The time-outs that a variant sets itself for its start."""
    fleet = variant.fleet
    return tuple(each for each in (fleet.startup_seconds, fleet.download_seconds) if each is not None)


def _added_up(times: Sequence[int | None]) -> int | None:
    """The sum of times, None when one of them is not known yet."""
    known = [each for each in times if each is not None and not is_token(each)]
    return sum(known) if len(known) == len(times) else None
