"""The nodes that a cluster needs for itself."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from constructs import Construct

from cdk_model_hosting.arguments import require
from cdk_model_hosting.errors import ConfigurationError
from cdk_model_hosting.kubernetes.accelerators import NodeType
from cdk_model_hosting.kubernetes.capacity import Capacity
from cdk_model_hosting.kubernetes.node_image import NodeImage
from cdk_model_hosting.kubernetes.node_role import node_role
from cdk_model_hosting.kubernetes.node_template import node_template
from cdk_model_hosting.kubernetes.scheduling import GROUP_LABEL
from cdk_model_hosting.limits.clusters import SYSTEM_NODES
from cdk_model_hosting.limits.nodes import NODE_DISK_GB
from cdk_model_hosting.tokens import is_token

if TYPE_CHECKING:
    from collections.abc import Sequence

    from aws_cdk import aws_ec2 as ec2
    from aws_cdk import aws_eks_v2 as eks
    from aws_cdk import aws_iam as iam
    from constructs import IDependable

_TOO_SMALL = ("nano", "micro", "small", "medium")
_IMAGES = {True: "AL2023_ARM_64_STANDARD", False: "AL2023_x86_64_STANDARD"}


@dataclass(frozen=True, slots=True, kw_only=True)
class SystemNodes:
    """Nodes for the pods that keep a cluster running: its DNS, its controllers, its operators. They have no GPU.

    Args:
        instance_type: EC2 instance type, with an Arm or an x86 processor, ``large`` or larger; images of both processors exist of all
            that this library installs.
        count: How many there are. Two, in two zones, outlive a zone; on one, `Karpenter` runs once, without a stand-in. They do not scale:
            what keeps a cluster running does not come and go with its traffic.
        disk_gb: Size of each node's encrypted disk.

    Raises:
        ConfigurationError: When a value is out of range, the type is too small, or has GPUs or Neuron devices.
    """

    instance_type: str = "m7g.large"
    count: int = 2
    disk_gb: int = 50

    def __post_init__(self) -> None:
        require("SystemNodes instance_type", self.instance_type, str)
        SYSTEM_NODES.check("SystemNodes count", self.count, optional=False)
        NODE_DISK_GB.check("SystemNodes disk_gb", self.disk_gb, optional=False)
        if is_token(self.instance_type):
            raise ConfigurationError(
                "SystemNodes instance_type must be known at synth, got a Token: the image of the nodes goes by its processor"
            )
        node = NodeType.parse(self.instance_type, what="SystemNodes instance_type")
        if node.size in _TOO_SMALL:
            raise ConfigurationError(
                f"SystemNodes instance_type must be large or larger, got {self.instance_type!r}: smaller ones take few pods, and add-ons would "
                "wait for room until their installation fails"
            )
        if node.accelerator is not None:
            raise ConfigurationError(
                f"SystemNodes instance_type must have no accelerator, got {self.instance_type!r}: system pods would keep an expensive "
                "node from ever being scaled away; make a GpuNodeGroup"
            )

    @property
    def image(self) -> str:
        """The image that the nodes begin from, as EKS calls it."""
        return _IMAGES[NodeType.parse(self.instance_type).arm]


class SystemNodeGroup(Construct):
    """A managed node group of `SystemNodes`.

    Args:
        scope: Where to make it.
        construct_id: ID below `scope`.
        nodes: The nodes.
        cluster_name: Name of the cluster.
        cluster_arn: Its ARN.
        version: Its Kubernetes version, to which the nodes go with it.
        subnets: Where they stand.
        after: What they cannot do without.

    Attributes:
        nodes: The nodes.
        cfn_node_group: The group's resource.
        cfn_role: The role of its nodes.
        cfn_launch_template: How its instances are made.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        nodes: SystemNodes,
        cluster_name: str,
        cluster_arn: str,
        version: str,
        subnets: Sequence[str],
        after: Sequence[IDependable],
    ) -> None:
        from aws_cdk import aws_eks_v2 as eks  # noqa: PLC0415 - loaded by stacks with clusters alone

        super().__init__(scope, construct_id)
        self.nodes: SystemNodes = nodes
        self.cfn_role: iam.CfnRole = node_role(self, "Role", cluster_arn=cluster_arn, pod_network=False)
        self.cfn_launch_template: ec2.CfnLaunchTemplate = node_template(
            self,
            "Template",
            name=f"{cluster_name}-system",
            # For its disk: the group names an image without drivers.
            image=NodeImage.amazon_linux(),
            disk_gb=nodes.disk_gb,
            capacity=Capacity.on_demand(),
            instance_type=None,
            interfaces=(),
            placement_group=None,
        )
        self.cfn_node_group: eks.CfnNodegroup = eks.CfnNodegroup(
            self,
            "Group",
            ami_type=nodes.image,
            cluster_name=cluster_name,
            instance_types=[nodes.instance_type],
            labels={GROUP_LABEL: "system"},
            launch_template=eks.CfnNodegroup.LaunchTemplateSpecificationProperty(
                id=self.cfn_launch_template.ref, version=self.cfn_launch_template.attr_latest_version_number
            ),
            node_repair_config=eks.CfnNodegroup.NodeRepairConfigProperty(enabled=True),
            node_role=self.cfn_role.attr_arn,
            scaling_config=eks.CfnNodegroup.ScalingConfigProperty(
                min_size=nodes.count, desired_size=nodes.count, max_size=nodes.count
            ),
            subnets=list(subnets),
            version=version,
            update_config=eks.CfnNodegroup.UpdateConfigProperty(max_unavailable=1),
        )
        self.cfn_node_group.node.add_dependency(*after)
