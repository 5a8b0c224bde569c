"""Several containers of which each request names one: direct invocation."""

import time
from collections.abc import Mapping

from tests.local_aws.server.sagemaker import forwarding, metrics
from tests.local_aws.server.sagemaker.containers import Container, Reply
from tests.local_aws.server.sagemaker.meters import Meter
from tests.local_aws.server.sagemaker.serving import Serving


class MultiContainer(Serving):
    """Several containers of which each request names one.

    Args:
        containers: The containers, each with the hostname of its definition as its name.
        meter: The metrics of the variant.
    """

    def __init__(self, containers: list[Container], meter: Meter) -> None:
        super().__init__()
        self._containers = {container.name: container for container in containers}
        self._meter = meter

    @property
    def containers(self) -> list[Container]:
        """All of them."""
        return list(self._containers.values())

    def invoke(self, headers: Mapping[str, str], body: bytes, timeout: float) -> Reply:
        """Send a request to the one container that it names; that there is one of this name was checked."""
        begun = time.perf_counter()
        container = self._containers[headers[forwarding.TARGET_CONTAINER]]
        reply = container.invoke(forwarding.forwarded(headers), body, timeout)
        metrics.publish_container(self._meter, reply, total_seconds=time.perf_counter() - begun)
        return reply
