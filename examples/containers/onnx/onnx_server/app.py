"""The HTTP side of SageMaker's container contract for one model: GET /ping and POST /invocations."""

from dataclasses import dataclass
from http import HTTPStatus

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from .answering import Answering, refusal, refuse_http
from .model import Model
from .settings import Settings


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
        self._answering = Answering(settings)

    async def ping(self, _request: Request) -> Response:
        """200 once the model is loaded; SageMaker sends no traffic before."""
        return Response(status_code=HTTPStatus.OK if self._slot.model else HTTPStatus.SERVICE_UNAVAILABLE)

    async def invocations(self, request: Request) -> Response:
        """Predictions for the records in the body."""
        model = self._slot.model
        if model is None:
            return refusal(HTTPStatus.SERVICE_UNAVAILABLE, "the model is not loaded yet")
        return await self._answering.answer(request, model)


async def _refuse_http(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)  # noqa: S101 - it is registered for nothing else
    return refuse_http(request, error, served="GET /ping and POST /invocations")
