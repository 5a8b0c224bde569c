"""The packages of a function that is an image, from the cache where the library keeps those of bundled functions.

What an image installs is so what a bundled function brings, and is installed once for both. The docker stand-in runs this as a
program, by the Python that has the library: python -m tests.local_aws.function_packages requirements.txt folder
"""

from __future__ import annotations

import sys
import zipfile
from pathlib import Path

from cdk_model_hosting.errors import ConfigurationError
from cdk_model_hosting.functions.packages import Packages
from cdk_model_hosting.functions.target import Target
from tests.local_aws.examples.functions import ARCHITECTURE, PYTHON, for_this_machine


def archive_of(lock: str) -> Path:
    """The packages of a lock for this machine; they are installed first where the cache lacks them.

    Args:
        lock: The packages with versions and hashes, in pip's format.

    Raises:
        ConfigurationError: pip cannot install them.
    """
    with for_this_machine():
        return Packages(lock=lock, target=Target(python=PYTHON, architecture=ARCHITECTURE)).archive()


def main(requirements: Path, folder: Path) -> None:
    """Put the packages of a requirements file into a folder."""
    try:
        archive = archive_of(requirements.read_text(encoding="utf-8"))
    except ConfigurationError as error:
        sys.exit(str(error))
    with zipfile.ZipFile(archive) as packages:
        packages.extractall(folder)


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:]))
