"""A model that is there when the function begins: in its code, a layer, its image or a file system."""

from dataclasses import dataclass
from pathlib import Path

from .contract import Delivery, Variable
from .failures import StartError

_HINTS = {
    Delivery.BUNDLED: "the code of the function must have it",
    Delivery.LAYER: "a layer's contents lie under /opt",
    Delivery.IMAGE: "its Dockerfile must copy it there",
    Delivery.FILE_SYSTEM: "it must have been published to the file system",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class LocalModel:
    """A file or folder.

    Args:
        delivery: How it came there.
        path: Where it is.
        sha256: What its checksum must be; not checked when None.
    """

    delivery: Delivery
    path: Path
    sha256: str | None = None

    def __str__(self) -> str:
        return str(self.path)

    def fetch(self) -> Path:
        """Look whether it is there, and the right one.

        Raises:
            StartError: When it is not, or cannot be read.
        """
        path = self.path
        try:
            if not path.exists():
                raise StartError(
                    f"{Variable.PATH} must be the model's file or folder, got {path}, where nothing is: {_HINTS[self.delivery]}"
                )
            if self.sha256 is not None:
                self._check(path, self.sha256)
        except OSError as error:
            raise StartError(f"the model {path} cannot be read: {error}") from error
        return path

    def _check(self, path: Path, expected: str) -> None:
        from .digest import sha256_of  # noqa: PLC0415 - hashlib takes as long as half of this package

        found = sha256_of(path)
        if found != expected:
            raise StartError(
                f"the model {path} must have the SHA-256 {expected}, got {found}: it is another one, or damaged"
            )
