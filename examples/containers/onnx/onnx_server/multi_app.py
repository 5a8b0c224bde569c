"""The HTTP side of SageMaker's contract for a container of many models: /models beside GET /ping."""

import logging
import time
from collections.abc import Awaitable, Callable
from functools import partial
from http import HTTPStatus

import anyio
import orjson
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from .answering import Answering, refusal, refuse_http
from .errors import ModelLoadError
from .models import AlreadyLoadedError, LoadedModel, Models, NotLoadedError, OutOfMemoryError
from .settings import Settings

_logger = logging.getLogger(__name__)

_PAGE = 100
# What the caller of the endpoint calls the model, for the log: its name here is a hash.
_TARGET_MODEL = "x-amzn-sagemaker-target-model"


def create_multi_app(models: Models, settings: Settings) -> Starlette:
    """The application that loads, lists, unloads and asks models."""
    endpoints = _Endpoints(models, settings)
    return Starlette(
        routes=[
            Route("/ping", endpoints.ping, methods=["GET"]),
            Route("/models", endpoints.list, methods=["GET"]),
            Route("/models", endpoints.load, methods=["POST"]),
            Route("/models/{name}", endpoints.get, methods=["GET"]),
            Route("/models/{name}", endpoints.unload, methods=["DELETE"]),
            Route("/models/{name}/invoke", endpoints.invoke, methods=["POST"]),
        ],
        exception_handlers={
            HTTPException: _refuse_http,
            AlreadyLoadedError: _refuses_with(HTTPStatus.CONFLICT),
            NotLoadedError: _refuses_with(HTTPStatus.NOT_FOUND),
            # SageMaker then unloads a model that went unused, and tries again.
            OutOfMemoryError: _refuses_with(HTTPStatus.INSUFFICIENT_STORAGE),
            ModelLoadError: _refuses_with(HTTPStatus.INTERNAL_SERVER_ERROR),
        },
    )


class _Endpoints:
    def __init__(self, models: Models, settings: Settings) -> None:
        self._models = models
        self._answering = Answering(settings)

    async def ping(self, _request: Request) -> Response:
        """200 at once: models come later."""
        return Response(status_code=HTTPStatus.OK)

    async def list(self, request: Request) -> Response:
        """The models in memory, a page at a time."""
        page = self._models.after(request.query_params.get("next_page_token", ""), most=_PAGE + 1)
        shown = page[:_PAGE]
        told: dict[str, object] = {"models": [_described(loaded) for loaded in shown]}
        if len(page) > len(shown):
            told["nextPageToken"] = shown[-1].name
        return _json(told)

    async def load(self, request: Request) -> Response:
        """Load a model from the folder that SageMaker names."""
        try:
            asked = orjson.loads(await request.body())
            name, url = str(asked["model_name"]), str(asked["url"])
        except (orjson.JSONDecodeError, KeyError, TypeError):
            return refusal(HTTPStatus.BAD_REQUEST, "the body must be a JSON object with model_name and url")
        started = time.perf_counter()
        # In a thread, so that the other models answer meanwhile.
        loaded = await anyio.to_thread.run_sync(self._models.load, name, url)
        described = loaded.model.description
        self._log("the model is loaded", request, loaded, started, name=described.name, version=described.version)
        return _json(_described(loaded))

    async def get(self, request: Request) -> Response:
        """One model in memory."""
        return _json(_described(self._models.get(request.path_params["name"])))

    async def unload(self, request: Request) -> Response:
        """Let go of a model."""
        started = time.perf_counter()
        loaded = await anyio.to_thread.run_sync(self._models.unload, request.path_params["name"])
        self._log("the model is unloaded", request, loaded, started)
        return _json(_described(loaded))

    async def invoke(self, request: Request) -> Response:
        """Predictions of one model for the records in the body."""
        loaded = self._models.get(request.path_params["name"])
        return await self._answering.answer(request, loaded.model, target=_target(request))

    def _log(self, message: str, request: Request, loaded: LoadedModel, started: float, **more: str) -> None:
        milliseconds = round((time.perf_counter() - started) * 1000, 2)
        told = {"target": _target(request), "bytes": loaded.bytes, "used_bytes": self._models.used_bytes}
        _logger.info(message, extra={"fields": {**told, **more, "ms": milliseconds}})


def _target(request: Request) -> str:
    return request.headers.get(_TARGET_MODEL, "")


def _described(loaded: LoadedModel) -> dict[str, str]:
    return {"modelName": loaded.name, "modelUrl": loaded.url}


def _json(told: object) -> Response:
    return Response(orjson.dumps(told), media_type="application/json")


async def _refuse(request: Request, error: Exception, *, status: HTTPStatus) -> Response:
    _logger.warning(
        "refused", extra={"fields": {"status": status.value, "path": request.url.path, "reason": str(error)}}
    )
    return refusal(status, str(error))


def _refuses_with(status: HTTPStatus) -> Callable[[Request, Exception], Awaitable[Response]]:
    return partial(_refuse, status=status)


async def _refuse_http(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)  # noqa: S101 - it is registered for nothing else
    return refuse_http(request, error, served="GET /ping and the paths of /models")
