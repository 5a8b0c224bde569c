"""Conditions on the queue of an asynchronous endpoint, and on what becomes of its requests."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

from cdk_model_hosting.limits import BACKLOG_AGE_SECONDS
from cdk_model_hosting.monitoring.checks import count, millis
from cdk_model_hosting.monitoring.condition import Condition

if TYPE_CHECKING:
    import aws_cdk as cdk

_MILLIS_A_SECOND = 1_000


class AsynchronousConditions(Condition):
    """Conditions that an asynchronous endpoint can be watched by.

    Its queue is one for the whole endpoint, and so are the conditions on it: during a rollout they look at both fleets.
    The conditions on what becomes of requests are watched on the variant; SageMaker does not document that their metrics
    tell the fleets of a rollout apart, so they look at both fleets as well.
    """

    __slots__ = ()

    @classmethod
    def backlog(cls, *, above: float, minutes: int = 5, out_of: int = 5) -> Self:
        """Too many requests wait or are in work, on average over a minute.

        Args:
            above: Requests in the whole endpoint's queue, at least 1.
            minutes: Minutes that must be bad.
            out_of: Minutes that are looked at, at most a day of them.

        Raises:
            ConfigurationError: When a number is outside its range.
        """
        return cls(
            name="Backlog",
            what="Alarm.backlog",
            metric="ApproximateBacklogSize",
            by="endpoint",
            statistic="Average",
            threshold=count("Alarm.backlog above", above, why="a request in work is in the backlog"),
            says=f"more than {above:g} requests wait or are in work",
            minutes=minutes,
            out_of=out_of,
        )

    @classmethod
    def backlog_age(cls, *, above: cdk.Duration, minutes: int = 3, out_of: int = 5) -> Self:
        """The oldest request of the queue has waited too long.

        Args:
            above: Time that a request may wait, more than 0 and below 6 hours, after which SageMaker drops it.
            minutes: Minutes that must be bad.
            out_of: Minutes that are looked at, at most a day of them.

        Raises:
            ConfigurationError: When a number is outside its range.
        """
        what = "Alarm.backlog_age above"
        seconds = millis(what, above, why="every request waits for a moment") / _MILLIS_A_SECOND
        BACKLOG_AGE_SECONDS.check(what, seconds)
        return cls(
            name="BacklogAge",
            what="Alarm.backlog_age",
            metric="ApproximateAgeOfOldestRequest",
            by="endpoint",
            statistic="Maximum",
            threshold=seconds,
            says=f"the oldest request has waited for more than {seconds:.15g} seconds",
            minutes=minutes,
            out_of=out_of,
        )

    @classmethod
    def backlog_without_capacity(cls, *, minutes: int = 15, out_of: int = 15) -> Self:
        """Requests wait, and for some time no instance has come up to answer them.

        A fleet that scales to zero takes some minutes to come up: give it those.

        Args:
            minutes: Minutes that must be bad.
            out_of: Minutes that are looked at, at most a day of them.

        Raises:
            ConfigurationError: When a number is outside its range.
        """
        return cls(
            name="BacklogWithoutCapacity",
            what="Alarm.backlog_without_capacity",
            metric="HasBacklogWithoutCapacity",
            by="endpoint",
            # It is 0 or 1, so the average is the share of the minute.
            statistic="Average",
            threshold=0,
            assumed=True,
            says="requests wait, and there is no instance to answer them",
            minutes=minutes,
            out_of=out_of,
        )

    @classmethod
    def failed_inferences(cls, *, above: float = 5, minutes: int = 2, out_of: int = 3) -> Self:
        """Too many requests fail, for whatever reason: the model, its time, the request's or the answer's file.

        It is a number and not a share: AWS prints the name of the metric that counts all requests in a doubtful spelling.

        Args:
            above: Failures in a minute, a whole number of at least 0.
            minutes: Minutes that must be bad.
            out_of: Minutes that are looked at, at most a day of them.

        Raises:
            ConfigurationError: When a number is outside its range.
        """
        return cls._failures(
            "FailedInferences", "failed_inferences", "InvocationFailures", above, minutes, out_of, "requests fail"
        )

    @classmethod
    def expired_requests(cls, *, above: float = 0, minutes: int = 1, out_of: int = 5) -> Self:
        """Requests are dropped because they waited longer than they were willing to.

        Args:
            above: Expired requests in a minute, a whole number of at least 0.
            minutes: Minutes that must be bad.
            out_of: Minutes that are looked at, at most a day of them.

        Raises:
            ConfigurationError: When a number is outside its range.
        """
        return cls._failures(
            "ExpiredRequests",
            "expired_requests",
            "ExpiredRequests",
            above,
            minutes,
            out_of,
            "requests expire in the queue",
        )

    @classmethod
    def failed_downloads(cls, *, above: float = 0, minutes: int = 2, out_of: int = 5) -> Self:
        """Requests cannot be read from S3: they are gone, or the role may not read them.

        Args:
            above: Failures in a minute, a whole number of at least 0.
            minutes: Minutes that must be bad.
            out_of: Minutes that are looked at, at most a day of them.

        Raises:
            ConfigurationError: When a number is outside its range.
        """
        return cls._failures(
            "FailedDownloads",
            "failed_downloads",
            "RequestDownloadFailures",
            above,
            minutes,
            out_of,
            "requests cannot be read from S3",
        )

    @classmethod
    def failed_uploads(cls, *, above: float = 0, minutes: int = 2, out_of: int = 5) -> Self:
        """Answers cannot be written to S3: the work is done, and lost.

        Args:
            above: Failures in a minute, a whole number of at least 0.
            minutes: Minutes that must be bad.
            out_of: Minutes that are looked at, at most a day of them.

        Raises:
            ConfigurationError: When a number is outside its range.
        """
        return cls._failures(
            "FailedUploads",
            "failed_uploads",
            "ResponseUploadFailures",
            above,
            minutes,
            out_of,
            "answers cannot be written to S3",
        )

    @classmethod
    def failed_notifications(cls, *, above: float = 0, minutes: int = 2, out_of: int = 5) -> Self:
        """Nobody can be told of answers: a topic is gone, or the role may not publish to it or use its key.

        Args:
            above: Failures in a minute, a whole number of at least 0.
            minutes: Minutes that must be bad.
            out_of: Minutes that are looked at, at most a day of them.

        Raises:
            ConfigurationError: When a number is outside its range.
        """
        return cls._failures(
            "FailedNotifications",
            "failed_notifications",
            "NotificationFailures",
            above,
            minutes,
            out_of,
            "notifications cannot be published",
        )

    @classmethod
    def _failures(  # noqa: PLR0917 - one line for each of five metrics is what this is for
        cls, name: str, factory: str, metric: str, above: float, minutes: int, out_of: int, what_happens: str
    ) -> Self:
        what = f"Alarm.{factory}"
        return cls(
            name=name,
            what=what,
            metric=metric,
            by_config=False,
            statistic="Sum",
            threshold=count(f"{what} above", above, why="no minute has less than no failures", least=0),
            says=f"more than {above:g} {what_happens} in a minute",
            minutes=minutes,
            out_of=out_of,
        )
