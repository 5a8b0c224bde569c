"""What answers for a serverless variant: processes that are started by a request and stopped when none comes for a while.

The same processes answer all concurrent requests, up to the variant's MaxConcurrency. With provisioned concurrency they are
never stopped.
"""

import http
import threading
import time
from collections.abc import Callable, Mapping

from tests.local_aws.server import timing
from tests.local_aws.server.sagemaker import cloud
from tests.local_aws.server.sagemaker.containers import Container, Reply, silence
from tests.local_aws.server.sagemaker.errors import ServiceError
from tests.local_aws.server.sagemaker.meters import Meter
from tests.local_aws.server.sagemaker.serving import Serving

# AWS states the three minutes that a cold start may take, and not how long an idle one is kept.
_SECONDS_TO_WARM_UP = 180.0
_IDLE_SECONDS = 300.0
_LOOK_SECONDS = 0.05


class _Throttles:
    """How many of the next requests are throttled whoever else is answered."""

    left = 0
    _lock = threading.Lock()

    @classmethod
    def take(cls) -> bool:
        """Count a request, and tell whether it is one of them."""
        with cls._lock:
            is_one = cls.left > 0
            cls.left -= is_one
            return is_one


def throttles() -> int:
    """Return how many of the next requests are throttled."""
    return _Throttles.left


def set_throttles(count: int) -> None:
    """Throttle so many of the next requests of serverless variants, as if others came just before them."""
    _Throttles.left = count


class Serverless(Serving):
    """Processes that are there only while they are needed.

    Args:
        launch: Lays out what answers once it is warm.
        meter: The metrics of the variant.
        most: How many requests may be answered at once.
        provisioned: How many of them find the processes warm in any case.
    """

    def __init__(self, launch: Callable[[], Serving], meter: Meter, *, most: int, provisioned: int) -> None:
        super().__init__()
        self._launch = launch
        self._meter = meter
        self._most = most
        self._provisioned = provisioned
        self._warm: Serving | None = None
        self._warming = threading.Lock()
        self._running = 0
        self._last_used = 0.0
        self._counting = threading.Lock()
        self._over = threading.Event()

    @property
    def containers(self) -> list[Container]:
        """The containers, none while it is cold."""
        return self._warm.containers if self._warm is not None else []

    def start(self) -> None:
        """Start the processes once: a model that cannot be stood up fails the endpoint, not its first request."""
        self._warm = self._launch()
        self._warm.start()

    def wait_until_healthy(self, seconds: float) -> Container | None:
        """Wait until the processes are well, then stop them again unless they are to be kept warm."""
        if self._warm is None:
            return None
        sick = self._warm.wait_until_healthy(min(seconds, _SECONDS_TO_WARM_UP))
        if sick is None and not self._provisioned:
            self._cool_down()
        return sick

    def invoke(self, headers: Mapping[str, str], body: bytes, timeout: float) -> Reply:
        """Answer an invocation, after a cold start if need be.

        Raises:
            ServiceError: As many requests as may be are being answered already.
        """
        with self._counting:
            if self._running >= self._most or _Throttles.take():
                raise ServiceError("ThrottlingException", "Rate exceeded", http.HTTPStatus.BAD_REQUEST)
            self._running += 1
            running, provisioned = self._running, self._provisioned
        try:
            self._publish(running, provisioned)
            warm, sick = self._warm_up()
            if sick is not None:
                return silence(f"the container did not get well within {_SECONDS_TO_WARM_UP:.0f} seconds", sick.name)
            return warm.invoke(headers, body, timeout)
        finally:
            with self._counting:
                self._running -= 1
                self._last_used = time.monotonic()

    def change(self, *, most: int, provisioned: int) -> None:
        """Change how many requests may be answered at once, and for how many the processes are kept warm."""
        with self._counting:
            self._most, self._provisioned = most, provisioned
        if provisioned:
            self._warm_up()
        else:
            self._watch()

    def stop(self) -> None:
        """End the processes for good."""
        self._over.set()
        super().stop()

    def _warm_up(self) -> tuple[Serving, Container | None]:
        """Return what answers, started if it was cold, and the container that did not get well, if any."""
        with self._warming:
            if self._warm is not None:
                return self._warm, None
            begun = time.perf_counter()
            warm = self._launch()
            warm.start()
            sick = warm.wait_until_healthy(_SECONDS_TO_WARM_UP)
            if sick is not None:
                warm.stop()
                return warm, sick
            self._warm = warm
            self._meter.put("ModelSetupTime", (time.perf_counter() - begun) * 1e6, "Microseconds")
        self._watch()
        return warm, None

    def _watch(self) -> None:
        """Stop the processes once they have been idle for long enough."""
        self._last_used = time.monotonic()
        cloud.in_background(self._cool_down_when_idle, self._warm, name="serverless-idle")

    def _cool_down_when_idle(self, warm: Serving | None) -> None:
        while warm is not None and self._warm is warm and not self._provisioned:
            idle = time.monotonic() - self._last_used
            if idle >= timing.compressed_period(_IDLE_SECONDS) and self._cool_down():
                return
            if self._over.wait(_LOOK_SECONDS):
                return

    def _cool_down(self) -> bool:
        """Stop the processes unless they are answering; tell whether they were stopped."""
        with self._warming:
            with self._counting:
                if self._running:
                    return False
            warm, self._warm = self._warm, None
        if warm is not None:
            warm.stop()
        return True

    def _publish(self, running: int, provisioned: int) -> None:
        self._meter.put("ServerlessConcurrentExecutionsUtilization", running / self._most)
        if provisioned:
            spilled = running > provisioned
            self._meter.put("ServerlessProvisionedConcurrencyExecutions", float(running), "Count")
            self._meter.put("ServerlessProvisionedConcurrencyUtilization", running / provisioned)
            self._meter.put("ServerlessProvisionedConcurrencyInvocations", float(not spilled), "Count")
            self._meter.put("ServerlessProvisionedConcurrencySpilloverInvocations", float(spilled), "Count")
