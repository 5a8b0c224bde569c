"""How traffic moves from the version that serves to the new one."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

from aws_cdk import aws_sagemaker as sagemaker

from cdk_model_hosting.advice import Advice
from cdk_model_hosting.durations import seconds
from cdk_model_hosting.errors import ConfigurationError
from cdk_model_hosting.limits import (
    BAKE_SECONDS,
    CANARY_PERCENT,
    EXECUTION_SECONDS,
    GRADUAL_FLEET,
    STEP_INSTANCES,
    TERMINATION_WAIT_SECONDS,
    Limit,
)
from cdk_model_hosting.monitoring.alarm import Alarm
from cdk_model_hosting.tokens import is_token

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    import aws_cdk as cdk
    from aws_cdk import aws_cloudwatch as cloudwatch

    from cdk_model_hosting.endpoints.variant import Variant

_DEFAULT_BAKE_SECONDS = 300
# What bringing up a fleet takes besides its waits, when its own time-outs do not say: finding instances, pulling the image.
_BRING_UP_SECONDS = 1800
_HALF = 2


class Rollout(ABC):
    """How a new version replaces the one that serves: always beside it, and back again when an alarm goes off.

    Both fleets run, and are paid for, until the old one is gone; the account's quota must hold both.

    See: https://docs.aws.amazon.com/sagemaker/latest/dg/deployment-guardrails-blue-green.html
    """

    @staticmethod
    def all_at_once(*, bake: cdk.Duration | None = None, timeout: cdk.Duration | None = None) -> Rollout:
        """Shift all traffic to the new fleet once it is healthy, and keep the old one ready for a while.

        Args:
            bake: How long alarms are watched before the old fleet goes, 0-60 minutes; 5 when omitted.
            timeout: Longest time for the whole rollout, 10 minutes to 8 hours; computed when omitted.

        Raises:
            ConfigurationError: When a time is outside its range, or the timeout not above the waits.
        """
        what = "Rollout.all_at_once"
        final = seconds(f"{what} bake", bake)
        return _AllAtOnce(
            final_seconds=_DEFAULT_BAKE_SECONDS if final is None else final,
            timeout_seconds=seconds(f"{what} timeout", timeout),
        )

    @staticmethod
    def canary(
        *,
        percent: int | None = None,
        instances: int | None = None,
        bake: cdk.Duration,
        final_bake: cdk.Duration | None = None,
        timeout: cdk.Duration | None = None,
    ) -> Rollout:
        """Shift a small share of the traffic first, watch the alarms, then shift the rest.

        Args:
            percent: Share of the fleet that goes first, 1-50. Give this or `instances`.
            instances: Instances that go first, at most half the fleet.
            bake: How long alarms are watched before the rest follows, 0-60 minutes.
            final_bake: How long they are watched after that before the old fleet goes, 0-60 minutes; 0 when omitted.
            timeout: Longest time for the whole rollout, 10 minutes to 8 hours; computed when omitted.

        Raises:
            ConfigurationError: When a number is outside its range, not exactly one size is given, or the timeout is not
                above the waits.
        """
        what = "Rollout.canary"
        final = seconds(f"{what} final_bake", final_bake)
        return _Canary(
            step=_Step.of(what, percent, instances, CANARY_PERCENT),
            wait_seconds=_required(f"{what} bake", bake),
            final_seconds=0 if final is None else final,
            timeout_seconds=seconds(f"{what} timeout", timeout),
        )

    @abstractmethod
    def advice(self, rollback_on: Sequence[Alarm | cloudwatch.IAlarm]) -> list[Advice]:
        """What works with these alarms, but not as one may expect.

        Args:
            rollback_on: What rolls the rollout back.
        """

    @abstractmethod
    def check(self, variants: Sequence[Variant]) -> None:
        """Refuse fleets that cannot be replaced like this.

        Args:
            variants: The endpoint's variants.

        Raises:
            ConfigurationError: When a fleet is too small to be replaced in steps.
        """

    @abstractmethod
    def render(
        self, variants: Sequence[Variant], alarm_names: Sequence[str]
    ) -> sagemaker.CfnEndpoint.DeploymentConfigProperty:
        """The rollout as the endpoint names it.

        Args:
            variants: The endpoint's variants, whose time-outs the whole must exceed.
            alarm_names: Alarms that roll back.
        """


@dataclass(frozen=True, slots=True)
class _Step:
    """A part of the fleet, by percent or by instances."""

    measure: str
    size: int

    @classmethod
    def of(cls, what: str, percent: int | None, instances: int | None, percents: Limit) -> Self:
        """The one of both that is given.

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

    def check(self, what: str, variant: Variant) -> None:
        """Refuse a step of more than half of the smallest fleet that the variant can have."""
        smallest = variant.smallest_count
        GRADUAL_FLEET.check(f"{what} fleet of variant {variant.name}", smallest)
        tokens = is_token(smallest) or is_token(self.size)
        if self.measure == "INSTANCE_COUNT" and not tokens and self.size * _HALF > smallest:
            raise ConfigurationError(
                f"{what} instances must be at most half of the {smallest} that variant {variant.name} can shrink to, got "
                f"{self.size}: SageMaker shifts at most half the fleet at a time"
            )

    def render(self) -> sagemaker.CfnEndpoint.CapacitySizeProperty:
        return sagemaker.CfnEndpoint.CapacitySizeProperty(type=self.measure, value=self.size)


