"""A folder as a reproducible model.tar.gz."""

from __future__ import annotations

import gzip
import hashlib
import os
import stat
import tarfile
from dataclasses import dataclass
from typing import TYPE_CHECKING

from cdk_model_hosting.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

# Left behind by editors, Python and file managers; they would change the archive without changing the model.
_LITTER = frozenset({"__pycache__", ".DS_Store", "Thumbs.db", ".git", ".ipynb_checkpoints"})
_CHUNK = 1 << 20


@dataclass(frozen=True, slots=True, order=True)
class _Entry:
    """A file or folder of the archive, and where it comes from. Links stand for what they point at."""

    name: str
    path: Path

    @property
    def mode(self) -> int:
        if self.path.is_dir() or self.path.stat().st_mode & stat.S_IXUSR:
            return 0o755
        return 0o644

    @property
    def size(self) -> int:
        return 0 if self.path.is_dir() else self.path.stat().st_size


def fingerprint(folder: Path) -> str:
    """The SHA-256 of a folder's file and folder names, contents and executable bits.

    The archive's own bytes would not do: they depend on the version of zlib that compressed them.

    Args:
        folder: Folder that holds at least one file.

    Raises:
        ConfigurationError: When it holds none, or a link that leads nowhere or back to a folder above it.
    """
    digest = hashlib.sha256()
    for entry in _entries(folder):
        kind = "d" if entry.path.is_dir() else "f"
        digest.update(f"{len(entry.name.encode())}:{entry.name}{kind}{entry.mode:o}:{entry.size}:".encode())
        if kind == "f":
            with entry.path.open("rb") as source:
                while chunk := source.read(_CHUNK):
                    digest.update(chunk)
    return digest.hexdigest()


def pack(folder: Path, archive: Path) -> Path:
    """Write a folder's contents into a gzipped tar archive without times, owners or order of its own.

    Empty folders are kept: a Triton ensemble has one.

    Args:
        folder: Folder whose contents stand at the archive's root.
        archive: File to write.

    Returns:
        The archive's path.
    """
    with (
        archive.open("wb") as raw,
        gzip.GzipFile(filename="", fileobj=raw, mode="wb", mtime=0) as compressed,
        tarfile.open(fileobj=compressed, mode="w", format=tarfile.PAX_FORMAT) as tar,
    ):
        for entry in _entries(folder):
            packed = tarfile.TarInfo(entry.name)
            packed.size, packed.mode = entry.size, entry.mode
            if entry.path.is_dir():
                packed.type = tarfile.DIRTYPE
                tar.addfile(packed)
                continue
            with entry.path.open("rb") as source:
                tar.addfile(packed, source)
    return archive


def _entries(folder: Path) -> list[_Entry]:
    """Everything in the folder, sorted by name in the archive."""
    entries = sorted(_walk(folder, "", frozenset()))
    if all(entry.path.is_dir() for entry in entries):
        raise ConfigurationError(
            f"ModelArtifact.from_asset folder must hold at least one file, got the empty {folder}: "
            "its files become /opt/ml/model in the container"
        )
    return entries


def _walk(folder: Path, prefix: str, above: frozenset[str]) -> Iterator[_Entry]:
    real = os.path.realpath(folder)
    if real in above:
        raise ConfigurationError(
            f"ModelArtifact.from_asset folder must not hold a link to a folder above it, got {folder}: "
            "its contents would have no end"
        )
    for path in folder.iterdir():
        if path.name in _LITTER:
            continue
        if not (path.is_file() or path.is_dir()):
            raise ConfigurationError(
                f"ModelArtifact.from_asset folder must hold files and folders only, got {path}: a broken link, a pipe or a "
                "socket cannot be packed"
            )
        yield _Entry(prefix + path.name, path)
        if path.is_dir():
            yield from _walk(path, f"{prefix}{path.name}/", above | {real})
