"""A cluster for those who have none."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Any, cast

import aws_cdk as cdk

from cdk_model_hosting.arguments import require, require_like
from cdk_model_hosting.errors import ConfigurationError
from cdk_model_hosting.kubernetes.access import ClusterAccess
from cdk_model_hosting.kubernetes.add_ons import AddOns, check_versions
from cdk_model_hosting.kubernetes.cluster_network import (
    ANYBODY,
    check_public_access,
    check_vpc,
    check_zones,
    made_vpc,
    selected,
)
from cdk_model_hosting.kubernetes.cluster_roles import cluster_role, kubectl_role
from cdk_model_hosting.kubernetes.kubectl import kubectl_logs, settle_kubectl
from cdk_model_hosting.kubernetes.node_role import node_role
from cdk_model_hosting.kubernetes.node_scaling import NodeScaling
from cdk_model_hosting.kubernetes.serving_cluster import ServingCluster
from cdk_model_hosting.kubernetes.system_nodes import SystemNodeGroup, SystemNodes
from cdk_model_hosting.kubernetes.versions import kubectl_layer
from cdk_model_hosting.limits.clusters import CLUSTER_NAME, CONTROL_PLANE_LOG_DAYS, KUBERNETES_STANDARD_VERSION
from cdk_model_hosting.models.subnets import is_pending
from cdk_model_hosting.placement import place_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from aws_cdk import aws_ec2 as ec2
    from aws_cdk import aws_eks_v2 as eks
    from aws_cdk import aws_iam as iam
    from aws_cdk import aws_kms as kms
    from aws_cdk import aws_lambda as lambda_
    from aws_cdk import aws_logs as logs
    from constructs import Construct

_LONGEST_NAME = 100
_OPEN = "the endpoint of the cluster can be reached from everywhere: only who may come in is checked; name the ranges that you come from"


class GpuCluster(ServingCluster):
    """A cluster that serves models, without nodes that have GPUs: `GpuNodeGroup` or `GpuNodePool` bring those.

    Its endpoint is reached from its network alone, its secrets are encrypted with a key of their own, its control plane logs all it
    can, and roles come in by access entries: the deployer has none. Its pods get roles of AWS by Pod Identity, its namespaces can be kept
    apart by network policies, and broken nodes are replaced. It stands on a group of small nodes for the cluster's own pods, or on those
    of EKS Auto Mode.

    Args:
        scope: Where to make it.
        construct_id: ID below `scope`.
        version: Kubernetes version.
        vpc: Network; one of its own, with one NAT gateway, when omitted.
        subnets: Where in `vpc` the control plane, the system nodes and kubectl stand; in the private subnets that have a way out when
            omitted.
        public_access: Ranges of IPv4 addresses that may reach the endpoint from outside the network; none when omitted.
        admins: Roles and users, or their ARNs, that may do everything in the cluster.
        secrets_key: KMS key of the Kubernetes secrets; one of its own, rotated, when omitted. It can never be changed. Who deploys must be
            allowed ``kms:DescribeKey`` and ``kms:CreateGrant`` of it.
        node_scaling: What will add nodes to the cluster and take them away; with `NodeScaling.AUTO_MODE` EKS does from the start.
        system_nodes: The nodes for the cluster's own pods; two small ones with Arm processors when omitted. Auto Mode brings its own.
        add_on_versions: Versions of EKS' add-ons by name; what EKS has as default for the Kubernetes version when each is installed when
            omitted, and nothing newer until one is named.
        name: Name of the cluster; made from the place in the app when omitted. Another name is another cluster.
        log_days: Days that the control plane's logs are kept.
        deletion_protection: Whether EKS refuses to delete the cluster.

    Raises:
        ConfigurationError: When EKS would refuse the combination, the deployment would hang, or the version's kubectl is not installed.

    Attributes:
        cfn_cluster: The cluster's resource.
        add_ons: EKS' add-ons.
        system_node_group: The nodes for the cluster's own pods; None with Auto Mode.
        node_role: The role of the nodes that Auto Mode makes; None without.
        kubectl_role: The role of the function that runs kubectl and Helm; grant it what pulls charts from registries of your own.
        cfn_log_group: Where the control plane's logs go.
        secrets_key: KMS key of the Kubernetes secrets.

    See: https://docs.aws.amazon.com/eks/latest/userguide/clusters.html
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        version: str = "1.36",
        vpc: ec2.IVpc | None = None,
        subnets: ec2.SubnetSelection | None = None,
        public_access: Sequence[str] | None = None,
        admins: Sequence[iam.IRole | iam.IUser | str] = (),
        secrets_key: kms.IKey | None = None,
        node_scaling: NodeScaling = NodeScaling.NONE,
        system_nodes: SystemNodes | None = None,
        add_on_versions: Mapping[str, str] = MappingProxyType({}),
        name: str | None = None,
        log_days: int = 90,
        deletion_protection: bool = False,
    ) -> None:
        auto_mode = node_scaling is NodeScaling.AUTO_MODE
        ranges = check_public_access(public_access)
        check_versions(add_on_versions, auto_mode=auto_mode)
        _check(vpc, subnets, admins, secrets_key, system_nodes, auto_mode=auto_mode)
        CLUSTER_NAME.check("GpuCluster name", name)
        CONTROL_PLANE_LOG_DAYS.check("GpuCluster log_days", log_days, optional=False)
        require("GpuCluster deletion_protection", deletion_protection, bool)
        super().__init__(scope, construct_id, version=version, node_scaling=node_scaling)
        if ANYBODY in ranges:
            cdk.Annotations.of(self).add_warning_v2("cdk-model-hosting:openEndpoint", _OPEN)

        from aws_cdk import aws_iam as iam  # noqa: PLC0415 - loaded by stacks with clusters alone
        from aws_cdk import aws_kms as kms  # noqa: PLC0415 - the same
        from aws_cdk import aws_logs as logs  # noqa: PLC0415 - the same

        layer = kubectl_layer(self, "Kubectl", version)
        own_name = name if name is not None else place_of(scope).unique_name(construct_id, longest=_LONGEST_NAME)
        arn = cdk.Stack.of(self).format_arn(service="eks", resource="cluster", resource_name=own_name)
        # EKS would make it by itself, and keep all logs for ever.
        self.cfn_log_group: logs.CfnLogGroup = logs.CfnLogGroup(
            self, "Logs", log_group_name=f"/aws/eks/{own_name}/cluster", retention_in_days=log_days
        )
        self.cfn_log_group.apply_removal_policy(cdk.RemovalPolicy.DESTROY)
        if secrets_key is None:
            secrets_key = kms.Key(
                self,
                "SecretsKey",
                description=f"Kubernetes secrets of {own_name}",
                enable_key_rotation=True,
                removal_policy=cdk.RemovalPolicy.DESTROY,
            )
        self.secrets_key: kms.IKey = secrets_key
        self.node_role: iam.CfnRole | None = (
            node_role(self, "NodeRole", cluster_arn=arn, pod_network=False) if auto_mode else None
        )
        logged = kubectl_logs(self, "KubectlLogs")
        runs_kubectl = kubectl_role(self, "KubectlRole", cluster_arn=arn, logs_arn=logged.attr_arn)
        self.kubectl_role: iam.IRole = iam.Role.from_role_arn(self, "KubectlGrants", runs_kubectl.attr_arn)
        network = vpc if vpc is not None else made_vpc(self, "Vpc")
        where = _where(subnets)
        chosen = selected(network, where)
        if is_pending(network, chosen):
            # Nobody deploys what this synthesis makes: the CDK looks up which subnets there are, and begins anew.
            where = _where(None)
        else:
            check_zones(chosen)
        made = self._make(
            vpc=network,
            subnets=where,
            name=own_name,
            ranges=ranges,
            layer=layer,
            kubectl_role_arn=runs_kubectl.attr_arn,
            auto_mode=auto_mode,
        )
        self.cfn_cluster: eks.CfnCluster = cast("eks.CfnCluster", made.node.default_child)
        self.cfn_cluster.upgrade_policy = _upgrade_policy(version)
        if deletion_protection:
            self.cfn_cluster.deletion_protection = True
        self.cfn_cluster.add_resource_dependency(self.cfn_log_group)
        settle_kubectl(made, logged)
        # A condition for policies of AWS's, which are not attached: CloudFormation would warn that nothing reads it.
        self.node.try_remove_child("HasEcrPublic")
        # Its type says nothing of what imported clusters alone have.
        self._serve(cast("eks.ICluster", made), own_name)
        self._finish(network, where, system_nodes, add_on_versions, auto_mode=auto_mode)
        for each in admins:
            self.grant_access(each, ClusterAccess.cluster_admin())

    def _make(
        self,
        *,
        vpc: ec2.IVpc,
        subnets: ec2.SubnetSelection,
        name: str,
        ranges: tuple[str, ...],
        layer: lambda_.ILayerVersion,
        kubectl_role_arn: str,
        auto_mode: bool,
    ) -> eks.Cluster:
        from aws_cdk import aws_eks_v2 as eks  # noqa: PLC0415 - loaded by stacks with clusters alone
        from aws_cdk import aws_iam as iam  # noqa: PLC0415 - the same

        options: dict[str, Any] = {"default_capacity_type": eks.DefaultCapacityType.NODEGROUP, "default_capacity": 0}
        if self.node_role is not None:
            role = iam.Role.from_role_arn(self, "NodeRoleOf", self.node_role.attr_arn, mutable=False)
            options = {
                "default_capacity_type": eks.DefaultCapacityType.AUTOMODE,
                "compute": eks.ComputeConfig(node_pools=["system", "general-purpose"], node_role=role),
            }
        access = eks.EndpointAccess.PRIVATE
        if ranges:
            access = eks.EndpointAccess.PUBLIC_AND_PRIVATE.only_from(*ranges)
        return eks.Cluster(
            self,
            "Cluster",
            version=eks.KubernetesVersion.of(self.version),
            cluster_name=name,
            vpc=vpc,
            vpc_subnets=[subnets],
            endpoint_access=access,
            role=cluster_role(self, "Role", auto_mode=auto_mode),
            secrets_encryption_key=self.secrets_key,
            cluster_logging=list(eks.ClusterLoggingTypes),
            bootstrap_cluster_creator_admin_permissions=False,
            # What EKS installs by itself nobody would ever bring up to date.
            bootstrap_self_managed_addons=False,
            kubectl_provider_options=eks.KubectlProviderOptions(
                kubectl_layer=layer,
                # It has all that it needs: the CDK would attach policies of AWS's.
                role=iam.Role.from_role_arn(self, "KubectlRoleOf", kubectl_role_arn, mutable=False),
            ),
            **options,
        )

    def _finish(
        self,
        vpc: ec2.IVpc,
        subnets: ec2.SubnetSelection,
        system_nodes: SystemNodes | None,
        versions: Mapping[str, str],
        *,
        auto_mode: bool,
    ) -> None:
        """Add what runs in the cluster."""
        self.add_ons: AddOns = AddOns(
            self,
            "AddOns",
            cluster_name=self.cluster_name,
            cluster_arn=self.cluster_arn,
            auto_mode=auto_mode,
            versions=versions,
        )
        self.before_nodes = self.add_ons.before_nodes
        self.system_node_group: SystemNodeGroup | None = None
        if not auto_mode:
            self.system_node_group = SystemNodeGroup(
                self,
                "SystemNodes",
                nodes=system_nodes if system_nodes is not None else SystemNodes(),
                cluster_name=self.cluster_name,
                cluster_arn=self.cluster_arn,
                version=self.version,
                subnets=selected(vpc, subnets).subnet_ids,
                after=self.before_nodes,
            )
            self.add_node_group(self.system_node_group)
        nodes = () if self.system_node_group is None else (self.system_node_group,)
        self.after_nodes = (*nodes, *self.add_ons.finish(nodes))
        if auto_mode:
            from cdk_model_hosting.kubernetes.network_policies import network_policies_on  # noqa: PLC0415 - loads cdk8s

            self.apply(self, "NetworkPolicies", network_policies_on(), overwrite=True)


