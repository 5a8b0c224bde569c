"""Files of a function: found, counted, told apart, and packed so that the same files give the same archive."""

from __future__ import annotations

import hashlib
import os
import stat
import tarfile
import zipfile
from typing import IO, TYPE_CHECKING, Protocol, cast

from cdk_model_hosting.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

# Left behind by editors, Python and file managers; they would change the archive without changing what it does.
_LITTER = frozenset({"__pycache__", ".DS_Store", "Thumbs.db", ".git", ".ipynb_checkpoints", ".venv"})
_ZIP_EPOCH = (1980, 1, 1, 0, 0, 0)
_MEGABYTE = 1 << 20
# What `tarfile` copies at a time: with others it takes twice as long, and more.
_PART = 1 << 14


class Sink(Protocol):
    """What takes bytes one after the other: a file, or a checksum."""

    def write(self, part: bytes, /) -> object:
        """Take some bytes."""


def files_below(what: str, folder: Path) -> dict[str, Path]:
    """The files of a folder by their names in it, sorted. Links stand for what they point at.

    Args:
        what: The argument as the user typed it.
        folder: The folder.

    Raises:
        ConfigurationError: When it is none, holds no file, or a link that leads nowhere or back to a folder above it.
    """
    if not folder.is_dir():
        raise ConfigurationError(
            f"{what} must be an existing folder, got {folder}: its files become part of the function"
        )
    found = dict(sorted(_walk(what, folder, "", frozenset())))
    if not found:
        raise ConfigurationError(
            f"{what} must hold at least one file, got the empty {folder}: there is nothing to bring"
        )
    return found


def _walk(what: str, folder: Path, prefix: str, above: frozenset[str]) -> Iterator[tuple[str, Path]]:
    real = os.path.realpath(folder)
    if real in above:
        raise ConfigurationError(
            f"{what} must not hold a link to a folder above it, got {folder}: its contents would have no end"
        )
    for path in folder.iterdir():
        if path.name in _LITTER:
            continue
        if path.is_dir():
            yield from _walk(what, path, f"{prefix}{path.name}/", above | {real})
        elif path.is_file():
            yield prefix + path.name, path
        else:
            raise ConfigurationError(
                f"{what} must hold files and folders only, got {path}: a broken link, a pipe or a socket cannot be packed"
            )


def digest_of(files: Mapping[str, Path]) -> str:
    """The SHA-256 of files' names, contents and executable bits.

    Args:
        files: The files by name.
    """
    digest = hashlib.sha256()
    for name, path in sorted(files.items()):
        digest.update(f"{len(name.encode())}:{name}{_mode(path):o}:{path.stat().st_size}:".encode())
        with path.open("rb") as file:
            while chunk := file.read(_MEGABYTE):
                digest.update(chunk)
    return digest.hexdigest()


def megabytes(files: Mapping[str, Path]) -> float:
    """What files take, in MB.

    Args:
        files: The files.
    """
    return sum(path.stat().st_size for path in files.values()) / _MEGABYTE


def unzipped_megabytes(archive: Path) -> float:
    """What the files of a zip archive take when it is unpacked, in MB.

    Args:
        archive: The archive.
    """
    with zipfile.ZipFile(archive) as opened:
        return sum(each.file_size for each in opened.infolist()) / _MEGABYTE


def write_zip(archive: Path, files: Mapping[str, Path]) -> None:
    """Write a zip archive without times or owners, or add to one.

    Args:
        archive: The archive; what it holds stays.
        files: The files by their names in it.
    """
    with zipfile.ZipFile(archive, "a") as opened:
        for name, path in sorted(files.items()):
            entry = zipfile.ZipInfo(name, date_time=_ZIP_EPOCH)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = (stat.S_IFREG | _mode(path)) << 16
            with path.open("rb") as source, opened.open(entry, "w", force_zip64=True) as packed:
                while chunk := source.read(_MEGABYTE):
                    packed.write(chunk)


def write_tar(archive: Path, files: Mapping[str, Path]) -> None:
    """Write a tar archive without times or owners. It is not compressed, so that its bytes hang on the files alone.

    Args:
        archive: The archive.
        files: The files by their names in it.
    """
    with archive.open("wb") as file:
        stream_tar(file, files)


def stream_tar(sink: Sink, files: Mapping[str, Path]) -> None:
    """The same into whatever takes bytes.

    Args:
        sink: What takes them.
        files: The files by their names in the archive.
    """
    with tarfile.open(fileobj=cast("IO[bytes]", sink), mode="w|", format=tarfile.PAX_FORMAT, bufsize=_PART) as opened:
        for name, path in sorted(files.items()):
            entry = tarfile.TarInfo(name)
            entry.size, entry.mode = path.stat().st_size, _mode(path)
            with path.open("rb") as source:
                opened.addfile(entry, source)


def _mode(path: Path) -> int:
    return 0o755 if path.stat().st_mode & stat.S_IXUSR else 0o644
