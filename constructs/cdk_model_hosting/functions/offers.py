"""What a package offers by its entry points, read as Python reads it where a function runs."""

from __future__ import annotations

from importlib.metadata import Distribution
from typing import TYPE_CHECKING

from cdk_model_hosting.handlers.model_function.contract import LOADER_GROUP

if TYPE_CHECKING:
    import os
    from pathlib import Path

    from cdk_model_hosting.functions.named import Text


class _Package(Distribution):
    """A package of which nothing is known but its entry points."""

    def __init__(self, text: Text) -> None:
        self._text = text

    def read_text(self, filename: str) -> str | None:  # noqa: ARG002 - nothing else of it is asked for
        # In what is not of this library's group a byte may be anything.
        return self._text.read_text(encoding="utf-8", errors="replace")

    def locate_file(self, path: str | os.PathLike[str]) -> Path:
        # Nobody asks where an entry point's files are.
        raise FileNotFoundError(path)


def offers(text: Text, name: str) -> bool:
    """Whether a package offers a loader.

    Args:
        text: The file that says what it offers.
        name: The loader's name.
    """
    try:
        return bool(_Package(text).entry_points.select(group=LOADER_GROUP, name=name))
    except TypeError:
        # A line without a value, with which Python can begin nothing.
        return False
