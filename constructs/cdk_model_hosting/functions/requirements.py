"""The packages of a function, as a lock names them, chosen for the function's own platform."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from cdk_model_hosting.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from cdk_model_hosting.functions.target import Target

_WHAT = "FunctionCode requirements"
_HASH = "--hash="
# What would bring in more than the digest of the bundle knows of.
_REFUSED = ("-r", "--requirement", "-c", "--constraint", "-e", "--editable")


def chosen(lock: Path, target: Target) -> str:
    """The lines of a lock that are meant for a platform, without the markers that say so.

    pip looks at markers with the Python that it runs on, whichever platform it is told to install for, so it must not see them.

    Args:
        lock: The file.
        target: What the function runs on.

    Raises:
        ConfigurationError: When it is no lock: a package has no hash, or no version, or another file is named.
    """
    lines: list[str] = []
    for line in _joined(_text(lock)):
        if line.startswith("-"):
            if line.split("=")[0].split()[0] in _REFUSED or line[:2] in _REFUSED:
                raise ConfigurationError(
                    f"{_WHAT} must name every package itself, got {line!r}: the bundle is known by this one file"
                )
            lines.append(line)
            continue
        wanted, *hashes = line.split(_HASH)
        requirement = _parsed(wanted.strip())
        if not hashes:
            raise ConfigurationError(
                f"{_WHAT} must have a hash of every package, got {wanted.strip()!r} without: make the lock with pip-compile or "
                "uv pip compile and --generate-hashes"
            )
        if requirement.marker is not None and not requirement.marker.evaluate(target.markers):
            continue
        requirement.marker = None
        lines.append(" ".join([str(requirement), *(f"{_HASH}{each.strip()}" for each in hashes)]))
    return "".join(f"{line}\n" for line in lines)


def _text(lock: Path) -> str:
    try:
        return lock.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise ConfigurationError(
            f"{_WHAT} must be a text in UTF-8, got {lock}, which is none: it is the lock that pip-compile or uv pip compile writes"
        ) from error


def _joined(text: str) -> Iterator[str]:
    """Lines without comments, those that go on joined."""
    for line in text.replace("\\\n", " ").splitlines():
        stripped = line.split(" #")[0].strip()
        if stripped and not stripped.startswith("#"):
            yield stripped


def _parsed(text: str) -> Any:
    requirements = _packaging()
    try:
        requirement = requirements.Requirement(text)
    except requirements.InvalidRequirement as error:
        raise ConfigurationError(
            f"{_WHAT} must be a lock of packages, got the line {text!r}: {str(error).splitlines()[0]}"
        ) from error
    pinned = [each for each in requirement.specifier if each.operator in {"==", "==="}]
    if requirement.url is None and not pinned:
        raise ConfigurationError(
            f"{_WHAT} must have the version of every package, got {text!r}: the same lock must always be the same packages"
        )
    return requirement


def _packaging() -> Any:
    # pip brings it, and pip is needed for what follows.
    try:
        return importlib.import_module("pip._vendor.packaging.requirements")
    except ImportError as error:
        raise ConfigurationError(
            f"{_WHAT} must be installed by pip, got a Python without it: {error}; run python -m ensurepip"
        ) from error
