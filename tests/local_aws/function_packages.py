"""The packages of a function that is an image, from the cache where the library keeps those of bundled functions.

What an image installs is so what a bundled function brings, and is installed once for both. The docker stand-in runs this as a
program, by the Python that has the library: python -m tests.local_aws.function_packages requirements.txt folder. Without a folder
it fills the cache, so that no test has to.
"""

from __future__ import annotations

import platform
import sys
import zipfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING
from unittest import mock

from cdk_model_hosting import Architecture
from cdk_model_hosting.errors import ConfigurationError
from cdk_model_hosting.functions import target
from cdk_model_hosting.functions.packages import Packages

if TYPE_CHECKING:
    from collections.abc import Iterator

PYTHON = f"{sys.version_info.major}.{sys.version_info.minor}"
ARCHITECTURE = Architecture.ARM64 if platform.machine() in {"aarch64", "arm64"} else Architecture.X86_64
# Lambda's Python 3.11 has an older C library than this machine, and onnxruntime has no wheels for that any more.
_GLIBC = 28


@contextmanager
def for_this_machine() -> Iterator[None]:
    """Let packages be chosen for this machine's C library, and not for Lambda's."""
    with mock.patch.dict(target.GLIBC, {PYTHON: max(_GLIBC, target.GLIBC[PYTHON])}):
        yield


def archive_of(lock: str) -> Path:
    """The packages of a lock for this machine; they are installed first where the cache lacks them.

    Args:
        lock: The packages with versions and hashes, in pip's format.

    Raises:
        ConfigurationError: pip cannot install them.
    """
    with for_this_machine():
        return Packages(lock=lock, target=target.Target(python=PYTHON, architecture=ARCHITECTURE)).archive()


def main(requirements: Path, folder: Path | None = None) -> None:
    """Put the packages of a requirements file into the cache, and into a folder."""
    try:
        archive = archive_of(requirements.read_text(encoding="utf-8"))
    except ConfigurationError as error:
        sys.exit(str(error))
    if folder is None:
        return
    with zipfile.ZipFile(archive) as packages:
        packages.extractall(folder)


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:]))
