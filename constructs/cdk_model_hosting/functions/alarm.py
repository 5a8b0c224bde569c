"""Conditions under which a function is not well."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Self

from cdk_model_hosting.durations import literal
from cdk_model_hosting.errors import ConfigurationError
from cdk_model_hosting.functions.metrics import NAMESPACE
from cdk_model_hosting.handlers.model_function.contract import METRIC_NAMESPACE, Metric
from cdk_model_hosting.limits import ALARM_MINUTES
from cdk_model_hosting.monitoring.checks import count, millis, percentile, share

if TYPE_CHECKING:
    import aws_cdk as cdk

MESSAGES = "Queue"
"""The queue in front of a function, of the two that there are."""

DEAD_LETTERS = "DeadLetters"
"""The one that messages go to which failed too often."""

_QUEUES = "AWS/SQS"
_MILLIS_A_SECOND = 1000
_NAME = re.compile(r"[A-Z][A-Za-z0-9_]{0,63}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Measure:
    """A metric in an alarm.

    Args:
        namespace: Its namespace.
        name: Its name.
        statistic: What is made of a minute's data.
        queue: Which queue of the function's front publishes it: `MESSAGES` or `DEAD_LETTERS`; None for the function's own.
    """

    namespace: str
    name: str
    statistic: str = "Sum"
    queue: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class FunctionAlarm:
    """A condition that operators of a function are told of, or that a rollout rolls back on. Made by one of its factories.

    An alarm looks at minutes: it goes off when the condition held in `minutes` of the last `out_of` of them. Minutes without
    requests are good.

    Args:
        name: Name, unique among the conditions of one function.
        what: The factory as the user typed it.
        measure: What is looked at.
        whole: What it is a share of, in percent; None for the number itself.
        threshold: Value that is too much.
        by_version: Whether it is published for each version.
        says: The condition in words.
        minutes: Minutes that must be bad.
        out_of: Minutes that are looked at.
    """

    name: str
    what: str
    measure: Measure
    whole: Measure | None = None
    threshold: float
    by_version: bool = True
    says: str
    minutes: int
    out_of: int

    def __post_init__(self) -> None:
        for argument, number in (("minutes", self.minutes), ("out_of", self.out_of)):
            ALARM_MINUTES.check(f"FunctionAlarm {argument}", literal(f"FunctionAlarm {argument}", number))
        if self.minutes > self.out_of:
            raise ConfigurationError(
                f"FunctionAlarm minutes must be at most out_of, got {self.minutes} out of {self.out_of}: "
                "the condition is counted in the last out_of minutes"
            )

    @classmethod
    def errors(cls, *, above: float = 1, minutes: int = 1, out_of: int | None = None) -> Self:
        """A share of events ended in an error, or found no time left: the function cannot begin, or a caller was told of an error.

        Args:
            above: Percent of the events, 0 to below 100.
            minutes: Minutes that must be bad.
            out_of: Minutes that are looked at; as many as must be bad when omitted.

        Raises:
            ConfigurationError: When a number is outside its range.
        """
        what = "FunctionAlarm.errors"
        return cls(
            name="Errors",
            what=what,
            measure=Measure(namespace=NAMESPACE, name="Errors"),
            whole=Measure(namespace=NAMESPACE, name="Invocations"),
            threshold=share(f"{what} above", above, of="the events"),
            says=f"more than {above:g} % of the events ended in an error",
            minutes=minutes,
            out_of=minutes if out_of is None else out_of,
        )

    @classmethod
    def failures(cls, *, above: float = 1, minutes: int = 1, out_of: int | None = None) -> Self:
        """A share of requests failed in `predict`, whether they were answered with a 500, an error, or not at all.

        Args:
            above: Percent of the requests, 0 to below 100.
            minutes: Minutes that must be bad.
            out_of: Minutes that are looked at; as many as must be bad when omitted.

        Raises:
            ConfigurationError: When a number is outside its range.
        """
        what = "FunctionAlarm.failures"
        return cls(
            name="Failures",
            what=what,
            measure=Measure(namespace=METRIC_NAMESPACE, name=Metric.FAILURES),
            whole=Measure(namespace=METRIC_NAMESPACE, name=Metric.BATCH_SIZE),
            threshold=share(f"{what} above", above, of="the requests"),
            says=f"more than {above:g} % of the requests failed",
            minutes=minutes,
            out_of=minutes if out_of is None else out_of,
        )

    @classmethod
    def deferred(cls, *, above: float = 10, minutes: int = 1, out_of: int | None = None) -> Self:
        """A share of a queue's messages was left for another time, because the function had none left.

        A message that is left so has come once more, and may become a dead letter that nobody ever tried. What helps is a smaller
        ``batch``, or more time for the function. In a FIFO queue also those are left that are behind one that failed.

        Args:
            above: Percent of the messages, 0 to below 100.
            minutes: Minutes that must be bad.
            out_of: Minutes that are looked at; as many as must be bad when omitted.

        Raises:
            ConfigurationError: When a number is outside its range.
        """
        what = "FunctionAlarm.deferred"
        return cls(
            name="Deferred",
            what=what,
            measure=Measure(namespace=METRIC_NAMESPACE, name=Metric.DEFERRED),
            whole=Measure(namespace=METRIC_NAMESPACE, name=Metric.BATCH_SIZE),
            threshold=share(f"{what} above", above, of="the messages"),
            by_version=False,
            says=f"more than {above:g} % of the messages were left for another time",
            minutes=minutes,
            out_of=minutes if out_of is None else out_of,
        )

    @classmethod
    def duration(
        cls, *, above: cdk.Duration, percentile: float = 99, minutes: int = 1, out_of: int | None = None
    ) -> Self:
        """Events take too long.

        Args:
            above: Time that an event may take.
            percentile: Share of the events that must be faster, 1-100.
            minutes: Minutes that must be bad.
            out_of: Minutes that are looked at; as many as must be bad when omitted.

        Raises:
            ConfigurationError: When a number is outside its range, or the time known only at deploy time.
        """
        what = "FunctionAlarm.duration"
        longest = millis(f"{what} above", above, why="every event takes a moment")
        return cls.lasting(what, longest, percentile, minutes, minutes if out_of is None else out_of)

    @classmethod
    def lasting(cls, what: str, longest: float, number: float, minutes: int, out_of: int) -> Self:
        """`duration` with a time in milliseconds.

        Args:
            what: The factory as the user typed it.
            longest: Milliseconds that an event may take.
            number: The percentile.
            minutes: Minutes that must be bad.
            out_of: Minutes that are looked at.
        """
        statistic = percentile(f"{what} percentile", number)
        return cls(
            name="Duration",
            what=what,
            measure=Measure(namespace=NAMESPACE, name="Duration", statistic=statistic),
            threshold=longest,
            says=f"{statistic} of the events took more than {longest:.15g} milliseconds",
            minutes=minutes,
            out_of=out_of,
        )

    @classmethod
    def throttles(cls, *, above: float = 0, minutes: int = 1, out_of: int | None = None) -> Self:
        """Events found no environment, and none might be made.

        Args:
            above: Events within a minute that are borne, a whole number of at least 0.
            minutes: Minutes that must be bad.
            out_of: Minutes that are looked at; as many as must be bad when omitted.

        Raises:
            ConfigurationError: When a number is outside its range.
        """
        what = "FunctionAlarm.throttles"
        return cls(
            name="Throttles",
            what=what,
            measure=Measure(namespace=NAMESPACE, name="Throttles"),
            threshold=count(f"{what} above", above, why="no minute has less than no events", least=0),
            by_version=False,
            says=f"more than {above:g} events within a minute were turned away",
            minutes=minutes,
            out_of=minutes if out_of is None else out_of,
        )

    @classmethod
    def spillover(cls, *, above: float = 0, minutes: int = 1, out_of: int | None = None) -> Self:
        """Events found none of the environments free that are kept ready, and had to wait for another one to begin.

        Args:
            above: Events within a minute that are borne, a whole number of at least 0.
            minutes: Minutes that must be bad.
            out_of: Minutes that are looked at; as many as must be bad when omitted.

        Raises:
            ConfigurationError: When a number is outside its range.
        """
        what = "FunctionAlarm.spillover"
        return cls(
            name="Spillover",
            what=what,
            measure=Measure(namespace=NAMESPACE, name="ProvisionedConcurrencySpilloverInvocations"),
            threshold=count(f"{what} above", above, why="no minute has less than no events", least=0),
            by_version=False,
            says=f"more than {above:g} events within a minute found no environment ready",
            minutes=minutes,
            out_of=minutes if out_of is None else out_of,
        )

    @classmethod
    def backlog_age(cls, *, above: cdk.Duration, minutes: int = 1, out_of: int | None = None) -> Self:
        """The oldest message in the queue of a function with `Front.queue` has waited too long.

        A message that fails waits for its next turn, so the time should be longer than the queue's visibility timeout.

        Args:
            above: Time that a message may wait.
            minutes: Minutes that must be bad.
            out_of: Minutes that are looked at; as many as must be bad when omitted.

        Raises:
            ConfigurationError: When a number is outside its range, or the time known only at deploy time.
        """
        what = "FunctionAlarm.backlog_age"
        longest = millis(f"{what} above", above, why="every message waits a moment") / _MILLIS_A_SECOND
        return cls(
            name="BacklogAge",
            what=what,
            measure=Measure(
                namespace=_QUEUES, name="ApproximateAgeOfOldestMessage", statistic="Maximum", queue=MESSAGES
            ),
            threshold=longest,
            by_version=False,
            says=f"the oldest message has waited more than {longest:.15g} seconds",
            minutes=minutes,
            out_of=minutes if out_of is None else out_of,
        )

    @classmethod
    def dead_letters(cls, *, above: float = 0, minutes: int = 1, out_of: int | None = None) -> Self:
        """Messages lie in the dead-letter queue of a function with `Front.queue`: they failed as often as they might come.

        Args:
            above: Messages that are borne, a whole number of at least 0.
            minutes: Minutes that must be bad.
            out_of: Minutes that are looked at; as many as must be bad when omitted.

        Raises:
            ConfigurationError: When a number is outside its range.
        """
        what = "FunctionAlarm.dead_letters"
        return cls(
            name="DeadLetters",
            what=what,
            measure=Measure(
                namespace=_QUEUES, name="ApproximateNumberOfMessagesVisible", statistic="Maximum", queue=DEAD_LETTERS
            ),
            threshold=count(f"{what} above", above, why="no queue has less than no messages", least=0),
            by_version=False,
            says=f"more than {above:g} messages failed as often as they might come",
            minutes=minutes,
            out_of=minutes if out_of is None else out_of,
        )

    @property
    def seconds(self) -> int:
        """Shortest time in which the alarm can go off."""
        return self.minutes * 60

    def named(self, name: str) -> Self:
        """The same condition under another name, for two thresholds on one metric.

        Args:
            name: A capital letter, then letters, digits and underscores, at most 64 in all.

        Raises:
            ConfigurationError: When it is anything else.
        """
        if not isinstance(name, str) or not _NAME.fullmatch(name):
            raise ConfigurationError(
                "FunctionAlarm.named name must be a capital letter and then at most 63 letters, digits and underscores, got "
                f"{name!r}: it becomes part of the alarm's name and of its construct's ID"
            )
        return replace(self, name=name)
