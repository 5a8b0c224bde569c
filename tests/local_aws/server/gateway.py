"""ministack's application, with what the local AWS answers itself in front of it."""

import json
import os
from collections.abc import Awaitable, Callable
from typing import Any

from ministack import app as ministack

from tests.local_aws.server import controls, timing

READY_PATH = "/_local_aws/ready"
TIME_FACTOR_PATH = "/_local_aws/time-factor"
_ANSWER_PREFIX = "/_ministack/cfn-response/"
_SIGNATURE = (
    b"<Error><Code>SignatureDoesNotMatch</Code><Message>The request signature we calculated does not match the signature"
    b" you provided: the ResponseURL is signed for an empty Content-Type.</Message></Error>"
)

Message = dict[str, Any]
Send = Callable[[Message], Awaitable[None]]
Receive = Callable[[], Awaitable[Message]]


def application(types: int) -> Any:
    """Return the application.

    Args:
        types: How many resource types there are, for whoever asks whether the server is ready, and whose process it is.
    """
    ready = json.dumps({"pid": os.getpid(), "resource_types": types}).encode()

    async def answer(scope: Message, receive: Receive, send: Send) -> None:
        path = scope["path"] if scope["type"] == "http" else ""
        if path == READY_PATH:
            await _respond(send, 200, ready)
        elif path == TIME_FACTOR_PATH:
            await _respond(send, *_time_factor(await _body(receive) if scope["method"] == "PUT" else b""))
        elif controls.is_control(path):
            await _respond(send, *controls.answer(path, await _body(receive) if scope["method"] == "PUT" else b""))
        elif path.startswith(_ANSWER_PREFIX) and _content_type(scope):
            # S3 checks the signature of the URL, which covers this header; urllib sends one unless told not to.
            await _respond(send, 403, _SIGNATURE, content_type=b"application/xml")
        else:
            await ministack.app(scope, receive, send)

    return answer


def _time_factor(body: bytes) -> tuple[int, bytes]:
    """Change the time factor, when there is one in the body; answer with what it was before."""
    before = timing.factor()
    try:
        if body:
            timing.set_factor(float(body))
    except ValueError as error:
        return 400, str(error).encode()
    return 200, json.dumps(before).encode()


def _content_type(scope: Message) -> bytes:
    return b"".join(value for name, value in scope["headers"] if name.lower() == b"content-type")


async def _body(receive: Receive) -> bytes:
    body = b""
    while True:
        message = await receive()
        body += bytes(message.get("body", b""))
        if message["type"] != "http.request" or not message.get("more_body"):
            return body


async def _respond(send: Send, status: int, body: bytes, *, content_type: bytes = b"application/json") -> None:
    headers = [(b"content-type", content_type), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
