"""A queue in which batch jobs wait for room."""

from __future__ import annotations

from typing import TYPE_CHECKING

from constructs import Construct

from cdk_model_hosting.arguments import require, require_several
from cdk_model_hosting.errors import ConfigurationError
from cdk_model_hosting.kubernetes.jobs.flavor import KUEUE_API, KueueFlavor, QueueFlavor, ready
from cdk_model_hosting.kubernetes.manifests import Manifests
from cdk_model_hosting.kubernetes.model_namespace import ModelNamespace
from cdk_model_hosting.kubernetes.names import name_of
from cdk_model_hosting.kubernetes.pod_nodes import check_own
from cdk_model_hosting.kubernetes.pod_place import are_two
from cdk_model_hosting.kubernetes.serving_cluster import ServingCluster
from cdk_model_hosting.limits.clusters import KUBERNETES_NAME, KUBERNETES_NAMESPACE
from cdk_model_hosting.limits.jobs import QUEUE_FLAVORS
from cdk_model_hosting.tokens import is_token

if TYPE_CHECKING:
    from collections.abc import Sequence

    from constructs import IDependable

    from cdk_model_hosting.kubernetes.kubernetes_objects import KubernetesObjects
    from cdk_model_hosting.kubernetes.pod_size import PodSize
    from cdk_model_hosting.kubernetes.scheduling import NodeAccelerator

QUEUE_LABEL = "kueue.x-k8s.io/queue-name"
"""Name of the queue that a job waits in."""

_UNITS = {"gpus": "devices", "cpu": "processors", "memory_mb": "MB of memory"}
_THOUSANDTHS = 1000


