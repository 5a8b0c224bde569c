"""What takes a rollout in Kubernetes back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from cdk_model_hosting.arguments import require, require_duration
from cdk_model_hosting.durations import literal, seconds
from cdk_model_hosting.errors import ConfigurationError
from cdk_model_hosting.kubernetes.names import number_text
from cdk_model_hosting.limits.clusters import KUBERNETES_NAMESPACE
from cdk_model_hosting.limits.servers import POD_ALARM_MINUTES, POD_ALARM_THRESHOLD, POD_ERROR_PERCENT
from cdk_model_hosting.tokens import is_token

if TYPE_CHECKING:
    import aws_cdk as cdk

    from cdk_model_hosting.kubernetes.servers.served import Measure, ServerKind

_PODS = "{pods}"


@dataclass(frozen=True, slots=True)
class PodAlarm:
    """A condition under which the pods of a new version are not well. Made by one of its factories.

    The pods of the new version alone are measured, once a minute, by what they tell Prometheus. Minutes without requests are good.

    Args:
        name: Name of the measurement.
        measure: What of the server's own is measured; None for a query.
        query: What Prometheus is asked, with ``{pods}`` for the labels of the pods; None for what the server is known to say.
        above: What is too much.
        minutes: For how many minutes it may not be.
    """

    name: str
    measure: Measure | None
    query: str | None
    above: float
    minutes: int

    def __post_init__(self) -> None:
        what = f"PodAlarm.{self._factory} minutes"
        POD_ALARM_MINUTES.check(what, self.minutes, optional=False)
        literal(what, self.minutes)

    @staticmethod
    def errors(*, above_percent: float = 1, minutes: int = 2) -> PodAlarm:
        """Too many requests fail.

        Args:
            above_percent: Percentage of requests, 0-99 %.
            minutes: After how many such minutes the rollout is taken back, 1-60.

        Raises:
            ConfigurationError: When a number is outside its range.
        """
        POD_ERROR_PERCENT.check("PodAlarm.errors above_percent", above_percent, optional=False)
        return PodAlarm("errors", "errors", None, above_percent, minutes)

    @staticmethod
    def slow_answers(*, above: cdk.Duration, minutes: int = 2) -> PodAlarm:
        """One request of a hundred takes too long: the 99th percentile of the time that the server takes.

        Args:
            above: How long is too long, in whole seconds or milliseconds.
            minutes: After how many such minutes the rollout is taken back, 1-60.

        Raises:
            ConfigurationError: When a number is outside its range.
        """
        what = "PodAlarm.slow_answers above"
        require_duration(what, above)
        limit: float = (seconds(what, above) or 0) if above.is_unresolved() else above.to_milliseconds() / 1000
        POD_ALARM_THRESHOLD.check(what, limit, optional=False)
        return PodAlarm("latency", "latency", None, limit, minutes)

    @staticmethod
    def on_query(name: str, query: str, *, above: float, minutes: int = 2) -> PodAlarm:
        """Anything that Prometheus knows.

        Args:
            name: Name of the measurement, for its report.
            query: A query whose answer has one number, with ``{pods}`` for the labels of the new version's pods:
                ``sum(rate(refused{{pods}}[2m])) or vector(0)``.
            above: What is too much, at least 0.
            minutes: After how many such minutes the rollout is taken back, 1-60.

        Raises:
            ConfigurationError: When the query does not say ``{pods}``, or a number is outside its range.
        """
        KUBERNETES_NAMESPACE.check("PodAlarm.on_query name", name, optional=False)
        require("PodAlarm.on_query query", query, str)
        if not is_token(query) and _PODS not in query:
            raise ConfigurationError(
                f"PodAlarm.on_query query must hold {_PODS}, got {query!r}: it would measure the version that serves too"
            )
        POD_ALARM_THRESHOLD.check("PodAlarm.on_query above", above, optional=False)
        return PodAlarm(name, None, query, above, minutes)

    @property
    def _factory(self) -> str:
        return {"errors": "errors", "latency": "slow_answers"}.get(self.measure or "", "on_query")

    def metric(self, kind: ServerKind, *, pods: str, address: str) -> dict[str, Any]:
        """The condition as a metric of an analysis of Argo Rollouts.

        Args:
            kind: The server.
            pods: The labels that select the pods of the new version.
            address: Address of Prometheus.

        Raises:
            ConfigurationError: When the server does not say what is measured.
        """
        asked = self.query if self.measure is None else kind.promql(self.measure)
        if asked is None:
            raise ConfigurationError(
                f"rollback_on PodAlarm.{self._factory} must be of a server that is known to publish it, got {kind.what}: use "
                "PodAlarm.on_query"
            )
        return {
            "name": self.name,
            "interval": "60s",
            "successCondition": f"result[0] <= {number_text(self.above)}",
            # One more than these is too many.
            "failureLimit": self.minutes - 1,
            "provider": {"prometheus": {"address": address, "query": asked.replace(_PODS, pods)}},
        }
