"""The library as others get it: a wheel, installed into an environment that holds nothing else."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PINNED = re.compile(r"^[A-Za-z0-9._-]+==[^ ;\\]+", re.MULTILINE)


@pytest.fixture(scope="session")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built from the sources of this moment."""
    folder = tmp_path_factory.mktemp("wheel")
    _run(sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(folder), str(ROOT))
    (built,) = folder.glob("*.whl")
    return built


@pytest.fixture(scope="session")
def consumer_python(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The interpreter of an environment with the wheel, and what the wheel asks for, in the versions tested here.

    Bytecode of the whole CDK would cost six times the installation; Python compiles what the app imports.
    """
    folder = tmp_path_factory.mktemp("consumer")
    environment = folder / "venv"
    _run(sys.executable, "-m", "venv", "--without-pip", str(environment))
    python = environment / "bin" / "python"
    constraints = folder / "constraints.txt"
    # A constraint with a hash would demand one of the wheel, which was only built just now.
    locked = (ROOT / "requirements" / "dev.txt").read_text()
    constraints.write_text("\n".join(PINNED.findall(locked)))
    installer = (sys.executable, "-m", "pip", "--python", str(python), "install", "--quiet", "--no-compile")
    _run(*installer, "--constraint", str(constraints), str(wheel))
    return python


def _run(*command: str) -> None:
    finished = subprocess.run(command, check=False, capture_output=True, text=True)
    assert finished.returncode == 0, f"{' '.join(command)}\n{finished.stdout}\n{finished.stderr}"
