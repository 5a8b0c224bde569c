"""GPUs for a cluster that exists already: spot instances first, on demand when there are none, and none at rest."""

from __future__ import annotations

from typing import TYPE_CHECKING

import aws_cdk as cdk
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_eks_v2 as eks

from cdk_model_hosting import Capacity, GpuNodeGroup, ImportedCluster, NodeImage, NodeScaling

if TYPE_CHECKING:
    from collections.abc import Sequence

    from constructs import Construct


class GpuNodeGroupStack(cdk.Stack):
    """Two node groups in a cluster of somebody else's, which runs the Cluster Autoscaler and a device plugin already.

    Args:
        scope: The app.
        construct_id: The stack's ID.
        cluster_name: The cluster.
        vpc_id: Its network.
        zones: Availability zones of its private subnets.
        subnet_ids: Its private subnets, one for each zone.
        version: Its Kubernetes version.
        release: Release of the machine image; what EKS recommends when the groups are made when omitted.
        most: Most nodes of each group.
        env: Account and region; the deployer's own when omitted.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        cluster_name: str,
        vpc_id: str,
        zones: Sequence[str],
        subnet_ids: Sequence[str],
        version: str = "1.36",
        release: str | None = None,
        most: int = 6,
        env: cdk.Environment | None = None,
    ) -> None:
        super().__init__(scope, construct_id, env=env, description=__doc__)

        vpc = ec2.Vpc.from_vpc_attributes(
            self, "Vpc", vpc_id=vpc_id, availability_zones=list(zones), private_subnet_ids=list(subnet_ids)
        )
        # Nothing here asks for their routes.
        cdk.Annotations.of(vpc).acknowledge_warning("@aws-cdk/aws-ec2:noSubnetRouteTableId")
        cluster = ImportedCluster(
            self,
            "Cluster",
            cluster=eks.Cluster.from_cluster_attributes(self, "Existing", cluster_name=cluster_name, vpc=vpc),
            version=version,
            node_scaling=NodeScaling.CLUSTER_AUTOSCALER,
        )
        spot = GpuNodeGroup(
            self,
            "Spot",
            cluster=cluster,
            instance_types=["g6.xlarge", "g5.xlarge"],
            between=(0, most),
            capacity=Capacity.spot(),
            image=NodeImage.amazon_linux(release=release),
            priority=10,
        )
        on_demand = GpuNodeGroup(
            self,
            "OnDemand",
            cluster=cluster,
            instance_types=["g6.xlarge"],
            between=(0, most),
            image=NodeImage.amazon_linux(release=release),
        )

        cdk.CfnOutput(self, "SpotGroup", value=spot.node_group_name)
        cdk.CfnOutput(self, "OnDemandGroup", value=on_demand.node_group_name)
