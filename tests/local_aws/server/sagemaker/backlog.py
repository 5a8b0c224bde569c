"""The queue of an asynchronous endpoint.

One thread an endpoint keeps it: it hands requests to the containers, as many at once as the instances may take, lets those
expire that waited for too long, and publishes how long the queue is. It ends with the endpoint, and the queue with it.
"""

import logging
import os
import random
import threading
import time
from collections import deque

from tests.local_aws.server import timing
from tests.local_aws.server.cloudwatch import alarms
from tests.local_aws.server.sagemaker import cloud, processing
from tests.local_aws.server.sagemaker.inferences import Inference
from tests.local_aws.server.sagemaker.meters import NAMESPACE
from tests.local_aws.server.sagemaker.state import ANSWERING, LOCK, Endpoint, Fleet, store

_LOG = logging.getLogger("local_aws.sagemaker")
# The service picks a number by the instance type when the configuration names none.
_CONCURRENT_BY_DEFAULT = 4
_SAMPLES_A_MINUTE = 5
_LONGEST_PAUSE_SECONDS = 0.5

_dice = random.Random(os.environ.get("LOCAL_AWS_SEED"))  # noqa: S311 - traffic is split, nothing is kept secret
_backlogs: dict[tuple[str, str, str], "Backlog"] = {}


def open_for(endpoint: Endpoint) -> None:
    """Give an endpoint its queue, which lasts as long as the endpoint."""
    backlog = Backlog(endpoint)
    with LOCK:
        _backlogs[cloud.account(), cloud.region(), endpoint.name] = backlog
    alarms.watch()
    cloud.in_background(backlog.keep, name=f"backlog-{endpoint.name}")


def put(inference: Inference) -> None:
    """Queue an inference of an endpoint that has a queue."""
    with LOCK:
        backlog = _backlogs[cloud.account(), cloud.region(), inference.endpoint_name]
    backlog.put(inference)


class Backlog:
    """What waits for an endpoint's containers.

    Args:
        endpoint: The endpoint.
    """

    def __init__(self, endpoint: Endpoint) -> None:
        self._endpoint = endpoint
        self._waiting: deque[Inference] = deque()
        self._processed: dict[int, Inference] = {}
        self._changed = threading.Condition()
        self._sampled = 0.0

    def put(self, inference: Inference) -> None:
        """Queue an inference."""
        with self._changed:
            self._waiting.append(inference)
            self._changed.notify_all()

    def keep(self) -> None:
        """Keep the queue until the endpoint is gone."""
        while self._endpoint_is_there():
            with self._changed:
                try:
                    self._expire()
                    self._hand_out()
                    self._sample()
                except Exception:  # noqa: BLE001 - the queue must not end before its endpoint
                    _LOG.exception("the queue of endpoint %s is in trouble", self._endpoint.name)
                self._changed.wait(min(_LONGEST_PAUSE_SECONDS, _sample_seconds()))
        with LOCK:
            key = (cloud.account(), cloud.region(), self._endpoint.name)
            if _backlogs.get(key) is self:
                del _backlogs[key]

    def _endpoint_is_there(self) -> bool:
        with LOCK:
            endpoint = self._endpoint
            return store().endpoints.get(endpoint.name) is endpoint and endpoint.status != "Deleting"

    def _expire(self) -> None:
        now = time.time()
        late = [each for each in self._waiting if now - each.received > timing.compressed_period(each.ttl)]
        for inference in late:
            self._waiting.remove(inference)
            cloud.in_background(processing.expire, inference, self._endpoint.fleet, name=f"inference-{inference.id}")

    def _hand_out(self) -> None:
        """Start to process what there is room for."""
        client = self._endpoint.fleet.config.request["AsyncInferenceConfig"].get("ClientConfig", {})
        room = client.get("MaxConcurrentInvocationsPerInstance", _CONCURRENT_BY_DEFAULT) * self._instances()
        while self._waiting and len(self._processed) < room:
            inference = self._waiting.popleft()
            self._processed[id(inference)] = inference
            cloud.in_background(self._process, inference, name=f"inference-{inference.id}")

    def _process(self, inference: Inference) -> None:
        answered = True
        try:
            answered = processing.process(inference, self._fleet())
        finally:
            with self._changed:
                del self._processed[id(inference)]
                if not answered:  # the last instance went away meanwhile
                    self._waiting.appendleft(inference)
                self._changed.notify_all()

    def _fleet(self) -> Fleet:
        """Choose the fleet that answers: during an update the new one gets its share."""
        with LOCK:
            endpoint = self._endpoint
            if endpoint.pending is not None and _dice.random() < endpoint.pending_share:
                return endpoint.pending
            return endpoint.fleet

    def _instances(self) -> int:
        """Return how many instances answer."""
        with LOCK:
            if self._endpoint.status not in ANSWERING:
                return 0
            variant = processing.variant_of(self._endpoint.fleet)
            return variant.instance_count if variant.serving is not None or variant.unplayable else 0

    def _sample(self) -> None:
        """Publish how long the queue is, some times a minute."""
        now = time.monotonic()
        if self._endpoint.status not in ANSWERING or now - self._sampled < _sample_seconds():
            return
        self._sampled = now
        everything = [*self._waiting, *self._processed.values()]
        instances = self._instances()
        oldest = max((time.time() - each.received for each in everything), default=0.0)
        self._publish("ApproximateBacklogSize", len(everything))
        self._publish("ApproximateAgeOfOldestRequest", timing.seconds_on_aws(oldest), "Seconds")
        self._publish("HasBacklogWithoutCapacity", bool(everything) and not instances)
        if instances:  # without any, there is nothing to divide by
            self._publish("ApproximateBacklogSizePerInstance", len(everything) / instances)

    def _publish(self, metric: str, value: float, unit: str = "Count") -> None:
        cloud.record_metric(NAMESPACE, metric, float(value), unit, {"EndpointName": self._endpoint.name})


def _sample_seconds() -> float:
    return timing.compressed_period(60) / _SAMPLES_A_MINUTE
