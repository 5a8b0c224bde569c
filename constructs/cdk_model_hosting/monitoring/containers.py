"""Conditions on one container of a model that has several."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

from cdk_model_hosting.limits import CONTAINER_HOSTNAME
from cdk_model_hosting.monitoring.checks import MICROSECONDS_A_MILLI, count, millis
from cdk_model_hosting.monitoring.condition import Condition

if TYPE_CHECKING:
    import aws_cdk as cdk

_DEFAULT_LATENCY_MILLIS = 10_000.0


class ContainerConditions(Condition):
    """Conditions on the containers of a pipeline, or of an endpoint whose containers are invoked directly.

    Each container of every variant has an alarm of its own, unless one is named. Their metrics do not tell the fleets of a
    rollout apart: during one they look at both fleets.
    """

    __slots__ = ()

    @classmethod
    def container_latency(
        cls, *, container: str | None = None, above: cdk.Duration | None = None, minutes: int = 2, out_of: int = 3
    ) -> Self:
        """A container takes too long to answer, on average: SageMaker documents no percentiles of this metric.

        Args:
            container: Host name of the container; each when omitted.
            above: Time that it may take, above 0; 10 seconds when omitted, which suits few containers: give your own.
            minutes: Minutes that must be bad.
            out_of: Minutes that are looked at, at most a day of them.

        Raises:
            ConfigurationError: When a number is outside its range, or no container can have that name.
        """
        CONTAINER_HOSTNAME.check("Alarm.container_latency container", container)
        allowed = _DEFAULT_LATENCY_MILLIS
        if above is not None:
            allowed = millis("Alarm.container_latency above", above, why="every answer takes longer")
        return cls(
            name="ContainerLatency",
            what="Alarm.container_latency",
            metric="ContainerLatency",
            by="container",
            container=container,
            statistic="Average",
            threshold=allowed * MICROSECONDS_A_MILLI,
            assumed=above is None,
            says=f"it takes more than {allowed:.15g} ms for an answer on average",
            minutes=minutes,
            out_of=out_of,
        )

    @classmethod
    def container_errors(
        cls, *, container: str | None = None, above: float = 5, minutes: int = 2, out_of: int = 3
    ) -> Self:
        """A container that is invoked directly answers too often with a server error (5xx).

        It is a number and not a share: for single containers SageMaker documents that errors are counted, and not that
        successes are counted as none.

        Args:
            container: Host name of the container; each when omitted.
            above: Errors in a minute, a whole number of at least 0.
            minutes: Minutes that must be bad.
            out_of: Minutes that are looked at, at most a day of them.

        Raises:
            ConfigurationError: When a number is outside its range, or no container can have that name.
        """
        CONTAINER_HOSTNAME.check("Alarm.container_errors container", container)
        why = "no minute has less than no errors"
        return cls(
            name="ContainerErrors",
            what="Alarm.container_errors",
            metric="Invocation5XXErrors",
            by="container",
            container=container,
            statistic="Sum",
            threshold=count("Alarm.container_errors above", above, why=why, least=0),
            says=f"it answers more than {above:g} requests a minute with a server error",
            minutes=minutes,
            out_of=out_of,
        )
