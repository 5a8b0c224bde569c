from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest

from cdk_model_hosting import Architecture
from cdk_model_hosting.functions.requirements import chosen
from cdk_model_hosting.functions.target import Target
from tests.unit.builders import refused

if TYPE_CHECKING:
    from pathlib import Path

ARM = Target(python="3.14", architecture=Architecture.ARM64)
HASH = "--hash=sha256:" + "0" * 64


def lock(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "requirements.txt"
    path.write_text(text)
    return path


@pytest.mark.parametrize(
    ("marker", "is_meant"),
    [
        ("python_full_version >= '3.12'", True),
        ("python_full_version < '3.12'", False),
        ("python_version == '3.14' and platform_machine == 'aarch64'", True),
        ("platform_machine == 'x86_64'", False),
        ("sys_platform == 'win32'", False),
        ("extra == 'gpu'", False),
        ("platform_python_implementation == 'CPython'", True),
    ],
)
def test_markers_are_those_of_the_function_and_not_of_this_machine(tmp_path: Path, marker: str, is_meant: bool) -> None:
    text = chosen(lock(tmp_path, f"numpy==2.5.5 ; {marker} \\\n    {HASH} \\\n    {HASH}\n"), ARM)

    assert text == (f"numpy==2.5.5 {HASH} {HASH}\n" if is_meant else "")


def test_comments_go_and_options_stay(tmp_path: Path) -> None:
    text = f"# made by hand\n--prefer-binary\nnumpy==2.5.5 {HASH}\n    # via onnxruntime\n\n"

    assert chosen(lock(tmp_path, text), ARM) == f"--prefer-binary\nnumpy==2.5.5 {HASH}\n"


@pytest.mark.parametrize(
    ("line", "message"),
    [
        (
            "numpy==2.5.5",
            (
                "FunctionCode requirements must have a hash of every package, got 'numpy==2.5.5' without: make the lock with "
                "pip-compile or uv pip compile and --generate-hashes"
            ),
        ),
        (
            f"numpy>=2 {HASH}",
            (
                "FunctionCode requirements must have the version of every package, got 'numpy>=2': the same lock must always be "
                "the same packages"
            ),
        ),
        *(
            (
                line,
                (
                    f"FunctionCode requirements must name every package itself, got '{line}': the bundle is known by this one "
                    "file"
                ),
            )
            for line in ("-r other.txt", "-rother.txt", "--requirement=other.txt", "-c limits.txt", "-e ../library")
        ),
    ],
)
def test_fails_when_a_line_is_no_lock(tmp_path: Path, line: str, message: str) -> None:
    with refused(message):
        chosen(lock(tmp_path, line), ARM)


def test_fails_when_a_line_is_no_requirement(tmp_path: Path) -> None:
    with pytest.raises(
        ValueError, match=r"^FunctionCode requirements must be a lock of packages, got the line 'a b': "
    ):
        chosen(lock(tmp_path, f"a b {HASH}"), ARM)


def test_fails_when_it_is_no_text(tmp_path: Path) -> None:
    lock = tmp_path / "requirements.txt"
    lock.write_bytes(b"\xff\xfe")
    with refused(
        f"FunctionCode requirements must be a text in UTF-8, got {lock}, which is none: it is the lock that pip-compile or uv pip compile "
        "writes"
    ):
        chosen(lock, Target(python="3.14", architecture=Architecture.ARM64))


def test_fails_without_pip(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pip._vendor.packaging.requirements", None)
    with pytest.raises(
        ValueError, match=r"must be installed by pip, got a Python without it: .*; run python -m ensurepip$"
    ):
        chosen(lock(tmp_path, f"numpy==2.5.5 {HASH}"), ARM)
