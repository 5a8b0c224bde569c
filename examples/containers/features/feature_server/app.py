"""The HTTP side of SageMaker's container contract: GET /ping and POST /invocations."""

import time
from http import HTTPStatus

import anyio
import orjson
from starlette.applications import Starlette
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route

from .derivation import features_of
from .errors import RequestError
from .payment import Payment

_JSON = "application/json"


def create_app() -> Starlette:
    """The application."""
    return Starlette(
        routes=[
            Route("/ping", _ping, methods=["GET"]),
            Route("/invocations", _invocations, methods=["POST"]),
        ]
    )


def answer(body: bytes) -> tuple[bytes, int]:
    """The features of each payment of a body, as the next container reads them, and how many they are.

    Raises:
        RequestError: The body holds something else than payments.
    """
    try:
        parsed = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise RequestError(f"the body must be JSON: {error}") from error
    payments = parsed if isinstance(parsed, list) else [parsed]
    if not payments:
        raise RequestError("the body must hold at least one payment, got none")
    derived = [
        features_of(Payment.of(payment, f"payment {number}")) for number, payment in enumerate(payments, start=1)
    ]
    return orjson.dumps({"instances": derived}), len(derived)


async def _ping(_request: Request) -> Response:
    # There is nothing to load.
    return Response(status_code=HTTPStatus.OK)


async def _invocations(request: Request) -> Response:
    started = time.perf_counter()
    try:
        _check_type(request.headers.get("content-type", ""))
        # In a thread, so that /ping is answered during a long batch.
        features, payments = await anyio.to_thread.run_sync(answer, await request.body())
    except RequestError as error:
        _log(error.status, started, reason=error.reason)
        return Response(orjson.dumps({"error": error.reason}), status_code=error.status, media_type=_JSON)
    except ClientDisconnect:
        _log(HTTPStatus.BAD_REQUEST, started, reason="the caller hung up")
        return Response(status_code=HTTPStatus.BAD_REQUEST)
    _log(HTTPStatus.OK, started, payments=payments)
    return Response(features, media_type=_JSON)


def _check_type(content_type: str) -> None:
    if content_type.partition(";")[0].strip().lower() != _JSON:
        reason = f"Content-Type must be {_JSON}, got {content_type or 'none'}"
        raise RequestError(reason, HTTPStatus.UNSUPPORTED_MEDIA_TYPE)


def _log(status: HTTPStatus, started: float, **more: object) -> None:
    """One JSON object a line, which CloudWatch Logs can query by field."""
    milliseconds = round((time.perf_counter() - started) * 1000, 2)
    print(orjson.dumps({"message": "invocation", "status": status.value, "ms": milliseconds, **more}).decode())
