"""How the packages of a function are installed: from wheels by pip alone, or in a container of Lambda's build image."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import TYPE_CHECKING

import aws_cdk as cdk

from cdk_model_hosting.arguments import require, require_several
from cdk_model_hosting.errors import ConfigurationError
from cdk_model_hosting.models.image import Architecture

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from cdk_model_hosting.functions.target import Target

TASK_ROOT = "/var/task"
"""Where the packages lie when the function runs."""

_LINES_SHOWN = 6
_ENGINE = "CDK_DOCKER"
_BUILD_IMAGE = "public.ecr.aws/sam/build-python{}:latest-{}"
_TAGS = {Architecture.X86_64: "x86_64", Architecture.ARM64: "arm64"}
_SYSTEM_PACKAGE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._+-]*")
_IN, _OUT = "/asset-input", "/asset-output"
# Amazon Linux 2, which Lambda's Python 3.11 runs on, has no newer one.
_YUM = "3.11"


class Bundling(ABC):
    """How the packages of a function are installed when the app is synthesized. Made by one of its factories."""

    @staticmethod
    def wheels() -> Bundling:
        """From wheels, by the pip of this machine. Nothing of them is run, and no Docker is needed."""
        return _Wheels()

    @staticmethod
    def docker(*, image: str | None = None, system_packages: Sequence[str] = ()) -> Bundling:
        """In a container for the function's processor, for locks with packages that have no wheels for it.

        pip builds those there, and takes the wheels of the others; every archive must have one of the hashes of the lock. What a
        package needs to be built, such as setuptools, has no hash there: pip takes what the package asks for. Building runs
        code of the packages. A processor that is not this machine's is emulated, which takes its time.

        Args:
            image: Image with a Python like the function's and pip; AWS's build image for it when omitted, which has compilers.
                Name one with a digest to build the same again: packages are known by the image's name.
            system_packages: Packages of Amazon Linux that are installed for the build. They are not there when the function runs.

        Raises:
            ConfigurationError: When a name is none.
        """
        return _Docker(image, system_packages)

    @property
    @abstractmethod
    def identity(self) -> tuple[str, ...]:
        """What tells its packages from those of another way."""

    @property
    @abstractmethod
    def compiles(self) -> bool:
        """Whether it writes bytecode itself."""

    @abstractmethod
    def install(self, folder: Path, lock: Path, target: Target) -> None:
        """Install the packages of a lock.

        Args:
            folder: Where to.
            lock: The lock, for one platform.
            target: The platform.

        Raises:
            ConfigurationError: When it cannot be done.
        """


@dataclass(frozen=True, slots=True)
class _Wheels(Bundling):
    @property
    def identity(self) -> tuple[str, ...]:
        return ()

    @property
    def compiles(self) -> bool:
        return False

    def install(self, folder: Path, lock: Path, target: Target) -> None:
        platforms = [f"--platform={each}" for each in target.platforms]
        command = [
            sys.executable, "-m", "pip", "install", "--quiet", "--no-input", "--disable-pip-version-check", "--no-warn-conflicts",
            "--require-hashes", "--only-binary=:all:", "--no-deps", "--no-compile", "--implementation=cp",
            # It would look at the Python that pip itself runs on. The tags of the wheels are of the one that is meant.
            "--ignore-requires-python",
            f"--python-version={target.python}", *platforms, f"--target={folder}", f"--requirement={lock}",
        ]  # fmt: skip
        done = subprocess.run(command, check=False, capture_output=True, text=True)  # noqa: S603 - pip, with our arguments
        if done.returncode:
            shown = "; ".join(done.stderr.strip().splitlines()[-_LINES_SHOWN:])
            raise ConfigurationError(
                f"FunctionCode requirements must be wheels for Python {target.python} on {target.machine}, which pip finds, got "
                f"{shown}: Bundling.wheels builds no packages, Bundling.docker does"
            )


@dataclass(frozen=True, slots=True)
class _Docker(Bundling):
    image: str | None
    system_packages: Sequence[str]

    def __post_init__(self) -> None:
        if self.image is not None:
            require("Bundling.docker image", self.image, str)
            if self.image.split() != [self.image]:
                raise ConfigurationError(
                    f"Bundling.docker image must be a name without blanks, such as python:3.14-slim, got {self.image!r}: the "
                    "container is made from it"
                )
        require_several("Bundling.docker system_packages", self.system_packages, str)
        for each in self.system_packages:
            if not _SYSTEM_PACKAGE.fullmatch(each):
                raise ConfigurationError(
                    f"Bundling.docker system_packages must be names such as openblas-devel, got {each!r}: they are installed "
                    "by them"
                )
        # A copy: what the caller does to it later must not change a frozen value.
        object.__setattr__(self, "system_packages", tuple(self.system_packages))

    @property
    def identity(self) -> tuple[str, ...]:
        return ("docker", "" if self.image is None else self.image, *self.system_packages)

    @property
    def compiles(self) -> bool:
        return True

    def install(self, folder: Path, lock: Path, target: Target) -> None:
        engine = os.environ.get(_ENGINE, "docker")
        if shutil.which(engine) is None:
            raise ConfigurationError(
                f"Bundling.docker must have a Docker engine, got no command {engine!r} on the path: packages are built in a "
                f"container; install Docker, name another command by {_ENGINE}, or take Bundling.wheels"
            )
        usual = _BUILD_IMAGE.format(target.python, _TAGS[target.architecture])
        image = usual if self.image is None else self.image
        owner = f"{os.getuid()}:{os.getgid()}"
        try:
            cdk.DockerImage.from_registry(image).run(
                entrypoint=["/bin/bash", "-c"],
                command=[self._script(target, owner)],
                # Without it the packages are built for the machine that builds them.
                platform=target.architecture.value,
                # Packages of the system are for root to install; what comes out is the user's in the end.
                user="root" if self.system_packages else owner,
                # pip and compilers write there, and this user has no folder of its own in the container.
                environment={"HOME": "/tmp"},  # noqa: S108 - the container's
                volumes=[
                    cdk.DockerVolume(host_path=str(lock.parent.resolve()), container_path=_IN),
                    cdk.DockerVolume(host_path=str(folder.resolve()), container_path=_OUT),
                ],
            )
        except RuntimeError as error:
            shown = str(error).strip().splitlines()[0]
            raise ConfigurationError(
                f"FunctionCode requirements must be installed in {image} on {target.architecture.value}, got {shown}: what the "
                "container printed says why"
            ) from error

    def _script(self, target: Target, owner: str) -> str:
        version = "import sys; sys.exit(sys.version_info[:2] != ({}, {}))".format(*target.python.split("."))
        pip = (
            "python -m pip install --quiet --no-input --disable-pip-version-check --no-warn-conflicts --no-cache-dir "
            f"--require-hashes --no-deps --no-compile --target={_OUT} --requirement={_IN}/requirements.txt"
        )
        compiling = (
            f"python -m compileall -q -q -j 0 --invalidation-mode unchecked-hash -s {_OUT} -p {TASK_ROOT} {_OUT}"
        )
        steps = [
            f"{{ python -c {shlex.quote(version)} || {{ echo 'the image must have Python {target.python}' >&2; exit 1; }}; }}",
            pip,
            # Some packages bring templates and the like which are no Python; they are not imported either.
            f"{{ {compiling} || true; }}",
        ]
        if self.system_packages:
            manager = "yum" if target.python == _YUM else "dnf"
            steps.insert(1, f"{manager} install --assumeyes --quiet {' '.join(self.system_packages)}")
            steps.append(f"chown -R {owner} {_OUT}")
        return " && ".join(steps)
