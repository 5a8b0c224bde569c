"""What somebody may do in a cluster."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from cdk_model_hosting.arguments import require
from cdk_model_hosting.errors import ConfigurationError
from cdk_model_hosting.limits.clusters import KUBERNETES_NAMESPACE
from cdk_model_hosting.permissions import arn

if TYPE_CHECKING:
    from collections.abc import Sequence

_POLICIES = "arn:${AWS::Partition}:eks::aws:cluster-access-policy/"


@dataclass(frozen=True, slots=True)
class ClusterAccess:
    """An access policy of EKS, in some namespaces or in all.

    Args:
        policy: Name of the policy.
        namespaces: Namespaces that it holds in; all of them, and what stands in none, when empty.

    See: https://docs.aws.amazon.com/eks/latest/userguide/access-policy-permissions.html
    """

    policy: str
    namespaces: tuple[str, ...] = ()

    @classmethod
    def view(cls, *, namespaces: Sequence[str] | None = None) -> ClusterAccess:
        """Looking at most objects, but not at secrets.

        Args:
            namespaces: Where; everywhere when omitted.

        Raises:
            ConfigurationError: When a namespace is none, or none is named.
        """
        return cls("AmazonEKSViewPolicy", _named("view", namespaces))

    @classmethod
    def edit(cls, *, namespaces: Sequence[str] | None = None) -> ClusterAccess:
        """Changing most objects, secrets included, but not who may do what.

        Args:
            namespaces: Where; everywhere when omitted.

        Raises:
            ConfigurationError: When a namespace is none, or none is named.
        """
        return cls("AmazonEKSEditPolicy", _named("edit", namespaces))

    @classmethod
    def admin(cls, *, namespaces: Sequence[str] | None = None) -> ClusterAccess:
        """Changing all that belongs to a namespace, and who may do what there.

        Args:
            namespaces: Where; everywhere when omitted.

        Raises:
            ConfigurationError: When a namespace is none, or none is named.
        """
        return cls("AmazonEKSAdminPolicy", _named("admin", namespaces))

    @classmethod
    def cluster_admin(cls) -> ClusterAccess:
        """Everything, as the administrator of the whole cluster."""
        return cls("AmazonEKSClusterAdminPolicy")

    def render(self) -> dict[str, Any]:
        """The policy as CloudFormation takes it."""
        scope: dict[str, Any] = {"Type": "cluster"}
        if self.namespaces:
            scope = {"Type": "namespace", "Namespaces": list(self.namespaces)}
        return {"PolicyArn": arn(f"{_POLICIES}{self.policy}"), "AccessScope": scope}


def _named(factory: str, namespaces: Sequence[str] | None) -> tuple[str, ...]:
    if namespaces is None:
        return ()
    what = f"ClusterAccess.{factory} namespaces"
    require(what, namespaces, list, tuple)
    if not namespaces:
        raise ConfigurationError(
            f"{what} must name at least one, got none: no namespaces would mean all of them; omit the argument for that"
        )
    for each in namespaces:
        KUBERNETES_NAMESPACE.check(f"{what} element", each, optional=False)
    return tuple(dict.fromkeys(namespaces))
