"""Nodes that a queue takes jobs to, and how much of them it may give away."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import aws_cdk as cdk
from constructs import Construct

from cdk_model_hosting.arguments import require
from cdk_model_hosting.errors import ConfigurationError
from cdk_model_hosting.kubernetes.gpu_node_pool import GpuNodePool
from cdk_model_hosting.kubernetes.kueue import Kueue
from cdk_model_hosting.kubernetes.manifests import Manifests
from cdk_model_hosting.kubernetes.node_group import GpuNodeGroup
from cdk_model_hosting.kubernetes.scheduling import Taint, resource_of, selector_for, taint_of
from cdk_model_hosting.limits.jobs import QUEUE_CPU, QUEUE_DEVICES, QUEUE_MEMORY_MB
from cdk_model_hosting.limits.nodes import NODE_GROUP_NAME
from cdk_model_hosting.limits.servers import POD_ACCELERATOR
from cdk_model_hosting.tokens import is_token

if TYPE_CHECKING:
    from collections.abc import Sequence

    from constructs import IDependable

    from cdk_model_hosting.kubernetes.scheduling import NodeAccelerator
    from cdk_model_hosting.kubernetes.serving_cluster import ServingCluster

KUEUE_API = "kueue.x-k8s.io/v1beta2"
# A pod on a node without room on its disk waits for another node: no queue has to count that too. But Kueue takes no job that asks
# for what no quota names.
_DISK = "1Pi"


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueFlavor:
    """The share of a group of nodes that the jobs of a queue have together.

    Args:
        nodes: The node group, or the name of a group or pool, of which nothing is known: give all numbers.
        gpus: Devices; all of the group's at its largest when omitted, or all of their parts. Where pods take turns on GPUs, turns are
            counted: give their number.
        cpu: Processors; when omitted, all that the group has for pods at its largest, beside what runs on every node.
        memory_mb: Memory in MB; the same when omitted. Of P, G7 and Trainium2 nodes it is not known here, and must be given.
        accelerator: Whose devices a group or pool has that is named; that of a `GpuNodeGroup` is known.

    Raises:
        ConfigurationError: When a number is outside its range, or left out where the nodes are not known.
    """

    nodes: GpuNodeGroup | str
    gpus: int | None = None
    cpu: float | None = None
    memory_mb: int | None = None
    accelerator: NodeAccelerator | None = None

    def __post_init__(self) -> None:
        nodes: object = self.nodes
        if isinstance(nodes, GpuNodePool):
            raise ConfigurationError(
                f"QueueFlavor nodes must be the name of a pool, got the pool {nodes.name!r} itself: it has nodes of several kinds, so say how "
                "much of them there is"
            )
        require("QueueFlavor nodes", nodes, GpuNodeGroup, str)
        if isinstance(self.nodes, str):
            NODE_GROUP_NAME.check("QueueFlavor nodes", self.nodes, optional=False)
        QUEUE_DEVICES.check("QueueFlavor gpus", self.gpus)
        QUEUE_CPU.check("QueueFlavor cpu", self.cpu)
        QUEUE_MEMORY_MB.check("QueueFlavor memory_mb", self.memory_mb)
        POD_ACCELERATOR.check("QueueFlavor accelerator", self.accelerator)
        if isinstance(self.nodes, GpuNodeGroup) and self.accelerator not in (None, self.nodes.accelerator):
            raise ConfigurationError(
                f"QueueFlavor accelerator must be that of the group, {self.nodes.accelerator}, got {self.accelerator!r}: leave it out"
            )
        known = self._known()
        for what in ("gpus", "cpu", "memory_mb"):
            if getattr(self, what) is None and known.get(what) is None:
                raise ConfigurationError(
                    f"QueueFlavor {what} must be given where this library does not know how much the nodes have, got none for "
                    f"{self.name!r}: Kueue takes no job that asks for what has no quota"
                )

    @property
    def name(self) -> str:
        """Name of the group or pool."""
        return self.nodes.name if isinstance(self.nodes, GpuNodeGroup) else self.nodes

    @property
    def devices_of(self) -> NodeAccelerator:
        """Whose devices the nodes have."""
        if isinstance(self.nodes, GpuNodeGroup):
            return self.nodes.accelerator
        return self.accelerator if self.accelerator is not None else "nvidia"

    @property
    def quota(self) -> dict[str, float]:
        """How much of what may be given away: ``gpus``, ``cpu`` and ``memory_mb``."""
        known = self._known()
        given = {"gpus": self.gpus, "cpu": self.cpu, "memory_mb": self.memory_mb}
        return {what: known[what] if value is None else value for what, value in given.items()}

    @property
    def taints(self) -> tuple[Taint, ...]:
        """Taints of the nodes."""
        own = taint_of(self.devices_of)
        more = self.nodes.taints if isinstance(self.nodes, GpuNodeGroup) else ()
        return tuple(dict.fromkeys((own, *more)))

    def rendered(self) -> dict[str, Any]:
        """The quota as Kueue reads it."""
        quota = self.quota
        memory = f"{cdk.Tokenization.stringify_number(quota['memory_mb'])}Mi"
        amounts = {
            "cpu": _whole_or_text(quota["cpu"]),
            "memory": memory,
            "ephemeral-storage": _DISK,
            resource_of(self.devices_of): quota["gpus"],
        }
        return {
            "name": self.name,
            "resources": [{"name": name, "nominalQuota": amount} for name, amount in amounts.items()],
        }

    def _known(self) -> dict[str, float]:
        """What the group has at its largest, as far as that is known."""
        group = self.nodes
        if not isinstance(group, GpuNodeGroup) or is_token(group.maximum):
            return {}
        room = group.room.for_pods
        of_one = {
            "gpus": group.resources.get(resource_of(group.accelerator)),
            "millicpu": room.millicpu,
            "memory_mb": room.memory_mb,
        }
        most: dict[str, float] = {what: each * group.maximum for what, each in of_one.items() if each is not None}
        if "millicpu" in most:
            most["cpu"] = most.pop("millicpu") / 1000
        return most


class KueueFlavor(Construct):
    """A group of nodes as Kueue knows it: made once in a cluster, for all queues that take jobs there.

    Args:
        scope: Where to make it.
        construct_id: ID below `scope`.
        cluster: The cluster.
        flavor: The nodes.
        after: What must be there first.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        cluster: ServingCluster,
        flavor: QueueFlavor,
        after: Sequence[IDependable],
    ) -> None:
        super().__init__(scope, construct_id)
        cluster.claim(_claim(flavor), self)
        with Manifests() as m:
            m.custom(
                KUEUE_API,
                "ResourceFlavor",
                {"name": flavor.name},
                {
                    "nodeLabels": selector_for(flavor.devices_of, group=flavor.name),
                    "nodeTaints": [
                        {"key": each.key, "value": each.value, "effect": each.effect} for each in flavor.taints
                    ],
                    # A job that the queue sends there is welcome, whatever it says itself.
                    "tolerations": [dict(each.toleration) for each in flavor.taints],
                },
            )
        cluster.apply(self, "Manifest", m.rendered(), after=after)

    @staticmethod
    def of(
        scope: Construct, *, cluster: ServingCluster, flavor: QueueFlavor, after: Sequence[IDependable]
    ) -> Construct:
        """The cluster's, which is made in the stack of the first queue.

        Args:
            scope: The queue.
            cluster: The cluster.
            flavor: The nodes.
            after: What must be there before it.
        """
        found = cluster.claimed(_claim(flavor))
        if found is not None:
            return found
        # Not below the queue, with which it would go while another one still takes jobs there.
        told = scope.node.id if is_token(flavor.name) else flavor.name
        construct_id = f"KueueFlavor{cluster.node.id}{told}"
        return KueueFlavor(cdk.Stack.of(scope), construct_id, cluster=cluster, flavor=flavor, after=after)


def ready(cluster: ServingCluster) -> tuple[IDependable, ...]:
    """What Kueue's objects wait for: Kueue itself, where this app installs it.

    Args:
        cluster: The cluster.
    """
    found = cluster.claimed(Kueue.CLAIM)
    return (found.ready,) if isinstance(found, Kueue) else ()


def _whole_or_text(amount: float) -> float | str:
    """Kinds that are not Kubernetes' own take a broken number as text alone."""
    return amount if is_token(amount) or amount == int(amount) else str(amount)


def _claim(flavor: QueueFlavor) -> str:
    return f"Kueue flavor {flavor.name}"
