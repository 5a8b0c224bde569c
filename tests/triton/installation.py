"""The Triton server that the tests start: where it lies, and whether it can run here."""

import ctypes
import platform
import shutil
import sys
import sysconfig
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]
VENV = REPOSITORY / ".venv-triton"
_BACKENDS = Path(__file__).with_name("backends")
# The newest Python that the server's numpy has wheels for.
_NEWEST = (3, 12)


@dataclass(frozen=True, slots=True, kw_only=True)
class Installation:
    """A server and the backends that it finds.

    Args:
        packages: Where PyTriton's packages are, which hold the server.
        libpython: Folder of the shared library of this Python, which runs Python models.
    """

    packages: Path
    libpython: Path

    @property
    def server(self) -> Path:
        """The program."""
        return self._shipped / "bin" / "tritonserver"

    @property
    def libraries(self) -> list[Path]:
        """Folders of the libraries that the program and its backends are linked with."""
        return [self.libpython, self.packages / "nvidia_pytriton.libs"]

    @property
    def _shipped(self) -> Path:
        return self.packages / "pytriton" / "tritonserver"

    def lay_out_backends(self, folder: Path) -> Path:
        """Put the backends together: Python's with the program that fits this Python, and the stand-ins of the tests.

        Args:
            folder: Where to put them.
        """
        python = folder / "python"
        python.mkdir(parents=True)
        stub = self._shipped / "python_backend_stubs" / _VERSION / "triton_python_backend_stub"
        for file in (*(self._shipped / "backends" / "python").iterdir(), stub):
            shutil.copy(file, python)
        for backend in _BACKENDS.iterdir():
            # No links: the server takes no library from outside its backends.
            shutil.copytree(backend, folder / backend.name)
        return folder


class Impossible(Exception):  # noqa: N818 - said of a machine, not of the tests
    """The server is made for other machines."""


class Missing(Exception):  # noqa: N818 - said of a machine, not of the tests
    """Something is not installed that could be."""


_VERSION = f"{sys.version_info.major}.{sys.version_info.minor}"


def find() -> Installation:
    """The installation on this machine.

    Raises:
        Impossible: There are no wheels of the server, or of what it needs, for this machine's processor, system or Python.
        Missing: There are, and they or a library that they need are not installed.
    """
    _check_machine()
    packages = VENV / "lib" / f"python{_VERSION}" / "site-packages"
    if not (packages / "pytriton").is_dir():
        raise Missing(f"there is no Triton server in {VENV.name}: run `make triton`")
    return Installation(packages=packages, libpython=_find_libpython())


def check_libpython() -> None:
    """Nothing, unless this machine could run the server and lacks the library for Python models.

    Raises:
        Missing: It does.
    """
    with suppress(Impossible):
        _check_machine()
        _find_libpython()


def _check_machine() -> None:
    if (sys.platform, platform.machine()) != ("linux", "x86_64") or sys.version_info[:2] > _NEWEST:
        raise Impossible(
            f"PyTriton ships the Triton server for Linux on x86-64 and Python up to 3.12, not for {sys.platform} on "
            f"{platform.machine()} with Python {_VERSION}"
        )


def _find_libpython() -> Path:
    folder, name = sysconfig.get_config_var("LIBDIR"), f"libpython{_VERSION}.so.1.0"
    for candidate in (str(Path(folder) / name), name):
        try:
            ctypes.CDLL(candidate)
        except OSError:
            continue
        # A bare name was found where every program looks.
        return Path(folder)
    raise Missing(f"{name} is missing, which runs Triton's Python models: install libpython{_VERSION}")
