"""One container that answers with one model."""

from collections.abc import Mapping

from tests.local_aws.server.sagemaker import forwarding
from tests.local_aws.server.sagemaker.containers import Container, Reply
from tests.local_aws.server.sagemaker.serving import Serving


class SingleContainer(Serving):
    """One container that answers with one model.

    Args:
        container: The container, with its artifact in place.
    """

    def __init__(self, container: Container) -> None:
        super().__init__()
        self._container = container

    @property
    def containers(self) -> list[Container]:
        """The one container."""
        return [self._container]

    def invoke(self, headers: Mapping[str, str], body: bytes, timeout: float) -> Reply:
        """Send a request to /invocations."""
        return self._container.invoke(forwarding.forwarded(headers), body, timeout)
