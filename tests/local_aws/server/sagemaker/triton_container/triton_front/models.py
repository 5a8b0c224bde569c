"""The models that the container has loaded, each with a Triton server."""

import re
import threading
from http import HTTPStatus
from pathlib import Path

from .answers import RefusedError
from .server import Server

_ENSEMBLE = re.compile(r'platform: ?"ensemble"')


class Models:
    """What is loaded, by the names that SageMaker gives."""

    def __init__(self) -> None:
        self._loaded: dict[str, Server] = {}
        self._lock = threading.Lock()

    def load(self, name: str, repository: Path, model: str) -> None:
        """Load a model.

        Raises:
            RefusedError: It is loaded already, or cannot be.
        """
        with self._lock:
            if name in self._loaded:
                raise RefusedError(HTTPStatus.CONFLICT, f"model {name} is loaded already")
            server = Server(repository, model)
            try:
                server.load()
            except (RefusedError, OSError):
                _end(server)
                raise
            self._loaded[name] = server

    def unload(self, name: str) -> None:
        """Let go of a model."""
        with self._lock:
            server = self.find(name)
            del self._loaded[name]
            _end(server)

    def find(self, name: str) -> Server:
        """The server of a model.

        Raises:
            RefusedError: It is not loaded.
        """
        server = self._loaded.get(name)
        if server is None:
            raise RefusedError(HTTPStatus.NOT_FOUND)
        return server

    def described(self) -> list[dict[str, str]]:
        """The loaded models."""
        return [{"modelName": name, "modelUrl": str(each.repository)} for name, each in list(self._loaded.items())]

    def end(self) -> None:
        """End all servers, also one that is on its way in or out."""
        with self._lock:
            _end(*self._loaded.values())


def _end(*servers: Server) -> None:
    for each in servers:
        each.tell_to_end()
    for each in servers:
        each.wait_for_end()


def top(repository: Path) -> str:
    """The ensemble of an archive, or its only model, as Triton's front for SageMaker chooses."""
    found = folders(repository)
    if not found:
        raise RefusedError(HTTPStatus.BAD_REQUEST, f"there is no model in {repository}")
    ensembles = [each for each in found if _ENSEMBLE.search((each / "config.pbtxt").read_text(encoding="utf-8"))]
    return (ensembles or found)[0].name


def folders(repository: Path) -> list[Path]:
    """The folders of a repository's models."""
    return sorted(each for each in repository.iterdir() if (each / "config.pbtxt").is_file())
