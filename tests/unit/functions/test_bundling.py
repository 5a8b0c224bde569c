"""Packages that are built in a container: by the real CDK, with a stand-in for the `docker` command."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import pytest

from cdk_model_hosting import Architecture, FunctionCode
from cdk_model_hosting.functions import cache
from cdk_model_hosting.functions.bundle import Bundle
from cdk_model_hosting.functions.bundling import Bundling
from cdk_model_hosting.functions.packages import Packages
from cdk_model_hosting.functions.target import Target
from tests.unit.builders import refused
from tests.unit.functions.wheels import wheel

HERE = f"{sys.version_info.major}.{sys.version_info.minor}"
TAG = sys.implementation.cache_tag
OWNER = f"{os.getuid()}:{os.getgid()}"
TARGET = Target(python=HERE, architecture=Architecture.ARM64)

# Records the command, and runs what would run in the container, in the folders that would be mounted there.
DOCKER = f"""\
#!{sys.executable}
import json, os, subprocess, sys

words = sys.argv[1:]
with open(os.environ["RECORD"], "a") as record:
    record.write(json.dumps(words) + chr(10))
script = words[-1]
for place, word in enumerate(words):
    if word == "-v":
        outside, inside = words[place + 1].split(":")[:2]
        script = script.replace(inside, outside)
sys.exit(subprocess.run(["/bin/bash", "-c", script]).returncode)
"""

# The kernel of the CDK keeps the environment that it began with: each test needs one of its own.
BUILD = """\
import sys
from cdk_model_hosting import Architecture, FunctionCode
from cdk_model_hosting.functions.bundling import Bundling
from cdk_model_hosting.functions.packages import Packages
from cdk_model_hosting.functions.target import Target

for python, line, options in {asked!r}:
    target = Target(python=python, architecture=Architecture.ARM64)
    try:
        print(Packages(lock=line, target=target, bundling=Bundling.docker(**options)).archive())
    except ValueError as error:
        print(error)