@dataclass(frozen=True, slots=True, kw_only=True)
class _BlueGreen(Rollout):
    """A second fleet beside the first."""

    final_seconds: int
    timeout_seconds: int | None

    what = "Rollout"

    def __post_init__(self) -> None:
        TERMINATION_WAIT_SECONDS.check(f"{self.what} bake", self.final_seconds)
        EXECUTION_SECONDS.check(f"{self.what} timeout", self.timeout_seconds)
        known = not is_token(self.timeout_seconds) and not any(is_token(each) for each in self.wait_times)
        if self.timeout_seconds is not None and known and self.timeout_seconds <= sum(self.wait_times):
            raise ConfigurationError(
                f"{self.what} timeout must be more than the {sum(self.wait_times)} seconds that the rollout waits, got "
                f"{self.timeout_seconds}: SageMaker would roll back every time"
            )

    @property
    def wait_times(self) -> tuple[int, ...]:
        """Seconds of each wait, one after the other."""
        return (self.final_seconds,)

    def advice(self, rollback_on: Sequence[Alarm | cloudwatch.IAlarm]) -> list[Advice]:
        longest = max(self.wait_times)
        late = [each.name for each in rollback_on if isinstance(each, Alarm) and each.seconds > longest]
        if not late or any(is_token(each) for each in self.wait_times):
            return []
        text = (
            f"{self.what} watches its alarms for {longest} seconds at most, in which {', '.join(late)} cannot go off: "
            "let it bake longer, or give the alarm fewer minutes"
        )
        return [Advice("bakeShorterThanAlarm", text)]

    def check(self, variants: Sequence[Variant]) -> None:
        """Every fleet can be replaced all at once."""

    def routing(self) -> sagemaker.CfnEndpoint.TrafficRoutingConfigProperty:
        """How traffic is shifted."""
        return sagemaker.CfnEndpoint.TrafficRoutingConfigProperty(type="ALL_AT_ONCE", wait_interval_in_seconds=0)

    def render(
        self, variants: Sequence[Variant], alarm_names: Sequence[str]
    ) -> sagemaker.CfnEndpoint.DeploymentConfigProperty:
        policy = sagemaker.CfnEndpoint.BlueGreenUpdatePolicyProperty(
            traffic_routing_configuration=self.routing(),
            termination_wait_in_seconds=self.final_seconds,
            maximum_execution_timeout_in_seconds=self._timeout(variants),
        )
        return sagemaker.CfnEndpoint.DeploymentConfigProperty(
            blue_green_update_policy=policy, auto_rollback_configuration=_auto_rollback(alarm_names)
        )

    def _timeout(self, variants: Iterable[Variant]) -> int:
        if self.timeout_seconds is not None:
            return self.timeout_seconds
        longest = int(EXECUTION_SECONDS.high or 0)
        times = [*self.wait_times, *(time for each in variants for time in _start_times(each))]
        if any(is_token(each) for each in times):
            # Tokens cannot be added up; the longest time exceeds whatever they turn out to be.
            return longest
        slowest = max(sum(_start_times(each)) for each in variants)
        return min(sum(self.wait_times) + max(_BRING_UP_SECONDS, slowest), longest)


@dataclass(frozen=True, slots=True, kw_only=True)
class _AllAtOnce(_BlueGreen):
    what = "Rollout.all_at_once"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Canary(_BlueGreen):
    step: _Step
    wait_seconds: int

    what = "Rollout.canary"

    def __post_init__(self) -> None:
        BAKE_SECONDS.check("Rollout.canary bake", self.wait_seconds)
        TERMINATION_WAIT_SECONDS.check("Rollout.canary final_bake", self.final_seconds)
        super(_Canary, self).__post_init__()

    @property
    def wait_times(self) -> tuple[int, ...]:
        return (self.wait_seconds, self.final_seconds)

    def advice(self, rollback_on: Sequence[Alarm | cloudwatch.IAlarm]) -> list[Advice]:
        if rollback_on:
            return super(_Canary, self).advice(rollback_on)
        text = "Rollout.canary has no alarm to roll back on: it only shifts the traffic later"
        return [Advice("canaryWithoutAlarm", text)]

    def check(self, variants: Sequence[Variant]) -> None:
        for variant in variants:
            self.step.check(self.what, variant)

    def routing(self) -> sagemaker.CfnEndpoint.TrafficRoutingConfigProperty:
        return sagemaker.CfnEndpoint.TrafficRoutingConfigProperty(
            type="CANARY", canary_size=self.step.render(), wait_interval_in_seconds=self.wait_seconds
        )


def _required(what: str, duration: cdk.Duration) -> int:
    known = seconds(what, duration)
    if known is None:
        raise ConfigurationError(f"{what} must be given, got None: it is the time in which the alarms are watched")
    return known


def _start_times(variant: Variant) -> tuple[int, ...]:
    """The time-outs that a variant sets itself for its start."""
    fleet = variant.fleet
    return tuple(each for each in (fleet.startup_seconds, fleet.download_seconds) if each is not None)


def _auto_rollback(alarm_names: Sequence[str]) -> sagemaker.CfnEndpoint.AutoRollbackConfigProperty | None:
    if not alarm_names:
        return None
    alarms = [sagemaker.CfnEndpoint.AlarmProperty(alarm_name=name) for name in alarm_names]
    return sagemaker.CfnEndpoint.AutoRollbackConfigProperty(alarms=alarms)
