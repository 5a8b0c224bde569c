"""What moves the number of a server's pods."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from cdk_model_hosting.arguments import require_like
from cdk_model_hosting.durations import literal
from cdk_model_hosting.errors import ConfigurationError
from cdk_model_hosting.kubernetes.names import number_text
from cdk_model_hosting.limits.servers import GPU_USE_PERCENT, WAITING_PER_REPLICA
from cdk_model_hosting.permissions import Permission

if TYPE_CHECKING:
    from aws_cdk import aws_sqs as sqs

    from cdk_model_hosting.kubernetes.pod_size import PodSize
    from cdk_model_hosting.kubernetes.servers.served import ServerKind


@dataclass(frozen=True, slots=True, kw_only=True)
class Scaled:
    """What a trigger needs to know of the server that it scales.

    Args:
        namespace: Namespace of its pods.
        name: Its name, which those of its pods begin with.
        pod: What a pod gets.
        kind: The server.
        region: Region of the stack.
        prometheus: Address of Prometheus; None where there is none.
    """

    namespace: str
    name: str
    pod: PodSize
    kind: ServerKind
    region: str
    prometheus: str | None

    @property
    def pods(self) -> str:
        """The labels that select its pods."""
        return f'namespace="{self.namespace}",pod=~"{self.name}-[a-z0-9]+-[a-z0-9]+"'


class Trigger(ABC):
    """What moves the number of pods, as its factory was told."""

    __slots__ = ()

    at_zero: ClassVar[bool]
    """Whether it can be measured while there are no pods."""
    uses_prometheus: ClassVar[bool] = True
    uses_exporter: ClassVar[bool] = False
    pods_fetch: ClassVar[bool] = False
    """Whether pods take their work by themselves, and nobody sends it to them."""

    @property
    @abstractmethod
    def why_not_zero(self) -> str:
        """Why nothing would wake a server that has no pods."""

    @abstractmethod
    def render(self, scaled: Scaled) -> dict[str, Any]:
        """The trigger as KEDA reads it.

        Args:
            scaled: What is scaled.

        Raises:
            ConfigurationError: When the server does not say what is measured.
        """

    def permissions(self) -> tuple[Permission, ...]:
        """What KEDA needs in AWS."""
        return ()


@dataclass(frozen=True, slots=True, kw_only=True)
class GpuUse(Trigger):
    """Use of the GPUs.

    Args:
        percent: What each should be used.
    """

    percent: int

    at_zero = False
    uses_exporter = True

    def __post_init__(self) -> None:
        GPU_USE_PERCENT.check("PodScaling.on_gpu_use percent", self.percent, optional=False)

    @property
    def why_not_zero(self) -> str:
        """No pod uses no GPU."""
        return "without pods there is no GPU whose use could rise"

    def render(self, scaled: Scaled) -> dict[str, Any]:
        """The sum over all GPUs, which divided by the target of one pod's gives the number of pods."""
        if scaled.pod.accelerator != "nvidia":
            raise ConfigurationError(
                "PodScaling.on_gpu_use must be for pods with NVIDIA GPUs, got PodSize accelerator 'neuron': NVIDIA's exporter measures "
                "them; use on_server_queue"
            )
        selected = scaled.pods
        # Where Prometheus keeps the exporter's own place under these names, the pods that use the GPUs have others.
        elsewhere = selected.replace("namespace=", "exported_namespace=").replace("pod=~", "exported_pod=~")
        metric = "DCGM_FI_DEV_GPU_UTIL"
        query = f"sum({metric}{{{selected}}} or {metric}{{{elsewhere}}})"
        percent = literal("PodScaling.on_gpu_use percent", self.percent)
        return _prometheus(scaled, query, f"{percent * literal('PodSize gpus', scaled.pod.gpus):g}")


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerQueue(Trigger):
    """Requests that wait inside the servers.

    Args:
        per_replica: How many may, for each pod.
    """

    per_replica: float

    at_zero = False

    def __post_init__(self) -> None:
        WAITING_PER_REPLICA.check("PodScaling.on_server_queue per_replica", self.per_replica, optional=False)

    @property
    def why_not_zero(self) -> str:
        """No pod keeps no queue."""
        return "without pods there is no server in which requests could wait"

    def render(self, scaled: Scaled) -> dict[str, Any]:
        """The number that waits in all pods together."""
        query = scaled.kind.promql("waiting")
        if query is None:
            raise ConfigurationError(
                f"PodScaling.on_server_queue must be for a server that is known to publish its queue, got {scaled.kind.what}: use "
                "on_gpu_use or on_sqs"
            )
        return _prometheus(scaled, query.replace("{pods}", scaled.pods), number_text(self.per_replica))


@dataclass(frozen=True, slots=True, kw_only=True)
class SqsQueue(Trigger):
    """Messages in a queue of SQS.

    Args:
        queue: The queue.
        per_replica: How many messages are one pod's work.
    """

    queue: sqs.IQueue
    per_replica: float

    at_zero = True
    uses_prometheus = False
    pods_fetch = True

    def __post_init__(self) -> None:
        require_like("PodScaling.on_sqs queue", self.queue, "queue_url", "a queue of SQS")
        WAITING_PER_REPLICA.check("PodScaling.on_sqs per_replica", self.per_replica, optional=False)

    @property
    def why_not_zero(self) -> str:
        """There is no reason: the queue is there without pods."""
        return ""

    def render(self, scaled: Scaled) -> dict[str, Any]:
        """The messages that wait and those that are worked on."""
        return {
            "type": "aws-sqs-queue",
            "metadata": {
                "queueURL": self.queue.queue_url,
                "queueLength": number_text(self.per_replica),
                "awsRegion": scaled.region,
            },
            "authenticationRef": {"name": scaled.name},
        }

    def permissions(self) -> tuple[Permission, ...]:
        """Its length."""
        return (Permission(actions=("sqs:GetQueueAttributes",), resources=(self.queue.queue_arn,)),)


def _prometheus(scaled: Scaled, query: str, threshold: str) -> dict[str, Any]:
    return {
        "type": "prometheus",
        "metricType": "AverageValue",
        "metadata": {
            "serverAddress": scaled.prometheus,
            "query": query,
            "threshold": threshold,
            # A Prometheus that knows nothing must not scale down what works: the number stays as it is.
            "ignoreNullValues": "false",
        },
    }
