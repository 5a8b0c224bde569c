"""One container for many models, each loaded when it is asked for.

A model is downloaded from below the prefix, unpacked, and handed to the container with POST /models. A container that has
no memory left answers 507; then the models that went unused for the longest time are unloaded, one by one, until it has.
What is unloaded stays on disk, and is loaded from there the next time. Without a cache a model is unloaded and deleted as
soon as nobody uses it.
"""

import contextlib
import json
import shutil
import threading
import time
from collections.abc import Iterator, Mapping
from http import HTTPStatus
from pathlib import Path

from tests.local_aws.server import timing
from tests.local_aws.server.sagemaker import artifacts, cloud, forwarding
from tests.local_aws.server.sagemaker.containers import Container, ContainerDownError, Reply, silence
from tests.local_aws.server.sagemaker.errors import ServiceError
from tests.local_aws.server.sagemaker.invocation_errors import invalid, model_not_ready
from tests.local_aws.server.sagemaker.meters import INSTANCES, Meter
from tests.local_aws.server.sagemaker.model_cache import CachedModel, ModelCache
from tests.local_aws.server.sagemaker.serving import Serving

_LOADING_SECONDS = 360.0
_UNLOADING_SECONDS = 60.0
_SHORTEST_WAIT_SECONDS = 1.0
_LISTING_SECONDS = 30.0
# The last one says that it was loaded before.
_LOADED = frozenset({*range(HTTPStatus.OK, HTTPStatus.MULTIPLE_CHOICES), HTTPStatus.CONFLICT})


class MultiModel(Serving):
    """One container for many models.

    Args:
        container: The container.
        prefix: Where the models are: ``s3://bucket/prefix``, to which a request's target model is added as it is.
        caches: Whether a model stays when nobody uses it.
        meter: The metrics of the variant.
    """

    def __init__(self, container: Container, prefix: str, *, caches: bool, meter: Meter) -> None:
        super().__init__()
        self._container = container
        self._prefix = prefix
        self._caches = caches
        self._meter = meter
        self._models = ModelCache()
        self._one_at_a_time = threading.Lock()

    @property
    def containers(self) -> list[Container]:
        """The one container."""
        return [self._container]

    def wait_until_healthy(self, seconds: float) -> Container | None:
        """Wait until the container is well, which includes that it lists its models."""
        sick = super().wait_until_healthy(seconds)
        if sick is None:
            with contextlib.suppress(ContainerDownError):
                if self._container.call("GET", "/models", timeout=_LISTING_SECONDS).status == HTTPStatus.OK:
                    return None
        return self._container

    def invoke(self, headers: Mapping[str, str], body: bytes, timeout: float) -> Reply:
        """Send a request to the model that it names, once that is loaded."""
        begun = time.monotonic()
        target = headers[forwarding.TARGET_MODEL]
        model, is_new = self._models.want(target, generation=self._container.generation)
        self._meter.put("ModelCacheHit", float(model.settled.is_set()))
        try:
            if is_new:
                cloud.in_background(self._load, model, name=f"load-{model.name}")
            self._wait_for(model, timeout)
            if isinstance(model.failure, Reply):
                return model.failure
            asked = {**forwarding.forwarded(headers), forwarding.TARGET_MODEL: target}
            left = max(timeout - (time.monotonic() - begun), _SHORTEST_WAIT_SECONDS)
            return self._container.invoke(asked, body, left, path=f"/models/{model.name}/invoke")
        finally:
            if self._models.let_go(model) and not self._caches and model.settled.is_set():
                cloud.in_background(self._remove, model, name=f"unload-{model.name}")

    def _wait_for(self, model: CachedModel, timeout: float) -> None:
        """Wait until a model is loaded or has failed to be.

        Raises:
            ServiceError: It takes too long, while it goes on in the background, or its data cannot be had.
        """
        if not model.settled.is_set():
            begun = time.perf_counter()
            model.settled.wait(max(timing.compressed_period(timeout), _SHORTEST_WAIT_SECONDS))
            self._meter.put("ModelLoadingWaitTime", (time.perf_counter() - begun) * 1e6, "Microseconds")
        if not model.settled.is_set():
            raise model_not_ready(model.target)
        if isinstance(model.failure, ServiceError):
            raise model.failure

    def _load(self, model: CachedModel) -> None:
        """Bring a model into the container's memory, and tell everyone who waits for it."""
        with self._one_at_a_time:
            try:
                self._download(model)
                model.failure = self._hand_over(model)
            except ServiceError as error:
                model.failure = error
            except OSError as error:
                model.failure = silence(f"the model could not be put on disk ({error})", self._container.name)
            finally:
                if model.failure is not None:
                    self._models.forget(model)
                model.settled.set()
            self._count()

    def _download(self, model: CachedModel) -> None:
        folder = self._folder(model)
        if folder.exists():
            return
        location = self._prefix + model.target
        bucket, key = artifacts.split(location)
        try:
            with self._timed("ModelDownloadingTime"):
                artifacts.fetch_archive(location, folder)
        except artifacts.MissingError as error:
            raise invalid(
                f"Failed to download model data (bucket: {bucket}, key: {key}). Please ensure that there is an object located"
                " at the URL and that the role passed to CreateModel has permissions to download the model."
            ) from error
        except artifacts.ArtifactError as error:
            raise invalid(
                f"Failed to extract model data (bucket: {bucket}, key: {key}). Please ensure that the object located at the"
                " URL is a valid tar.gz archive."
            ) from error

    def _hand_over(self, model: CachedModel) -> Reply | None:
        """Let the container load a model; return its answer when it does not."""
        asked = json.dumps({"model_name": model.name, "url": str(self._folder(model))}).encode()
        headers = {
            "Content-Type": "application/json",
            "Accept": "application/json",
            forwarding.TARGET_MODEL: model.target,
        }
        while True:
            reply = self._container.invoke(headers, asked, _LOADING_SECONDS, path="/models")
            if reply.status in _LOADED:
                self._meter.put("ModelLoadingTime", reply.seconds * 1e6, "Microseconds")
                return None
            victim = self._models.evict() if reply.status == HTTPStatus.INSUFFICIENT_STORAGE else None
            if victim is None:
                return reply
            self._unload(victim)

    def _unload(self, model: CachedModel) -> None:
        headers = {forwarding.TARGET_MODEL: model.target}
        # One that has ended meanwhile has unloaded everything.
        with self._timed("ModelUnloadingTime"), contextlib.suppress(ContainerDownError):
            self._container.call("DELETE", f"/models/{model.name}", headers=headers, timeout=_UNLOADING_SECONDS)

    def _remove(self, model: CachedModel) -> None:
        """Unload a model and delete it from disk, unless somebody has asked for it again."""
        with self._one_at_a_time:
            if self._models.retire(model):
                self._unload(model)
                shutil.rmtree(self._folder(model).parent, ignore_errors=True)
                self._count()

    def _folder(self, model: CachedModel) -> Path:
        return self._container.base / "models" / model.name / "model"

    @contextlib.contextmanager
    def _timed(self, metric: str) -> Iterator[None]:
        begun = time.perf_counter()
        yield
        self._meter.put(metric, (time.perf_counter() - begun) * 1e6, "Microseconds")

    def _count(self) -> None:
        self._meter.put("LoadedModelCount", float(self._models.loaded()), namespace=INSTANCES)
