"""Virtual environments for the containers that run as local processes, kept between runs.

The interpreter is the one that runs this, whatever the tag of the base image says: there is no second one to be had
without a Docker engine.
"""

import hashlib
import os
import platform
import subprocess
import sys
import venv
from pathlib import Path

from tests.local_aws import images, paths

LIBRARY_PYTHON = "LOCAL_AWS_LIBRARY_PYTHON"
"""The variable that names the Python with this project's library."""

_PIP_OUTPUT_SHOWN = 4000


class InstallError(Exception):
    """pip refused the requirements of a container."""


def environment_for(requirements: list[Path]) -> Path:
    """Return a virtual environment that holds exactly these requirements; it is made when there is none yet.

    Args:
        requirements: The requirements files, every entry pinned with its hashes.

    Raises:
        InstallError: pip refused; the message shows its last words.
    """
    digest = hashlib.sha256()
    for file in requirements:
        digest.update(file.read_bytes())
    for part in (platform.python_version(), sys.platform, platform.machine(), sys.base_prefix):
        digest.update(part.encode())
    folder = _cache() / digest.hexdigest()[:24]
    done = folder / ".complete"
    with images.locked(folder.with_suffix(".lock")):
        if not done.exists():
            # Not built aside and moved: the scripts of a virtual environment know where they lie.
            venv.EnvBuilder(clear=True, symlinks=True, with_pip=bool(requirements)).create(folder)
            if requirements:
                _install(folder, requirements)
            done.touch()
    return folder


def install_into(folder: Path, requirements: Path) -> None:
    """Put a function's packages, every entry pinned with its hashes, into a folder.

    Args:
        folder: The folder, which is made.
        requirements: The requirements file; nothing is done when it is empty.

    Raises:
        InstallError: They cannot be installed.
    """
    folder.mkdir(parents=True, exist_ok=True)
    if not requirements.read_text(encoding="utf-8").strip():
        return
    finished = subprocess.run(
        [os.environ[LIBRARY_PYTHON], "-m", "tests.local_aws.function_packages", str(requirements), str(folder)],
        cwd=paths.REPOSITORY,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    if finished.returncode != 0:
        raise InstallError(f"pip install of {requirements} failed: {finished.stdout[-_PIP_OUTPUT_SHOWN:].strip()}")


def _install(folder: Path, requirements: list[Path]) -> None:
    files = [word for file in requirements for word in ("--requirement", str(file))]
    quiet = ["--quiet", "--no-input", "--disable-pip-version-check"]
    finished = subprocess.run(
        [str(folder / "bin" / "python"), "-m", "pip", "install", *quiet, "--require-hashes", *files],
        env={name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    if finished.returncode != 0:
        raise InstallError(
            f"pip install of {', '.join(map(str, requirements))} failed: {finished.stdout[-_PIP_OUTPUT_SHOWN:].strip()}"
        )


def _cache() -> Path:
    return Path(os.environ.get("LOCAL_AWS_CACHE", paths.REPOSITORY / ".local_aws")) / "containers"
