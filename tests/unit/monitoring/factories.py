"""Every factory of `Alarm`, with what it takes, and one alarm as it stands in a template."""

from collections.abc import Callable
from typing import Any

import aws_cdk as cdk
from aws_cdk.assertions import Template

from cdk_model_hosting import Alarm
from cdk_model_hosting.instances import instance
from cdk_model_hosting.monitoring.watched import Watched
from cdk_model_hosting.patterns import Pattern
from tests.unit.builders import new_stack

Factory = Callable[..., Alarm]

SHARES: list[tuple[Factory, str]] = [
    (Alarm.server_errors, "the requests"),
    (Alarm.client_errors, "the requests"),
    (Alarm.model_errors, "the requests"),
    (Alarm.cpu_utilization, "the CPUs of an instance"),
    (Alarm.memory_utilization, "the memory of an instance"),
    (Alarm.disk_utilization, "the disk of an instance"),
    (Alarm.gpu_utilization, "the GPUs of an instance"),
    (Alarm.gpu_memory_utilization, "the GPUs' memory of an instance"),
    (Alarm.model_cache_misses, "the requests"),
    (Alarm.concurrency_utilization, "the largest concurrency"),
    (Alarm.provisioned_utilization, "the provisioned concurrency"),
    (Alarm.copy_cpu_utilization, "the CPUs of a copy"),
    (Alarm.copy_memory_utilization, "the memory of a copy"),
    (Alarm.copy_gpu_utilization, "the GPUs of a copy"),
    (Alarm.copy_gpu_memory_utilization, "the GPUs' memory of a copy"),
]
_EMPTY = "an instance without any publishes nothing"
_FAILURES = "no minute has less than no failures"
COUNTS: list[tuple[Factory, str, int, str]] = [
    (Alarm.concurrency, "above", 1, "whoever asks is in flight"),
    (Alarm.few_requests, "below", 1, "no minute has less than no requests"),
    (Alarm.cpu_utilization, "cores", 1, _EMPTY),
    (Alarm.gpu_utilization, "gpus", 1, _EMPTY),
    (Alarm.gpu_memory_utilization, "gpus", 1, _EMPTY),
    (Alarm.backlog, "above", 1, "a request in work is in the backlog"),
    (Alarm.failed_inferences, "above", 0, _FAILURES),
    (Alarm.expired_requests, "above", 0, _FAILURES),
    (Alarm.failed_downloads, "above", 0, _FAILURES),
    (Alarm.failed_uploads, "above", 0, _FAILURES),
    (Alarm.failed_notifications, "above", 0, _FAILURES),
    (Alarm.container_errors, "above", 0, "no minute has less than no errors"),
    (Alarm.no_capacity, "above", 0, _FAILURES),
    (Alarm.copy_concurrency, "above", 1, "whoever asks is in flight"),
]
LATENCIES: list[tuple[Factory, str]] = [
    (Alarm.model_latency, "every answer takes longer"),
    (Alarm.overhead_latency, "every request takes some"),
    (Alarm.backlog_age, "every request waits for a moment"),
    (Alarm.model_load_wait, "a model that is not loaded takes some"),
    (Alarm.container_latency, "every answer takes longer"),
    (Alarm.model_setup_time, "every cold start takes longer"),
]


def _with(factory: Factory, **given: Any) -> Factory:
    def made(**options: Any) -> Alarm:
        return factory(**{**given, **options})

    return made


_AGED = _with(Alarm.backlog_age, above=cdk.Duration.minutes(5))
_BUSY = _with(Alarm.concurrency, above=10)
_LONG = _with(Alarm.backlog, above=10)
_BUSY_COPY = _with(Alarm.copy_concurrency, above=10)

_EVERY: list[Factory] = [Alarm.server_errors, Alarm.client_errors, Alarm.model_latency]
_CALLS: list[Factory] = [*_EVERY, Alarm.overhead_latency, Alarm.few_requests]
_MACHINES: list[Factory] = [
    Alarm.cpu_utilization,
    Alarm.memory_utilization,
    Alarm.disk_utilization,
    Alarm.gpu_utilization,
    Alarm.gpu_memory_utilization,
]
_REALTIME: list[Factory] = [*_CALLS, *_MACHINES, Alarm.model_errors, _BUSY]

OF: dict[Pattern, list[Factory]] = {
    Pattern.REALTIME: _REALTIME,
    Pattern.MULTI_MODEL: [*_REALTIME, Alarm.model_load_wait, Alarm.model_cache_misses],
    Pattern.PIPELINE: [*_REALTIME, Alarm.container_latency],
    Pattern.MULTI_CONTAINER: [*_REALTIME, Alarm.container_latency, Alarm.container_errors],
    Pattern.ASYNCHRONOUS: [
        *_EVERY,
        *_MACHINES,
        _LONG,
        _AGED,
        Alarm.backlog_without_capacity,
        Alarm.failed_inferences,
        Alarm.expired_requests,
        Alarm.failed_downloads,
        Alarm.failed_uploads,
        Alarm.failed_notifications,
    ],
    Pattern.SERVERLESS: [
        *_CALLS,
        Alarm.memory_utilization,
        Alarm.model_setup_time,
        Alarm.concurrency_utilization,
        Alarm.provisioned_utilization,
    ],
    Pattern.COMPONENTS: [
        *_CALLS,
        *_MACHINES,
        Alarm.model_errors,
        Alarm.no_capacity,
        _BUSY_COPY,
        Alarm.copy_cpu_utilization,
        Alarm.copy_memory_utilization,
        Alarm.copy_gpu_utilization,
        Alarm.copy_gpu_memory_utilization,
    ],
}
"""The factories whose alarms each kind of endpoint can be watched by."""

ALL: list[Factory] = list(dict.fromkeys(factory for factories in OF.values() for factory in factories))


def bound(alarm: Alarm, **watched: Any) -> dict[str, Any]:
    """The properties of an alarm on a variant of the endpoint `fraud`."""
    stack = new_stack()
    what = {"machine": instance("ml.g5.12xlarge"), **watched}
    alarm.bind(stack, "Alarm", Watched(endpoint_name="fraud", variant_name="main", **what), "name")
    return dict(Template.from_stack(stack).to_json()["Resources"]["Alarm"]["Properties"])


def essence(alarm: Alarm, **watched: Any) -> tuple[Any, ...]:
    """What an alarm looks at, when it goes off, and what it says."""
    found = bound(alarm, **watched)
    statistic = found.get("Statistic") or found["ExtendedStatistic"]
    return (found["Namespace"], found["MetricName"], statistic, found["Threshold"], found["AlarmDescription"])
