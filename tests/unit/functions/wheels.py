"""Wheels that are made here, so that pip needs no index."""

from __future__ import annotations

import hashlib
import zipfile
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path


def wheel(folder: Path, name: str, version: str, tag: str, files: Mapping[str, str]) -> str:
    """Write a wheel; return the line of a lock that asks for it.

    Args:
        folder: Where to.
        name: The package's name.
        version: Its version.
        tag: What it runs on, such as ``py3-none-any``.
        files: Its files.
    """
    folder.mkdir(exist_ok=True)
    info = f"{name}-{version}.dist-info"
    described = {
        f"{info}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\nRequires-Python: >=3.11\n",
        f"{info}/WHEEL": f"Wheel-Version: 1.0\nGenerator: tests\nRoot-Is-Purelib: false\nTag: {tag}\n",
        f"{info}/RECORD": "",
    }
    path = folder / f"{name}-{version}-{tag}.whl"
    with zipfile.ZipFile(path, "w") as packed:
        for each, text in {**files, **described}.items():
            packed.writestr(zipfile.ZipInfo(each), text)
    return f"{name}=={version} --hash=sha256:{hashlib.sha256(path.read_bytes()).hexdigest()}"
