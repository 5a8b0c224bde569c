"""A cluster that somebody else made."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from cdk_model_hosting.arguments import require_like
from cdk_model_hosting.errors import ConfigurationError
from cdk_model_hosting.kubernetes.access import ClusterAccess
from cdk_model_hosting.kubernetes.cluster_network import selected
from cdk_model_hosting.kubernetes.cluster_roles import kubectl_role
from cdk_model_hosting.kubernetes.entries import entry
from cdk_model_hosting.kubernetes.kubectl import kubectl_logs, settle_kubectl
from cdk_model_hosting.kubernetes.node_scaling import NodeScaling
from cdk_model_hosting.kubernetes.serving_cluster import ServingCluster
from cdk_model_hosting.kubernetes.versions import kubectl_layer

if TYPE_CHECKING:
    from aws_cdk import aws_ec2 as ec2
    from aws_cdk import aws_eks_v2 as eks
    from constructs import Construct

_OLD = "kubectl_environment"


class ImportedCluster(ServingCluster):
    """A cluster that exists, or that another construct makes.

    It must let roles in by access entries, and run the Pod Identity agent where pods get roles of AWS.

    Args:
        scope: Where to make it.
        construct_id: ID below `scope`.
        cluster: The cluster, such as ``aws_eks_v2.Cluster.from_cluster_attributes`` gives it: with its vpc where nodes are made, and
            its kubectl_provider where Kubernetes objects are, unless `kubectl_subnets` say where to run another.
        version: Its Kubernetes version, such as ``1.36``.
        node_scaling: What adds nodes to it already; nothing when omitted.
        kubectl_subnets: Subnets of its network, with a way out, where a kubectl of this construct's runs, which an access entry makes an
            administrator; the cluster's own kubectl_provider is used when omitted.

    Raises:
        ConfigurationError: When the version is none that EKS runs, its kubectl is not installed, or the cluster is none of
            ``aws_eks_v2`` or lacks what is needed.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        cluster: eks.ICluster,
        version: str,
        node_scaling: NodeScaling = NodeScaling.NONE,
        kubectl_subnets: ec2.SubnetSelection | None = None,
    ) -> None:
        require_like("ImportedCluster cluster", cluster, "cluster_ref", "a cluster of aws_eks_v2")
        _refuse_old(cluster)
        super().__init__(scope, construct_id, version=version, node_scaling=node_scaling)
        self._has_kubectl: bool | None = None
        self._serve(cluster)
        if kubectl_subnets is not None:
            self._run_kubectl(kubectl_subnets)

    def _run_kubectl(self, subnets: ec2.SubnetSelection) -> None:
        """Run a kubectl of the cluster's version in its network."""
        from aws_cdk import aws_eks_v2 as eks  # noqa: PLC0415 - loaded by stacks with clusters alone
        from aws_cdk import aws_iam as iam  # noqa: PLC0415 - the same

        group_id = self._security_group_id()
        logged = kubectl_logs(self, "KubectlLogs")
        role = kubectl_role(self, "KubectlRole", cluster_arn=self.cluster_arn, logs_arn=logged.attr_arn)
        provider = eks.KubectlProvider(
            self,
            "KubectlProvider",
            cluster=self.cluster,
            kubectl_layer=kubectl_layer(self, "Kubectl", self.version),
            private_subnets=selected(self.vpc, subnets).subnets,
            role=iam.Role.from_role_arn(self, "KubectlRoleOf", role.attr_arn, mutable=False),
        )
        settle_kubectl(self, logged)
        # A condition for policies of AWS's, which are not attached: CloudFormation would warn that nothing reads it.
        self.node.try_remove_child("HasEcrPublic")
        self._kubectl_needs = (
            entry(
                self,
                "KubectlAccess",
                cluster_name=self.cluster_name,
                principal_arn=role.attr_arn,
                access=[ClusterAccess.cluster_admin()],
            ),
        )
        self.cluster = eks.Cluster.from_cluster_attributes(
            self,
            "WithKubectl",
            cluster_name=self.cluster_name,
            cluster_security_group_id=group_id,
            # Two types of one thing to the CDK.
            kubectl_provider=cast("eks.IKubectlProvider", provider),
            vpc=self.vpc,
        )
        self._has_kubectl = True

    def _security_group_id(self) -> str:
        try:
            return self.cluster.cluster_security_group_id
        except RuntimeError as error:
            raise ConfigurationError(
                "ImportedCluster cluster must have a cluster_security_group_id for kubectl_subnets, got none: kubectl reaches the endpoint as "
                "a member of that group; pass it to from_cluster_attributes"
            ) from error

    def _require_kubectl(self) -> None:
        if self._has_kubectl is None:
            self._has_kubectl = self.cluster.kubectl_provider is not None
        if not self._has_kubectl:
            raise ConfigurationError(
                "ImportedCluster cluster must have a kubectl_provider, got none: nothing else in the app can make Kubernetes objects; "
                "pass kubectl_provider to from_cluster_attributes, or say in which kubectl_subnets to run one"
            )


def _refuse_old(cluster: eks.ICluster) -> None:
    """Clusters of ``aws_eks`` look much the same, but run kubectl in another way, of which this attribute is a part."""
    if hasattr(type(cluster), _OLD) or hasattr(cluster, _OLD):
        raise ConfigurationError(
            "ImportedCluster cluster must be a cluster of aws_eks_v2, got one of aws_eks: take it over by "
            "aws_eks_v2.Cluster.from_cluster_attributes, with its name"
        )
