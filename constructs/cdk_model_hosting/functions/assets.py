"""Uploading what a function is made of."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    import aws_cdk as cdk
    from aws_cdk import aws_s3_assets as s3_assets
    from constructs import Construct


def upload(
    scope: Construct, construct_id: str, *, stack: cdk.Stack, digest: str, make: Callable[[], Path], source: Path
) -> s3_assets.Asset:
    """A zip archive as an asset, made only if the CDK's command needs it: `cdk list` and other stacks' ``--exclusively`` do not.

    Args:
        scope: Where to make the asset.
        construct_id: ID below `scope`.
        stack: The scope's stack.
        digest: What tells the archive from others.
        make: Makes the archive.
        source: Folder that stands for it where it is not needed; the address is the same.
    """
    from aws_cdk import aws_s3_assets as s3_assets  # noqa: PLC0415 - loaded by those alone who use it

    path = make() if stack.bundling_required else source
    return s3_assets.Asset(scope, construct_id, path=str(path.resolve()), asset_hash=digest)
