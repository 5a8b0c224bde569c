"""The checksum of a model's files, as anybody can count it with ``sha256sum``."""

import hashlib
from pathlib import Path


def sha256_of(path: Path) -> str:
    r"""The SHA-256 of a file; of a folder, that of the list of its files.

    The list is what ``sha256sum`` prints of them when it is called in the folder with their names sorted by bytes. Empty folders
    and permissions do not count::

        find . -type f -printf '%P\n' | LC_ALL=C sort | xargs -d '\n' sha256sum | sha256sum

    Args:
        path: The file or folder. A link to a file stands for it, one to a folder for nothing.
    """
    if path.is_file():
        return _sha256_of_file(path)
    listed = hashlib.sha256()
    files = {each.relative_to(path).as_posix(): each for each in path.rglob("*") if each.is_file()}
    for name in sorted(files, key=str.encode):
        listed.update(f"{_sha256_of_file(files[name])}  {name}\n".encode())
    return listed.hexdigest()


def _sha256_of_file(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
