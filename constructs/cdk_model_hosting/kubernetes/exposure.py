"""How a server is reached from outside its cluster."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from cdk_model_hosting.arguments import require_several
from cdk_model_hosting.errors import ConfigurationError
from cdk_model_hosting.kubernetes.network_policies import TrafficSource
from cdk_model_hosting.kubernetes.node_scaling import NodeScaling

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cdk_model_hosting.kubernetes.serving_cluster import ServingCluster

_OWN_CONTROLLER = "service.k8s.aws/nlb"
_OF_AUTO_MODE = "eks.amazonaws.com/nlb"


@dataclass(frozen=True, slots=True)
class Exposure:
    """How a server is reached from outside its cluster. Made by its factory.

    There is none for the internet: what a public endpoint needs besides, such as authentication, a certificate and a limit of requests,
    is no business of an inference server. Put one before the internal load balancer that has them.

    Args:
        addresses: Ranges of addresses that requests may come from.
    """

    addresses: tuple[str, ...]

    @staticmethod
    def internal_load_balancer(*, from_addresses: Sequence[str]) -> Exposure:
        """A network load balancer inside the VPC, for the server's HTTP and gRPC ports.

        The AWS Load Balancer Controller makes it, which must be in the cluster; EKS Auto Mode makes it by itself. While there is no
        such controller nothing is made, and nothing is open.

        Args:
            from_addresses: Ranges of addresses that requests may come from, such as that of the VPC, ``10.0.0.0/16``. Those of the
                subnets that the load balancer stands in must be among them, for it asks whether the pods are healthy.

        Raises:
            ConfigurationError: When there are none, or one is no range of addresses.

        See: https://docs.aws.amazon.com/eks/latest/userguide/network-load-balancing.html
        """
        what = "Exposure.internal_load_balancer from_addresses"
        require_several(what, from_addresses)
        if not from_addresses:
            raise ConfigurationError(f"{what} must hold at least one range, got none: nobody could ask")
        for each in from_addresses:
            TrafficSource.from_addresses(each)
        return Exposure(tuple(from_addresses))

    def sources(self) -> tuple[TrafficSource, ...]:
        """Who may ask: the load balancer keeps the address of who asked it."""
        return tuple(TrafficSource.from_addresses(each) for each in self.addresses)

    def annotations(self) -> dict[str, str]:
        """What the controller of load balancers reads."""
        prefix = "service.beta.kubernetes.io/aws-load-balancer"
        return {
            f"{prefix}-scheme": "internal",
            # To the pods themselves, whose network policy then sees who asks.
            f"{prefix}-nlb-target-type": "ip",
            f"{prefix}-target-group-attributes": "preserve_client_ip.enabled=true",
        }

    def load_balancer_class(self, cluster: ServingCluster) -> str:
        """Who makes the load balancer. Without it Kubernetes' own code would make one, and a public one.

        Args:
            cluster: The cluster.
        """
        return _OF_AUTO_MODE if cluster.node_scaling is NodeScaling.AUTO_MODE else _OWN_CONTROLLER
