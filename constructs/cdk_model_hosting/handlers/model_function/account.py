"""What is to be told of one event when it is over."""

from dataclasses import dataclass, field
from time import perf_counter
from typing import Any

from .contract import Metric
from .failures import RequestRefused

_MILLI = 1000
_DECIMALS = 3
_MOST_TOLD = 10


@dataclass(slots=True, kw_only=True)
class Account:
    """What became of an event.

    Args:
        request_id: Lambda's ID of it.
        source: Where it came from.
        is_cold: Whether it had to wait for a new environment.
        started: When it came, in seconds of the performance counter.
        requests: How many requests are in it.
        status: The HTTP status that it was answered with.
        refusals: How many of them were wrong.
        failures: How many of them failed.
        deferred: How many of them were left for another time; None where that cannot be.
        predicted: Seconds in the user's function; None when it was not called.
        waited: Seconds for which an endpoint was waited for; None when none was asked.
        attempts: How often it was asked.
        reasons: What was wrong with the first of them.
        refused_at: Which line of the user's has refused the first of them.
        error: Why the first of them failed.
    """

    request_id: str
    source: str
    is_cold: bool
    started: float = field(default_factory=perf_counter)
    requests: int = 1
    status: int | None = None
    refusals: int = 0
    failures: int = 0
    deferred: int | None = None
    predicted: float | None = None
    waited: float | None = None
    attempts: int = 0
    reasons: list[str] = field(default_factory=list)
    refused_at: str | None = None
    error: Exception | None = None

    def count(self, error: Exception, *, message_id: str | None = None) -> None:
        """Count a request that was not answered.

        Args:
            error: Why.
            message_id: Which message it was.
        """
        if isinstance(error, RequestRefused):
            self.refusals += 1
            if self.refused_at is None:
                self.refused_at = error.place
            self._tell(str(error), message_id)
            return
        self.failures += 1
        if self.error is None:
            self.error = error
        if message_id is not None:
            self._tell(repr(error), message_id)

    def spoilt(self, error: Exception, *, requests: int) -> None:
        """Tell of requests that failed together, and for which there is no time to find out which of them is at fault.

        Args:
            error: Why.
            requests: How many they are.
        """
        if not isinstance(error, RequestRefused) and self.error is None:
            self.error = error
        self._tell(f"there was no time to try {requests} again in smaller lists: {error!r}", None)

    def defer(self, requests: int) -> None:
        """Count requests that are left for another time.

        Args:
            requests: How many.
        """
        self.deferred = requests + (0 if self.deferred is None else self.deferred)

    def spent(self, seconds: float) -> None:
        """Count the time of one more call of the user's function.

        Args:
            seconds: The time.
        """
        self.predicted = seconds + (0.0 if self.predicted is None else self.predicted)

    def asked(self, seconds: float) -> None:
        """Count one more attempt at an endpoint.

        Args:
            seconds: The time that it took.
        """
        self.attempts += 1
        self.waited = seconds + (0.0 if self.waited is None else self.waited)

    @property
    def message(self) -> str:
        """What happened, in a word or two."""
        if self.failures or self.error is not None:
            return "failed"
        if self.refusals:
            return "refused"
        return "deferred" if self.deferred else "answered"

    @property
    def level(self) -> str:
        """How bad it is."""
        return "WARNING" if self.refusals or self.deferred else "INFO"

    @property
    def metrics(self) -> dict[Metric, float]:
        """The values of the metrics."""
        values: dict[Metric, float] = {
            Metric.BATCH_SIZE: self.requests,
            Metric.COLD_START: int(self.is_cold),
            Metric.REFUSALS: self.refusals,
            Metric.FAILURES: self.failures,
        }
        if self.deferred is not None:
            values[Metric.DEFERRED] = self.deferred
        if self.predicted is not None:
            values[Metric.PREDICT_TIME] = self.predicted * _MILLI
        if self.waited is not None:
            values[Metric.ENDPOINT_TIME] = self.waited * _MILLI
        return values

    @property
    def details(self) -> dict[str, Any]:
        """What else the log tells."""
        told: dict[str, Any] = {
            "requestId": self.request_id,
            "source": self.source,
            "durationMs": round((perf_counter() - self.started) * _MILLI, _DECIMALS),
        }
        if self.status is not None:
            told["status"] = self.status
        if self.attempts:
            told["endpointAttempts"] = self.attempts
        if self.deferred:
            told["deferred"] = self.deferred
        if self.reasons:
            told["reasons"] = self.reasons
        if self.refused_at is not None:
            told["refusedAt"] = self.refused_at
        return told

    def _tell(self, reason: str, message_id: str | None) -> None:
        if len(self.reasons) < _MOST_TOLD:
            self.reasons.append(reason if message_id is None else f"{message_id}: {reason}")
