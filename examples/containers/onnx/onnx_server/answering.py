"""An invocation over HTTP: the body in, the predictions or the refusal out, a line in the log; shared by both contracts."""

import logging
import time
from http import HTTPStatus

import anyio
import orjson
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

from .errors import RequestError
from .invocation import Answer, Invocation
from .model import Model
from .settings import Settings

_logger = logging.getLogger(__name__)


class Answering:
    """Answers invocations, a bounded number at a time.

    Args:
        settings: Tells how many, and how large they may be.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._workers = anyio.CapacityLimiter(settings.workers)

    async def answer(self, request: Request, model: Model, **told: str) -> Response:
        """Predictions for the records in the body.

        Args:
            request: The request.
            model: The model that predicts.
            told: Further fields of the log's line.
        """
        started = time.perf_counter()
        try:
            answer = await self._predict(request, model)
        except RequestError as error:
            _log(error.status, started, **told, reason=error.reason)
            return refusal(error.status, error.reason)
        except ClientDisconnect:
            _log(HTTPStatus.BAD_REQUEST, started, **told, reason="the caller hung up")
            return refusal(HTTPStatus.BAD_REQUEST, "the body ended early")
        except Exception:
            _logger.exception("the model failed", extra={"fields": told})
            return refusal(HTTPStatus.INTERNAL_SERVER_ERROR, "the model failed; the container's log says why")
        _log(HTTPStatus.OK, started, **told, rows=answer.rows)
        return Response(answer.body, media_type=answer.media_type)

    async def _predict(self, request: Request, model: Model) -> Answer:
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


def refusal(status: HTTPStatus, reason: str) -> Response:
    """What is wrong with a request, in one sentence."""
    return Response(orjson.dumps({"error": reason}), status_code=status, media_type="application/json")


def refuse_http(request: Request, error: HTTPException, *, served: str) -> Response:
    """Starlette's own refusals, in our form: a path or a method that is not served.

    Args:
        request: The request.
        error: Starlette's refusal.
        served: What is served instead.
    """
    reason = f"{request.method} {request.url.path} is not served: only {served} are"
    refused = refusal(HTTPStatus(error.status_code), reason)
    refused.headers.update(error.headers or {})
    return refused


def _log(status: HTTPStatus, started: float, **more: object) -> None:
    milliseconds = round((time.perf_counter() - started) * 1000, 2)
    _logger.info("invocation", extra={"fields": {"status": status.value, "ms": milliseconds, **more}})
