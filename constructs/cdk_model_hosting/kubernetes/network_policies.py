"""Who may talk to the pods of a namespace."""

from __future__ import annotations

from dataclasses import dataclass, field
from ipaddress import ip_network
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from cdk_model_hosting.arguments import require
from cdk_model_hosting.errors import ConfigurationError
from cdk_model_hosting.kubernetes.manifests import Manifests
from cdk_model_hosting.limits.clusters import KUBERNETES_NAMESPACE, PORT
from cdk_model_hosting.tokens import is_token

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from cdk8s_plus_36 import k8s

NAMESPACE_LABEL = "kubernetes.io/metadata.name"
"""A namespace's own name, with which Kubernetes labels each."""


@dataclass(frozen=True, slots=True)
class TrafficSource:
    """Where requests to pods may come from. Made by its factories.

    Args:
        name: A name for it, of which the policy's is made.
        namespace: Namespace of the pods that ask; the policy's own when omitted.
        pods: Labels of the pods that ask; any when empty.
        addresses: Range of addresses; from pods alone when omitted.
        ports: Ports that are asked; all when empty.
    """

    name: str
    namespace: str | None = None
    pods: Mapping[str, str] = field(default_factory=dict)
    addresses: str | None = None
    ports: tuple[int, ...] = ()

    @classmethod
    def from_namespace(
        cls, namespace: str, *, pods: Mapping[str, str] = MappingProxyType({}), ports: Sequence[int] = ()
    ) -> TrafficSource:
        """Pods of another namespace, such as those that scrape metrics.

        Args:
            namespace: The namespace.
            pods: Labels that the pods have; all pods of the namespace when omitted.
            ports: Ports that they may ask; all when omitted.

        Raises:
            ConfigurationError: When the namespace or a port is none.
        """
        KUBERNETES_NAMESPACE.check("TrafficSource.from_namespace namespace", namespace, optional=False)
        require("TrafficSource.from_namespace pods", pods, dict, MappingProxyType)
        return cls(
            f"from-{namespace}", namespace=namespace, pods=pods, ports=_checked("TrafficSource.from_namespace", ports)
        )

    @classmethod
    def from_addresses(cls, addresses: str, *, ports: Sequence[int] = ()) -> TrafficSource:
        """A range of addresses, such as that of the subnets of a load balancer.

        Args:
            addresses: The range, such as ``10.0.0.0/16``.
            ports: Ports that may be asked; all when omitted.

        Raises:
            ConfigurationError: When it is no range of addresses, or a port is none.
        """
        what = "TrafficSource.from_addresses"
        if not is_token(addresses):
            require(f"{what} addresses", addresses, str)
            try:
                ip_network(addresses)
            except ValueError:
                raise ConfigurationError(
                    f"{what} addresses must be a range of addresses such as 10.0.0.0/16, got {addresses!r}: network policies know no other "
                    "form"
                ) from None
        return cls("from-addresses", addresses=addresses, ports=_checked(what, ports))

    def rule(self) -> k8s.NetworkPolicyIngressRule:
        """The source as a rule of a network policy."""
        from cdk8s_plus_36 import k8s  # noqa: PLC0415 - loaded by stacks with clusters alone

        if self.addresses is not None:
            peer = k8s.NetworkPolicyPeer(ip_block=k8s.IpBlock(cidr=self.addresses))
        else:
            named = None
            if self.namespace is not None:
                named = k8s.LabelSelector(match_labels={NAMESPACE_LABEL: self.namespace})
            peer = k8s.NetworkPolicyPeer(
                namespace_selector=named, pod_selector=k8s.LabelSelector(match_labels=dict(self.pods) or None)
            )
        ports = [k8s.NetworkPolicyPort(port=k8s.IntOrString.from_number(each), protocol="TCP") for each in self.ports]
        return k8s.NetworkPolicyIngressRule(from_=[peer], ports=ports or None)


OWN_NAMESPACE = TrafficSource("own-namespace")
"""The pods of the namespace itself."""


def policy(
    chart: Manifests,
    construct_id: str,
    *,
    name: str,
    namespace: str,
    sources: Sequence[TrafficSource],
    pods: Mapping[str, str] = MappingProxyType({}),
) -> None:
    """A network policy for the requests that pods get: all that none of their policies allows is refused.

    Args:
        chart: Where to make it.
        construct_id: ID in it.
        name: Name of the policy.
        namespace: Namespace of the pods.
        sources: Where requests may come from; from nowhere when empty. Probes of the node itself always may.
        pods: Labels of the pods; all pods of the namespace when empty.

    See: https://docs.aws.amazon.com/eks/latest/userguide/cni-network-policy.html
    """
    from cdk8s_plus_36 import k8s  # noqa: PLC0415 - loaded by stacks with clusters alone

    k8s.KubeNetworkPolicy(
        chart.chart,
        construct_id,
        metadata=k8s.ObjectMeta(name=name, namespace=namespace),
        spec=k8s.NetworkPolicySpec(
            pod_selector=k8s.LabelSelector(match_labels=dict(pods) or None),
            policy_types=["Ingress"],
            ingress=[each.rule() for each in sources] or None,
        ),
    )


def network_policies_on() -> list[dict[str, Any]]:
    """What tells EKS Auto Mode to enforce network policies, which it ignores otherwise.

    See: https://docs.aws.amazon.com/eks/latest/userguide/auto-net-pol.html
    """
    from cdk8s_plus_36 import k8s  # noqa: PLC0415 - loaded by stacks with clusters alone

    with Manifests() as m:
        k8s.KubeConfigMap(
            m.chart,
            "Switch",
            metadata=k8s.ObjectMeta(name="amazon-vpc-cni", namespace="kube-system"),
            data={"enable-network-policy-controller": "true"},
        )
    return m.rendered()


def _checked(what: str, ports: Sequence[int]) -> tuple[int, ...]:
    require(f"{what} ports", ports, list, tuple)
    for each in ports:
        PORT.check(f"{what} ports element", each, optional=False)
    return tuple(ports)
