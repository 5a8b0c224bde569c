"""A pool of nodes with accelerators, which Karpenter or EKS Auto Mode makes as pods need them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from constructs import Construct

from cdk_model_hosting.arguments import require, require_several
from cdk_model_hosting.durations import seconds
from cdk_model_hosting.errors import ConfigurationError
from cdk_model_hosting.kubernetes.capacity import Capacity
from cdk_model_hosting.kubernetes.chart_add_on import NODE_SCALING
from cdk_model_hosting.kubernetes.gpu_cutting import cutting_user_data
from cdk_model_hosting.kubernetes.karpenter import Karpenter
from cdk_model_hosting.kubernetes.manifests import Manifests
from cdk_model_hosting.kubernetes.names import name_of
from cdk_model_hosting.kubernetes.node_class import node_class, pool_subnets, with_unit
from cdk_model_hosting.kubernetes.node_image import NodeImage
from cdk_model_hosting.kubernetes.node_life import NodeLife
from cdk_model_hosting.kubernetes.node_order import check_plugin
from cdk_model_hosting.kubernetes.node_scaling import NodeScaling
from cdk_model_hosting.kubernetes.pool_instances import PoolInstances
from cdk_model_hosting.kubernetes.pool_parts import part_overlays, pool_parts
from cdk_model_hosting.kubernetes.scheduling import ZONE_LABEL, labels_of, resource_of, taint_of
from cdk_model_hosting.kubernetes.serving_cluster import ServingCluster
from cdk_model_hosting.limits.node_pools import (
    POOL_DEVICES,
    POOL_NAME,
    POOL_PRIORITY,
)
from cdk_model_hosting.limits.nodes import NODE_DISK_GB

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import aws_cdk as cdk
    from aws_cdk import aws_ec2 as ec2
    from constructs import IDependable

    from cdk_model_hosting.kubernetes.accelerators import NodeType
    from cdk_model_hosting.kubernetes.gpu_parts import GpuParts
    from cdk_model_hosting.kubernetes.kubernetes_objects import KubernetesObjects
    from cdk_model_hosting.kubernetes.scheduling import NodeAccelerator, Taint

_CAPACITY_LABEL = "karpenter.sh/capacity-type"
_CAPACITY = {"SPOT": "spot", "ON_DEMAND": "on-demand"}
_USUAL_DISK_GB = 200
_USUAL_IDLE_SECONDS = 300
# Whose node class it is, its kind, and the label that tells an instance's family, by who makes the nodes.
_KARPENTER = ("karpenter.k8s.aws", "EC2NodeClass", "karpenter.k8s.aws/instance-family")
_AUTO_MODE = ("eks.amazonaws.com", "NodeClass", "eks.amazonaws.com/instance-family")


class GpuNodePool(Construct):
    """A pool of nodes with accelerators. There is none until a pod asks for one, and none any more when the last pod has gone.

    It is for clusters with `NodeScaling.KARPENTER`, where `Karpenter` makes the nodes, and for those with `NodeScaling.AUTO_MODE`, where
    EKS does, with an image and a disk of its own. Nodes have the taint and the labels that the servers, jobs and add-ons of this library
    agree on.

    Args:
        scope: Where to make it.
        construct_id: ID below `scope`.
        cluster: The cluster.
        devices: Most devices of all its nodes together; where GPUs are cut, whole ones.
        instance_types: EC2 instance types that nodes may be, such as ``g5.xlarge``. Either these or families.
        instance_families: Families of instances that nodes may be, such as ``g5``, of whatever size pods need.
        capacity: How instances are bought; on demand when omitted. Of both, spot is tried first.
        image: Machine image, with its release; Karpenter's nodes need one, those of Auto Mode have their own.
        disk_gb: Disk for container images, models and what pods write, 50-65536 GB; 200 when omitted. Auto Mode has its own.
        zones: Availability zones to stay in; all of the subnets' when omitted.
        subnets: Subnets to choose from; the private ones of the cluster's network when omitted. Auto Mode has its own.
        priority: Rank among pools that would do, 1-100: the highest is tried first. Lowest when omitted.
        expire_after: Age at which a node is replaced, one hour or more; Karpenter takes 30 days when omitted, Auto Mode 14.
        drain_for: Longest that a node which is to go waits for its pods; as long as they need when omitted, with Auto Mode a day. With
            a limit, nodes are replaced under pods that ask to stay too, such as those of jobs. With Auto Mode, `expire_after` and this are
            at most 21 days together.
        consolidate_after: How long nobody must need a node before it is taken away; five minutes when omitted.
        repack: Whether nodes that are partly used are emptied too, by moving their pods to others. Servers load their models again there.
        parts: What each GPU is cut into, all alike, by NVIDIA's name of a part, such as ``1g.10gb`` (Multi-Instance GPU); whole GPUs when
            omitted. For `instance_types` of pools with a `Karpenter` that has ``node_overlays``: it must be told how many parts a node has.
        instance_profile: Name of the nodes' instance profile, for clusters where somebody else runs Karpenter, and lets its role in.
        name: Name, 1-63 characters; made from `construct_id` when omitted.

    Raises:
        ConfigurationError: When nobody makes nodes for pods in the cluster, the instances do not go together or the image has no
            drivers for them, a value is outside what Karpenter takes, or the pool comes after a device plugin that had to know of it.

    Attributes:
        cluster: The cluster.
        name: Name of the pool, as its nodes are labelled.
        accelerator: Whose devices the nodes have.
        types: What is known of the instances; of a family, one size stands for all.
        image: The machine image; that of Auto Mode is Bottlerocket.
        disk_gb: Disk of each node; None with Auto Mode.
        parts: The parts of its GPUs; None where they are whole.
        labels: Labels of the nodes.
        taints: Taints of the nodes.
        life: How old the nodes grow, and how long they are drained.
        manifest: What makes it.

    See: https://karpenter.sh/docs/concepts/nodepools/
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        cluster: ServingCluster,
        devices: int,
        instance_types: Sequence[str] | None = None,
        instance_families: Sequence[str] | None = None,
        capacity: Sequence[Capacity] | None = None,
        image: NodeImage | None = None,
        disk_gb: int | None = None,
        zones: Sequence[str] | None = None,
        subnets: Sequence[ec2.ISubnet] | None = None,
        priority: int | None = None,
        expire_after: cdk.Duration | None = None,
        drain_for: cdk.Duration | None = None,
        consolidate_after: cdk.Duration | None = None,
        repack: bool = False,
        parts: str | None = None,
        instance_profile: str | None = None,
        name: str | None = None,
    ) -> None:
        require("GpuNodePool cluster", cluster, ServingCluster)
        self.cluster: ServingCluster = cluster
        require("GpuNodePool repack", repack, bool)
        auto_mode = _is_auto_mode(cluster)
        POOL_DEVICES.check("GpuNodePool devices", devices, optional=False)
        POOL_PRIORITY.check("GpuNodePool priority", priority)
        NODE_DISK_GB.check("GpuNodePool disk_gb", disk_gb)
        if zones is not None:
            require_several("GpuNodePool zones", zones, str)
        disk = disk_gb if disk_gb is not None else _USUAL_DISK_GB
        self.disk_gb: int | None = None if auto_mode else disk
        self._instances = PoolInstances.of(instance_types, instance_families)
        self.types: tuple[NodeType, ...] = self._instances.types
        self.accelerator: NodeAccelerator = self._instances.accelerator
        bought = _bought(capacity)
        self.name: str = name_of(POOL_NAME, "GpuNodePool", name, construct_id=construct_id)
        self.image: NodeImage = image if image is not None else NodeImage.bottlerocket()
        self.labels: Mapping[str, str] = labels_of(self.accelerator, group=self.name)
        self.taints: tuple[Taint, ...] = (taint_of(self.accelerator),)
        self.life: NodeLife = NodeLife.of(expire_after, drain_for, auto_mode=auto_mode)
        self.parts: GpuParts | None = pool_parts(
            cluster, parts, self._instances, image if image is not None else NodeImage.amazon_linux(), devices=devices
        )
        check_plugin(cluster, self)
        spec = self._spec(
            owner=_AUTO_MODE if auto_mode else _KARPENTER,
            requirements=[
                {"key": _CAPACITY_LABEL, "operator": "In", "values": bought},
                *([] if zones is None else [{"key": ZONE_LABEL, "operator": "In", "values": list(zones)}]),
            ],
            idle=seconds("GpuNodePool consolidate_after", consolidate_after),
            repack=repack,
        )
        limits = {resource_of(self.accelerator): devices}
        spec["limits"] = limits if self.parts is None else self.parts.count(limits)
        if priority is not None:
            spec["weight"] = priority
        with Manifests() as m:
            first: tuple[IDependable, ...] = ()
            if auto_mode:
                _refuse_own(image=image, disk_gb=disk_gb, subnets=subnets, instance_profile=instance_profile)
            else:
                profile, first = _profile(cluster, instance_profile)
                made = node_class(
                    cluster,
                    name=self.name,
                    image=self._drivers(image, cluster),
                    disk_gb=disk,
                    instance_profile=profile,
                    subnets=pool_subnets(cluster, subnets=subnets, zones=zones),
                    user_data=None if self.parts is None else cutting_user_data(self.parts, self.types, self.image),
                )
                m.custom("karpenter.k8s.aws/v1", "EC2NodeClass", {"name": self.name}, made)
            if self.parts is not None:
                # Before the pool: Karpenter would count whole GPUs.
                for overlay, told in part_overlays(self.name, self.types, self.parts).items():
                    m.custom("karpenter.sh/v1alpha1", "NodeOverlay", {"name": overlay}, told)
            m.custom("karpenter.sh/v1", "NodePool", {"name": self.name}, spec)
        super().__init__(scope, construct_id)
        # Nodes of groups carry the same label.
        cluster.claim(f"node group {self.name}", self)
        self.manifest: KubernetesObjects = cluster.apply(self, "Manifest", m.rendered(), after=first)
        cluster.add_node_group(self)

    @property
    def named_types(self) -> tuple[NodeType, ...]:
        """What is known of the instances where their types are named; nothing where families are, which have some of every size."""
        return self.types if self._instances.what == "instance_types" else ()

    def _drivers(self, image: NodeImage | None, cluster: ServingCluster) -> NodeImage:
        """The image, which must have the drivers of all instances that are known."""
        found = _image(image, cluster)
        for each in self.types:
            if found.told is None and each.chip is not None:
                found.ami_type(each, what="GpuNodePool")
        return found

    def _spec(
        self,
        *,
        owner: tuple[str, str, str],
        requirements: Sequence[Mapping[str, Any]],
        idle: int | None,
        repack: bool,
    ) -> dict[str, Any]:
        group, kind, family_label = owner
        nodes: dict[str, Any] = {
            "nodeClassRef": {
                "group": group,
                "kind": kind,
                # That of Auto Mode is EKS' own.
                "name": self.name if owner is _KARPENTER else "default",
            },
            "requirements": [*self._instances.requirements(family_label), *requirements],
            "taints": [{"key": each.key, "value": each.value, "effect": each.effect} for each in self.taints],
            **self.life.rendered(),
        }
        return {
            "template": {"metadata": {"labels": dict(self.labels)}, "spec": nodes},
            "disruption": {
                "consolidationPolicy": "WhenEmptyOrUnderutilized" if repack else "WhenEmpty",
                "consolidateAfter": with_unit(idle if idle is not None else _USUAL_IDLE_SECONDS, "s"),
            },
        }


