"""What answers for a variant, as one object: a container, or several with an order among them.

`launching` builds one from a model. Whoever sends it a request enters first and leaves afterwards, so that it can be ended
without cutting anyone off; `runtime.serve` does both.
"""

import abc
import threading
from collections.abc import Mapping

from tests.local_aws.server.sagemaker.containers import Container, Reply

_DRAIN_SECONDS = 60


class Serving(abc.ABC):
    """The containers that answer for a variant."""

    def __init__(self) -> None:
        self._in_flight = 0
        self._drained = threading.Condition()

    @property
    @abc.abstractmethod
    def containers(self) -> list[Container]:
        """The containers, in the order of the model."""

    @abc.abstractmethod
    def invoke(self, headers: Mapping[str, str], body: bytes, timeout: float) -> Reply:
        """Answer an invocation, whatever status the answer has; a reply of status 0 says that none came.

        Args:
            headers: The headers of the request, in lower case.
            body: The body of the request.
            timeout: How long a container may take, in seconds.

        Raises:
            ServiceError: SageMaker itself refuses the request.
        """

    def start(self) -> None:
        """Start the processes; they answer once `wait_until_healthy` says so."""
        for container in self.containers:
            container.start()

    def wait_until_healthy(self, seconds: float) -> Container | None:
        """Wait until every container is well; return one that is not by then."""
        return next((c for c in self.containers if not c.wait_until_healthy(seconds)), None)

    @property
    def in_flight(self) -> int:
        """How many requests are being answered."""
        return self._in_flight

    def enter(self) -> None:
        """Count a request that is about to be answered: `stop` waits for it."""
        with self._drained:
            self._in_flight += 1

    def leave(self) -> None:
        """Count a request as answered."""
        with self._drained:
            self._in_flight -= 1
            self._drained.notify_all()

    def stop(self) -> None:
        """End the containers once they answered what they were asked."""
        for container in self.containers:
            container.stay_down()
        with self._drained:
            self._drained.wait_for(lambda: self._in_flight == 0, timeout=_DRAIN_SECONDS)
        for container in self.containers:
            container.stop()
