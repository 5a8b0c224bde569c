"""How many pods a server has, and what moves the number."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from cdk_model_hosting.arguments import require_pair
from cdk_model_hosting.durations import seconds
from cdk_model_hosting.errors import ConfigurationError
from cdk_model_hosting.kubernetes.pod_triggers import GpuUse, Scaled, ServerQueue, SqsQueue, Trigger
from cdk_model_hosting.limits.servers import POD_COOLDOWN_SECONDS, REPLICAS_MAXIMUM, REPLICAS_MINIMUM
from cdk_model_hosting.tokens import is_token

if TYPE_CHECKING:
    import aws_cdk as cdk
    from aws_cdk import aws_sqs as sqs

_COOLDOWN_SECONDS = 300
_POLLING_SECONDS = 15


@dataclass(frozen=True, slots=True, kw_only=True)
class PodScaling:
    """How many pods a server has, and what moves the number. Made by one of its factories.

    KEDA moves it. A deployment does not: the number that scaling has reached stays. Only when a server that had a fixed number
    begins to scale, Kubernetes falls back to one pod for a moment. One that no longer scales may keep the number that it had until a
    deployment changes its pods.

    Args:
        minimum: Fewest pods.
        maximum: Most pods.
        trigger: What moves the number; None where nothing does.
        cooldown_seconds: How long less must be enough before pods are taken away.
    """

    minimum: int
    maximum: int
    trigger: Trigger | None = None
    cooldown_seconds: int = _COOLDOWN_SECONDS

    @staticmethod
    def fixed(pods: int) -> PodScaling:
        """Always the same number.

        Args:
            pods: The number, 1-1000.

        Raises:
            ConfigurationError: When it is outside its range.
        """
        REPLICAS_MAXIMUM.check("PodScaling.fixed pods", pods, optional=False)
        return PodScaling(minimum=pods, maximum=pods)

    @staticmethod
    def on_gpu_use(*, percent: int, between: tuple[int, int], cooldown: cdk.Duration | None = None) -> PodScaling:
        """As many pods as it takes for their GPUs to be used to some percentage, as NVIDIA's exporter measures it.

        Needs `Keda`, `Prometheus` and `DcgmExporter`. Where GPUs are shared, nobody knows whose use it is: use `on_server_queue`.

        Args:
            percent: What each GPU should be used, 1-100 %.
            between: Fewest and most pods; 1 at least.
            cooldown: How long less must be enough before pods are taken away, 0-60 minutes; 5 when omitted.

        Raises:
            ConfigurationError: When the bounds are not in order, the fewest is 0, or a number is outside its range.

        See: https://docs.nvidia.com/datacenter/dcgm/latest/gpu-telemetry/dcgm-exporter.html
        """
        return _moved("PodScaling.on_gpu_use", GpuUse(percent=percent), between, cooldown)

    @staticmethod
    def on_server_queue(
        *, per_replica: float, between: tuple[int, int], cooldown: cdk.Duration | None = None
    ) -> PodScaling:
        """As many pods as it takes for so many requests to wait in each, as Triton and vLLM count them.

        Needs `Keda` and `Prometheus`.

        Args:
            per_replica: Requests that may wait in one pod, above 0.
            between: Fewest and most pods; 1 at least.
            cooldown: How long less must be enough before pods are taken away, 0-60 minutes; 5 when omitted.

        Raises:
            ConfigurationError: When the bounds are not in order, the fewest is 0, or a number is outside its range.
        """
        return _moved("PodScaling.on_server_queue", ServerQueue(per_replica=per_replica), between, cooldown)

    @staticmethod
    def on_sqs(
        queue: sqs.IQueue, *, per_replica: float, between: tuple[int, int], cooldown: cdk.Duration | None = None
    ) -> PodScaling:
        """As many pods as the messages of a queue are work for, down to none while it is empty.

        Messages that are being worked on count too. A pod that is taken away is told at once to stop: it must take no further message,
        and has the time of ``longest_request`` to finish. Needs `Keda`, whose operator may then look at the queue's length. The pods read
        the queue by themselves: grant them that with ``queue.grant_consume_messages(server.role)``.

        Args:
            queue: The queue, of the stack's region.
            per_replica: Messages that are one pod's work, above 0.
            between: Fewest and most pods; ``(0, n)`` costs nothing while the queue is empty.
            cooldown: How long less must be enough before pods are taken away, 0-60 minutes; 5 when omitted.

        Raises:
            ConfigurationError: When the bounds are not in order, or a number is outside its range.

        See: https://keda.sh/docs/latest/scalers/aws-sqs/
        """
        return _moved("PodScaling.on_sqs", SqsQueue(queue=queue, per_replica=per_replica), between, cooldown)

    @property
    def fewest_serving(self) -> int:
        """Fewest pods of a server that serves: one where it can be at none."""
        return self.minimum if is_token(self.minimum) else max(self.minimum, 1)

    @property
    def pods_fetch(self) -> bool:
        """Whether pods take their work by themselves, and nobody sends it to them."""
        return self.trigger is not None and self.trigger.pods_fetch

    def spec(self, scaled: Scaled, target: dict[str, str]) -> dict[str, Any]:
        """What KEDA is told.

        Args:
            scaled: The server.
            target: What it scales: its API version, kind and name.
        """
        if self.trigger is None:
            return {}
        down = {"stabilizationWindowSeconds": self.cooldown_seconds}
        return {
            "scaleTargetRef": target,
            "minReplicaCount": self.minimum,
            "maxReplicaCount": self.maximum,
            "pollingInterval": _POLLING_SECONDS,
            # From one pod to none it is KEDA that waits, above that Kubernetes.
            "cooldownPeriod": self.cooldown_seconds,
            "advanced": {"horizontalPodAutoscalerConfig": {"behavior": {"scaleDown": down}}},
            "triggers": [self.trigger.render(scaled)],
        }


def _moved(what: str, trigger: Trigger, between: tuple[int, int], cooldown: cdk.Duration | None) -> PodScaling:
    low, high = require_pair(f"{what} between", between)
    REPLICAS_MINIMUM.check(f"{what} between minimum", low, optional=False)
    REPLICAS_MAXIMUM.check(f"{what} between maximum", high, optional=False)
    tokens = is_token(low) or is_token(high)
    if not tokens and low > high:
        raise ConfigurationError(f"{what} between must be in order, got {between!r}: the fewest pods come first")
    if not is_token(low) and low == 0 and not trigger.at_zero:
        raise ConfigurationError(
            f"{what} between must have at least 1 pod, got 0: {trigger.why_not_zero}; PodScaling.on_sqs scales to zero"
        )
    known = seconds(f"{what} cooldown", cooldown)
    POD_COOLDOWN_SECONDS.check(f"{what} cooldown", known)
    return PodScaling(
        minimum=low,
        maximum=high,
        trigger=trigger,
        cooldown_seconds=_COOLDOWN_SECONDS if known is None else known,
    )
