"""What every cluster that serves models can do, made here or imported."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import aws_cdk as cdk
from constructs import Construct

from cdk_model_hosting.arguments import require, require_several
from cdk_model_hosting.errors import ConfigurationError
from cdk_model_hosting.kubernetes.access import ClusterAccess
from cdk_model_hosting.kubernetes.chart import Chart
from cdk_model_hosting.kubernetes.cluster_record import ClusterRecord
from cdk_model_hosting.kubernetes.node_scaling import NodeScaling
from cdk_model_hosting.kubernetes.service_account import ServiceAccount
from cdk_model_hosting.kubernetes.versions import check_version
from cdk_model_hosting.tokens import is_token

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from aws_cdk import aws_ec2 as ec2
    from aws_cdk import aws_eks_v2 as eks
    from aws_cdk import aws_iam as iam
    from constructs import IDependable

    from cdk_model_hosting.kubernetes.kubernetes_objects import KubernetesObjects
    from cdk_model_hosting.permissions import Permission

_CHART_PATIENCE_MINUTES = 14


class ServingCluster(Construct):
    """A cluster, as node groups, add-ons, servers and jobs take it. `GpuCluster` makes one, `ImportedCluster` takes one.

    What one of them knows of a cluster, all know that stand for it in the app: by the same construct of the CDK, or by the same name in
    stacks of one account and region.

    Attributes:
        cluster: The cluster.
        cluster_name: Its name.
        cluster_arn: Its ARN.
        version: Its Kubernetes version, such as ``1.36``.
        node_scaling: What adds nodes to it and takes them away.
        before_nodes: What nodes cannot do without: a node group must be made after it.
        after_nodes: What becomes ready once there are nodes, such as the cluster's DNS: empty for an imported cluster.
    """

    cluster: eks.ICluster

    def __init__(self, scope: Construct, construct_id: str, *, version: str, node_scaling: NodeScaling) -> None:
        require(f"{type(self).__name__} node_scaling", node_scaling, NodeScaling)
        advice = check_version(f"{type(self).__name__} version", version)
        super().__init__(scope, construct_id)
        if advice is not None:
            cdk.Annotations.of(self).add_warning_v2(f"cdk-model-hosting:{advice.id}", advice.text)
        self.version: str = version
        self.node_scaling: NodeScaling = node_scaling
        self.before_nodes: tuple[IDependable, ...] = ()
        self.after_nodes: tuple[IDependable, ...] = ()
        # What kubectl cannot work without, where the CDK does not see to it.
        self._kubectl_needs: tuple[IDependable, ...] = ()

    def _serve(self, cluster: eks.ICluster, *names: str) -> None:
        """Say which cluster it is, and what else it is called: names and ARN cross into the CDK kernel once."""
        self.cluster = cluster
        self.cluster_name: str = cluster.cluster_name
        self.cluster_arn: str = cluster.cluster_arn
        self._record = ClusterRecord.of(self, self.cluster_name, *names)

    @property
    def vpc(self) -> ec2.IVpc:
        """Network of the cluster.

        Raises:
            ConfigurationError: When the cluster was imported without it.
        """
        try:
            return self.cluster.vpc
        except RuntimeError as error:
            raise ConfigurationError(
                f"{type(self).__name__} cluster must have a vpc, got none: pass vpc to from_cluster_attributes where nodes, or what "
                "they reach, are made"
            ) from error

    @property
    def node_groups(self) -> tuple[Construct, ...]:
        """The node groups that this app made in the cluster, in order."""
        return tuple(self._record.node_groups)

    def add_node_group(self, group: Construct) -> None:
        """Remember a node group. Groups call this themselves.

        Args:
            group: The group.
        """
        self._record.node_groups.append(group)

    def claim(self, what: str, owner: Construct) -> None:
        """Take what a cluster has once, such as ``nvidia.com/gpu device plugin``.

        Args:
            what: What it is.
            owner: Who takes it.

        Raises:
            ConfigurationError: When another construct has it.
        """
        first = self._record.owners.setdefault(what, owner)
        if first is not owner:
            raise ConfigurationError(
                f"{owner.node.path} must not own the {what} of a cluster, got one that {first.node.path} owns: a cluster has one"
            )

    def claimed(self, what: str) -> Construct | None:
        """Who took what a cluster has once.

        Args:
            what: What it is.

        Returns:
            The owner; None when nobody has taken it.
        """
        return self._record.owners.get(what)

    def apply(
        self,
        scope: Construct,
        construct_id: str,
        manifests: Sequence[Mapping[str, Any]],
        *,
        after: Sequence[IDependable] = (),
        overwrite: bool = False,
    ) -> KubernetesObjects:
        """Make Kubernetes objects, each by a custom resource of its own, one after the other.

        What is taken out of the list, or gets another name or namespace in it, is deleted from the cluster at the end of the next
        deployment, whatever its kind. When one is refused, the deployment fails, and leaves none of them behind.

        Args:
            scope: Where to make them.
            construct_id: ID below `scope`.
            manifests: The objects, such as `Manifests.rendered` gives them, in the order in which they are made; they are deleted the
                other way round.
            after: What must be there first.
            overwrite: Whether objects that are there under the same names are taken over; otherwise they fail the deployment. Never take
                over what another construct or stack lets go of in the same deployment: it is deleted by its name, after that.

        Raises:
            ConfigurationError: When an object lacks its kind or name, or is there twice.
        """
        from cdk_model_hosting.kubernetes.kubernetes_objects import KubernetesObjects  # noqa: PLC0415 - the part that needs it

        self._require_kubectl()
        return KubernetesObjects(
            scope,
            construct_id,
            cluster=self.cluster,
            manifests=manifests,
            after=(*self._kubectl_needs, *after),
            overwrite=overwrite,
        )

    def install(
        self,
        scope: Construct,
        construct_id: str,
        chart: Chart,
        values: Mapping[str, Any],
        *,
        after: Sequence[IDependable] = (),
    ) -> eks.HelmChart:
        """Install a Helm chart, and wait until what it makes is ready.

        Args:
            scope: Where to make it.
            construct_id: ID below `scope`.
            chart: The chart.
            values: Its values.
            after: What must be there first; the nodes of the cluster's own system group are in any case.

        Raises:
            ConfigurationError: When the cluster has a release of that name in that namespace already.
        """
        from aws_cdk import aws_eks_v2 as eks  # noqa: PLC0415 - loaded by stacks with clusters alone

        require("ServingCluster.install chart", chart, Chart)
        self._require_kubectl()
        installed = eks.HelmChart(
            scope,
            construct_id,
            cluster=self.cluster,
            chart=chart.name,
            repository=chart.repository,
            version=chart.version,
            namespace=chart.namespace,
            release=chart.release_name,
            create_namespace=True,
            values=dict(values),
            wait=True,
            # The function that runs Helm has fifteen minutes: Helm's own word is said before.
            timeout=cdk.Duration.minutes(_CHART_PATIENCE_MINUTES),
        )
        self.claim(f"Helm release {chart.namespace}/{chart.release_name}", installed)
        first = (*self._kubectl_needs, *self.after_nodes, *after)
        if first:
            installed.node.add_dependency(*first)
        return installed

    def service_account(
        self,
        scope: Construct,
        construct_id: str,
        *,
        namespace: str,
        name: str,
        permissions: Sequence[Permission] = (),
        make: bool = True,
        after: Sequence[IDependable] = (),
    ) -> ServiceAccount:
        """Make a service account with a role of its own in AWS, by EKS Pod Identity.

        Args:
            scope: Where to make it.
            construct_id: ID below `scope`.
            namespace: Namespace of the account.
            name: Name of the account.
            permissions: What its pods may do in AWS.
            make: Whether to make the Kubernetes object too; a Helm chart often makes its own.
            after: What must be there first, such as the namespace.

        Raises:
            ConfigurationError: When a name is none that Kubernetes takes, or the account has a role already.
        """
        return ServiceAccount(
            scope,
            construct_id,
            cluster=self,
            namespace=namespace,
            name=name,
            permissions=permissions,
            make=make,
            after=after,
        )

    def grant_access(
        self, principal: iam.IRole | iam.IUser | str, *access: ClusterAccess, construct_id: str | None = None
    ) -> eks.CfnAccessEntry:
        """Let a role or a user in, by an access entry.

        Args:
            principal: The role or user, or its ARN.
            access: What it may do, and where.
            construct_id: ID of the entry below this cluster; made from the principal when omitted, or a running number for an ARN that
                is a Token: name those, as they may be removed again.

        Raises:
            ConfigurationError: When nothing is granted, the principal cannot have an entry, or has one already.
        """
        from cdk_model_hosting.kubernetes.entries import Principal, entry  # noqa: PLC0415 - the part that needs it

        require_several("ServingCluster.grant_access access", access, ClusterAccess)
        who = Principal.of(principal)
        if who.arn in self._record.principals:
            shown = "the same Token" if is_token(who.arn) else repr(who.arn)
            raise ConfigurationError(
                f"ServingCluster.grant_access principal must be one without an access entry, got {shown} again: EKS keeps one "
                "entry a principal; pass all that it may do in one call"
            )
        if construct_id is None:
            construct_id = f"Access{who.key if who.key is not None else len(self._record.principals) + 1}"
        made = entry(self, construct_id, cluster_name=self.cluster_name, principal_arn=who.arn, access=access)
        self._record.principals.add(who.arn)
        return made

    def _require_kubectl(self) -> None:
        """Clusters made here always have it."""
