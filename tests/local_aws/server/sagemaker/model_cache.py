"""Which models a container of many holds in memory, and which of them went unused for the longest time."""

import hashlib
import threading
from collections import OrderedDict
from dataclasses import dataclass, field

from tests.local_aws.server.sagemaker.containers import Reply
from tests.local_aws.server.sagemaker.errors import ServiceError


@dataclass(eq=False, slots=True)
class CachedModel:
    """A model that is loaded, or is to be.

    Args:
        target: What requests call it.
        name: What the container calls it: the service tells it no more than a hash.
        users: How many requests wait for it or are answered by it; one in use is not unloaded.
        settled: Set once it is loaded or failed to be.
        failure: Why it could not be loaded: a refusal of the service, or an answer of the container.
    """

    target: str
    name: str
    users: int = 0
    settled: threading.Event = field(default_factory=threading.Event)
    failure: ServiceError | Reply | None = None


class ModelCache:
    """The models of one container, the least recently used first."""

    def __init__(self) -> None:
        self._models: OrderedDict[str, CachedModel] = OrderedDict()
        self._lock = threading.Lock()
        self._generation = 0

    def want(self, target: str, *, generation: int) -> tuple[CachedModel, bool]:
        """Return a model that a request asks for, in use, and whether it is new, so that the caller has to load it.

        Args:
            target: What the request calls it.
            generation: How many times the container was started: another one has forgotten all models.
        """
        with self._lock:
            if generation != self._generation:
                self._models.clear()
                self._generation = generation
            is_new = target not in self._models
            if is_new:
                self._models[target] = CachedModel(target, hashlib.sha256(target.encode()).hexdigest()[:32])
            model = self._models[target]
            model.users += 1
            self._models.move_to_end(target)
            return model, is_new

    def let_go(self, model: CachedModel) -> bool:
        """End the use of a model by a request; tell whether nobody uses it any more."""
        with self._lock:
            model.users -= 1
            return model.users == 0

    def evict(self) -> CachedModel | None:
        """Forget the least recently used of the models that nobody uses, and return it; None when all are in use."""
        with self._lock:
            idle = (model for model in self._models.values() if model.settled.is_set() and model.users == 0)
            victim = next(idle, None)
            if victim is not None:
                del self._models[victim.target]
            return victim

    def forget(self, model: CachedModel) -> None:
        """Forget a model that could not be loaded; the next request for it tries again."""
        with self._lock:
            self._remove(model)

    def retire(self, model: CachedModel) -> bool:
        """Forget a model unless somebody uses it again; tell whether it is forgotten."""
        with self._lock:
            return model.users == 0 and self._remove(model)

    def loaded(self) -> int:
        """Count the models in memory."""
        with self._lock:
            return sum(model.settled.is_set() for model in self._models.values())

    def _remove(self, model: CachedModel) -> bool:
        """Remove a model, but no other one of its name."""
        if self._models.get(model.target) is not model:
            return False
        del self._models[model.target]
        return True
