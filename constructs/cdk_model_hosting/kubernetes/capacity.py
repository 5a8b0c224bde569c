"""How a node group's instances are bought."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from cdk_model_hosting.errors import ConfigurationError
from cdk_model_hosting.limits.nodes import CAPACITY_RESERVATION_ID
from cdk_model_hosting.tokens import is_token

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cdk_model_hosting.kubernetes.accelerators import NodeType

_SPOT = "SPOT"
_BLOCK = "CAPACITY_BLOCK"


@dataclass(frozen=True, slots=True, kw_only=True)
class Capacity:
    """How instances are bought. Made by its factories.

    Args:
        kind: What EKS calls it.
        reservation: ID of the reservation of a capacity block.

    See: https://docs.aws.amazon.com/eks/latest/userguide/ml-node-groups.html
    """

    kind: str
    reservation: str | None = None

    def __post_init__(self) -> None:
        CAPACITY_RESERVATION_ID.check("Capacity.block reservation_id", self.reservation, optional=not self.is_block)

    @staticmethod
    def on_demand() -> Capacity:
        """By the second, for as long as each is needed, where EC2 has some."""
        return Capacity(kind="ON_DEMAND")

    @staticmethod
    def spot() -> Capacity:
        """What EC2 has to spare, much cheaper, and taken back with two minutes' notice.

        EKS drains a node as soon as EC2 says that it is likely to be taken. Several instance types make that rarer.
        """
        return Capacity(kind=_SPOT)

    @staticmethod
    def block(reservation_id: str) -> Capacity:
        """A block of instances that was bought for a time: a Capacity Block for ML.

        Outside of that time the group can have no node. Half an hour before the end EC2 begins to take the instances back.

        Args:
            reservation_id: ID of the block's reservation, such as ``cr-0123456789abcdef0``.

        Raises:
            ConfigurationError: When it is no such ID.

        See: https://docs.aws.amazon.com/eks/latest/userguide/capacity-blocks-mng.html
        """
        return Capacity(kind=_BLOCK, reservation=reservation_id)

    @property
    def is_block(self) -> bool:
        """Whether it is a block of reserved instances."""
        return self.kind == _BLOCK

    @property
    def is_spot(self) -> bool:
        """Whether EC2 may take the instances back at any time."""
        return self.kind == _SPOT

    def check_types(self, types: Sequence[NodeType]) -> None:
        """Refuse instance types that cannot be bought so.

        Args:
            types: The types of one group.

        Raises:
            ConfigurationError: When there are several in a block, or blocks of the type are not sold.
        """
        if not self.is_block:
            return
        if len(types) > 1:
            raise ConfigurationError(
                f"GpuNodeGroup instance_types must be one for Capacity.block, got {len(types)}: a block is reserved of one type"
            )
        (only,) = types
        if only.resolved and not only.family.startswith(("p", "trn")):
            raise ConfigurationError(
                f"GpuNodeGroup instance_types must be of a P or Trn family for Capacity.block, got {only.name}: EC2 sells no "
                "blocks of others"
            )

    def check_room(self, *, minimum: int, zones: int | None) -> None:
        """Refuse a group that could not be made with it.

        Args:
            minimum: Fewest nodes.
            zones: Number of availability zones; None when it is known at deploy time.

        Raises:
            ConfigurationError: When a block's group has a minimum, or more than one zone.
        """
        if not self.is_block:
            return
        if not is_token(minimum) and minimum != 0:
            raise ConfigurationError(
                f"GpuNodeGroup between must begin with 0 for Capacity.block, got {minimum}: EKS makes and updates such a group "
                "without nodes, and before and after the block's time there are none"
            )
        if zones is not None and zones != 1:
            raise ConfigurationError(
                f"GpuNodeGroup zones must name the reservation's zone for Capacity.block, got {zones} zones: in the others the type "
                "does not exist for the group"
            )
