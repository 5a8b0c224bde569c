"""Two variants side by side, as metric math and as graphs."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from cdk_model_hosting.monitoring.panels.panel import Stat

if TYPE_CHECKING:
    from cdk_model_hosting.monitoring.watched import Watched

RED = "#d62728"
"""Colour of a threshold."""

_MORE_ERRORS, _SLOWER = "MoreErrors", "Slower"
_REQUESTS = Stat(metric="Invocations", statistic="Sum")
_ERRORS = Stat(metric="Invocation5XXErrors", statistic="Average")


@dataclass(frozen=True, slots=True, kw_only=True)
class Query:
    """A metric of one of the two.

    Args:
        id: What expressions call it.
        watched: Whose it is.
        stat: The metric.
    """

    id: str
    watched: Watched
    stat: Stat


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What an alarm goes off on.

    Args:
        name: Its name.
        queries: The metrics that it looks at.
        expression: What is computed of them.
        threshold: Value that is too much.
        says: The condition in words.
    """

    name: str
    queries: list[Query]
    expression: str
    threshold: float
    says: str


@dataclass(slots=True, kw_only=True)
class Compared:
    """A variant that serves, and one that might take its place.

    Args:
        baseline: The variant that serves.
        challenger: The variant that is compared with it.
        seconds: Time over which both are measured.
        least_requests: Requests that both must have had in that time for a comparison to say anything.
        percentile: Percentile of the latencies, such as ``p90``.
        verdicts: What alarms go off on.
    """

    baseline: Watched
    challenger: Watched
    seconds: int
    least_requests: int
    percentile: str
    verdicts: list[Verdict] = field(default_factory=list)

    def more_errors(self, points: float) -> Verdict:
        """That the challenger has more server errors.

        Args:
            points: Percentage points that it may have more.
        """
        says = f"more than {points:g} percentage points more server errors than {self.baseline.name}"
        return self._verdict(_MORE_ERRORS, self.errors(), self.difference, points, says)

    def slower(self, times: float) -> Verdict:
        """That the challenger takes longer.

        Args:
            times: Multiple of the baseline's latency that it may take.
        """
        says = f"{self.percentile} of its latency is more than {times:g} times that of {self.baseline.name}"
        return self._verdict(_SLOWER, self.latency(), self.multiple, times, says)

    def _verdict(self, name: str, queries: list[Query], expression: str, threshold: float, says: str) -> Verdict:
        return Verdict(
            name=name,
            queries=[*self.requests(), *queries],
            expression=expression,
            threshold=threshold,
            says=says,
        )

    @property
    def difference(self) -> str:
        """Percentage points of server errors that the challenger has more; none while either had few requests."""
        return self._if_enough("(challenger_errors - baseline_errors) * 100", otherwise=0)

    @property
    def multiple(self) -> str:
        """The challenger's latency in times of the baseline's; once while either had few requests."""
        return self._if_enough("challenger_latency / baseline_latency", otherwise=1)

    def requests(self) -> list[Query]:
        """The requests of both."""
        return self._both("requests", _REQUESTS)

    def errors(self) -> list[Query]:
        """The shares of server errors of both."""
        return self._both("errors", _ERRORS)

    def latency(self) -> list[Query]:
        """The latencies of both."""
        return self._both("latency", Stat(metric="ModelLatency", statistic=self.percentile))

    def graphs(self) -> list[dict[str, Any]]:
        """Both side by side and their difference, for errors and for latency, as properties of four widgets."""
        two = f"{self.challenger.name} and {self.baseline.name}"
        one = f"{self.challenger.name} against {self.baseline.name}"
        return [
            self._side_by_side(f"{two}: server errors, %", self.errors(), 100),
            self._one_line(f"{one}: more errors, points", self.errors(), self.difference, _MORE_ERRORS),
            self._side_by_side(f"{two}: latency {self.percentile}, ms", self.latency(), 0.001),
            self._one_line(f"{one}: latency, times", self.latency(), self.multiple, _SLOWER),
        ]

    def _if_enough(self, expression: str, *, otherwise: int) -> str:
        least = self.least_requests
        return f"IF(baseline_requests >= {least} AND challenger_requests >= {least}, {expression}, {otherwise})"

    def _both(self, what: str, stat: Stat) -> list[Query]:
        return [
            Query(id=f"baseline_{what}", watched=self.baseline, stat=stat),
            Query(id=f"challenger_{what}", watched=self.challenger, stat=stat),
        ]

    def _side_by_side(self, title: str, queries: list[Query], factor: float) -> dict[str, Any]:
        metrics = [_hidden(query) for query in queries]
        metrics.extend(
            [{"expression": f"{query.id}*{factor:g}", "label": query.watched.name, "id": f"e{index}"}]
            for index, query in enumerate(queries)
        )
        return self._graph(title, metrics)

    def _one_line(self, title: str, queries: list[Query], expression: str, verdict: str) -> dict[str, Any]:
        metrics = [_hidden(query) for query in (*self.requests(), *queries)]
        metrics.append([{"expression": expression, "label": self.challenger.name, "id": "e0"}])
        graph = self._graph(title, metrics)
        lines = [
            {"label": each.name, "value": each.threshold, "color": RED, "fill": "above"}
            for each in self.verdicts
            if each.name == verdict
        ]
        if lines:
            graph["annotations"] = {"horizontal": lines}
        return graph

    def _graph(self, title: str, metrics: list[list[Any]]) -> dict[str, Any]:
        left = {"showUnits": False}
        return {
            "title": title,
            "view": "timeSeries",
            "period": self.seconds,
            "metrics": metrics,
            "yAxis": {"left": left},
        }


def _hidden(query: Query) -> list[Any]:
    dimensions = [each for pair in query.watched.dimensions().items() for each in pair]
    rendering = {"stat": query.stat.statistic, "id": query.id, "visible": False}
    return [query.stat.namespace, query.stat.metric, *dimensions, rendering]
