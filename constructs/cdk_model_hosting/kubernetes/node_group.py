"""A managed group of nodes with GPUs, Inferentia or Trainium."""

from __future__ import annotations

import hashlib
import json
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import aws_cdk as cdk
from constructs import Construct

from cdk_model_hosting.arguments import require, require_several
from cdk_model_hosting.errors import ConfigurationError
from cdk_model_hosting.kubernetes.capacity import Capacity
from cdk_model_hosting.kubernetes.gpu_cutting import cutting_user_data
from cdk_model_hosting.kubernetes.gpu_parts import GpuParts, parts_of
from cdk_model_hosting.kubernetes.names import name_of, number_text
from cdk_model_hosting.kubernetes.node_checks import (
    adapters_of,
    advice_on,
    check_between,
    check_labels,
    check_taints,
    check_types,
)
from cdk_model_hosting.kubernetes.node_image import NodeImage
from cdk_model_hosting.kubernetes.node_network import fabric_interfaces, fabric_security_group, subnets_of
from cdk_model_hosting.kubernetes.node_order import check_joins, check_plugin, check_rank
from cdk_model_hosting.kubernetes.node_role import node_role
from cdk_model_hosting.kubernetes.node_room import NodeRoom
from cdk_model_hosting.kubernetes.node_template import node_template
from cdk_model_hosting.kubernetes.node_update import NodeUpdate
from cdk_model_hosting.kubernetes.scheduling import (
    CLUSTER_AUTOSCALER_GPU_LABEL,
    EFA_PRESENT_LABEL,
    EFA_RESOURCE,
    labels_of,
    taint_of,
)
from cdk_model_hosting.kubernetes.serving_cluster import ServingCluster
from cdk_model_hosting.limits.nodes import NODE_DISK_GB, NODE_GROUP_NAME

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from aws_cdk import aws_ec2 as ec2
    from aws_cdk import aws_eks_v2 as eks
    from aws_cdk import aws_iam as iam

    from cdk_model_hosting.kubernetes.accelerators import NodeType
    from cdk_model_hosting.kubernetes.scheduling import NodeAccelerator, Taint

_RESOURCE_TAG = "k8s.io/cluster-autoscaler/node-template/resources/"
_EFFECTS = {"NoSchedule": "NO_SCHEDULE", "PreferNoSchedule": "PREFER_NO_SCHEDULE", "NoExecute": "NO_EXECUTE"}
_DIGEST_LENGTH = 8


