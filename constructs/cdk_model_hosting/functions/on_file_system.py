"""Models that somebody else puts on a file system."""

from __future__ import annotations

import re
from dataclasses import dataclass

from cdk_model_hosting.arguments import require
from cdk_model_hosting.errors import ConfigurationError
from cdk_model_hosting.tokens import is_token

_WHAT = "ModelDelivery.file_system"
_VERSION = "{version}"
_SHA256 = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True, kw_only=True)
class PathOnFileSystem:
    """A file or folder of a file system, told from others.

    Args:
        path: Where it is, in the access point's folder.
        version: What stands for ``{version}`` in it.
        sha256: Its checksum.
    """

    path: str
    version: str | None
    sha256: str | None

    def __post_init__(self) -> None:
        for name in ("path", "version", "sha256"):
            value = getattr(self, name)
            if value is not None or name == "path":
                require(f"{_WHAT} {name}", value, str)
        self._check_version()
        for name in ("path", "version"):
            value = getattr(self, name)
            if value is not None and not is_token(value):
                _check_inside(name, value)
        if self.sha256 is not None and not is_token(self.sha256) and not _SHA256.fullmatch(self.sha256.lower()):
            raise ConfigurationError(
                f"{_WHAT} sha256 must be 64 hexadecimal digits, got {self.sha256!r}: it is what sha256sum prints of the file, or of the "
                "list of the folder's files"
            )

    @property
    def resolved(self) -> str:
        """The path with its version."""
        return self.path if self.version is None else self.path.replace(_VERSION, self.version)

    @property
    def besides(self) -> str:
        """What tells it from others where the path, known at deploy time only, may not."""
        return "" if self.version is None or _VERSION in self.path else self.version

    def _check_version(self) -> None:
        named = _VERSION in self.path
        if self.version is None and named:
            raise ConfigurationError(
                f"{_WHAT} version must be given with {_VERSION} in the path, got none for {self.path!r}: it stands for it"
            )
        if self.version is not None and not named and not is_token(self.path):
            raise ConfigurationError(
                f"{_WHAT} path must hold {_VERSION} when there is a version, got {self.path!r}: a version that is not part of the path "
                "tells no model from another"
            )
        if self.version is None and self.sha256 is None:
            raise ConfigurationError(
                f"{_WHAT} must have a version or a sha256, got neither for {self.path!r}: a model that is written anew under its path "
                "would be another one in some environments and not in others"
            )


def _check_inside(name: str, value: str) -> None:
    parts = value.split("/")
    if value.startswith("/") or not value or any(part in {"", ".", ".."} for part in parts):
        raise ConfigurationError(
            f"{_WHAT} {name} must be a path inside of the access point's folder, got {value!r}: nothing else of the file system is seen"
        )
