"""Conditions under which a batch transform is not well."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal, Self

from cdk_model_hosting.durations import literal
from cdk_model_hosting.errors import ConfigurationError
from cdk_model_hosting.limits import ALARM_HOURS
from cdk_model_hosting.monitoring.checks import count, millis

if TYPE_CHECKING:
    import aws_cdk as cdk

_HOUR = 3600
_MINUTES = 5
_NAME = re.compile(r"[A-Z][A-Za-z0-9_]{0,63}")

Of = Literal["jobs", "starts"]
"""What is looked at: the runs, or what starts them on behalf of schedules and arrivals."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchAlarm:
    """A condition that operators of a batch transform are told of. Made by one of its factories.

    Args:
        name: Name, unique among the conditions of one batch transform.
        what: The factory as the user typed it.
        of: What publishes the metric.
        metric: The metric's name.
        statistic: What is made of a period's data.
        threshold: Value that is too much, or too little.
        below: Whether the value must not fall below the threshold, rather than not rise above it.
        seconds: Length of a period.
        periods: Periods that must all be bad.
        says: The condition in words.
    """

    name: str
    what: str
    of: Of
    metric: str
    statistic: str
    threshold: float
    below: bool = False
    seconds: int = _MINUTES * 60
    periods: int = 1
    says: str

    @classmethod
    def failures(cls, *, above: float = 0) -> Self:
        """Runs failed within five minutes.

        Args:
            above: Failures that are borne, a whole number of at least 0.

        Raises:
            ConfigurationError: When the number is outside its range.
        """
        what = "BatchAlarm.failures"
        return cls(
            name="Failures",
            what=what,
            of="jobs",
            metric="ExecutionsFailed",
            statistic="Sum",
            threshold=count(f"{what} above", above, why="no time has less than no failures", least=0),
            says=f"more than {above:g} transform jobs failed within {_MINUTES} minutes",
        )

    @classmethod
    def duration(cls, *, above: cdk.Duration) -> Self:
        """A run took too long, its tries and pauses included. It is told of when the run has ended.

        Args:
            above: Time that a run may take.

        Raises:
            ConfigurationError: When it is no time, or known only at deploy time.
        """
        what = "BatchAlarm.duration"
        longest = millis(f"{what} above", above, why="every job takes a moment")
        return cls(
            name="Duration",
            what=what,
            of="jobs",
            metric="ExecutionTime",
            statistic="Maximum",
            threshold=longest,
            says=f"a transform job took more than {longest / 60_000:.15g} minutes",
        )

    @classmethod
    def no_success(cls, *, hours: int) -> Self:
        """No run has succeeded for some hours: jobs fail, or none is started any more.

        It goes off after the first deployment, until the first run has succeeded.

        Args:
            hours: Whole hours, 1-168; some more than there are from one job to the next.

        Raises:
            ConfigurationError: When the number is outside its range.
        """
        what = "BatchAlarm.no_success"
        ALARM_HOURS.check(f"{what} hours", literal(f"{what} hours", hours))
        return cls(
            name="NoSuccess",
            what=what,
            of="jobs",
            metric="ExecutionsSucceeded",
            statistic="Sum",
            threshold=1,
            below=True,
            seconds=_HOUR,
            periods=hours,
            says=f"no transform job has succeeded for {hours} hours",
        )

    @classmethod
    def lost_starts(cls) -> Self:
        """A schedule came due, or an object arrived, and no job could be started for it."""
        return cls(
            name="LostStarts",
            what="BatchAlarm.lost_starts",
            of="starts",
            metric="ExecutionsFailed",
            statistic="Sum",
            threshold=0,
            says="a trigger could start no transform job",
        )

    def named(self, name: str) -> Self:
        """The same condition under another name, for two thresholds on one metric.

        Args:
            name: A capital letter, then letters, digits and underscores, at most 64 in all.

        Raises:
            ConfigurationError: When it is anything else.
        """
        if not isinstance(name, str) or not _NAME.fullmatch(name):
            raise ConfigurationError(
                "BatchAlarm.named name must be a capital letter and then at most 63 letters, digits and underscores, got "
                f"{name!r}: it becomes part of the alarm's name and of its construct's ID"
            )
        return replace(self, name=name)
