"""The same app gives the same bytes: twice in one process, in two processes, and for two hash seeds."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from tests.stacks.synthesis import ROOT, make_model_folder, synthesize

if TYPE_CHECKING:
    from pathlib import Path

    from tests.stacks.synthesis import Assembly


# Where jsii unpacks the CDK, anew for each process, which the CDK writes down with where in it a resource was made.
UNPACKED = re.compile(rb"(?<=jsii-kernel-)\w+")


def contents(folder: Path) -> dict[str, bytes]:
    """Every file of a cloud assembly, by its path."""
    files = [path for path in sorted(folder.rglob("*")) if path.is_file()]
    return {str(path.relative_to(folder)): UNPACKED.sub(b"", path.read_bytes()) for path in files}


def test_twice_in_one_process(assembly: Assembly, model_folder: Path, tmp_path: Path) -> None:
    again = synthesize(tmp_path, model_folder)

    assert contents(again.folder) == contents(assembly.folder)


@pytest.mark.parametrize("seed", ["0", "4242"])
def test_in_another_process(assembly: Assembly, model_folder: Path, tmp_path: Path, seed: str) -> None:
    source_roots = os.pathsep.join([str(ROOT), str(ROOT / "constructs")])
    environment = os.environ | {"PYTHONHASHSEED": seed, "PYTHONPATH": source_roots}

    subprocess.run(
        [sys.executable, "-m", "tests.stacks.synthesis", tmp_path, model_folder], cwd=ROOT, env=environment, check=True
    )

    assert contents(tmp_path) == contents(assembly.folder)


def test_a_changed_model_changes_the_template(assembly: Assembly, tmp_path: Path) -> None:
    other = make_model_folder(tmp_path)
    for model in tmp_path.rglob("model.onnx"):
        model.write_bytes(b"another model")

    changed = synthesize(tmp_path / "out", other)

    assert changed.templates() != assembly.templates()
