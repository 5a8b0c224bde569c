"""A server that stands for SageMaker Runtime and S3: it answers as it is told, and keeps what it was asked."""

import json
import threading
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass(frozen=True, kw_only=True)
class Reply:
    """What the server answers.

    Args:
        status: Its status.
        body: Its body.
        headers: Its headers.
        seconds: How long it takes; no longer than the server lasts.
        hangs_up: Whether it closes the connection instead.
        promises: How many bytes it says the body has; as many as it has when None.
    """

    status: int = 200
    body: bytes = b"{}"
    headers: dict[str, str] = field(default_factory=dict)
    seconds: float = 0
    hangs_up: bool = False
    promises: int | None = None


@dataclass(frozen=True)
class Asked:
    """What the server was asked.

    Args:
        method: The method.
        path: The path.
        headers: The headers, in lower case.
        body: The body.
        connection: Which connection it came by.
    """

    method: str
    path: str
    headers: dict[str, str]
    body: bytes
    connection: int


def error(code: str, status: int = 400, **members: Any) -> Reply:
    """An error of the service's."""
    body = json.dumps({"Message": "because", **members}).encode()
    return Reply(status=status, body=body, headers={"x-amzn-ErrorType": code, "Content-Type": "application/json"})


def model_error(status: int, message: str) -> Reply:
    """An error of a container's."""
    return error("ModelError", 424, OriginalStatusCode=status, OriginalMessage=message)


class Service:
    """The server.

    Attributes:
        replies: What it answers next; the last one stays.
        asked: What it was asked.
        url: Its address.
        over: Set when it ends.
    """

    def __init__(self) -> None:
        self.replies: deque[Reply] = deque([Reply()])
        self.asked: list[Asked] = []
        self.url = ""
        self.over = threading.Event()

    def answers(self, *replies: Reply) -> None:
        """Say what it answers from now on."""
        self.asked.clear()
        self.replies = deque(replies)

    @contextmanager
    def run(self) -> Iterator["Service"]:
        """Serve."""
        server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self.url = f"http://127.0.0.1:{server.server_port}"
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        thread.start()
        try:
            yield self
        finally:
            self.over.set()
            server.shutdown()
            server.server_close()
            thread.join()


def _handler(service: Service) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            told = {name.lower(): value for name, value in self.headers.items()}
            service.asked.append(Asked(self.command, self.path, told, body, self.client_address[1]))
            reply = service.replies.popleft() if len(service.replies) > 1 else service.replies[0]
            service.over.wait(reply.seconds)
            if reply.hangs_up:
                self.close_connection = True
                return
            self.send_response(reply.status)
            for name, value in reply.headers.items():
                self.send_header(name, value)
            promised = len(reply.body) if reply.promises is None else reply.promises
            self.send_header("Content-Length", str(promised))
            # Who asked may not wait any more.
            with suppress(BrokenPipeError):
                self.end_headers()
                self.wfile.write(reply.body)
            self.close_connection = promised != len(reply.body)

        def do_PUT(self) -> None:
            self.do_POST()

        def log_message(self, *_arguments: object) -> None:
            """Say nothing."""

    return Handler
