"""The images that this local AWS can run: what each was built into, by the names under which it was tagged or pushed.

The docker stand-in writes the records, the runtime plane reads them. Both find them in one JSON file of the scratch
folder, since the stand-in runs in processes of its own.
"""

import fcntl
import json
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

_DIGEST = "sha256:"


@dataclass(frozen=True, slots=True, kw_only=True)
class Image:
    """A build context turned into something that runs as a local process.

    Args:
        digest: The hash of everything that went in.
        root: The folder that stands for the container's file system.
        interpreter: The folder of the virtual environment whose ``bin`` comes first on the path.
        workdir: The working directory, as the container sees it.
        environment: The variables of the ENV instructions.
        entrypoint: The words of ENTRYPOINT.
        command: The words of CMD.
        labels: The labels, some of which tell SageMaker what the container can do.
        skipped: The instructions that have no effect here, in words for the user.
    """

    digest: str
    root: str
    interpreter: str
    workdir: str = "/"
    environment: dict[str, str] = field(default_factory=dict)
    entrypoint: list[str] = field(default_factory=list)
    command: list[str] = field(default_factory=list)
    labels: dict[str, str] = field(default_factory=dict)
    skipped: list[str] = field(default_factory=list)

    def localized(self, word: str) -> str:
        """Turn a container's absolute path, or a list of such, into this machine's where the image has that path."""
        return ":".join(self._localized_path(part) for part in word.split(":"))

    @property
    def local_workdir(self) -> Path:
        """The working directory on this machine."""
        return Path(self.root, self.workdir.lstrip("/"))

    def argv(self, arguments: list[str]) -> list[str]:
        """Return what ``docker run image arguments`` would execute."""
        return [self.localized(word) for word in [*self.entrypoint, *(arguments or self.command)]]

    def _localized_path(self, word: str) -> str:
        local = Path(self.root, word.lstrip("/"))
        return str(local) if word.startswith("/") and word != "/" and local.exists() else word


def find(scratch: Path, name: str) -> Image | None:
    """Return the image of a name or a digest, or None when nothing was built under it here."""
    record = _read(scratch).get(name)
    return Image(**record) if record is not None else None


def names(scratch: Path) -> list[str]:
    """List all names under which images are known."""
    return sorted(name for name in _read(scratch) if not name.startswith(_DIGEST))


def put(scratch: Path, name: str, image: Image) -> None:
    """Give an image a name. Its digest stays one, whatever the name means later."""
    with _locked(scratch):
        records = _read(scratch)
        records[name] = records[image.digest] = asdict(image)
        with tempfile.NamedTemporaryFile("w", dir=scratch, delete=False) as file:
            json.dump(records, file, indent=1)
        Path(file.name).replace(_file(scratch))


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Hold a lock between processes for as long as the block runs."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


@contextmanager
def _locked(scratch: Path) -> Iterator[None]:
    with locked(scratch / "images.lock"):
        yield


def _file(scratch: Path) -> Path:
    return scratch / "images.json"


def _read(scratch: Path) -> dict[str, dict[str, Any]]:
    try:
        records: dict[str, dict[str, Any]] = json.loads(_file(scratch).read_text())
    except FileNotFoundError:
        return {}
    return records


def scratch_folder() -> Path:
    """Return the folder that the lifecycle of the local AWS names in the environment."""
    return Path(os.environ["LOCAL_AWS_SCRATCH"])
