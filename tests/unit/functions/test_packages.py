"""Installing with the real pip, from wheels that are made here."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from typing import TYPE_CHECKING
from unittest import mock

import pytest

from cdk_model_hosting import Architecture
from cdk_model_hosting.functions.packages import Packages
from cdk_model_hosting.functions.target import Target
from tests.unit.functions.wheels import wheel

if TYPE_CHECKING:
    from pathlib import Path

HERE = f"{sys.version_info.major}.{sys.version_info.minor}"
MINE = Target(python=HERE, architecture=Architecture.X86_64)
FILES = {
    "boosters/__init__.py": "import boosters.trees",
    "boosters/trees.py": "LEAVES = 7",
    "boosters/types.pyi": "LEAVES: int",
    "boosters/native.c": "int main;",
    "boosters/tests/test_trees.py": "assert True",
    "boosters/data/test/model.txt": "x",
}


@pytest.fixture
def wheels(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that pip looks into, and nowhere else."""
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(tmp_path / "wheels"))
    return tmp_path / "wheels"


def names(archive: Path) -> set[str]:
    with zipfile.ZipFile(archive) as opened:
        return set(opened.namelist())


def test_packages_are_installed_compiled_and_stripped(wheels: Path) -> None:
    line = wheel(wheels, "boosters", "1.0", "py3-none-any", FILES)

    archive = Packages(lock=line, target=MINE).archive()

    tag = sys.implementation.cache_tag
    assert names(archive) == {
        "boosters/__init__.py",
        "boosters/trees.py",
        f"boosters/__pycache__/__init__.{tag}.pyc",
        f"boosters/__pycache__/trees.{tag}.pyc",
        "boosters-1.0.dist-info/METADATA",
        "boosters-1.0.dist-info/WHEEL",
    }


def test_what_was_installed_can_be_imported_from_its_bytecode(wheels: Path, tmp_path: Path) -> None:
    line = wheel(wheels, "boosters", "1.0", "py3-none-any", FILES)
    folder = tmp_path / "task"
    with zipfile.ZipFile(Packages(lock=line, target=MINE).archive()) as opened:
        opened.extractall(folder)
    # Only the bytecode knows the leaves now, and it is taken without a look at the source.
    (folder / "boosters" / "trees.py").write_text("raise AssertionError")

    code = "import boosters; print(boosters.trees.LEAVES, boosters.trees.__spec__.cached is not None)"
    done = subprocess.run(
        [sys.executable, "-S", "-B", "-c", code], cwd=folder, capture_output=True, text=True, check=True
    )

    assert done.stdout.split() == ["7", "True"]


def test_wheels_are_those_of_the_functions_platform(wheels: Path) -> None:
    tags = [f"cp314-cp314-manylinux_2_{glibc}_{each}" for glibc in (28, 34) for each in ("x86_64", "aarch64")]
    lines = {tag: wheel(wheels, "boosters", "1.0", tag, {"boosters.py": f"TAG = {tag!r}"}) for tag in tags}
    hashes = " ".join(line.removeprefix("boosters==1.0 ") for line in lines.values())

    for architecture, expected in ((Architecture.ARM64, tags[3]), (Architecture.X86_64, tags[2])):
        target = Target(python="3.14", architecture=architecture)
        with zipfile.ZipFile(Packages(lock=f"boosters==1.0 {hashes}", target=target).archive()) as opened:
            assert expected in opened.read("boosters.py").decode()


@pytest.mark.parametrize(
    ("python", "tag"),
    [
        ("3.14", "cp313-cp313-manylinux2014_x86_64"),
        ("3.14", "cp314-cp314-manylinux_2_35_x86_64"),
        ("3.14", "cp314-cp314-musllinux_1_2_x86_64"),
        ("3.11", "cp311-cp311-manylinux_2_28_x86_64"),
    ],
)
def test_fails_when_there_is_no_wheel_for_the_platform(wheels: Path, python: str, tag: str) -> None:
    line = wheel(wheels, "boosters", "1.0", tag, {"boosters.py": ""})
    with pytest.raises(
        ValueError,
        match=(
            rf"^FunctionCode requirements must be wheels for Python {python} on x86_64, which pip finds, got .*No matching "
            r"distribution found for boosters==1.0.*: Bundling.wheels builds no packages, Bundling.docker does$"
        ),
    ):
        Packages(lock=line, target=Target(python=python, architecture=Architecture.X86_64)).archive()


def test_fails_when_a_wheel_is_another_one(wheels: Path) -> None:
    line = wheel(wheels, "boosters", "1.0", "py3-none-any", {"boosters.py": "GOOD = 1"})
    wheel(wheels, "boosters", "1.0", "py3-none-any", {"boosters.py": "BAD = 1"})

    with pytest.raises(ValueError, match="DO NOT MATCH THE HASHES"):
        Packages(lock=line, target=MINE).archive()


def test_packages_are_installed_once(wheels: Path) -> None:
    line = wheel(wheels, "boosters", "1.0", "py3-none-any", FILES)
    Packages(lock=line, target=MINE).archive()

    with mock.patch("cdk_model_hosting.functions.packages.subprocess.run") as run:
        Packages(lock=line, target=MINE).archive()
    run.assert_not_called()


def test_what_makes_other_packages_makes_another_digest() -> None:
    first = Packages(lock="numpy==1", target=MINE)
    others = [
        Packages(lock="numpy==2", target=MINE),
        Packages(lock="numpy==1", target=Target(python="3.14", architecture=Architecture.X86_64)),
        Packages(lock="numpy==1", target=Target(python=HERE, architecture=Architecture.ARM64)),
    ]
    with mock.patch.object(Target, "interpreter", return_value=None):
        uncompiled = first.digest

    assert len({first.digest, uncompiled, *(each.digest for each in others)}) == 5
    assert Packages(lock="numpy==1", target=MINE).digest == first.digest


def test_bytecode_takes_a_python_of_the_functions_version(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    other = "3.12" if HERE != "3.12" else "3.13"
    target = Target(python=other, architecture=Architecture.ARM64)
    assert Target(python=HERE, architecture=Architecture.ARM64).interpreter() == sys.executable
    assert target.interpreter() is None
    assert not Packages(lock="", target=target).is_compiled

    (tmp_path / f"python{other}").symlink_to(sys.executable)

    assert target.interpreter() == str(tmp_path / f"python{other}")


def test_a_shim_of_a_python_that_is_not_installed_is_none(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    other = "3.12" if HERE != "3.12" else "3.13"
    shim = tmp_path / f"python{other}"
    shim.write_text("#!/bin/sh\nexit 127\n")
    shim.chmod(0o755)
    target = Target(python=other, architecture=Architecture.ARM64)

    assert target.interpreter() is None
    assert not Packages(lock="", target=target).is_compiled
