"""The Cluster Autoscaler, which changes the size of node groups."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import aws_cdk as cdk

from cdk_model_hosting.arguments import require
from cdk_model_hosting.errors import ConfigurationError
from cdk_model_hosting.kubernetes.chart_add_on import NODE_SCALING, ChartAddOn, check_scaling
from cdk_model_hosting.kubernetes.charts import AUTOSCALER_IMAGES, CLUSTER_AUTOSCALER
from cdk_model_hosting.kubernetes.node_scaling import NodeScaling
from cdk_model_hosting.permissions import Permission, arn
from cdk_model_hosting.tokens import is_token

if TYPE_CHECKING:
    from collections.abc import Sequence

    from aws_cdk import aws_iam as iam
    from constructs import Construct

    from cdk_model_hosting.kubernetes.chart import Chart
    from cdk_model_hosting.kubernetes.node_group import GpuNodeGroup
    from cdk_model_hosting.kubernetes.service_account import ServiceAccount
    from cdk_model_hosting.kubernetes.serving_cluster import ServingCluster

_NAME = "cluster-autoscaler"
_IMAGE = r"v(\d+\.\d+)\.\d+"


class ClusterAutoscaler(ChartAddOn):
    """The Cluster Autoscaler: it makes a group bigger when pods wait for a node of it, and smaller when nobody needs one.

    Of groups that would do, that with the highest priority grows, then the one that wastes least. Make the groups first: those made
    later come after all others, and are refused where their priority says otherwise. A node is taken away when its pods fit elsewhere
    for ten minutes, also those with files on its disk.

    Args:
        scope: Where to make it.
        construct_id: ID below `scope`.
        cluster: The cluster, which must have `NodeScaling.CLUSTER_AUTOSCALER`.
        image: Release of its image, such as ``v1.36.1``, of the cluster's Kubernetes version; one that this library knows when omitted.
        chart: Another version or copy of the chart; that of this library when omitted.

    Raises:
        ConfigurationError: When the cluster has something else that adds nodes, or the image is for another Kubernetes version.

    Attributes:
        service_account: Its service account.
        role: Its role in AWS.

    See: https://github.com/kubernetes/autoscaler/blob/master/cluster-autoscaler/cloudprovider/aws/README.md
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        cluster: ServingCluster,
        image: str | None = None,
        chart: Chart | None = None,
    ) -> None:
        check_scaling("ClusterAutoscaler", cluster, NodeScaling.CLUSTER_AUTOSCALER)
        release = _release(cluster.version, image)
        super().__init__(
            scope, construct_id, cluster=cluster, claims=(NODE_SCALING,), pin=CLUSTER_AUTOSCALER, chart=chart
        )
        self.service_account: ServiceAccount = cluster.service_account(
            self, "Account", namespace=self.namespace, name=_NAME, permissions=_permissions(cluster), make=False
        )
        self.role: iam.IRole = self.service_account.role
        self._ranked = _groups(cluster)
        self._install(
            {
                "fullnameOverride": _NAME,
                "cloudProvider": "aws",
                "awsRegion": cdk.Stack.of(self).region,
                "autoDiscovery": {"clusterName": cluster.cluster_name},
                "image": {"tag": release},
                "rbac": {"serviceAccount": {"create": True, "name": _NAME}},
                # One leads, the other stands by.
                "replicaCount": 2,
                "resources": {"requests": {"cpu": "100m", "memory": "300Mi"}, "limits": {"memory": "1Gi"}},
                "extraArgs": {
                    "expander": "priority,least-waste",
                    # What servers keep on the disk of their node, they fetch again.
                    "skip-nodes-with-local-storage": False,
                },
                "expanderPriorities": _priorities(self._ranked),
            },
            after=(self.service_account.cfn_association,),
        )

    def check_later(self, group: GpuNodeGroup) -> None:
        """Refuse a group whose rank comes too late. Groups ask this themselves.

        Args:
            group: The group, which is not one of the cluster's yet.

        Raises:
            ConfigurationError: When it ranks above a group that is known here, or other than one that is not.
        """
        above = next((each for each in self._ranked if group.priority > each.priority), None)
        later = [each for each in _groups(self._cluster) if each not in self._ranked]
        other = next((each for each in later if each.priority != group.priority), None)
        if above is not None:
            raise ConfigurationError(
                f"GpuNodeGroup priority must be at most the {above.priority} of group {above.name!r} for a group that is made after "
                f"{self.node.path}, got {group.priority}: it comes after all groups that were made before; make it first"
            )
        if other is not None:
            raise ConfigurationError(
                f"GpuNodeGroup priority must be the {other.priority} of group {other.name!r} for a group that is made after {self.node.path} "
                f"too, got {group.priority}: groups that are made later have one rank; make them first"
            )


