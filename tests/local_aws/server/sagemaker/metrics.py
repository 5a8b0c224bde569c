"""Publishes what SageMaker publishes about an invocation, into the local CloudWatch."""

from tests.local_aws.server.cloudwatch import alarms
from tests.local_aws.server.sagemaker.containers import Reply
from tests.local_aws.server.sagemaker.meters import Meter
from tests.local_aws.server.sagemaker.state import LOCK, Variant

_CLIENT_ERRORS = range(400, 500)
_SUCCESSES = range(200, 300)


def publish(variant: Variant, reply: Reply, *, total_seconds: float) -> None:
    """Count an invocation, and publish it.

    Args:
        variant: The variant that answered.
        reply: Its answer, with the time that its containers took.
        total_seconds: How long the endpoint took.
    """
    refused, failed = is_refused(reply), is_failed(reply)
    model = reply.seconds * 1e6
    overhead = max(0.0, (total_seconds - reply.seconds) * 1e6)
    with LOCK:
        counters = variant.counters
        counters.invocations += 1
        counters.client_errors += refused
        counters.server_errors += failed
        counters.model_latency_us += model
        counters.overhead_latency_us += overhead
    meter = variant.meter
    meter.put("Invocations", 1.0)
    if not variant.is_serverless:
        meter.put("InvocationsPerInstance", 1.0 / max(variant.instance_count, 1))
    meter.put("Invocation4XXErrors", float(refused))
    meter.put("Invocation5XXErrors", float(failed))
    meter.put("InvocationModelErrors", float(refused or failed))
    meter.put("ModelLatency", model, "Microseconds")
    meter.put("OverheadLatency", overhead, "Microseconds")
    alarms.watch()


def publish_container(meter: Meter, reply: Reply, *, total_seconds: float) -> None:
    """Publish an invocation of one container of several, for this container alone."""
    name = reply.container
    meter.put("Invocations", 1.0, container=name)
    meter.put("Invocation4XXErrors", float(is_refused(reply)), container=name)
    meter.put("Invocation5XXErrors", float(is_failed(reply)), container=name)
    meter.put("ContainerLatency", reply.seconds * 1e6, "Microseconds", container=name)
    meter.put("OverheadLatency", (total_seconds - reply.seconds) * 1e6, "Microseconds", container=name)


def is_refused(reply: Reply) -> bool:
    """Tell whether a container refused a request as wrong."""
    return reply.status in _CLIENT_ERRORS


def is_failed(reply: Reply) -> bool:
    """Tell whether a container failed to answer a request."""
    return not is_refused(reply) and reply.status not in _SUCCESSES
