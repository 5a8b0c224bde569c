"""What EKS itself installs into a cluster."""

from __future__ import annotations

import json
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from constructs import Construct

from cdk_model_hosting.arguments import require
from cdk_model_hosting.errors import ConfigurationError
from cdk_model_hosting.kubernetes.service_account import pod_role
from cdk_model_hosting.permissions import Permission, arn
from cdk_model_hosting.tokens import is_token

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from aws_cdk import aws_eks_v2 as eks
    from constructs import IDependable

_BEFORE_NODES = ("eks-pod-identity-agent", "vpc-cni", "kube-proxy")
_AFTER_NODES = ("coredns", "eks-node-monitoring-agent", "metrics-server")
# Auto Mode has all others built in.
_WITH_AUTO_MODE = ("metrics-server",)
_CONFIGURATION: Mapping[str, Mapping[str, Any]] = MappingProxyType(
    {
        # The network of pods waits for it on each new node, which counts as not ready until then, and GPU nodes are tainted.
        "eks-pod-identity-agent": {"tolerations": [{"operator": "Exists"}]},
        # Its second daemon set asks GPUs how they are, and tolerates nothing by itself: GPU nodes would count as broken for want of it.
        "eks-node-monitoring-agent": {"dcgmAgent": {"tolerations": [{"operator": "Exists"}]}},
        "vpc-cni": {"enableNetworkPolicy": "true"},
    }
)

POD_NETWORK: tuple[Permission, ...] = (
    Permission(
        actions=(
            "ec2:AssignPrivateIpAddresses",
            "ec2:AttachNetworkInterface",
            "ec2:CreateNetworkInterface",
            "ec2:DeleteNetworkInterface",
            "ec2:DescribeInstanceTypes",
            "ec2:DescribeInstances",
            "ec2:DescribeNetworkInterfaces",
            "ec2:DescribeSubnets",
            "ec2:DescribeTags",
            "ec2:DetachNetworkInterface",
            "ec2:ModifyNetworkInterfaceAttribute",
            "ec2:UnassignPrivateIpAddresses",
        ),
        resources=("*",),
        wildcard_reason="pods get addresses on network interfaces that come and go with the nodes",
    ),
    Permission(
        actions=("ec2:CreateTags",),
        resources=(arn("arn:${AWS::Partition}:ec2:${AWS::Region}:${AWS::AccountId}:network-interface/*"),),
        wildcard_reason="the network interfaces come and go with the nodes",
    ),
)
"""What the Amazon VPC CNI needs to give pods their addresses: the add-on's own role has it, and nodes need it only where nobody gave
the add-on one."""


class AddOns(Construct):
    """The add-ons of a cluster.

    Args:
        scope: Where to make them.
        construct_id: ID below `scope`.
        cluster_name: Name of the cluster.
        cluster_arn: Its ARN.
        auto_mode: Whether EKS runs the nodes, with most of what nodes need.
        versions: Versions of add-ons by their name; what EKS has as its default when each is installed, when omitted.

    Raises:
        ConfigurationError: When a version is of an add-on that the cluster does not have.

    Attributes:
        before_nodes: Those that nodes cannot do without.
        cfn_add_ons: The add-ons by name.

    See: https://docs.aws.amazon.com/eks/latest/userguide/eks-add-ons.html
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        cluster_name: str,
        cluster_arn: str,
        auto_mode: bool,
        versions: Mapping[str, str],
    ) -> None:
        super().__init__(scope, construct_id)
        self._cluster_name = cluster_name
        self._cluster_arn = cluster_arn
        self._versions = versions
        self._auto_mode = auto_mode
        self.cfn_add_ons: dict[str, eks.CfnAddon] = {}
        if not auto_mode:
            for each in _BEFORE_NODES:
                self._add(each)
            # The network of pods gets its role from the agent.
            self.cfn_add_ons["vpc-cni"].add_resource_dependency(self.cfn_add_ons["eks-pod-identity-agent"])
        self.before_nodes: tuple[IDependable, ...] = tuple(self.cfn_add_ons.values())

    def finish(self, nodes: Sequence[IDependable]) -> tuple[IDependable, ...]:
        """Make those that become ready on nodes alone.

        Args:
            nodes: The nodes.

        Returns:
            What was made.
        """
        made = [self._add(each) for each in (_WITH_AUTO_MODE if self._auto_mode else _AFTER_NODES)]
        if nodes:
            for each in made:
                each.node.add_dependency(*nodes)
        return tuple(made)

    def _add(self, name: str) -> eks.CfnAddon:
        from aws_cdk import aws_eks_v2 as eks  # noqa: PLC0415 - loaded by stacks with clusters alone

        configuration = _CONFIGURATION.get(name)
        identities = None
        if name == "vpc-cni":
            role = pod_role(
                self,
                "NetworkRole",
                cluster_arn=self._cluster_arn,
                namespace="kube-system",
                name="aws-node",
                permissions=POD_NETWORK,
            )
            identities = [
                eks.CfnAddon.PodIdentityAssociationProperty(role_arn=role.attr_arn, service_account="aws-node")
            ]
        made = self.cfn_add_ons[name] = eks.CfnAddon(
            self,
            name,
            addon_name=name,
            addon_version=self._versions.get(name),
            cluster_name=self._cluster_name,
            configuration_values=None if configuration is None else json.dumps(configuration),
            pod_identity_associations=identities,
            # The template is the one place where it is configured.
            resolve_conflicts="OVERWRITE",
        )
        return made


def check_versions(versions: Mapping[str, str], *, auto_mode: bool) -> None:
    """Refuse versions of what is not installed.

    Args:
        versions: Versions by the name of their add-on.
        auto_mode: Whether EKS runs the nodes.

    Raises:
        ConfigurationError: When a version is of an add-on that the cluster does not have, or no text.
    """
    require("GpuCluster add_on_versions", versions, dict, MappingProxyType)
    installed = _WITH_AUTO_MODE if auto_mode else (*_BEFORE_NODES, *_AFTER_NODES)
    for name, version in versions.items():
        if name not in installed:
            raise ConfigurationError(
                f"GpuCluster add_on_versions must name one of {', '.join(sorted(installed))}, got {name!r}: the cluster has no other add-on"
            )
        if not is_token(version):
            require(f"GpuCluster add_on_versions[{name!r}]", version, str)