def _release(version: str, image: str | None) -> str:
    if image is None:
        known = AUTOSCALER_IMAGES.get(version)
        if known is None:
            raise ConfigurationError(
                f"ClusterAutoscaler image must be given for Kubernetes {version}, got none: this library knows none of that version"
            )
        return known
    if is_token(image):
        return image
    require("ClusterAutoscaler image", image, str)
    found = re.fullmatch(_IMAGE, image)
    if found is None or found[1] != version:
        raise ConfigurationError(
            f"ClusterAutoscaler image must be a release for Kubernetes {version} such as v{version}.0, got {image!r}: it foretells what the "
            "scheduler of the same version does"
        )
    return image


def _groups(cluster: ServingCluster) -> list[GpuNodeGroup]:
    from cdk_model_hosting.kubernetes.node_group import GpuNodeGroup  # noqa: PLC0415 - groups load this module

    return [each for each in cluster.node_groups if isinstance(each, GpuNodeGroup)]


def _priorities(groups: Sequence[GpuNodeGroup]) -> dict[str, Any]:
    """Names of Auto Scaling groups by priority; the highest wins."""
    found: dict[int, list[str]] = {}
    for each in groups:
        found.setdefault(each.priority, []).append(f"^eks-{each.node_group_name}-.*")
    lowest = min(found, default=0) - 1
    # The chart makes the numbers of them that they are.
    return {str(priority): names for priority, names in {**found, lowest: [".*"]}.items()}


def _permissions(cluster: ServingCluster) -> tuple[Permission, ...]:
    return (
        Permission(
            actions=(
                "autoscaling:DescribeAutoScalingGroups",
                "autoscaling:DescribeAutoScalingInstances",
                "autoscaling:DescribeLaunchConfigurations",
                "autoscaling:DescribeScalingActivities",
                "ec2:DescribeImages",
                "ec2:DescribeInstanceTypes",
                "ec2:DescribeLaunchTemplateVersions",
                "ec2:GetInstanceTypesFromInstanceRequirements",
            ),
            resources=("*",),
            wildcard_reason="these actions know no resource: it looks for the cluster's groups among all",
        ),
        Permission(
            actions=("autoscaling:SetDesiredCapacity", "autoscaling:TerminateInstanceInAutoScalingGroup"),
            resources=(arn("arn:${AWS::Partition}:autoscaling:${AWS::Region}:${AWS::AccountId}:autoScalingGroup:*"),),
            # EKS sets both tags. The one that is named after the cluster cannot be asked for: its name may be known at deploy time.
            conditions={
                "StringEquals": {
                    "aws:ResourceTag/eks:cluster-name": cluster.cluster_name,
                    "aws:ResourceTag/k8s.io/cluster-autoscaler/enabled": "true",
                }
            },
            wildcard_reason="EKS names the Auto Scaling groups; only those that it tags with the cluster can be changed",
        ),
        Permission(
            actions=("eks:DescribeNodegroup",),
            resources=(
                arn(
                    f"arn:${{AWS::Partition}}:eks:${{AWS::Region}}:${{AWS::AccountId}}:nodegroup/{cluster.cluster_name}/*"
                ),
            ),
            wildcard_reason="what a node of an empty group offers is asked of each group of the cluster",
        ),
    )
