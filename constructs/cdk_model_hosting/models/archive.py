"""A folder as a reproducible model.tar.gz."""

from __future__ import annotations

import gzip
import hashlib
import stat
import tarfile
from typing import TYPE_CHECKING

from cdk_model_hosting.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

# Left behind by editors, Python and file managers; they would change the archive without changing the model.
_LITTER = frozenset({"__pycache__", ".DS_Store", "Thumbs.db", ".git", ".ipynb_checkpoints"})
_CHUNK = 1 << 20


def fingerprint(folder: Path) -> str:
    """The SHA-256 of a folder's file names, contents and executable bits.

    The archive's own bytes would not do: they depend on the version of zlib that compressed them.

    Args:
        folder: Folder that holds at least one file.

    Raises:
        ConfigurationError: When it holds none.
    """
    digest = hashlib.sha256()
    for name, path in _files(folder):
        executable = "x" if _is_executable(path) else "-"
        digest.update(f"{len(name.encode())}:{name}{executable}{path.stat().st_size}:".encode())
        with path.open("rb") as source:
            while chunk := source.read(_CHUNK):
                digest.update(chunk)
    return digest.hexdigest()


def pack(folder: Path, archive: Path) -> Path:
    """Write a folder's files into a gzipped tar archive without times, owners or order of its own.

    Args:
        folder: Folder whose contents stand at the archive's root.
        archive: File to write.

    Returns:
        The archive's path.
    """
    with (
        archive.open("wb") as raw,
        gzip.GzipFile(filename="", fileobj=raw, mode="wb", mtime=0) as compressed,
        tarfile.open(fileobj=compressed, mode="w", format=tarfile.PAX_FORMAT, dereference=True) as tar,
    ):
        for name, path in _files(folder):
            entry = tarfile.TarInfo(name)
            entry.size = path.stat().st_size
            entry.mode = 0o755 if _is_executable(path) else 0o644
            with path.open("rb") as source:
                tar.addfile(entry, source)
    return archive


def _files(folder: Path) -> Iterator[tuple[str, Path]]:
    """The folder's files by archive name, sorted by it; links are followed to what they point at."""
    found = sorted(
        (path.relative_to(folder).as_posix(), path)
        for path in folder.rglob("*")
        if path.is_file() and not _LITTER.intersection(path.relative_to(folder).parts)
    )
    if not found:
        raise ConfigurationError(
            f"ModelArtifact.from_asset folder must hold at least one file, got the empty {folder}: "
            "its files become /opt/ml/model in the container"
        )
    yield from found


def _is_executable(path: Path) -> bool:
    return bool(path.stat().st_mode & stat.S_IXUSR)
