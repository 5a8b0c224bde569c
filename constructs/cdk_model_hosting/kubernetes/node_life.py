"""How old the nodes of a pool grow, and how long they wait for their pods when they are to go."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from cdk_model_hosting.durations import seconds
from cdk_model_hosting.kubernetes.node_class import with_unit
from cdk_model_hosting.limits.node_pools import AUTO_MODE_NODE_DAYS, NODE_AGE_SECONDS, NODE_DRAIN_SECONDS
from cdk_model_hosting.tokens import is_token

if TYPE_CHECKING:
    import aws_cdk as cdk

_DAY_SECONDS = 86_400
# What EKS takes where nothing is said.
_AUTO_MODE_AGE_SECONDS = 14 * _DAY_SECONDS
_AUTO_MODE_DRAIN_SECONDS = _DAY_SECONDS


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeLife:
    """The end of a pool's nodes.

    Args:
        age: Age in seconds at which a node is replaced; Karpenter's own when None.
        drain: Most seconds that a node waits for its pods; as long as they need when None.
        told: Whether `drain` was given.
    """

    age: int | None
    drain: int | None
    told: bool

    @staticmethod
    def of(expire_after: cdk.Duration | None, drain_for: cdk.Duration | None, *, auto_mode: bool) -> NodeLife:
        """Read what a user typed.

        Args:
            expire_after: Age at which a node is replaced.
            drain_for: How long it waits for its pods at most.
            auto_mode: Whether EKS makes the nodes.

        Raises:
            ConfigurationError: When one of them is out of range, or EKS replaces its nodes earlier.

        See: https://docs.aws.amazon.com/eks/latest/userguide/create-node-pool.html
        """
        age = seconds("GpuNodePool expire_after", expire_after)
        NODE_AGE_SECONDS.check("GpuNodePool expire_after", age)
        drain = seconds("GpuNodePool drain_for", drain_for)
        NODE_DRAIN_SECONDS.check("GpuNodePool drain_for", drain)
        told = drain is not None
        if auto_mode:
            drain = drain if drain is not None else _AUTO_MODE_DRAIN_SECONDS
            known = age if age is not None else _AUTO_MODE_AGE_SECONDS
            if not is_token(known) and not is_token(drain):
                days = (known + drain) / _DAY_SECONDS
                AUTO_MODE_NODE_DAYS.check("GpuNodePool expire_after and drain_for together", days)
        return NodeLife(age=age, drain=drain, told=told)

    def rendered(self) -> dict[str, str]:
        """As Karpenter reads it."""
        given = {"expireAfter": self.age, "terminationGracePeriod": self.drain if self.told else None}
        return {name: with_unit(each, "s") for name, each in given.items() if each is not None}