class GpuNodeGroup(Construct):
    """A managed group of nodes with accelerators, which nothing else is scheduled on.

    The machine image follows from the instance types. The nodes have the taint and the labels that the servers, jobs and
    add-ons of this library agree on, and the group tells the Cluster Autoscaler what a node offers, so that it can start the
    first one. EKS repairs nodes whose accelerator fails, as far as its monitoring agent runs in the cluster.

    The group has a name, and the name changes with everything that EKS cannot change in place: the new group is there before
    the old one is drained and removed.

    Args:
        scope: Where to make it.
        construct_id: ID below `scope`.
        cluster: The cluster.
        instance_types: EC2 instance types, such as ``g5.xlarge``, in order of preference on demand. All have the same kind and
            number of devices with the same memory, and the same processors and memory beside them. EC2 does not have every
            type in every zone.
        between: Fewest and most nodes. The fewest may be 0; the Cluster Autoscaler must then make the first one: Karpenter and
            Auto Mode leave groups as they are.
        capacity: How the instances are bought; on demand when omitted.
        image: Machine image; Amazon Linux 2023 when omitted.
        update: How nodes are replaced; one by one when omitted.
        disk_gb: Disk for container images, models and what pods write, 50-65536 GB. The default holds a few images of
            inference servers, which take 10 to 30 GB each and twice that while they are unpacked.
        labels: Further labels of the nodes.
        taints: Further taints of the nodes. Pods of this library do not tolerate them by themselves.
        zones: Availability zones to stay in, such as those that have the type; all of the subnets' when omitted.
        subnets: Subnets to choose from; the private ones of the cluster's network when omitted.
        priority: Rank among the cluster's groups for the add-on that scales them: the highest group that can serve a pod grows
            first.
        efa: Whether the nodes have Elastic Fabric Adapters, as many as their type takes, and stand close to each other in one
            zone. Pods get them by the device plugin for EFA.
        parts: What each GPU is cut into, all alike, by NVIDIA's name of a part, such as ``1g.10gb`` (Multi-Instance GPU); whole GPUs when
            omitted. Nodes cut by themselves when they start. A pod asks for a part as it does for a GPU, of a `DevicePlugin` with
            `GpuSharing.mig`.
        name: Name, 1-54 characters, which is also a label of the nodes; made from `construct_id` when omitted.
        pod_network: Whether the nodes' role serves the Amazon VPC CNI: for imported clusters whose CNI has no role of its own.

    Raises:
        ConfigurationError: When the types do not go together or have no accelerator, no machine image has their drivers, their GPUs
            cannot be cut so, a value is outside what EKS takes, EKS makes the nodes of the cluster, or the group comes after an add-on
            that had to know of it.

    Attributes:
        cluster: The cluster.
        name: Name of the group, as its nodes are labelled.
        node_group_name: Its name in EKS, which begins with `name`. Its Auto Scaling group is named ``eks-<this>-<id>``.
        accelerator: Whose devices the nodes have.
        types: What is known of the instance types.
        resources: What each node offers to pods; empty when that is unknown.
        room: What each node offers beside its devices, what runs on every node included.
        image: The machine image.
        capacity: How the instances are bought.
        minimum: Fewest nodes.
        maximum: Most nodes.
        update: How nodes are replaced.
        priority: Its rank.
        parts: The parts of its GPUs; None where they are whole.
        labels: Labels of the nodes.
        taints: Taints of the nodes.
        role: Role of the nodes.
        cfn_role: The role's resource.
        cfn_launch_template: The launch template.
        cfn_node_group: The group.

    See: https://docs.aws.amazon.com/eks/latest/userguide/ml-node-groups.html
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        cluster: ServingCluster,
        instance_types: Sequence[str],
        between: tuple[int, int],
        capacity: Capacity | None = None,
        image: NodeImage | None = None,
        update: NodeUpdate | None = None,
        disk_gb: int = 200,
        labels: Mapping[str, str] = MappingProxyType({}),
        taints: Sequence[Taint] = (),
        zones: Sequence[str] | None = None,
        subnets: Sequence[ec2.ISubnet] | None = None,
        priority: int = 0,
        efa: bool = False,
        parts: str | None = None,
        name: str | None = None,
        pod_network: bool = False,
    ) -> None:
        from aws_cdk import aws_iam as iam  # noqa: PLC0415 - loaded by stacks with node groups alone

        require("GpuNodeGroup cluster", cluster, ServingCluster)
        self.cluster: ServingCluster = cluster
        check_joins(cluster)
        require("GpuNodeGroup priority", priority, int)
        require("GpuNodeGroup efa", efa, bool)
        self.capacity: Capacity = capacity if capacity is not None else Capacity.on_demand()
        self.image: NodeImage = image if image is not None else NodeImage.amazon_linux()
        self.update: NodeUpdate = update if update is not None else NodeUpdate()
        require("GpuNodeGroup capacity", self.capacity, Capacity)
        require("GpuNodeGroup image", self.image, NodeImage)
        require("GpuNodeGroup update", self.update, NodeUpdate)
        NODE_DISK_GB.check("GpuNodeGroup disk_gb", disk_gb, optional=False)
        if zones is not None:
            require_several("GpuNodeGroup zones", zones, str)
        self.types: tuple[NodeType, ...] = check_types(instance_types)
        self.capacity.check_types(self.types)
        self.minimum, self.maximum = check_between(between)
        ami_type = self._ami_type()
        self.image.check_release(cluster.version)
        self.accelerator: NodeAccelerator = self.types[0].accelerator or self.image.accelerator or "nvidia"
        self.name: str = name_of(NODE_GROUP_NAME, "GpuNodeGroup", name, construct_id=construct_id)
        self.priority: int = priority
        self._subnets = subnets_of(cluster, zones=zones, subnets=subnets)
        self.capacity.check_room(minimum=self.minimum, zones=self._subnets.zone_count)
        self._adapters = adapters_of(self.types, zones=self._subnets.zone_count) if efa else 0
        self.labels: Mapping[str, str] = check_labels(labels, self._own_labels())
        self.taints: tuple[Taint, ...] = check_taints(taints, taint_of(self.accelerator))
        self.parts: GpuParts | None = parts_of("GpuNodeGroup", parts, self.types, self.image)
        # They are the same wherever they are known.
        devices = next((each.resources for each in self.types if each.resources), {})
        self.resources: Mapping[str, int] = {
            **(devices if self.parts is None else self.parts.count(devices)),
            **({EFA_RESOURCE: self._adapters} if efa else {}),
        }
        self.room: NodeRoom = NodeRoom.of(self.types, disk_gb=disk_gb)
        check_plugin(cluster, self)
        check_rank(cluster, self)
        super().__init__(scope, construct_id)
        cluster.claim(f"node group {self.name}", self)
        bounds = (self.minimum, self.maximum)
        for each in advice_on(self.types, self.capacity, between=bounds, node_scaling=cluster.node_scaling):
            cdk.Annotations.of(self).add_warning_v2(f"cdk-model-hosting:{each.id}", each.text)
        self.cfn_role: iam.CfnRole = node_role(self, "Role", cluster_arn=cluster.cluster_arn, pod_network=pod_network)
        self.role: iam.IRole = iam.Role.from_role_arn(self, "Granted", self.cfn_role.attr_arn)
        self.cfn_launch_template: ec2.CfnLaunchTemplate = self._template(cluster, disk_gb)
        self.node_group_name: str = self._full_name(ami_type)
        self.cfn_node_group: eks.CfnNodegroup = self._group(cluster, ami_type)
        if cluster.before_nodes:
            self.cfn_node_group.node.add_dependency(*cluster.before_nodes)
        cluster.add_node_group(self)

    def _ami_type(self) -> str:
        images = {each.name: self.image.ami_type(each) for each in self.types}
        # The types share their accelerator and their processors, and with them the image.
        return next(iter(images.values()))

    def _own_labels(self) -> dict[str, str]:
        labels = labels_of(self.accelerator, group=self.name)
        if self.accelerator == "nvidia":
            chips = {"gpu" if each.chip is None else each.chip.name for each in self.types}
            # A node with this label and without GPUs yet is one that the Cluster Autoscaler waits for.
            labels[CLUSTER_AUTOSCALER_GPU_LABEL] = f"nvidia-{chips.pop() if len(chips) == 1 else 'gpu'}"
        if self._adapters:
            labels[EFA_PRESENT_LABEL] = "true"
        return labels

    def _full_name(self, ami_type: str) -> str:
        """The name with a digest of what only another group can have otherwise."""
        fixed = [self.capacity.kind, [each.name for each in self.types], ami_type, list(self._subnets.ids)]
        told = json.dumps(cdk.Stack.of(self).resolve(fixed), sort_keys=True)
        return f"{self.name}-{hashlib.sha256(told.encode()).hexdigest()[:_DIGEST_LENGTH]}"

    def _template(self, cluster: ServingCluster, disk_gb: int) -> ec2.CfnLaunchTemplate:
        placement_group = None
        interfaces: list[ec2.CfnLaunchTemplate.NetworkInterfaceProperty] = []
        if self._adapters:
            from aws_cdk import aws_ec2 as ec2  # noqa: PLC0415 - loaded by stacks with node groups alone

            placement_group = ec2.CfnPlacementGroup(self, "Placement", strategy="cluster").ref
            fabric = fabric_security_group(self, "Fabric", vpc_id=cluster.vpc.vpc_id)
            groups = [_cluster_security_group(cluster), fabric.attr_group_id]
            interfaces = fabric_interfaces(self._adapters, security_groups=groups)
        return node_template(
            self,
            "LaunchTemplate",
            name=self.name,
            image=self.image,
            disk_gb=disk_gb,
            capacity=self.capacity,
            instance_type=self.types[0].name if self.capacity.is_block else None,
            interfaces=interfaces,
            placement_group=placement_group,
            user_data=None if self.parts is None else cutting_user_data(self.parts, self.types, self.image),
        )

    def _group(self, cluster: ServingCluster, ami_type: str) -> eks.CfnNodegroup:
        from aws_cdk import aws_eks_v2 as eks  # noqa: PLC0415 - loaded by stacks with node groups alone

        group = eks.CfnNodegroup
        offered = {**self._room_told(), **self.resources}
        tags = {f"{_RESOURCE_TAG}{resource}": str(amount) for resource, amount in offered.items()}
        taints = [{"effect": _EFFECTS[each.effect], "key": each.key, "value": each.value} for each in self.taints]
        template_version = self.cfn_launch_template.attr_latest_version_number
        unavailable, strategy = self.update.render(spare=not self.capacity.is_block)
        changeable = {
            "LaunchTemplateVersion": template_version,
            "Labels": dict(self.labels),
            "ReleaseVersion": self.image.release or "",
            "Tags": tags,
            "Taints": taints,
            "Update": [unavailable, strategy],
            "Version": cluster.version,
        }
        return group(
            self,
            "Group",
            ami_type=ami_type,
            capacity_type=self.capacity.kind,
            force_update_enabled=True if self.update.force else None,
            cluster_name=cluster.cluster_name,
            instance_types=None if self.capacity.is_block else [each.name for each in self.types],
            labels=dict(self.labels),
            launch_template=group.LaunchTemplateSpecificationProperty(
                id=self.cfn_launch_template.ref, version=template_version
            ),
            nodegroup_name=self.node_group_name,
            node_repair_config=group.NodeRepairConfigProperty(enabled=True),
            node_role=self.cfn_role.attr_arn,
            release_version=self.image.release,
            scaling_config=group.ScalingConfigProperty(
                desired_size=self._desired(cluster, changeable), max_size=self.maximum, min_size=self.minimum
            ),
            subnets=list(self._subnets.ids),
            tags=tags,
            taints=[group.TaintProperty(**each) for each in taints],
            update_config=group.UpdateConfigProperty(max_unavailable=unavailable, update_strategy=strategy),
            version=cluster.version,
        )

    def _room_told(self) -> dict[str, str]:
        """Of an empty group nothing else says that it has a disk, and of processors and memory all would be taken for the pods'."""
        room = self.room
        told = {} if room.millicpu is None else {"cpu": f"{room.millicpu}m"}
        told["ephemeral-storage"] = f"{number_text(room.disk_gb)}Gi"
        if room.memory_mb is not None:
            told["memory"] = f"{room.memory_mb}Mi"
        return told

    def _desired(self, cluster: ServingCluster, changeable: Mapping[str, Any]) -> float:
        """The number of nodes in the template, which EKS wants to know, and must not fall back to."""
        if self.minimum == self.maximum:
            return self.minimum
        from cdk_model_hosting.kubernetes.node_group_size import NodeGroupSize  # noqa: PLC0415 - groups that scale alone

        return NodeGroupSize.of(cdk.Stack.of(self)).desired(
            self,
            "Size",
            cluster_name=cluster.cluster_name,
            name=self.name,
            node_group_name=self.node_group_name,
            minimum=self.minimum,
            maximum=self.maximum,
            configuration=changeable,
        )


def _cluster_security_group(cluster: ServingCluster) -> str:
    try:
        return cluster.cluster.cluster_security_group_id
    except RuntimeError as error:
        raise ConfigurationError(
            "GpuNodeGroup cluster must have a cluster_security_group_id for efa, got none: nodes with interfaces of their own get no "
            "security group by themselves; pass it to from_cluster_attributes"
        ) from error
