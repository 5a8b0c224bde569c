"""Karpenter, which launches instances for pods that wait."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from cdk_model_hosting.arguments import require
from cdk_model_hosting.errors import ConfigurationError
from cdk_model_hosting.kubernetes.chart import Chart
from cdk_model_hosting.kubernetes.chart_add_on import NODE_SCALING, ChartAddOn, check_scaling
from cdk_model_hosting.kubernetes.charts import KARPENTER, KARPENTER_KINDS
from cdk_model_hosting.kubernetes.interruption_queue import InterruptionQueue
from cdk_model_hosting.kubernetes.karpenter_permissions import karpenter_permissions
from cdk_model_hosting.kubernetes.node_role import node_role
from cdk_model_hosting.kubernetes.node_scaling import NodeScaling
from cdk_model_hosting.kubernetes.system_nodes import SystemNodeGroup

if TYPE_CHECKING:
    from aws_cdk import aws_eks_v2 as eks
    from aws_cdk import aws_iam as iam
    from constructs import Construct, IDependable

    from cdk_model_hosting.kubernetes.service_account import ServiceAccount
    from cdk_model_hosting.kubernetes.serving_cluster import ServingCluster

_NAME = "karpenter"


class Karpenter(ChartAddOn):
    """Karpenter: it launches instances of `GpuNodePool` for pods that wait, and ends those that nobody needs.

    It runs on the cluster's own nodes, never on those that it makes, and hears of interruptions by a queue. Nodes get one role and one
    instance profile, made here, so that it needs no rights to make any. Its kinds come by a chart of their own, which keeps them up to
    date. Spot instances need EC2's service-linked role, which most accounts have: ``AWSServiceRoleForEC2Spot``.

    Args:
        scope: Where to make it.
        construct_id: ID below `scope`.
        cluster: The cluster, which must have `NodeScaling.KARPENTER`.
        pod_network: Whether the nodes' role serves the Amazon VPC CNI: for imported clusters whose CNI has no role of its own.
        node_overlays: Whether it reads what a `GpuNodePool` with ``parts`` says of its nodes. To Karpenter that is a feature in its alpha
            stage.
        chart: Another version or copy of the chart; that of this library when omitted.
        kinds_chart: Another copy of the chart of its kinds, of the same version; that of this library when omitted.

    Raises:
        ConfigurationError: When the cluster has something else that adds nodes.

    Attributes:
        service_account: Its service account.
        role: Its role in AWS.
        node_role: The role of its nodes, to grant more to it.
        cfn_node_role: That role's resource.
        instance_profile_name: The instance profile of its nodes.
        queue: Where it hears of interruptions.
        node_overlays: Whether it reads what pools with cut GPUs say of their nodes.

    See: https://karpenter.sh/docs/
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        cluster: ServingCluster,
        pod_network: bool = False,
        node_overlays: bool = False,
        chart: Chart | None = None,
        kinds_chart: Chart | None = None,
    ) -> None:
        from aws_cdk import aws_iam as iam  # noqa: PLC0415 - loaded by stacks with Karpenter alone

        check_scaling("Karpenter", cluster, NodeScaling.KARPENTER)
        require("Karpenter pod_network", pod_network, bool)
        require("Karpenter node_overlays", node_overlays, bool)
        super().__init__(scope, construct_id, cluster=cluster, claims=(NODE_SCALING,), pin=KARPENTER, chart=chart)
        kinds = (
            kinds_chart
            if kinds_chart is not None
            else replace(KARPENTER_KINDS.chart, version=self.chart.version, namespace=self.namespace)
        )
        require("Karpenter kinds_chart", kinds, Chart)
        if kinds.version != self.chart.version:
            raise ConfigurationError(
                f"Karpenter kinds_chart must be of version {self.chart.version}, got {kinds.version}: Karpenter reads its kinds as its own "
                "version has them"
            )
        self.node_overlays: bool = node_overlays
        self.queue: InterruptionQueue = InterruptionQueue(self, "Interruptions")
        self.cfn_node_role: iam.CfnRole = node_role(
            self, "NodeRole", cluster_arn=cluster.cluster_arn, pod_network=pod_network
        )
        self.node_role: iam.IRole = iam.Role.from_role_arn(self, "NodeGrants", self.cfn_node_role.attr_arn)
        profile = iam.CfnInstanceProfile(self, "Profile", roles=[self.cfn_node_role.ref])
        self.instance_profile_name: str = profile.ref
        entry = self._entry(cluster.cluster_name)
        self.service_account: ServiceAccount = cluster.service_account(
            self,
            "Account",
            namespace=self.namespace,
            name=_NAME,
            permissions=karpenter_permissions(
                cluster_name=cluster.cluster_name,
                cluster_arn=cluster.cluster_arn,
                node_role_arn=self.cfn_node_role.attr_arn,
                profile_arn=profile.attr_arn,
                queue_arn=self.queue.arn,
            ),
            make=False,
        )
        self.role: iam.IRole = self.service_account.role
        installed_kinds = cluster.install(self, "Kinds", kinds, {})
        first: tuple[IDependable, ...] = (
            # What nodes need before they can join, too.
            *(installed_kinds, self.service_account.cfn_association, *self.queue.ready, entry),
            *cluster.before_nodes,
        )
        self._install(
            {
                "settings": {
                    "clusterName": cluster.cluster_name,
                    "interruptionQueue": self.queue.name,
                    **({"featureGates": {"nodeOverlay": True}} if node_overlays else {}),
                },
                "serviceAccount": {"create": True, "name": _NAME},
                **_replicas(cluster),
                "controller": {
                    "resources": {"requests": {"cpu": "250m", "memory": "512Mi"}, "limits": {"memory": "1Gi"}}
                },
            },
            after=first,
        )

    def _entry(self, cluster_name: str) -> eks.CfnAccessEntry:
        from aws_cdk import aws_eks_v2 as eks  # noqa: PLC0415 - loaded by stacks with clusters alone

        return eks.CfnAccessEntry(
            self,
            "NodeAccess",
            cluster_name=cluster_name,
            principal_arn=self.cfn_node_role.attr_arn,
            type="EC2_LINUX",
        )


def _replicas(cluster: ServingCluster) -> dict[str, int]:
    """The chart makes two, which refuse to share a node: on a single one the second would wait until the installation fails."""
    alone = any(isinstance(each, SystemNodeGroup) and each.nodes.count == 1 for each in cluster.node_groups)
    return {"replicas": 1} if alone else {}
