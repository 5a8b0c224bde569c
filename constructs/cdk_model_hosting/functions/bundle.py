"""All that is unpacked where a function runs: the user's code, its packages, this library's part, perhaps the model."""

from __future__ import annotations

import hashlib
import shutil
import tempfile
import zipfile
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING

from cdk_model_hosting.errors import ConfigurationError
from cdk_model_hosting.functions import cache
from cdk_model_hosting.functions.files import digest_of, files_below, megabytes, unzipped_megabytes, write_zip
from cdk_model_hosting.functions.packages import Packages, compile_below, packed_below
from cdk_model_hosting.functions.requirements import chosen
from cdk_model_hosting.handlers.model_function.contract import PACKAGE

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cdk_model_hosting.functions.code import FunctionCode
    from cdk_model_hosting.functions.target import Target

_RUNTIME = Path(__file__).parents[1] / "handlers" / "model_function"
_FORM = 1


@dataclass(frozen=True, kw_only=True)
class Bundle:
    """What becomes the zip archive of a function.

    Args:
        code: The user's code.
        target: What it runs on.
        model: Files of the model by their names in the archive; none when it comes in another way.
    """

    code: FunctionCode
    target: Target
    model: Mapping[str, Path] = field(default_factory=lambda: MappingProxyType({}))

    @cached_property
    def packages(self) -> Packages | None:
        """The packages; None where there are none.

        Raises:
            ConfigurationError: When the requirements are no lock.
        """
        if self.code.requirements is None:
            return None
        lock = chosen(self.code.requirements, self.target)
        return Packages(lock=lock, target=self.target, bundling=self.code.bundling) if lock else None

    @cached_property
    def sources(self) -> dict[str, Path]:
        """The user's code and this library's part of it."""
        ours = {f"{PACKAGE}/{name}": path for name, path in files_below("ModelFunction runtime", _RUNTIME).items()}
        return self.code.files() | ours

    @cached_property
    def digest(self) -> str:
        """What tells this bundle from others, known without making it."""
        packages = "" if self.packages is None else self.packages.digest
        compiled = self.target.interpreter() is not None
        # Bytecode is of one Python alone, and so are packages.
        parts = (
            str(_FORM),
            self.target.python,
            str(compiled),
            packages,
            digest_of(self.sources),
            digest_of(self.model),
        )
        return hashlib.sha256("\n".join(parts).encode()).hexdigest()

    def unzipped_megabytes(self) -> float:
        """What it takes when it is unpacked, in MB. The packages are installed for it, unless that was done before."""
        installed = 0.0 if self.packages is None else unzipped_megabytes(self.packages.archive())
        return installed + self.own_megabytes()

    def own_megabytes(self) -> float:
        """What it takes without the packages, in MB."""
        return megabytes(self.sources) + megabytes(self.model)

    def archive(self) -> Path:
        """The zip archive, made unless that was done before.

        Raises:
            ConfigurationError: When the packages cannot be installed, or have a file of a name that the code has too.
        """
        return cache.keep(f"code-{self.digest}.zip", self._make)

    def _make(self, archive: Path) -> None:
        with tempfile.TemporaryDirectory(dir=archive.parent) as scratch:
            folder = Path(scratch) / "code"
            for name, path in self.sources.items():
                copy = folder / name
                copy.parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(path, copy)
            compile_below(folder, self.target)
            files = packed_below(folder) | dict(self.model)
            if self.packages is not None:
                # Copied as it is: packing the packages takes longer than all the rest.
                shutil.copy(self.packages.archive(), archive)
                self._check_names(archive, files)
            write_zip(archive, files)

    def _check_names(self, packages: Path, files: Mapping[str, Path]) -> None:
        with zipfile.ZipFile(packages) as opened:
            twice = sorted(name for name in set(opened.namelist()) & files.keys() if "__pycache__" not in name)
        if twice:
            raise ConfigurationError(
                f"FunctionCode folder must hold no file that its packages have too, got {twice[0]}: one would hide the other"
            )
