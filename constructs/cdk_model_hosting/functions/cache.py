"""Where bundles are kept from one synthesis to the next."""

from __future__ import annotations

import os
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

VARIABLE = "CDK_MODEL_HOSTING_CACHE"
"""Environment variable that names another folder than the usual one."""

# Code changes often, and takes its packages along; these change rarely, and take time to install.
_KEPT_DAYS = 3
_PACKAGES_KEPT_DAYS = 30
_PACKAGES = "packages-"
# The folder may be one that has archives of somebody else's.
_OURS = ("code-", "layer-", _PACKAGES)
_DAY_SECONDS = 86_400


def folder() -> Path:
    """The folder: what `VARIABLE` names, or one among the caches of this machine's user."""
    chosen = os.environ.get(VARIABLE)
    if chosen:
        return Path(chosen)
    caches = os.environ.get("XDG_CACHE_HOME")
    return (Path(caches) if caches else Path.home() / ".cache") / "cdk-model-hosting"


def find(name: str) -> Path | None:
    """A file that was made before.

    Args:
        name: Its name, which has the digest of all that it is made of.
    """
    path = folder() / name
    if not path.exists():
        return None
    # It says when the file was last of use.
    os.utime(path)
    return path


def keep(name: str, make: Callable[[Path], None]) -> Path:
    """A file, made unless that was done before. Files that nobody has asked for in a while go.

    Args:
        name: Its name, which has the digest of all that it is made of.
        make: Makes it at the path that it is given.
    """
    known = find(name)
    if known is not None:
        return known
    path = folder() / name
    path.parent.mkdir(parents=True, exist_ok=True)
    _forget()
    with tempfile.TemporaryDirectory(dir=path.parent) as scratch:
        made = Path(scratch) / path.name
        make(made)
        # What was broken off never has the name of what is whole.
        made.replace(path)
    return path


def _forget() -> None:
    for path in (each for each in folder().glob("*.zip") if each.name.startswith(_OURS)):
        days = _PACKAGES_KEPT_DAYS if path.name.startswith(_PACKAGES) else _KEPT_DAYS
        if path.stat().st_mtime < time.time() - days * _DAY_SECONDS:
            path.unlink(missing_ok=True)
