"""The metrics that one kind of endpoint has, and those that it must not offer."""

from contextlib import suppress
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_cloudwatch as cloudwatch

from cdk_model_hosting import ConfigurationError
from cdk_model_hosting.endpoints.endpoint import Endpoint
from cdk_model_hosting.endpoints.metrics import EndpointMetrics, InstanceMetrics
from cdk_model_hosting.endpoints.metrics_asynchronous import AsynchronousMetrics
from cdk_model_hosting.endpoints.metrics_components import ComponentMetrics, SharedInstanceMetrics
from cdk_model_hosting.endpoints.metrics_containers import ContainerMetrics
from cdk_model_hosting.endpoints.metrics_multi_model import MultiModelMetrics
from cdk_model_hosting.endpoints.metrics_requests import RealtimeMetrics
from cdk_model_hosting.endpoints.metrics_serverless import ServerlessMetrics
from cdk_model_hosting.monitoring.kinds import KINDS
from cdk_model_hosting.monitoring.watched import Watched
from cdk_model_hosting.patterns import Pattern
from tests.unit.builders import new_stack, refused, text_token
from tests.unit.monitoring.published import CONTAINER, PUBLISHED, assert_published

REQUESTS, INSTANCES, COPIES = "AWS/SageMaker", "/aws/sagemaker/Endpoints", "/aws/sagemaker/InferenceComponents"
COMPUTED = {
    "CPUUtilizationNormalized", "GPUUtilizationNormalized", "GPUMemoryUtilizationNormalized", "OverheadLatency",
    "MidStreamErrors", "FirstChunkLatency", "FirstChunkModelLatency", "FirstChunkOverheadLatency",
}  # fmt: skip
"""What has no method of its own on the instances and copies of inference components, or on containers."""


class Realtime(RealtimeMetrics, Endpoint):
    """A real-time endpoint."""


class Asynchronous(AsynchronousMetrics, Endpoint):
    """An asynchronous endpoint."""


class Serverless(ServerlessMetrics, Endpoint):
    """A serverless endpoint."""


class Shared(SharedInstanceMetrics, Endpoint):
    """An endpoint that hosts inference components."""


class Component(ComponentMetrics):
    """An inference component."""

    component_name = "rank"


def made(kind: type[Endpoint], pattern: Pattern, *names: str) -> Any:
    variants = [
        Watched(endpoint_name="fraud", variant_name=each, containers=("clean", "score")) for each in names or ("main",)
    ]
    return kind(new_stack(), "Endpoint", name="fraud", variants=variants, kind=KINDS[pattern], pattern=pattern)


def endpoint_of(pattern: Pattern) -> Any:
    match pattern:
        case Pattern.ASYNCHRONOUS:
            return made(Asynchronous, pattern)
        case Pattern.SERVERLESS:
            return made(Serverless, pattern)
        case Pattern.COMPONENTS:
            return made(Shared, pattern)
        case _:
            return made(Realtime, pattern)


def offered(kind: type) -> set[str]:
    return {name for name in dir(kind) if name.startswith("metric_")}


def metrics_of(endpoint: Any) -> dict[str, cloudwatch.Metric]:
    """Every metric that an endpoint gives, by its method."""
    found: dict[str, cloudwatch.Metric] = {}
    for name in offered(type(endpoint)):
        options = {"container": "score"} if "_container_" in name else {}
        # Those of loaded models and of containers are refused where there are none.
        with suppress(ConfigurationError):
            found[name] = getattr(endpoint, name)(**options)
    return found


@pytest.mark.parametrize("pattern", KINDS)
def test_what_is_offered_is_published(pattern: Pattern) -> None:
    metrics = metrics_of(endpoint_of(pattern))
    if pattern is Pattern.COMPONENTS:
        metrics |= {f"component {name}": metric for name, metric in metrics_of(Component()).items()}
    known = set()
    for metric in metrics.values():
        dimensions = set(metric.dimensions or {})
        assert_published(pattern, metric.namespace, metric.metric_name, metric.statistic, dimensions)
        assert metric.period.to_seconds() == 60
        known.add((metric.namespace, metric.metric_name, frozenset(dimensions)))
    missing = set(PUBLISHED[pattern]) - known
    assert {name for _, name, _ in missing} <= (COMPUTED if pattern is Pattern.COMPONENTS else set())


@pytest.mark.parametrize(
    ("kind", "absent"),
    [
        (Asynchronous, {"invocations", "invocations_per_instance", "overhead_latency", "concurrent_requests"}),
        (Asynchronous, {"model_errors", "model_load_wait", "container_latency", "model_setup_time"}),
        (Serverless, {"cpu_utilization", "disk_utilization", "gpu_utilization", "model_errors", "backlog_size"}),
        (Shared, {"invocations", "server_errors", "model_latency"}),
        (Realtime, {"backlog_size", "failed_inferences", "model_setup_time", "cpu_reservation"}),
    ],
)
def test_what_is_not_published_is_not_offered(kind: type, absent: set[str]) -> None:
    assert not offered(kind) & {f"metric_{each}" for each in absent}


