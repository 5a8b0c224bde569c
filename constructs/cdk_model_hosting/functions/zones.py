"""Whether a function stands where its file system can be mounted."""

from __future__ import annotations

from typing import TYPE_CHECKING

import aws_cdk as cdk

from cdk_model_hosting.errors import ConfigurationError
from cdk_model_hosting.models.subnets import is_stand_in
from cdk_model_hosting.tokens import is_token

if TYPE_CHECKING:
    from collections.abc import Sequence

    from constructs import Construct

    from cdk_model_hosting.functions.mount import Mount


def check_zones(scope: Construct, mount: Mount, zones: Sequence[str | None]) -> None:
    """Refuse zones that have no mount target, as far as all can be told apart.

    Args:
        scope: The function's construct.
        mount: The file system.
        zones: The zones of the function's subnets, None where one is not known.

    Raises:
        ConfigurationError: When the file system has no mount target in one of them.
    """
    given = [each for each in zones if each is not None]
    # A number cannot be compared with a name, nor what stands for one with either.
    if not mount.zones or len({(is_token(each), is_stand_in(each)) for each in (*given, *mount.zones)}) != 1:
        return
    stack = cdk.Stack.of(scope)
    there, here = ([_name(stack, each) for each in some] for some in (mount.zones, given))
    without = sorted({each for each in here if each is not None} - set(there))
    if not without or None in there:
        return
    raise ConfigurationError(
        f"ModelFunction network subnets must be in zones of the model's file system, {', '.join(map(str, there))}, got some in "
        f"{', '.join(without)}: a function mounts it through the mount target of its own zone"
    )


def _name(stack: cdk.Stack, zone: str) -> str | None:
    """What tells a zone from others: its name, or its number in a stack that knows its region at deploy time only."""
    if not is_token(zone):
        return zone
    match stack.resolve(zone):
        case {"Fn::Select": [int(number), {"Fn::GetAZs": _}]}:
            return f"number {number + 1} of the region's"
        case _:
            return None