def _is_auto_mode(cluster: ServingCluster) -> bool:
    if cluster.node_scaling not in (NodeScaling.KARPENTER, NodeScaling.AUTO_MODE):
        raise ConfigurationError(
            f"GpuNodePool cluster must have NodeScaling.KARPENTER or NodeScaling.AUTO_MODE, got NodeScaling.{cluster.node_scaling.name}: "
            "nobody would make its nodes; make a GpuNodeGroup"
        )
    return cluster.node_scaling is NodeScaling.AUTO_MODE


def _bought(capacity: Sequence[Capacity] | None) -> list[str]:
    ways = capacity if capacity is not None else (Capacity.on_demand(),)
    require_several("GpuNodePool capacity", ways, Capacity)
    if not ways:
        raise ConfigurationError(
            "GpuNodePool capacity must name at least one way to buy instances, got none: omit it for on demand"
        )
    for each in ways:
        if each.kind not in _CAPACITY:
            raise ConfigurationError(
                "GpuNodePool capacity must be Capacity.on_demand() or Capacity.spot(), got Capacity.block: instances of a block belong to a "
                "GpuNodeGroup"
            )
    return list(dict.fromkeys(_CAPACITY[each.kind] for each in ways))


def _image(image: NodeImage | None, cluster: ServingCluster) -> NodeImage:
    if image is None:
        image = NodeImage.amazon_linux()
    require("GpuNodePool image", image, NodeImage)
    image.check_release(cluster.version)
    return image


def _profile(cluster: ServingCluster, given: str | None) -> tuple[str, tuple[IDependable, ...]]:
    """The instance profile of the nodes, and what must be there before them."""
    karpenter = cluster.claimed(NODE_SCALING)
    first = (karpenter.ready,) if isinstance(karpenter, Karpenter) else ()
    if given is not None:
        require("GpuNodePool instance_profile", given, str)
        return given, first
    if not isinstance(karpenter, Karpenter):
        raise ConfigurationError(
            "GpuNodePool cluster must have a Karpenter, got none: make it first, or pass instance_profile where somebody else runs it"
        )
    return karpenter.instance_profile_name, first


def _refuse_own(**given: object) -> None:
    for name, value in given.items():
        if value is not None:
            raise ConfigurationError(
                f"GpuNodePool {name} must be omitted with NodeScaling.AUTO_MODE, got one: EKS' own node class says it for all nodes"
            )
