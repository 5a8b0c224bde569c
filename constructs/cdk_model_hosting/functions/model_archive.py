"""A model's folder as one archive among the app's assets."""

from __future__ import annotations

import hashlib
import os
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import aws_cdk as cdk

from cdk_model_hosting.functions.files import files_below, stream_tar, write_tar

if TYPE_CHECKING:
    from collections.abc import Mapping

_MEGABYTE = 1 << 20

# Several functions, and several stacks, may have one model; reading gigabytes for each would be felt at every synthesis.
_known: dict[tuple[object, ...], tuple[str, int]] = {}


@dataclass(frozen=True, slots=True, kw_only=True)
class Archive:
    """An archive that a deployment uploads.

    Args:
        bucket: Name of the bucket that it goes to.
        key: Its key there.
        sha256: Its checksum.
        megabytes: Its size.
    """

    bucket: str
    key: str
    sha256: str
    megabytes: float


def archive_of(stack: cdk.Stack, what: str, folder: Path) -> Archive:
    """A folder as an archive whose bytes are the same on every machine.

    It is written right among the app's assets, once, and only where the CDK's command needs it: `cdk list` and other stacks'
    ``--exclusively`` read the folder, and write nothing.

    Args:
        stack: The stack that has it uploaded.
        what: The argument that names the folder, as the user typed it.
        folder: The folder.
    """
    files = files_below(what, folder)
    sha256, size = _checksum(folder, files)
    stage = cdk.Stage.of(stack)
    assets = Path(stage.asset_outdir) if stage is not None else Path.cwd()
    path = assets / f"asset.{sha256}.tar"
    if stack.bundling_required and not path.exists():
        _write(path, files)
    manifests = Path(stage.outdir) if stage is not None else assets
    location = stack.synthesizer.add_file_asset(
        source_hash=sha256,
        packaging=cdk.FileAssetPackaging.FILE,
        file_name=os.path.relpath(path, manifests),
    )
    return Archive(bucket=location.bucket_name, key=location.object_key, sha256=sha256, megabytes=size / _MEGABYTE)


def _checksum(folder: Path, files: Mapping[str, Path]) -> tuple[str, int]:
    """The archive's SHA-256 and size, without writing it."""
    key = (str(folder.resolve()), *((name, *_state(path)) for name, path in files.items()))
    known = _known.get(key)
    if known is None:
        counted = _Counted()
        stream_tar(counted, files)
        known = _known[key] = (counted.digest.hexdigest(), counted.size)
    return known


def _state(path: Path) -> tuple[int, int, int, int]:
    found = path.stat()
    return found.st_size, found.st_mtime_ns, found.st_mode, found.st_ino


def _write(path: Path, files: Mapping[str, Path]) -> None:
    with tempfile.TemporaryDirectory(dir=path.parent) as scratch:
        made = Path(scratch) / path.name
        write_tar(made, files)
        # What was broken off never has the name of what is whole.
        made.replace(path)


class _Counted:
    """What an archive is written to when only its checksum is asked for."""

    def __init__(self) -> None:
        self.digest = hashlib.sha256()
        self.size = 0

    def write(self, part: bytes, /) -> int:
        """Count some bytes."""
        self.digest.update(part)
        self.size += len(part)
        return len(part)
