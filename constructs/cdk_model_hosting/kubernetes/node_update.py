"""How the nodes of a group are replaced when their image or launch template changes."""

from __future__ import annotations

from dataclasses import dataclass

from cdk_model_hosting.arguments import require
from cdk_model_hosting.limits.nodes import NODES_UNAVAILABLE


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeUpdate:
    """How nodes are replaced. EKS drains each, and keeps to the disruption budgets of the pods on it.

    Args:
        max_unavailable: Nodes that are replaced at once, 1-100.
        spare_first: Whether new nodes are launched before old ones go, which takes quota and capacity for more than the group has.
            Where GPUs are scarce, turn it off: then an old node goes first, and its pods wait for the new one. EKS's default, which
            is on, when omitted; off for capacity blocks, which have no instance to spare.
        force: Whether a node goes although pods are still on it after a quarter of an hour, whatever their disruption budgets say.
            Otherwise the update fails then, and with it the deployment: servers that take long to start, several on a node, may need it.

    Raises:
        ConfigurationError: When the number is outside its range.

    See: https://docs.aws.amazon.com/eks/latest/userguide/managed-node-update-behavior.html
    """

    max_unavailable: int = 1
    spare_first: bool | None = None
    force: bool = False

    def __post_init__(self) -> None:
        NODES_UNAVAILABLE.check("NodeUpdate max_unavailable", self.max_unavailable, optional=False)
        require("NodeUpdate force", self.force, bool)

    def render(self, *, spare: bool) -> tuple[int, str]:
        """How many nodes at once, and the strategy as EKS calls it.

        Args:
            spare: Whether there may be instances to spare.
        """
        spare_first = self.spare_first if self.spare_first is not None else spare
        return self.max_unavailable, "DEFAULT" if spare_first else "MINIMAL"
