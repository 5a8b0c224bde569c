"""Conditions on requests and their answers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

from cdk_model_hosting.monitoring.checks import MICROSECONDS_A_MILLI, WHOLE, count, millis, percentile, share
from cdk_model_hosting.monitoring.condition import Condition

if TYPE_CHECKING:
    import aws_cdk as cdk

_DEFAULT_LATENCY_MILLIS = 10_000.0
_DEFAULT_OVERHEAD_MILLIS = 1_000.0
_REQUESTS = "the requests"


class RequestConditions(Condition):
    """Conditions that every endpoint with waiting callers can be watched by."""

    __slots__ = ()

    @classmethod
    def server_errors(cls, *, above: float = 5, minutes: int = 2, out_of: int = 3) -> Self:
        """Too large a share of the requests is answered with a server error (5xx).

        Args:
            above: Percent of the requests, 0 to below 100; a literal number.
            minutes: Minutes that must be bad.
            out_of: Minutes that are looked at, at most a day of them.

        Raises:
            ConfigurationError: When a number is outside its range.
        """
        return cls(
            name="ServerErrors",
            what="Alarm.server_errors",
            metric="Invocation5XXErrors",
            # SageMaker reports 0 or 1 for each request, so the average is the share.
            statistic="Average",
            threshold=share("Alarm.server_errors above", above, of=_REQUESTS) / WHOLE,
            says=f"more than {above} % of the requests are answered with a server error",
            minutes=minutes,
            out_of=out_of,
        )

    @classmethod
    def client_errors(cls, *, above: float = 10, minutes: int = 5, out_of: int = 5) -> Self:
        """Too large a share of the requests is answered with a client error (4xx): callers send what is not understood.

        Args:
            above: Percent of the requests, 0 to below 100; a literal number.
            minutes: Minutes that must be bad.
            out_of: Minutes that are looked at, at most a day of them.

        Raises:
            ConfigurationError: When a number is outside its range.
        """
        return cls(
            name="ClientErrors",
            what="Alarm.client_errors",
            metric="Invocation4XXErrors",
            statistic="Average",
            threshold=share("Alarm.client_errors above", above, of=_REQUESTS) / WHOLE,
            says=f"more than {above} % of the requests are answered with a client error",
            minutes=minutes,
            out_of=out_of,
        )

    @classmethod
    def model_errors(cls, *, above: float = 5, minutes: int = 2, out_of: int = 3) -> Self:
        """Too large a share of the requests fails in the container: any answer but a 2xx, none, or one too late.

        It counts client errors too, since the container gives them.

        Args:
            above: Percent of the requests, 0 to below 100; a literal number.
            minutes: Minutes that must be bad.
            out_of: Minutes that are looked at, at most a day of them.

        Raises:
            ConfigurationError: When a number is outside its range.
        """
        return cls(
            name="ModelErrors",
            what="Alarm.model_errors",
            metric="InvocationModelErrors",
            statistic="Average",
            threshold=share("Alarm.model_errors above", above, of=_REQUESTS) / WHOLE,
            says=f"the container answers more than {above} % of the requests with an error, or not at all",
            minutes=minutes,
            out_of=out_of,
        )

    @classmethod
    def model_latency(
        cls, *, above: cdk.Duration | None = None, percentile: float = 99, minutes: int = 2, out_of: int = 3
    ) -> Self:
        """The model takes too long to answer.

        Args:
            above: Time that the model may take, above 0; 10 seconds when omitted, which suits few models: give your own.
            percentile: Percentile of the answers that is looked at, 1 to 100, with at most two decimals.
            minutes: Minutes that must be bad.
            out_of: Minutes that are looked at, at most a day of them.

        Raises:
            ConfigurationError: When a number is outside its range.
        """
        statistic = _percentile("Alarm.model_latency percentile", percentile)
        allowed = _DEFAULT_LATENCY_MILLIS
        if above is not None:
            allowed = millis("Alarm.model_latency above", above, why="every answer takes longer")
        return cls(
            name=f"ModelLatencyP{percentile:g}".replace(".", "_"),
            what="Alarm.model_latency",
            metric="ModelLatency",
            statistic=statistic,
            threshold=allowed * MICROSECONDS_A_MILLI,
            assumed=above is None,
            says=f"the model takes more than {allowed:.15g} ms for an answer at the percentile {percentile:g}",
            minutes=minutes,
            out_of=out_of,
        )

    @classmethod
    def overhead_latency(cls, *, above: cdk.Duration | None = None, minutes: int = 2, out_of: int = 3) -> Self:
        """SageMaker adds too much to the model's own time, on average: large payloads, cold paths, slow authorization.

        SageMaker documents no percentiles of this metric.

        Args:
            above: Time that may be added, above 0; 1 second when omitted.
            minutes: Minutes that must be bad.
            out_of: Minutes that are looked at, at most a day of them.

        Raises:
            ConfigurationError: When a number is outside its range.
        """
        allowed = _DEFAULT_OVERHEAD_MILLIS
        if above is not None:
            allowed = millis("Alarm.overhead_latency above", above, why="every request takes some")
        return cls(
            name="OverheadLatency",
            what="Alarm.overhead_latency",
            metric="OverheadLatency",
            statistic="Average",
            threshold=allowed * MICROSECONDS_A_MILLI,
            assumed=above is None,
            says=f"SageMaker adds more than {allowed:.15g} ms to the model's answers on average",
            minutes=minutes,
            out_of=out_of,
        )

    @classmethod
    def concurrency(cls, *, above: float, minutes: int = 3, out_of: int = 5) -> Self:
        """Too many requests are in flight at once: the fleet is about to be saturated.

        Args:
            above: Requests in flight, at least 1; a load test shows where answers become slow.
            minutes: Minutes that must be bad.
            out_of: Minutes that are looked at, at most a day of them.

        Raises:
            ConfigurationError: When a number is outside its range.
        """
        why = "whoever asks is in flight"
        return cls(
            name="Concurrency",
            what="Alarm.concurrency",
            metric="ConcurrentRequestsPerModel",
            statistic="Maximum",
            threshold=count("Alarm.concurrency above", above, why=why),
            says=f"more than {above:g} requests are in flight at once",
            minutes=minutes,
            out_of=out_of,
        )

    @classmethod
    def few_requests(cls, *, below: float = 1, minutes: int = 15, out_of: int = 15) -> Self:
        """Too few requests arrive: whoever should ask does not, or cannot. For operations, not for rollbacks.

        A minute without any counts as too few.

        Args:
            below: Requests in a minute, at least 1.
            minutes: Minutes that must be bad.
            out_of: Minutes that are looked at, at most a day of them.

        Raises:
            ConfigurationError: When a number is outside its range.
        """
        return cls(
            name="FewRequests",
            what="Alarm.few_requests",
            metric="Invocations",
            statistic="Sum",
            threshold=count("Alarm.few_requests below", below, why="no minute has less than no requests"),
            below=True,
            silence=True,
            says=f"fewer than {below:g} requests arrive in a minute",
            minutes=minutes,
            out_of=out_of,
        )


# The factory's own argument has the function's name.
_percentile = percentile
