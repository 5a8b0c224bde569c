"""The Python and the processor that a function runs on, which packages and bytecode must be made for."""

from __future__ import annotations

import shutil
import subprocess
import sys
from dataclasses import dataclass
from functools import cache

from cdk_model_hosting.models.image import Architecture

MACHINES = {Architecture.X86_64: "x86_64", Architecture.ARM64: "aarch64"}
"""The processors, as Linux calls them."""

# The C library of Lambda's runtimes: Amazon Linux 2 up to Python 3.11, Amazon Linux 2023 from 3.12 on.
GLIBC = {"3.11": 26, "3.12": 34, "3.13": 34, "3.14": 34}
"""The minor version of the C library that a Python's runtime has, which its packages may ask for at most."""

# What `manylinux2014` stands for: no wheel that is still made asks for less.
_OLDEST_GLIBC = 17


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """What a function runs on.

    Args:
        python: Its Python, such as ``3.14``.
        architecture: Its processor.
    """

    python: str
    architecture: Architecture

    @property
    def machine(self) -> str:
        """The processor, as Linux calls it."""
        return MACHINES[self.architecture]

    @property
    def platforms(self) -> tuple[str, ...]:
        """The platforms that wheels may be built for, the newest one first."""
        glibcs = range(GLIBC[self.python], _OLDEST_GLIBC - 1, -1)
        return (*(f"manylinux_2_{each}_{self.machine}" for each in glibcs), f"manylinux2014_{self.machine}")

    @property
    def markers(self) -> dict[str, str]:
        """What the markers of requirements ask for."""
        return {
            "implementation_name": "cpython",
            "implementation_version": f"{self.python}.0",
            "os_name": "posix",
            "platform_machine": self.machine,
            "platform_python_implementation": "CPython",
            "platform_release": "",
            "platform_system": "Linux",
            "platform_version": "",
            "python_full_version": f"{self.python}.0",
            "python_version": self.python,
            "sys_platform": "linux",
            "extra": "",
        }

    def interpreter(self) -> str | None:
        """A Python of this machine that writes the bytecode which the function's reads; None when there is none."""
        if self.python == f"{sys.version_info.major}.{sys.version_info.minor}":
            return sys.executable
        command = shutil.which(f"python{self.python}")
        return command if command is not None and _runs(command) else None


@cache
def _runs(command: str) -> bool:
    """Whether a command can be run: the shims of version managers are there for versions that are not installed."""
    return subprocess.run([command, "-c", ""], capture_output=True, check=False).returncode == 0  # noqa: S603 - a Python