"""


class Built:
    """What came of it: a line for each, and the commands."""

    def __init__(self, folder: Path, asked: list[tuple[str, str, dict[str, Any]]]) -> None:
        tools = folder / "tools"
        tools.mkdir()
        python = f'#!/bin/sh\nexec "{sys.executable}" "$@"\n'
        for name, text in (("docker", DOCKER), ("python", python), ("dnf", "#!/bin/sh\n"), ("yum", "#!/bin/sh\n")):
            (tools / name).write_text(text)
            (tools / name).chmod(0o755)
        record = folder / "commands.jsonl"
        environment = {
            **os.environ,
            "CDK_DOCKER": str(tools / "docker"),
            "RECORD": str(record),
            "PATH": f"{tools}:{os.environ['PATH']}",
            "PYTHONPATH": os.pathsep.join(sys.path),
        }
        code = BUILD.format(asked=asked)
        done = subprocess.run(
            [sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr
        self.lines = done.stdout.splitlines()
        self.commands = [json.loads(line) for line in record.read_text().splitlines()]


@pytest.fixture
def line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """The lock of a package that pip finds here alone."""
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(tmp_path / "wheels"))
    files = {"boosters/__init__.py": "LEAVES = 7", "boosters/tests/test_it.py": "", "boosters/native.c": "int main;"}
    return wheel(tmp_path / "wheels", "boosters", "1.0", "py3-none-any", files)


def test_packages_are_built_in_a_container_of_the_functions_platform(tmp_path: Path, line: str, cached: Path) -> None:
    other = "3.12" if HERE != "3.12" else "3.13"
    # Of another archive.
    wrong = line.replace("sha256:", "sha256:0000")[: len(line)]
    built = Built(
        tmp_path,
        [
            (HERE, line, {}),
            (HERE, line, {"image": "mine@sha256:1", "system_packages": ["gcc-gfortran", "openblas-devel"]}),
            (HERE, wrong, {}),
            (other, line, {}),
        ],
    )

    plain, prepared, refused_, misplaced = built.lines
    for archive in (plain, prepared):
        with zipfile.ZipFile(archive) as opened:
            # Without tests and sources, but with the bytecode from the container.
            assert set(opened.namelist()) == {
                "boosters/__init__.py",
                f"boosters/__pycache__/__init__.{TAG}.pyc",
                "boosters-1.0.dist-info/METADATA",
                "boosters-1.0.dist-info/WHEEL",
            }
    first, second, _, last = built.commands
    assert first[:9] == ["run", "--rm", "--platform", "linux/arm64", "-u", OWNER, "-v", first[7], "-v"]
    mounted = [each.split(":") for each in (first[7], first[9])]
    assert [each[1] for each in mounted] == ["/asset-input", "/asset-output"]
    assert all(Path(each[0]).is_relative_to(cached.resolve()) for each in mounted)
    image = f"public.ecr.aws/sam/build-python{HERE}:latest-arm64"
    assert first[10:-1] == ["--env", "HOME=/tmp", "--entrypoint", "/bin/bash", image, "-c"]
    assert "--require-hashes --no-deps --no-compile --target=/asset-output" in first[-1]
    assert (second[5], second[-3]) == ("root", "mine@sha256:1")
    manager = "yum" if HERE == "3.11" else "dnf"
    assert f" && {manager} install --assumeyes --quiet gcc-gfortran openblas-devel && python -m pip" in second[-1]
    assert second[-1].endswith(f" && chown -R {OWNER} /asset-output")
    assert refused_.startswith(f"FunctionCode requirements must be installed in {image} on linux/arm64, got "), refused_
    assert refused_.endswith(": what the container printed says why")
    assert f"build-python{other}:latest-arm64 on linux/arm64, got " in misplaced
    assert f"build-python{other}:latest-arm64" in last[-3]


def test_fails_when_there_is_no_docker(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CDK_DOCKER", "no-such-engine")
    packages = Packages(lock="numpy==1 --hash=sha256:1", target=TARGET, bundling=Bundling.docker())
    with refused(
        "Bundling.docker must have a Docker engine, got no command 'no-such-engine' on the path: packages are built in a "
        "container; install Docker, name another command by CDK_DOCKER, or take Bundling.wheels"
    ):
        packages.archive()


def test_what_is_built_otherwise_is_kept_apart() -> None:
    ways = [
        Bundling.wheels(),
        Bundling.docker(),
        Bundling.docker(image="mine"),
        Bundling.docker(system_packages=["gcc"]),
    ]
    digests = {Packages(lock="numpy==1", target=TARGET, bundling=each).digest for each in ways}

    assert len(digests) == len(ways)
    assert Packages(lock="numpy==1", target=TARGET).digest == Packages(lock="numpy==1", target=TARGET).digest
    assert cache.find(Packages(lock="numpy==1", target=TARGET).name) is None


def test_a_container_writes_the_bytecode_that_this_machine_cannot() -> None:
    other = Target(python="3.12" if HERE != "3.12" else "3.13", architecture=Architecture.ARM64)

    assert Packages(lock="numpy==1", target=other, bundling=Bundling.docker()).is_compiled


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"image": 1}, "Bundling.docker image must be a str, got 1: nothing else is understood there"),
        *(
            (
                {"image": each},
                (
                    f"Bundling.docker image must be a name without blanks, such as python:3.14-slim, got {each!r}: the container is made "
                    "from it"
                ),
            )
            for each in ("", " ", "mine:1 --privileged")
        ),
        (
            {"system_packages": "gcc"},
            "Bundling.docker system_packages must be a list or tuple, got 'gcc': nothing else is understood there",
        ),
        (
            {"system_packages": ["gcc; curl"]},
            "Bundling.docker system_packages must be names such as openblas-devel, got 'gcc; curl': they are installed by them",
        ),
    ],
)
def test_fails_when_a_name_is_none(options: dict[str, Any], message: str) -> None:
    with refused(message):
        Bundling.docker(**options)


def test_the_code_says_how(tmp_path: Path) -> None:
    (tmp_path / "predictor.py").write_text("def predict(model, request): ...\n")
    (tmp_path / "requirements.txt").write_text("numpy==1 --hash=sha256:1")
    code = FunctionCode.from_folder(tmp_path, requirements="requirements.txt", bundling=Bundling.docker(image="mine"))

    packages = Bundle(code=code, target=TARGET).packages

    assert packages is not None
    assert packages.bundling == Bundling.docker(image="mine")
    assert FunctionCode.from_folder(tmp_path).bundling == Bundling.wheels()
    with refused("FunctionCode bundling must be a Bundling, got 'docker': nothing else is understood there"):
        FunctionCode.from_folder(tmp_path, bundling="docker")  # type: ignore[arg-type]
