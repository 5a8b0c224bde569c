"""Containers in a row: each gets what the one before it answered."""

import dataclasses
import time
from collections.abc import Mapping

from tests.local_aws.server.sagemaker import metrics
from tests.local_aws.server.sagemaker.containers import Container, Reply
from tests.local_aws.server.sagemaker.meters import Meter
from tests.local_aws.server.sagemaker.serving import Serving


class Pipeline(Serving):
    """Containers in a row.

    Args:
        stages: What answers at each place: a container, or one that holds several models.
        meter: The metrics of the variant.
    """

    def __init__(self, stages: list[Serving], meter: Meter) -> None:
        super().__init__()
        self._stages = stages
        self._meter = meter

    @property
    def containers(self) -> list[Container]:
        """The containers, in the order in which they are asked."""
        return [container for stage in self._stages for container in stage.containers]

    def start(self) -> None:
        """Start all stages."""
        for stage in self._stages:
            stage.start()

    def wait_until_healthy(self, seconds: float) -> Container | None:
        """Wait until every stage is well; return a container that is not by then."""
        return next((sick for stage in self._stages if (sick := stage.wait_until_healthy(seconds))), None)

    def invoke(self, headers: Mapping[str, str], body: bytes, timeout: float) -> Reply:
        """Ask one container after the other, until one answers with an error; all of them share the time.

        What the caller accepts is told to the last container alone: those before it choose what they hand on, and say so in
        the content type of their answers.
        """
        deadline = time.monotonic() + timeout
        *_, last = self._stages
        asked, seconds = dict(headers), 0.0
        for stage in self._stages:
            accepted = headers.get("accept", "*/*") if stage is last else "*/*"
            reply = stage.invoke({**asked, "accept": accepted}, body, max(deadline - time.monotonic(), 0.001))
            self._meter.put("ContainerLatency", reply.seconds * 1e6, "Microseconds", container=reply.container)
            seconds += reply.seconds
            if metrics.is_refused(reply) or metrics.is_failed(reply):
                break
            body = reply.body
            asked["content-type"] = reply.headers.get("content-type", "application/octet-stream")
        return dataclasses.replace(reply, seconds=seconds)
