"""Lets a container answer an asynchronous inference, and brings the answer where it is wanted."""

import contextlib
import time
from collections.abc import Iterator

from tests.local_aws.server import timing
from tests.local_aws.server.sagemaker import metrics, notifications
from tests.local_aws.server.sagemaker.errors import ServiceError
from tests.local_aws.server.sagemaker.inferences import Inference, Outcome
from tests.local_aws.server.sagemaker.locations import Location
from tests.local_aws.server.sagemaker.meters import Meter
from tests.local_aws.server.sagemaker.serving import Serving
from tests.local_aws.server.sagemaker.state import LOCK, Fleet, Variant

_MOST_BYTES = 1024**3


def process(inference: Inference, fleet: Fleet) -> bool:
    """Answer an inference whose turn it is; return whether there was anything to answer it.

    Args:
        inference: The inference.
        fleet: The fleet that answers.
    """
    variant = variant_of(fleet)
    with LOCK:
        serving = variant.serving
        if serving is not None:
            serving.enter()
    if serving is None and not variant.unplayable:
        return False
    begun = time.time()
    try:
        outcome = _outcome(inference, serving, variant)
    finally:
        if serving is not None:
            serving.leave()
    _finish(inference, outcome, fleet, begun=begun)
    return True


def expire(inference: Inference, fleet: Fleet) -> None:
    """End an inference that has waited for longer than it may.

    Args:
        inference: The inference.
        fleet: The fleet that did not come to it.
    """
    outcome = Outcome.failed(f"The request was not processed within {inference.ttl:g} seconds and has expired.")
    _finish(inference, outcome, fleet, begun=time.time(), expired=True)


def variant_of(fleet: Fleet) -> Variant:
    """Return the one variant that an asynchronous endpoint has."""
    return next(iter(fleet.variants.values()))


def _outcome(inference: Inference, serving: Serving | None, variant: Variant) -> Outcome:
    body = inference.body
    if body is None:
        with _timed(variant.meter, "RequestDownloadLatency"):
            body = Location.parse(inference.input_location).read()
    variant.meter.put("RequestDownloadFailures", float(body is None), "Count")
    if body is None:
        return Outcome.failed(f"The request payload at {inference.input_location} could not be downloaded.")
    if len(body) > _MOST_BYTES:
        return Outcome.failed(f"The request payload of {len(body)} bytes is larger than {_MOST_BYTES} bytes.")
    if serving is None:
        return Outcome.failed(variant.unplayable)
    try:
        return Outcome.of(serving.invoke(inference.headers, body, inference.timeout))
    except ServiceError as error:
        return Outcome.failed(error.message)


def _finish(inference: Inference, outcome: Outcome, fleet: Fleet, *, begun: float, expired: bool = False) -> None:
    """Write how an inference ended to S3, tell the topics, and publish the metrics."""
    meter = variant_of(fleet).meter
    outcome, uploaded = _uploaded(inference, outcome, fleet)
    told = notifications.tell(fleet.config, inference, outcome)
    reply = outcome.reply
    if reply is not None:
        meter.put("Invocation4XXErrors", float(metrics.is_refused(reply)))
        meter.put("Invocation5XXErrors", float(metrics.is_failed(reply)))
        meter.put("ModelLatency", reply.seconds * 1e6, "Microseconds")
    for name, happened in (
        ("ResponseUploadFailures", not uploaded),
        ("NotificationFailures", not told),
        ("ExpiredRequests", expired),
        ("InvocationFailures", bool(outcome.failure)),
        # The guide spells it with three s. Both are published, since it does not say what the service does.
        ("InvocationsProcesssed", True),
        ("InvocationsProcessed", True),
    ):
        meter.put(name, float(happened), "Count")
    waited = timing.seconds_on_aws(begun - inference.received)
    meter.put("TimeInBacklog", waited * 1e3, "Milliseconds")
    meter.put("TotalProcessingTime", (waited + time.time() - begun) * 1e3, "Milliseconds")


def _uploaded(inference: Inference, outcome: Outcome, fleet: Fleet) -> tuple[Outcome, bool]:
    """Write the outcome to where it goes; return what it is then, and whether it could be written."""
    target = inference.failure if outcome.failure else inference.output
    if target is None:
        return outcome, True
    key = fleet.config.request["AsyncInferenceConfig"]["OutputConfig"].get("KmsKeyId", "")
    with _timed(variant_of(fleet).meter, "ResponseUploadLatency"):
        written = target.write(outcome.body, outcome.content_type, key)
    if written or outcome.failure:
        return outcome, written
    failed = Outcome.failed(f"The response could not be uploaded to {target}.")
    if inference.failure is not None:
        inference.failure.write(failed.body, failed.content_type, key)
    return failed, False


@contextlib.contextmanager
def _timed(meter: Meter, metric: str) -> Iterator[None]:
    begun = time.perf_counter()
    try:
        yield
    finally:
        meter.put(metric, (time.perf_counter() - begun) * 1e6, "Microseconds")
