"""The kinds of endpoint: what each publishes, and what of it is worth an alarm or a graph."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from cdk_model_hosting.errors import ConfigurationError
from cdk_model_hosting.monitoring import published
from cdk_model_hosting.monitoring.alarm import Alarm
from cdk_model_hosting.monitoring.panels import (
    asynchronous,
    components,
    containers,
    fleets,
    multi_model,
    requests,
    serverless,
)
from cdk_model_hosting.patterns import Pattern

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from cdk_model_hosting.monitoring.condition import Condition
    from cdk_model_hosting.monitoring.panels.panel import Panel
    from cdk_model_hosting.monitoring.published import Metric, Metrics
    from cdk_model_hosting.monitoring.watched import By


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """A kind of endpoint.

    Args:
        pattern: How it hosts its models.
        publishes: The metrics of requests and instances that it has, by who publishes them.
        alarms: The conditions that operators are told of when none are named.
        rollback: The conditions that a rollout rolls back on when none are named, the most important first; none where
            rollouts know no alarms.
        totals: The numbers at the top of a dashboard.
        panels: The graphs below them, in rows of 24 columns.
    """

    pattern: Pattern
    publishes: Mapping[By, Metrics]
    alarms: tuple[Alarm, ...]
    rollback: tuple[Alarm, ...]
    totals: Panel
    panels: tuple[Panel, ...]

    def level(self, condition: Condition) -> By:
        """Who publishes what a condition looks at.

        Args:
            condition: The condition.

        Raises:
            ConfigurationError: When nobody does.
        """
        levels: tuple[By, ...] = ("variant", "component") if condition.by == "variant" else (condition.by,)
        metric = (condition.namespace, condition.metric)
        found = self._publisher(metric, levels)
        if found is None:
            raise ConfigurationError(
                f"{condition.what} must watch {_who(metric, levels)}, got {self.pattern.noun}: {_none(metric, condition.by)}"
            )
        return found

    def check_metric(self, what: str, metric: Metric, by: By) -> None:
        """Refuse a metric that is not published.

        Args:
            what: What the user typed.
            metric: The metric.
            by: Who should publish it.

        Raises:
            ConfigurationError: When nobody does.
        """
        if self._publisher(metric, (by,)) is None:
            raise ConfigurationError(
                f"{what} must be of {_who(metric, (by,))}, got {self.pattern.noun}: {_none(metric, by)}"
            )

    def _publisher(self, metric: Metric, levels: Sequence[By]) -> By | None:
        return next((each for each in levels if metric in self.publishes.get(each, ())), None)


def _who(metric: Metric, levels: Sequence[By]) -> str:
    """The kinds that publish a metric."""
    nouns = [each.pattern.noun for each in KINDS.values() if any(metric in each.publishes.get(by, ()) for by in levels)]
    return f"{', '.join(nouns[:-1])} or {nouns[-1]}" if len(nouns) > 1 else nouns[0]


def _none(metric: Metric, by: By) -> str:
    return f"it publishes no {metric[1]}{' of single containers' if by == 'container' else ''}"


_ON_INSTANCES = (Alarm.memory_utilization(), Alarm.disk_utilization())
_ANSWERS = (Alarm.server_errors(), Alarm.model_latency())
_CALLS = (requests.TRAFFIC, requests.ERROR_SHARES, requests.ERRORS, requests.MODEL_LATENCY, requests.OVERHEAD_LATENCY)
_FLEET = (requests.CONCURRENCY, fleets.MACHINES, fleets.GPUS, fleets.FLEET, requests.LOAD)

REALTIME = Kind(
    pattern=Pattern.REALTIME,
    publishes={"variant": published.REALTIME_CALLS | published.MACHINES},
    alarms=(*_ANSWERS, *_ON_INSTANCES),
    rollback=_ANSWERS,
    totals=fleets.TOTALS,
    panels=(*_CALLS, *_FLEET),
)
MULTI_MODEL = Kind(
    pattern=Pattern.MULTI_MODEL,
    publishes={"variant": published.REALTIME_CALLS | published.MACHINES | published.LOADING},
    alarms=(*_ANSWERS, Alarm.model_load_wait(), *_ON_INSTANCES),
    rollback=(*_ANSWERS, Alarm.model_load_wait()),
    totals=fleets.TOTALS,
    panels=(
        *_CALLS,
        multi_model.CACHE,
        multi_model.LOAD_WAIT,
        multi_model.LOADING,
        multi_model.LOADED,
        *_FLEET,
    ),
)
PIPELINE = Kind(
    pattern=Pattern.PIPELINE,
    publishes={
        "variant": published.REALTIME_CALLS | published.MACHINES,
        "container": published.PIPELINE_CONTAINERS,
    },
    alarms=(*_ANSWERS, *_ON_INSTANCES),
    rollback=_ANSWERS,
    totals=fleets.TOTALS,
    panels=(*_CALLS, containers.CONTAINER_LATENCY, containers.SLOWEST_ANSWERS, *_FLEET),
)
MULTI_CONTAINER = Kind(
    pattern=Pattern.MULTI_CONTAINER,
    publishes={
        "variant": published.REALTIME_CALLS | published.MACHINES,
        "container": published.DIRECT_CONTAINERS,
    },
    alarms=(*_ANSWERS, *_ON_INSTANCES),
    rollback=_ANSWERS,
    totals=fleets.TOTALS,
    panels=(
        *_CALLS,
        containers.CONTAINER_TRAFFIC,
        containers.CONTAINER_ERRORS,
        containers.CONTAINER_LATENCY,
        containers.SLOWEST_ANSWERS,
        *_FLEET,
    ),
)
ASYNCHRONOUS = Kind(
    pattern=Pattern.ASYNCHRONOUS,
    publishes={"endpoint": published.QUEUE, "variant": published.QUEUED_REQUESTS | published.MACHINES},
    alarms=(
        Alarm.server_errors(),
        Alarm.failed_inferences(),
        Alarm.expired_requests(),
        Alarm.backlog_without_capacity(),
        *_ON_INSTANCES,
    ),
    # Server errors are told apart by fleet. Failures are not, but they alone show that requests cannot be read or answers
    # written. Latency is not among them: a request may take an hour, and only who knows the model can say what is too long.
    rollback=(Alarm.server_errors(), Alarm.failed_inferences()),
    totals=asynchronous.TOTALS,
    panels=(
        asynchronous.BACKLOG,
        asynchronous.AGE,
        asynchronous.WITHOUT_CAPACITY,
        asynchronous.OUTCOMES,
        asynchronous.FAILURES,
        requests.CODE_SHARES,
        asynchronous.TIMES,
        asynchronous.MODEL_LATENCY,
        asynchronous.TRANSFERS,
        fleets.MACHINES,
        fleets.GPUS,
        fleets.INSTANCES_RUNNING,
    ),
)
SERVERLESS = Kind(
    pattern=Pattern.SERVERLESS,
    publishes={"variant": published.SERVERLESS_CALLS | published.MEMORY},
    alarms=(*_ANSWERS, Alarm.concurrency_utilization(), Alarm.memory_utilization()),
    # Deployment guardrails know no serverless endpoints.
    rollback=(),
    totals=serverless.TOTALS,
    panels=(
        requests.TRAFFIC,
        requests.CODE_SHARES,
        requests.CODES,
        requests.MODEL_LATENCY,
        requests.OVERHEAD_LATENCY,
        serverless.SETUP_TIME,
        serverless.COLD_STARTS,
        serverless.CONCURRENCY,
        serverless.PROVISIONED,
        serverless.MEMORY,
    ),
)
COMPONENTS = Kind(
    pattern=Pattern.COMPONENTS,
    publishes={"component": published.COMPONENT, "variant": published.SHARED_MACHINES},
    alarms=(*_ANSWERS, Alarm.no_capacity(), Alarm.copy_memory_utilization(), *_ON_INSTANCES),
    # Of one component's own rollout: the endpoint's fleet stays.
    rollback=_ANSWERS,
    totals=components.TOTALS,
    panels=(
        components.TRAFFIC,
        components.ERROR_SHARES,
        components.ERRORS,
        components.MODEL_LATENCY,
        components.OVERHEAD_LATENCY,
        components.CONCURRENCY,
        components.COPIES_RUNNING,
        components.LOAD,
        components.NO_CAPACITY,
        components.USE,
        components.GPU_USE,
        components.RESERVED,
        fleets.MACHINES,
        fleets.GPUS,
        fleets.INSTANCES_RUNNING,
    ),
)

KINDS: dict[Pattern, Kind] = {
    each.pattern: each
    for each in (REALTIME, MULTI_MODEL, PIPELINE, MULTI_CONTAINER, ASYNCHRONOUS, SERVERLESS, COMPONENTS)
}
"""The kind of endpoint that hosts by each pattern; batch transform has no endpoint."""