@pytest.mark.parametrize(
    "kind",
    [
        AsynchronousMetrics, ComponentMetrics, ContainerMetrics, EndpointMetrics, InstanceMetrics, MultiModelMetrics,
        RealtimeMetrics, ServerlessMetrics, SharedInstanceMetrics,
    ],
)  # fmt: skip
def test_every_metric_says_what_it_is(kind: type) -> None:
    assert all(getattr(kind, name).__doc__ for name in offered(kind))


@pytest.mark.parametrize("pattern", [Pattern.ASYNCHRONOUS, Pattern.SERVERLESS, Pattern.COMPONENTS, Pattern.MULTI_MODEL])
def test_statistic_and_period_can_be_said(pattern: Pattern) -> None:
    endpoint = Component() if pattern is Pattern.COMPONENTS else endpoint_of(pattern)
    for name in offered(type(endpoint)):
        if "_container_" not in name:
            metric = getattr(endpoint, name)(statistic="p99", period=cdk.Duration.minutes(5))
            assert (metric.statistic, metric.period.to_seconds()) == ("p99", 300)


def test_the_backlog_is_the_endpoints() -> None:
    endpoint = made(Asynchronous, Pattern.ASYNCHRONOUS, "a", "b")
    metric = endpoint.metric_backlog_size()
    assert (metric.metric_name, metric.dimensions) == ("ApproximateBacklogSize", {"EndpointName": "fraud"})
    assert endpoint.metric_failed_inferences(variant="b").dimensions == {"EndpointName": "fraud", "VariantName": "b"}


def test_a_container_is_one_of_a_variant() -> None:
    endpoint = made(Realtime, Pattern.PIPELINE, "a", "b")
    metric = endpoint.metric_container_latency(container="score", variant="b")
    assert metric.metric_name == "ContainerLatency"
    assert frozenset(metric.dimensions) == CONTAINER
    assert metric.dimensions["ContainerName"] == "score"
    with refused("metric_container_latency container must be one of clean, score, got 'rank': variant a has no other"):
        endpoint.metric_container_latency(container="rank", variant="a")
    token = text_token(new_stack())
    assert endpoint.metric_container_latency(container=token, variant="a").dimensions["ContainerName"] == token
    with refused(
        "metric_container_latency container must be 1-63 characters (letters, digits and hyphens, no hyphen first or last), "
        "got '-': SageMaker uses it as a DNS name"
    ):
        endpoint.metric_container_latency(container="-", variant="a")


def test_containers_of_an_imported_endpoint_are_taken_as_they_are_named() -> None:
    variants = [Watched(endpoint_name="fraud", variant_name="main")]
    kind = KINDS[Pattern.MULTI_CONTAINER]
    endpoint = Realtime(new_stack(), "Endpoint", name="fraud", variants=variants, kind=kind)
    assert endpoint.metric_container_invocations(container="any").metric_name == "Invocations"


@pytest.mark.parametrize(
    ("method", "pattern", "options", "who", "metric"),
    [
        ("metric_model_load_wait", Pattern.REALTIME, {}, "a multi-model endpoint", "ModelLoadingWaitTime"),
        ("metric_loaded_models", Pattern.PIPELINE, {}, "a multi-model endpoint", "LoadedModelCount"),
        (
            "metric_container_latency",
            Pattern.REALTIME,
            {"container": "score"},
            "a serial pipeline endpoint or a multi-container endpoint",
            "ContainerLatency of single containers",
        ),
        (
            "metric_container_server_errors",
            Pattern.PIPELINE,
            {"container": "score"},
            "a multi-container endpoint",
            "Invocation5XXErrors of single containers",
        ),
    ],
)
def test_fails_when_the_endpoint_publishes_no_such_metric(
    method: str, pattern: Pattern, options: dict[str, str], who: str, metric: str
) -> None:
    with refused(f"{method} must be of {who}, got {pattern.noun}: it publishes no {metric}"):
        getattr(endpoint_of(pattern), method)(**options)


def test_a_component_is_found_by_its_name_alone() -> None:
    metric = Component().metric_cpu_utilization()
    assert (metric.namespace, metric.dimensions) == (COPIES, {"InferenceComponentName": "rank"})
    other = Component().metric("ModelLatency", statistic="p50", period=cdk.Duration.minutes(5))
    assert (other.namespace, other.metric_name, other.statistic) == (REQUESTS, "ModelLatency", "p50")


def test_a_component_may_be_elsewhere() -> None:
    component = Component()
    component._metric_region, component._metric_account = "us-east-1", "111122223333"
    metric = component.metric_invocations()
    assert (metric.region, metric.account) == ("us-east-1", "111122223333")


def test_reservations_are_of_instances() -> None:
    metric = endpoint_of(Pattern.COMPONENTS).metric_gpu_reservation()
    assert (metric.namespace, metric.dimensions) == (INSTANCES, {"EndpointName": "fraud", "VariantName": "main"})
