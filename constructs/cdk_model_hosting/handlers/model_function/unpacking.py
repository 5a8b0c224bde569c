"""Archives of models."""

import errno
import zlib
from pathlib import Path

from .failures import StartError

_TAR = (".tar.gz", ".tgz", ".tar")
_ZIP = ".zip"


def is_archive(name: str) -> bool:
    """Whether a file is an archive, by its name.

    Args:
        name: The name.
    """
    return name.endswith((*_TAR, _ZIP))


def unpack(archive: Path, folder: Path, *, name: str, what: str) -> None:
    """Unpack an archive.

    Args:
        archive: The archive.
        folder: Where to.
        name: The name that says of which kind it is.
        what: What a message calls it.

    Raises:
        StartError: When it is none of that kind, or broken.
        OSError: When it cannot be written.
    """
    import tarfile  # noqa: PLC0415 - needed for archives alone
    import zipfile  # noqa: PLC0415 - the same

    try:
        if name.endswith(_ZIP):
            with zipfile.ZipFile(archive) as packed:
                packed.extractall(folder)  # noqa: S202 - zipfile writes nothing outside of it
        else:
            with tarfile.open(archive) as packed:
                # Nothing outside of the folder either, and no links that lead out of it.
                packed.extractall(folder, filter="data")
    except (tarfile.TarError, zipfile.BadZipFile, zlib.error, EOFError, OSError) as error:
        if isinstance(error, OSError) and error.errno == errno.ENOSPC:
            raise
        raise StartError(f"the model {what} cannot be unpacked: {type(error).__name__}: {error}") from error
