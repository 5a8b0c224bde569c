"""A gate at which requests wait in an echo container, for as long as a test wants them to."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

from tests.local_aws.runtime.reading import eventually


@dataclass
class Gate:
    """A gate, which is opened at the latest when the block is left.

    Args:
        folder: Where it is; the folder is made.
    """

    folder: Path
    wish: dict[str, Any] = field(init=False)
    """What makes an invocation wait at it."""

    def __post_init__(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        self.wish = {"do": "wait", "gate": str(self.folder)}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self.open()

    def reached(self, count: int = 1) -> None:
        """Wait until so many requests have come to it since it was made."""
        eventually(lambda: len(list(self.folder.iterdir())), lambda found: found >= count)

    def open(self) -> None:
        """Let everybody through from now on."""
        (self.folder / "open").touch()
