"""A file system that a function has mounted."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cdk_model_hosting.models.network import Network
    from cdk_model_hosting.permissions import Permission


@dataclass(frozen=True, slots=True, kw_only=True)
class Mount:
    """A file system that a function has mounted.

    Args:
        access_point_arn: The access point through which it is mounted.
        path: Where the function finds it, such as ``/mnt/models``.
        network: Where the function must be to reach it.
        permissions: What mounting it takes, of the function's role.
        content: What a change of replaces it, where its ARN is a reference, which stays the same.
        zones: Zones that it has mount targets in; none where nobody here knows.
    """

    access_point_arn: str
    path: str
    network: Network
    permissions: tuple[Permission, ...]
    content: tuple[object, ...] = ()
    zones: tuple[str, ...] = ()
