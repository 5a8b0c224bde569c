"""Installing a function's packages for its own platform, without Docker and without running them."""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from cdk_model_hosting.errors import ConfigurationError
from cdk_model_hosting.functions import cache
from cdk_model_hosting.functions.files import files_below, write_zip

if TYPE_CHECKING:
    from cdk_model_hosting.functions.target import Target

# Part of the digest: another number makes every bundle anew, after a change of what is left out of one.
_FORM = 1
_TESTS = frozenset({"tests", "test"})
# Types for checkers, sources of compiled modules, and records of an installation that is not this one any more.
_USELESS = (".pyi", ".pyx", ".pxd", ".c", ".h", ".hpp", ".cpp")
_RECORDS = frozenset({"RECORD", "INSTALLER", "REQUESTED", "direct_url.json"})
_LINES_SHOWN = 6
_ROOT = "/var/task"


@dataclass(frozen=True, slots=True, kw_only=True)
class Packages:
    """What a function imports besides its own code.

    Args:
        lock: The packages for its platform, with versions and hashes, in pip's format.
        target: The platform.
    """

    lock: str
    target: Target

    @property
    def digest(self) -> str:
        """What tells these packages from others, known without installing them."""
        parts = (str(_FORM), self.lock, self.target.python, *self.target.platforms, str(self.is_compiled))
        return hashlib.sha256("\n".join(parts).encode()).hexdigest()

    @property
    def is_compiled(self) -> bool:
        """Whether their bytecode is there: it takes a Python of the function's own version to write it."""
        return self.target.interpreter() is not None

    @property
    def name(self) -> str:
        """The name of their archive in the cache."""
        return f"packages-{self.digest}.zip"

    def archive(self) -> Path:
        """The packages as a zip archive, made unless that was done before.

        Raises:
            ConfigurationError: When pip cannot install them.
        """
        return cache.keep(self.name, self._make)

    def _make(self, archive: Path) -> None:
        with tempfile.TemporaryDirectory(dir=archive.parent) as scratch:
            folder = Path(scratch) / "packages"
            folder.mkdir()
            self._install(folder, Path(scratch) / "requirements.txt")
            _strip(folder)
            compile_below(folder, self.target)
            write_zip(archive, packed_below(folder))

    def _install(self, folder: Path, lock: Path) -> None:
        lock.write_text(self.lock, encoding="utf-8")
        platforms = [f"--platform={each}" for each in self.target.platforms]
        command = [
            sys.executable, "-m", "pip", "install", "--quiet", "--no-input", "--disable-pip-version-check", "--no-warn-conflicts",
            "--require-hashes", "--only-binary=:all:", "--no-deps", "--no-compile", "--implementation=cp",
            # It would look at the Python that pip itself runs on. The tags of the wheels are of the one that is meant.
            "--ignore-requires-python",
            f"--python-version={self.target.python}", *platforms, f"--target={folder}", f"--requirement={lock}",
        ]  # fmt: skip
        done = subprocess.run(command, check=False, capture_output=True, text=True)  # noqa: S603 - pip, with our arguments
        if done.returncode:
            shown = "; ".join(done.stderr.strip().splitlines()[-_LINES_SHOWN:])
            raise ConfigurationError(
                f"FunctionCode requirements must be wheels for Python {self.target.python} on {self.target.machine}, which pip "
                f"finds, got {shown}: a function's packages are not built where it is synthesized"
            )


def _strip(folder: Path) -> None:
    """Take away what no function imports."""
    shutil.rmtree(folder / "bin", ignore_errors=True)
    for path in sorted(folder.rglob("*"), reverse=True):
        inside = len(path.relative_to(folder).parts) > 1
        if path.is_dir() and (path.name == "__pycache__" or (inside and path.name in _TESTS)):
            shutil.rmtree(path)
        elif path.suffix in _USELESS or (path.name in _RECORDS and path.parent.suffix == ".dist-info"):
            path.unlink()


def compile_below(folder: Path, target: Target) -> None:
    """Write bytecode that needs no look at the sources, if this machine has the Python for it.

    Args:
        folder: The sources.
        target: What they run on.
    """
    interpreter = target.interpreter()
    if interpreter is None:
        return
    subprocess.run(  # noqa: S603 - the same
        [
            interpreter, "-m", "compileall", "-q", "-q", "-j", "0", "--invalidation-mode", "unchecked-hash",
            "-s", str(folder), "-p", _ROOT, str(folder),
        ],
        # Some packages bring templates and the like which are no Python; they are not imported either.
        check=False,
    )  # fmt: skip


def packed_below(folder: Path) -> dict[str, Path]:
    """The files of a folder with their bytecode.

    Args:
        folder: The folder.
    """
    compiled = {path.relative_to(folder).as_posix(): path for path in folder.rglob("__pycache__/*.pyc")}
    sources = files_below("FunctionCode requirements", folder) if any(folder.iterdir()) else {}
    return sources | compiled
