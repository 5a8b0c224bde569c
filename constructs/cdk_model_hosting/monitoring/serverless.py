"""Conditions on an endpoint that runs without instances."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

from cdk_model_hosting.monitoring.checks import MICROSECONDS_A_MILLI, WHOLE, millis, use
from cdk_model_hosting.monitoring.condition import Condition

if TYPE_CHECKING:
    import aws_cdk as cdk

_DEFAULT_SETUP_MILLIS = 30_000.0


class ServerlessConditions(Condition):
    """Conditions that a serverless endpoint can be watched by. They are for operators: it is not replaced by rollouts."""

    __slots__ = ()

    @classmethod
    def model_setup_time(cls, *, above: cdk.Duration | None = None, minutes: int = 2, out_of: int = 15) -> Self:
        """Cold starts take too long, on average: the model is large, or its container slow to begin.

        Args:
            above: Time that a cold start may take, above 0; 30 seconds when omitted.
            minutes: Minutes that must be bad.
            out_of: Minutes that are looked at, at most a day of them. Most minutes have no cold start.

        Raises:
            ConfigurationError: When a number is outside its range.
        """
        allowed = _DEFAULT_SETUP_MILLIS
        if above is not None:
            allowed = millis("Alarm.model_setup_time above", above, why="every cold start takes longer")
        return cls(
            name="ModelSetupTime",
            what="Alarm.model_setup_time",
            metric="ModelSetupTime",
            by_config=False,
            statistic="Average",
            threshold=allowed * MICROSECONDS_A_MILLI,
            assumed=above is None,
            says=f"a cold start takes more than {allowed:.15g} ms on average",
            minutes=minutes,
            out_of=out_of,
        )

    @classmethod
    def concurrency_utilization(cls, *, above: float = 90, minutes: int = 3, out_of: int = 5) -> Self:
        """Nearly as many requests are in flight as the endpoint answers at once: further ones are about to be refused.

        Args:
            above: Percent of the endpoint's largest concurrency, 0 or 1 to below 100.
            minutes: Minutes that must be bad.
            out_of: Minutes that are looked at, at most a day of them.

        Raises:
            ConfigurationError: When a number is outside its range.
        """
        part = use("Alarm.concurrency_utilization above", above, of="the largest concurrency")
        return cls(
            name="ConcurrencyUtilization",
            what="Alarm.concurrency_utilization",
            metric="ServerlessConcurrentExecutionsUtilization",
            by_config=False,
            statistic="Maximum",
            threshold=part / WHOLE,
            says=f"more than {above} % of the largest concurrency is in use",
            minutes=minutes,
            out_of=out_of,
        )

    @classmethod
    def provisioned_utilization(cls, *, above: float = 90, minutes: int = 3, out_of: int = 5) -> Self:
        """Nearly all of the provisioned concurrency is in use: further requests are about to wait for cold starts.

        Published by endpoints with provisioned concurrency alone; without, the alarm never goes off.

        Args:
            above: Percent of the provisioned concurrency, 0 or 1 to below 100.
            minutes: Minutes that must be bad.
            out_of: Minutes that are looked at, at most a day of them.

        Raises:
            ConfigurationError: When a number is outside its range.
        """
        part = use("Alarm.provisioned_utilization above", above, of="the provisioned concurrency")
        return cls(
            name="ProvisionedUtilization",
            what="Alarm.provisioned_utilization",
            metric="ServerlessProvisionedConcurrencyUtilization",
            by_config=False,
            statistic="Maximum",
            threshold=part / WHOLE,
            says=f"more than {above} % of the provisioned concurrency is in use",
            minutes=minutes,
            out_of=out_of,
        )
