"""Publishes what SageMaker publishes about an invocation, into the local CloudWatch."""

from dataclasses import dataclass

from tests.local_aws.server.cloudwatch import alarms
from tests.local_aws.server.sagemaker import cloud
from tests.local_aws.server.sagemaker.state import LOCK, Variant

_NAMESPACE = "AWS/SageMaker"
_CLIENT_ERRORS = range(400, 500)
_SUCCESSES = range(200, 300)
_watched: set[tuple[str, str]] = set()


@dataclass(frozen=True, slots=True, kw_only=True)
class Invocation:
    """One invocation that is over.

    Args:
        endpoint_name: The endpoint.
        config_name: The configuration that the answering fleet was built from.
        status: The status of the container's answer, 0 when there was none.
        model_seconds: How long the container took.
        total_seconds: How long the endpoint took.
    """

    endpoint_name: str
    config_name: str
    status: int
    model_seconds: float
    total_seconds: float


def publish(variant: Variant, invocation: Invocation) -> None:
    """Count an invocation, and publish it under the dimensions that alarms and scaling policies look at."""
    refused = invocation.status in _CLIENT_ERRORS
    failed = not refused and invocation.status not in _SUCCESSES
    model = invocation.model_seconds * 1e6
    overhead = max(0.0, (invocation.total_seconds - invocation.model_seconds) * 1e6)
    with LOCK:
        counters = variant.counters
        counters.invocations += 1
        counters.client_errors += refused
        counters.server_errors += failed
        counters.model_latency_us += model
        counters.overhead_latency_us += overhead
    values = (
        ("Invocations", 1.0, "None"),
        ("InvocationsPerInstance", 1.0 / max(variant.instance_count, 1), "None"),
        ("Invocation4XXErrors", float(refused), "None"),
        ("Invocation5XXErrors", float(failed), "None"),
        ("InvocationModelErrors", float(refused or failed), "None"),
        ("ModelLatency", model, "Microseconds"),
        ("OverheadLatency", overhead, "Microseconds"),
    )
    both_fleets = {"EndpointName": invocation.endpoint_name, "VariantName": variant.name}
    one_fleet = {**both_fleets, "EndpointConfigName": invocation.config_name}
    for name, value, unit in values:
        for dimensions in (both_fleets, one_fleet):
            cloud.record_metric(_NAMESPACE, name, value, unit, dimensions)
    _watch()


def _watch() -> None:
    """Begin to look at the alarms of an account and region once it has metrics."""
    scope = (cloud.account(), cloud.region())
    with LOCK:
        if scope in _watched:
            return
        _watched.add(scope)
    cloud.in_background(alarms.look_for_ever, name="alarms")
