"""The packages of a function, installed for its own platform and stripped of what no function imports."""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from cdk_model_hosting.functions import cache
from cdk_model_hosting.functions.bundling import TASK_ROOT, Bundling
from cdk_model_hosting.functions.files import files_below, write_zip

if TYPE_CHECKING:
    from cdk_model_hosting.functions.target import Target

# Part of the digest: another number makes every bundle anew, after a change of what is left out of one.
_FORM = 2
_TESTS = frozenset({"tests", "test"})
# Types for checkers, sources of compiled modules, and records of an installation that is not this one any more.
_USELESS = (".pyi", ".pyx", ".pxd", ".c", ".h", ".hpp", ".cpp")
_RECORDS = frozenset({"RECORD", "INSTALLER", "REQUESTED", "direct_url.json"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Packages:
    """What a function imports besides its own code.

    Args:
        lock: The packages for its platform, with versions and hashes, in pip's format.
        target: The platform.
        bundling: How they are installed.
    """

    lock: str
    target: Target
    bundling: Bundling = field(default_factory=Bundling.wheels)

    @property
    def digest(self) -> str:
        """What tells these packages from others, known without installing them."""
        platform = (self.target.python, *self.target.platforms)
        parts = (str(_FORM), self.lock, *platform, str(self.is_compiled), *self.bundling.identity)
        return hashlib.sha256("\n".join(parts).encode()).hexdigest()

    @property
    def is_compiled(self) -> bool:
        """Whether their bytecode is there: it takes a Python of the function's own version to write it."""
        return self.bundling.compiles or self.target.interpreter() is not None

    @property
    def name(self) -> str:
        """The name of their archive in the cache."""
        return f"packages-{self.digest}.zip"

    def archive(self) -> Path:
        """The packages as a zip archive, made unless that was done before.

        Raises:
            ConfigurationError: When they cannot be installed.
        """
        return cache.keep(self.name, self._make)

    def _make(self, archive: Path) -> None:
        with tempfile.TemporaryDirectory(dir=archive.parent) as scratch:
            folder = Path(scratch) / "packages"
            folder.mkdir()
            # A folder of its own: a container gets all of it.
            lock = Path(scratch) / "lock" / "requirements.txt"
            lock.parent.mkdir()
            self._install(folder, lock)
            _strip(folder, keep_bytecode=self.bundling.compiles)
            if not self.bundling.compiles:
                compile_below(folder, self.target)
            write_zip(archive, packed_below(folder))

    def _install(self, folder: Path, lock: Path) -> None:
        lock.write_text(self.lock, encoding="utf-8")
        self.bundling.install(folder, lock, self.target)


def _strip(folder: Path, *, keep_bytecode: bool) -> None:
    """Take away what no function imports."""
    shutil.rmtree(folder / "bin", ignore_errors=True)
    for path in sorted(folder.rglob("*"), reverse=True):
        inside = len(path.relative_to(folder).parts) > 1
        is_bytecode = path.name == "__pycache__" and not keep_bytecode
        if path.is_dir() and (is_bytecode or (inside and path.name in _TESTS)):
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
            "-s", str(folder), "-p", TASK_ROOT, str(folder),
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
