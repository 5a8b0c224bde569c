"""Functions of the examples for the Python and the processor of this machine, on which the local AWS runs them.

Run as a program, it installs their packages, so that no test has to: python -m tests.local_aws.examples.functions.
"""

from __future__ import annotations

import platform
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING
from unittest import mock

from cdk_model_hosting import Architecture, FunctionCode
from cdk_model_hosting.functions import target
from cdk_model_hosting.functions.bundle import Bundle
from tests.local_aws import paths

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

PYTHON = f"{sys.version_info.major}.{sys.version_info.minor}"
ARCHITECTURE = Architecture.ARM64 if platform.machine() in {"aarch64", "arm64"} else Architecture.X86_64
FOLDER = paths.REPOSITORY / "examples/fraud/function"
# Lambda's Python 3.11 has an older C library than this machine, and onnxruntime has no wheels for that any more.
_GLIBC = 28


@contextmanager
def for_this_machine() -> Iterator[None]:
    """Let packages be chosen for this machine's C library, and not for Lambda's."""
    with mock.patch.dict(target.GLIBC, {PYTHON: max(_GLIBC, target.GLIBC[PYTHON])}):
        yield


def install(folder: Path = FOLDER) -> Path:
    """Install the packages of a function, unless that was done before.

    Args:
        folder: Folder of its code.
    """
    code = FunctionCode.from_folder(folder, requirements="requirements.txt", python=PYTHON)
    with for_this_machine():
        packages = Bundle(code=code, target=target.Target(python=PYTHON, architecture=ARCHITECTURE)).packages
        if packages is None:
            raise LookupError(f"{folder} has no packages")
        return packages.archive()


if __name__ == "__main__":
    install()
