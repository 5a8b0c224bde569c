"""Gives ministack three more services: sagemaker, sagemaker-runtime and application-autoscaling.

ministack finds a service by the credential scope of the request, and asks the module that is registered under that name.
Both SageMaker services sign as ``sagemaker``; the control API names its operation in X-Amz-Target, the runtime has paths.
"""

import json
import re
from types import ModuleType
from typing import Any
from urllib.parse import unquote

from ministack import app
from ministack.core.concurrency import run_reentrant

from tests.local_aws.server.sagemaker import (
    asynchronous,
    autoscaling,
    component_state,
    eventstream,
    experiment_state,
    fleets,
    runtime,
    scaling_actions,
    scaling_state,
    service,
    state,
    transform_state,
)
from tests.local_aws.server.sagemaker.errors import ServiceError
from tests.local_aws.server.sagemaker.invocation_errors import ModelError
from tests.local_aws.server.sagemaker.state import Document
from tests.strict_shapes import service_model

Answer = tuple[int, dict[str, str], bytes]

_INVOCATION = re.compile(r"/endpoints/(?P<name>[^/]+)/(?P<kind>[a-z-]+)")
_EVENT_STREAM = "application/vnd.amazon.eventstream"
_JSON = "application/x-amz-json-1.1"


def install() -> None:
    """Register the three services with ministack, before it serves its first request."""
    scaling_actions.install()
    for name, api in (("sagemaker", service), ("application-autoscaling", autoscaling)):
        module = _Service(name, api)
        app.SERVICE_REGISTRY[name] = {"module": name}
        app._loaded_modules[name] = module
        app.SERVICE_HANDLERS[name] = module.handle_request


class _Service(ModuleType):
    """A service as ministack knows them: a module with handle_request and reset."""

    def __init__(self, name: str, api: ModuleType) -> None:
        super().__init__(name)
        self._api = api

    async def handle_request(
        self, method: str, path: str, headers: dict[str, str], body: bytes, _query: dict[str, Any]
    ) -> Answer:
        """Answer a request on a thread of its own, since containers may call back into this server."""
        return await run_reentrant(self._answer, method, path, headers, body)  # type: ignore[no-any-return]

    def reset(self) -> None:
        """Forget everything, and stop what runs."""
        scaling_state.clear()
        experiment_state.clear()
        transform_state.clear()
        for copies in component_state.clear():
            if copies.serving is not None:
                copies.serving.stop()
        for endpoint in state.clear():
            for fleet in (endpoint.fleet, endpoint.pending):
                if fleet is not None:
                    fleets.stop(fleet)

    def _answer(self, method: str, path: str, headers: dict[str, str], body: bytes) -> Answer:
        target = headers.get("x-amz-target", "")
        try:
            if target:
                return _json(200, self._call(target, body))
            return _invoke(method, path, headers, body)
        except ServiceError as error:
            return _refusal(error, content_type=_JSON if target else "application/json")

    def _call(self, target: str, body: bytes) -> Document:
        name = target.partition(".")[2]
        operation = getattr(self._api, _snake_case(name), None)
        if operation is None or name not in service_model(self.__name__).operation_names:
            raise ServiceError("UnknownOperationException", f"{target} is not served by the local AWS.")
        answer: Document = operation(json.loads(body or b"{}"))
        return answer


def _invoke(method: str, path: str, headers: dict[str, str], body: bytes) -> Answer:
    match = _INVOCATION.fullmatch(path)
    kind = match["kind"] if match else ""
    name = unquote(match["name"]) if match else ""
    if method == "POST" and kind == "invocations":
        reply = runtime.invoke_endpoint(name, headers, body)
        return reply.status, reply.headers, reply.body
    if method == "POST" and kind == "invocations-response-stream":
        reply = runtime.invoke_endpoint_with_response_stream(name, headers, body)
        framed = b"".join(eventstream.payload_parts(reply.body))
        return reply.status, {**reply.headers, "content-type": _EVENT_STREAM}, framed
    if method == "POST" and kind == "async-invocations":
        reply = asynchronous.invoke_endpoint_async(name, headers, body)
        return reply.status, reply.headers, reply.body
    raise ServiceError("UnknownOperationException", f"{method} {path} is not served by the local AWS.")


def _snake_case(name: str) -> str:
    return re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower()


def _json(status: int, document: Document) -> Answer:
    return status, {"Content-Type": _JSON}, json.dumps(document).encode()


def _refusal(error: ServiceError, *, content_type: str) -> Answer:
    members = error.members if isinstance(error, ModelError) else {}
    document = {"__type": error.code, "message": error.message, "Message": error.message, **members}
    headers = {"Content-Type": content_type, "x-amzn-errortype": error.code}
    return error.status, headers, json.dumps(document).encode()
