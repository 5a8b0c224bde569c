"""SageMaker's contract for containers."""

import json
import os
from collections.abc import Callable
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler
from pathlib import Path

from .answers import JSON, Answer, RefusedError
from .models import Models, top
from .server import PREFIX

# What a container that starts with its model calls it.
ONLY = ""


class Handler(BaseHTTPRequestHandler):
    """SageMaker's contract for containers, of one model and of many."""

    protocol_version = "HTTP/1.1"
    models: Models

    def do_GET(self) -> None:
        """Answer a ping, or tell what is loaded."""
        self._handle(self._get)

    def do_POST(self) -> None:
        """Answer an invocation, or load a model."""
        self._handle(self._post)

    def do_DELETE(self) -> None:
        """Unload a model."""
        self._handle(self._delete)

    def log_message(self, *_arguments: object) -> None:
        """Leave the log to Triton."""

    def _get(self, _body: bytes, names: list[str]) -> Answer:
        if self.path == "/ping":
            return Answer(HTTPStatus.OK if _is_well(self.models) else HTTPStatus.BAD_REQUEST)
        described = self.models.described()
        if not names:
            return Answer(HTTPStatus.OK, json.dumps({"models": described}).encode())
        self.models.find(names[0])
        (found,) = [each for each in described if each["modelName"] == names[0]]
        return Answer(HTTPStatus.OK, json.dumps(found).encode())

    def _post(self, body: bytes, names: list[str]) -> Answer:
        if self.path == "/models":
            asked = json.loads(body)
            repository = Path(asked["url"])
            self.models.load(asked["model_name"], repository, top(repository))
            return Answer(HTTPStatus.OK)
        server = self.models.find(names[0] if names else ONLY)
        return server.infer(self.headers.get("Content-Type", JSON), body)

    def _delete(self, _body: bytes, names: list[str]) -> Answer:
        self.models.unload(names[0])
        return Answer(HTTPStatus.OK)

    def _handle(self, respond: Callable[[bytes, list[str]], Answer]) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
        try:
            answer = respond(body, self.path.split("/")[2:3])
        except RefusedError as refusal:
            answer = refusal.answer
        self.send_response(answer.status)
        self.send_header("Content-Type", answer.content_type)
        self.send_header("Content-Length", str(len(answer.body)))
        self.end_headers()
        self.wfile.write(answer.body)


def many() -> bool:
    """Whether the container loads models on request."""
    return os.environ.get("SAGEMAKER_MULTI_MODEL") == "true"


def _is_well(models: Models) -> bool:
    return many() or models.find(ONLY).is_well(os.environ.get(f"{PREFIX}PING_MODE", "ready"))
