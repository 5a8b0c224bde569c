"""The HTTP side of SageMaker's container contract: GET /ping and POST /invocations."""

import logging
import time
from dataclasses import dataclass
from http import HTTPStatus

import anyio
import orjson
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route

from .errors import RequestError
from .invocation import Answer, Invocation
from .model import Model
from .settings import Settings

_logger = logging.getLogger(__name__)


@dataclass(slots=True)
class Slot:
    """Where the one model of a container stands once it is loaded.

    Args:
        model: None until then.
    """

    model: Model | None = None


def create_app(slot: Slot, settings: Settings) -> Starlette:
    """The application that answers with the slot's model."""
    endpoints = _Endpoints(slot, settings)
    return Starlette(
        routes=[
            Route("/ping", endpoints.ping, methods=["GET"]),
            Route("/invocations", endpoints.invocations, methods=["POST"]),
        ],
        exception_handlers={HTTPException: _refuse_http},
    )


class _Endpoints:
    def __init__(self, slot: Slot, settings: Settings) -> None:
        self._slot = slot
        self._settings = settings
        self._workers = anyio.CapacityLimiter(settings.workers)

    async def ping(self, _request: Request) -> Response:
        """200 once the model is loaded; SageMaker sends no traffic before."""
        return Response(status_code=HTTPStatus.OK if self._slot.model else HTTPStatus.SERVICE_UNAVAILABLE)

    async def invocations(self, request: Request) -> Response:
        """Predictions for the records in the body."""
        model = self._slot.model
        if model is None:
            return _refusal(HTTPStatus.SERVICE_UNAVAILABLE, "the model is not loaded yet")
        started = time.perf_counter()
        try:
            answer = await self._answer(request, model)
        except RequestError as error:
            _log_invocation(error.status, started, reason=error.reason)
            return _refusal(error.status, error.reason)
        except ClientDisconnect:
            _log_invocation(HTTPStatus.BAD_REQUEST, started, reason="the caller hung up")
            return _refusal(HTTPStatus.BAD_REQUEST, "the body ended early")
        except Exception:
            _logger.exception("the model failed")
            return _refusal(HTTPStatus.INTERNAL_SERVER_ERROR, "the model failed; the container's log says why")
        _log_invocation(HTTPStatus.OK, started, rows=answer.rows)
        return Response(answer.body, media_type=answer.media_type)

    async def _answer(self, request: Request, model: Model) -> Answer:
        invocation = Invocation.of(
            content_type=request.headers.get("content-type"),
            accept=request.headers.get("accept"),
        )
        body = await self._body(request)

        def answer() -> Answer:
            return invocation.answer(body, model, max_rows=self._settings.max_rows)

        # In a thread, so that /ping is answered during a long batch.
        return await anyio.to_thread.run_sync(answer, limiter=self._workers)

    async def _body(self, request: Request) -> bytes:
        # What is too large is still read to its end, though not kept: a caller who is cut off while sending never sees why.
        limit = self._settings.max_body_bytes
        chunks, size = [], 0
        async for chunk in request.stream():
            size += len(chunk)
            if size <= limit:
                chunks.append(chunk)
        if size > limit:
            reason = f"the body must be at most {limit} bytes, got {size}"
            raise RequestError(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, reason)
        if not size:
            raise RequestError(HTTPStatus.BAD_REQUEST, "the body must not be empty")
        return b"".join(chunks)


def _log_invocation(status: HTTPStatus, started: float, **more: object) -> None:
    milliseconds = round((time.perf_counter() - started) * 1000, 2)
    _logger.info("invocation", extra={"fields": {"status": status.value, "ms": milliseconds, **more}})


def _refusal(status: HTTPStatus, reason: str) -> Response:
    return Response(orjson.dumps({"error": reason}), status_code=status, media_type="application/json")


async def _refuse_http(request: Request, error: Exception) -> Response:
    # Starlette's own refusals: a path or a method that is not served.
    status = HTTPStatus(error.status_code) if isinstance(error, HTTPException) else HTTPStatus.INTERNAL_SERVER_ERROR
    reason = f"{request.method} {request.url.path} is not served: only GET /ping and POST /invocations are"
    refusal = _refusal(status, reason)
    refusal.headers.update(getattr(error, "headers", None) or {})
    return refusal
