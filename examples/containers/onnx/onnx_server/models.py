"""The models that a multi-model container holds in memory, and how much memory they may take together."""

import threading
from dataclasses import dataclass
from pathlib import Path

from .model import Model

# What onnxruntime takes for a model besides its weights: 30 kB of trees took 270 kB, 64 MB of a dense layer 64 MB.
_SESSION_BYTES = 256 * 1024


class AlreadyLoadedError(Exception):
    """A model of this name is in memory."""


class NotLoadedError(Exception):
    """No model of this name is in memory."""


class OutOfMemoryError(Exception):
    """There is no memory left for another model."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadedModel:
    """A model in memory.

    Args:
        name: What SageMaker calls it.
        url: The folder that it was loaded from, as SageMaker named it.
        model: The model.
        bytes: What it counts for.
    """

    name: str
    url: str
    model: Model
    bytes: int


class Models:
    """The models in memory. Any thread may ask; models are loaded one after the other.

    A model counts with the size of its files and what a session takes besides. That is an estimate, and the same on every
    machine; what the process grows by depends on what was freed before.

    Args:
        memory_bytes: What all models together may count for.
        threads: Threads that onnxruntime may use for one prediction.
    """

    def __init__(self, *, memory_bytes: int, threads: int = 1) -> None:
        self._memory_bytes = memory_bytes
        self._threads = threads
        self._models: dict[str, LoadedModel] = {}
        self._loading = threading.Lock()

    def load(self, name: str, url: str) -> LoadedModel:
        """Load a model from a folder.

        Raises:
            AlreadyLoadedError: One of this name is loaded.
            OutOfMemoryError: There is no room for it.
            ModelLoadError: The folder does not hold a model.
        """
        with self._loading:
            if name in self._models:
                raise AlreadyLoadedError(f"model {name} is already loaded")
            folder = Path(url)
            needed = _SESSION_BYTES + sum(file.stat().st_size for file in folder.rglob("*") if file.is_file())
            used = self.used_bytes
            if used + needed > self._memory_bytes:
                raise OutOfMemoryError(
                    f"model {name} must fit into {self._memory_bytes} bytes, of which {used} are taken, got {needed}"
                )
            try:
                model = Model.load(folder, threads=self._threads)
            except MemoryError as error:
                raise OutOfMemoryError(f"model {name} does not fit into the memory of this machine") from error
            loaded = LoadedModel(name=name, url=url, model=model, bytes=needed)
            self._models = {**self._models, name: loaded}
            return loaded

    def get(self, name: str) -> LoadedModel:
        """A model by its name.

        Raises:
            NotLoadedError: There is none.
        """
        try:
            return self._models[name]
        except KeyError:
            raise NotLoadedError(f"model {name} is not loaded") from None

    def unload(self, name: str) -> LoadedModel:
        """Let go of a model; its memory is free when the last request that it answers is over.

        Raises:
            NotLoadedError: There is none of this name.
        """
        with self._loading:
            loaded = self.get(name)
            self._models = {key: model for key, model in self._models.items() if key != name}
            return loaded

    def after(self, name: str, *, most: int) -> list[LoadedModel]:
        """The models whose names come after `name`, in the order of their names, `most` at most."""
        models = self._models
        return [models[key] for key in sorted(key for key in models if key > name)[:most]]

    @property
    def used_bytes(self) -> int:
        """What the models in memory count for."""
        return sum(loaded.bytes for loaded in self._models.values())
