"""The wheel holds the library, all of it, and nothing else."""

from __future__ import annotations

import email
import re
import subprocess
import zipfile
from typing import TYPE_CHECKING

from tests.consumers.conftest import ROOT

if TYPE_CHECKING:
    from pathlib import Path

PACKAGE = "cdk_model_hosting"


def test_every_module_and_nothing_else(wheel: Path) -> None:
    source = ROOT / "constructs" / PACKAGE
    expected = {
        f"{PACKAGE}/{path.relative_to(source)}"
        for path in source.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }

    with zipfile.ZipFile(wheel) as archive:
        packed = {name for name in archive.namelist() if ".dist-info/" not in name}

    assert f"{PACKAGE}/py.typed" in packed
    assert packed == expected


def test_what_it_asks_for(wheel: Path) -> None:
    """A user's environment gets the CDK, and none of what the examples and the checks need."""
    with zipfile.ZipFile(wheel) as archive:
        (name,) = (name for name in archive.namelist() if name.endswith(".dist-info/METADATA"))
        metadata = email.message_from_bytes(archive.read(name))

    required = [str(line) for line in metadata.get_all("Requires-Dist", []) if "extra ==" not in str(line)]
    names = {re.split(r"[<>=!~; \[]", line)[0] for line in required}
    assert metadata["Name"] == "cdk-model-hosting"
    assert metadata["Requires-Python"] == ">=3.11"
    assert names == {"aws-cdk-lib", "constructs"}


def test_the_environment_was_empty(consumer_python: Path) -> None:
    """No tool of this repository, and no path into it."""
    listing = (
        "import sys; import importlib.metadata as m; print(*sys.path, *(d.name for d in m.distributions()), sep='\\n')"
    )
    finished = subprocess.run(
        [consumer_python, "-I", "-c", listing], cwd=consumer_python.parent, check=True, capture_output=True, text=True
    )

    lines = finished.stdout.splitlines()
    assert {"aws-cdk-lib", "cdk-model-hosting"} <= set(lines)
    assert {"boto3", "botocore", "cdk-nag", "pytest"}.isdisjoint(lines)
    assert not [line for line in lines if line.startswith(str(ROOT))]