class KueueQueue(Construct):
    """A queue of Kueue's for the jobs of a namespace: each waits until there is quota for all of its pods at once.

    The first flavor with room is taken, and all pods of a job run on nodes of one flavor. A small job overtakes a large one that
    does not fit yet.

    Args:
        scope: Where to make it.
        construct_id: ID below `scope`.
        cluster: The cluster, with `Kueue`.
        namespace: Namespace of the jobs.
        flavors: Nodes that jobs are taken to, 1-64 groups in order of preference, such as spot before on demand, and how much of
            them the jobs have together.
        cohort: Name of the queues that lend each other what they do not need; none when omitted.
        name: Name; made from `construct_id` when omitted.
        after: What must be there first. `Kueue` in this app is in any case.

    Raises:
        ConfigurationError: When the flavors have devices of different kinds or name nodes twice, or the cluster has a queue of
            that name.

    Attributes:
        name: Name of the queue.
        namespace: Namespace of the jobs.
        accelerator: Whose devices the nodes have.
        labels: Labels by which a job waits in it.
        manifest: What makes it.

    See: https://kueue.sigs.k8s.io/docs/concepts/cluster_queue/
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        cluster: ServingCluster,
        namespace: ModelNamespace | str,
        flavors: Sequence[QueueFlavor],
        cohort: str | None = None,
        name: str | None = None,
        after: Sequence[IDependable] = (),
    ) -> None:
        require("KueueQueue cluster", cluster, ServingCluster)
        require("KueueQueue namespace", namespace, ModelNamespace, str)
        self.namespace: str = namespace.name if isinstance(namespace, ModelNamespace) else namespace
        KUBERNETES_NAMESPACE.check("KueueQueue namespace", self.namespace, optional=False)
        check_own("KueueQueue namespace", cluster, namespace)
        require_several("KueueQueue flavors", flavors, QueueFlavor)
        QUEUE_FLAVORS.check_length("KueueQueue flavors", flavors)
        for each in flavors:
            check_own("QueueFlavor nodes", cluster, each.nodes)
        self.accelerator: NodeAccelerator = _accelerator(flavors)
        KUBERNETES_NAME.check("KueueQueue cohort", cohort)
        # It is the value of a label of the jobs.
        self.name: str = name_of(KUBERNETES_NAMESPACE, "KueueQueue", name, construct_id=construct_id)
        super().__init__(scope, construct_id)
        cluster.claim(f"Kueue queue {self.name}", self)
        self.labels: dict[str, str] = {QUEUE_LABEL: self.name}
        self._cluster = cluster
        self._flavors = tuple(flavors)
        self._cohort = cohort
        first = [*ready(cluster), *(namespace.after if isinstance(namespace, ModelNamespace) else ()), *after]
        made = [KueueFlavor.of(self, cluster=cluster, flavor=each, after=first) for each in flavors]
        self.manifest: KubernetesObjects = cluster.apply(self, "Manifest", self._rendered(), after=(*first, *made))

    def check_takes(self, *, cluster: ServingCluster, namespace: str, pod: PodSize, parallel: int) -> None:
        """Refuse a job that would wait in it for ever. Jobs ask this themselves.

        Args:
            cluster: The job's cluster.
            namespace: The job's namespace.
            pod: The size of its pods.
            parallel: Pods at once.

        Raises:
            ConfigurationError: When it is of another cluster or namespace, or no flavor has so much.
        """
        if are_two(cluster, self._cluster):
            raise ConfigurationError(
                f"GpuBatchJob queue must be of the job's cluster, got {self.name!r} of another one: nobody would let the job go"
            )
        if not (is_token(namespace) or is_token(self.namespace)) and namespace != self.namespace:
            raise ConfigurationError(
                f"GpuBatchJob queue must be of the job's namespace {namespace!r}, got {self.name!r} of {self.namespace!r}: queues serve "
                "their own alone"
            )
        if pod.accelerator != self.accelerator:
            raise ConfigurationError(
                f"GpuBatchJob queue must have {pod.accelerator} devices, got {self.name!r} with {self.accelerator}: no job would have room"
            )
        named = pod.group_name
        fitting = [each for each in self._flavors if named is None or is_token(named) or each.name == named]
        if not fitting:
            raise ConfigurationError(
                f"GpuBatchJob queue must take jobs to the pods' group {named!r}, got {', '.join(each.name for each in self._flavors)}: no "
                "job would have room"
            )
        if self._cohort is None:
            _check_room(fitting, pod, parallel)

    def _rendered(self) -> list[dict[str, object]]:
        flavors = [each.rendered() for each in self._flavors]
        covered = [each["name"] for each in flavors[0]["resources"]]
        spec = {
            # Nobody else's jobs, even if they make a queue of their own for it.
            "namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": self.namespace}},
            "queueingStrategy": "BestEffortFIFO",
            "resourceGroups": [{"coveredResources": covered, "flavors": flavors}],
        }
        if self._cohort is not None:
            spec["cohortName"] = self._cohort
        with Manifests() as m:
            m.custom(KUEUE_API, "ClusterQueue", {"name": self.name}, spec)
            metadata = {"name": self.name, "namespace": self.namespace}
            m.custom(KUEUE_API, "LocalQueue", metadata, {"clusterQueue": self.name})
        return m.rendered()


def _accelerator(flavors: Sequence[QueueFlavor]) -> NodeAccelerator:
    kinds = sorted({each.devices_of for each in flavors})
    if len(kinds) > 1:
        raise ConfigurationError(
            f"KueueQueue flavors must have devices of one kind, got {', '.join(kinds)}: a job asks for one, and a queue counts one; make "
            "two"
        )
    names = [each.name for each in flavors]
    twice = next((each for each in names if names.count(each) > 1), None)
    if twice is not None:
        raise ConfigurationError(f"KueueQueue flavors must name each group once, got {twice!r} again: it has one quota")
    return flavors[0].devices_of


def _check_room(flavors: Sequence[QueueFlavor], pod: PodSize, parallel: int) -> None:
    """Refuse what no flavor has room for, even when nothing else runs there."""
    asked: dict[str, float] = {"gpus": pod.gpus, "cpu": _processors(pod.cpu), "memory_mb": pod.memory_mb}
    if any(is_token(each) for each in (parallel, *asked.values())):
        return
    needed = {what: amount * parallel for what, amount in asked.items()}
    lacking = [_lacking(each, needed) for each in flavors]
    if all(each is not None for each in lacking):
        what, most = next(each for each in lacking if each is not None)
        raise ConfigurationError(
            f"GpuBatchJob parallel must ask for no more than the {most:g} {_UNITS[what]} of flavor {flavors[0].name!r}, got {parallel} pods "
            f"with {needed[what]:g}: Kueue lets all pods of a job go at once, on nodes of one flavor"
        )


def _lacking(flavor: QueueFlavor, needed: dict[str, float]) -> tuple[str, float] | None:
    quota = flavor.quota
    return next(
        ((what, quota[what]) for what, amount in needed.items() if not is_token(quota[what]) and amount > quota[what]),
        None,
    )


def _processors(cpu: str) -> float:
    if is_token(cpu):
        return 0
    return int(cpu[:-1]) / _THOUSANDTHS if cpu.endswith("m") else float(cpu)
