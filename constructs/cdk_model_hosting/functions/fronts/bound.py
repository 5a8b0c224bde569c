"""A front that was made."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from aws_cdk import aws_lambda as lambda_

    from cdk_model_hosting.functions.fronts.http_api import HttpApi
    from cdk_model_hosting.functions.fronts.queue import QueueSource
    from cdk_model_hosting.permissions import Permission


@dataclass(frozen=True, slots=True, kw_only=True)
class BoundFront:
    """A front that was made.

    Args:
        kind: The front as the user typed it, for messages.
        url: Its HTTPS address, if it has one.
        permissions: What somebody needs to ask over it; none when anybody may, or somebody else than IAM decides.
        cfn_url: The function's own address, if it is one.
        http_api: The HTTP API, if it is one.
        queue: The queue, if it is one.
    """

    kind: str
    url: str | None = None
    permissions: tuple[Permission, ...] = ()
    cfn_url: lambda_.CfnUrl | None = None
    http_api: HttpApi | None = None
    queue: QueueSource | None = None