def _where(subnets: ec2.SubnetSelection | None) -> ec2.SubnetSelection:
    from aws_cdk import aws_ec2 as ec2  # noqa: PLC0415 - loaded by stacks with clusters alone

    if subnets is not None:
        return subnets
    return ec2.SubnetSelection(subnet_type=ec2.SubnetType.PRIVATE_WITH_EGRESS)


def _upgrade_policy(version: str) -> Any:
    """EKS upgrades a cluster whose version leaves standard support, unless its owner pays for longer."""
    from aws_cdk import aws_eks_v2 as eks  # noqa: PLC0415 - loaded by stacks with clusters alone

    support = "STANDARD" if version in KUBERNETES_STANDARD_VERSION.allowed else "EXTENDED"
    return eks.CfnCluster.UpgradePolicyProperty(support_type=support)


def _check(
    vpc: ec2.IVpc | None,
    subnets: ec2.SubnetSelection | None,
    admins: Sequence[Any],
    secrets_key: kms.IKey | None,
    system_nodes: SystemNodes | None,
    *,
    auto_mode: bool,
) -> None:
    require("GpuCluster admins", admins, list, tuple)
    if secrets_key is not None:
        require_like("GpuCluster secrets_key", secrets_key, "key_arn", "a KMS key")
    if vpc is not None:
        check_vpc(vpc, subnets)
    elif subnets is not None:
        raise ConfigurationError(
            "GpuCluster subnets must come with a vpc, got none: the network that the cluster makes has subnets of its own"
        )
    if system_nodes is not None:
        require("GpuCluster system_nodes", system_nodes, SystemNodes)
        if auto_mode:
            raise ConfigurationError(
                "GpuCluster system_nodes must be omitted with NodeScaling.AUTO_MODE, got some: EKS makes the nodes for system pods itself"
            )
