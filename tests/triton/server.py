"""A real Triton server as a process of the tests.

It listens on 127.0.0.1 alone. Triton's own front for SageMaker cannot be told to, so it stays off: models are loaded and asked by
the KServe protocol.
"""

from __future__ import annotations

import http.client
import json
import os
import socket
import subprocess
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from tests.triton.installation import VENV

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from email.message import Message
    from pathlib import Path

    from tests.triton.installation import Installation

_HOST = "127.0.0.1"
_START_SECONDS = 120
_STOP_SECONDS = 60
_LOG_SHOWN = 4000
# At the end of the command line, where they win over what a test adds.
_CLOSED = (
    "--allow-http=true",
    f"--http-address={_HOST}",
    "--allow-grpc=false",
    "--allow-metrics=false",
    "--allow-sagemaker=false",
    "--allow-vertex-ai=false",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What the server says.

    Args:
        status: HTTP status.
        body: The body as it came.
        headers: What it says about the body.
    """

    status: int
    body: bytes
    headers: Message

    def json(self) -> Any:
        """The body read as JSON."""
        return json.loads(self.body)

    def outputs(self) -> dict[str, list[Any]]:
        """The tensors of an answer in JSON, flat, by their names."""
        assert self.status == http.client.OK, self.body
        return {each["name"]: each["data"] for each in self.json()["outputs"]}


@dataclass(frozen=True, slots=True, kw_only=True)
class Front:
    """The server's front, which speaks the KServe protocol.

    Args:
        port: Its number on the loopback interface.
    """

    port: int

    def get(self, path: str) -> Answer:
        """Read a page."""
        return self.request("GET", path)

    def post(self, path: str, body: Any, *, headers: Mapping[str, str] | None = None) -> Answer:
        """Send a body: bytes as they are, all else as JSON."""
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        return self.request("POST", path, data, headers)

    def request(
        self, method: str, path: str, body: bytes | None = None, headers: Mapping[str, str] | None = None
    ) -> Answer:
        """Send a request."""
        connection = http.client.HTTPConnection(_HOST, self.port, timeout=_START_SECONDS)
        try:
            connection.request(method, path, body, dict(headers or {}))
            answer = connection.getresponse()
            return Answer(status=answer.status, body=answer.read(), headers=answer.headers)
        finally:
            connection.close()


@dataclass(frozen=True, slots=True, kw_only=True)
class TritonServer:
    """A server that runs.

    Args:
        http: Where it is asked.
        log: What the server writes.
        process: The process.
    """

    http: Front
    log: Path
    process: subprocess.Popen[bytes] = field(repr=False)

    def infer(self, model: str, *tensors: dict[str, Any]) -> Answer:
        """Ask a model."""
        return self.http.post(f"/v2/models/{model}/infer", {"inputs": list(tensors)})

    def load(self, model: str) -> Answer:
        """Load a model."""
        return self.http.post(f"/v2/repository/models/{model}/load", {})


@contextmanager
def running(
    installation: Installation, scratch: Path, *arguments: str, environment: Mapping[str, str] | None = None
) -> Iterator[TritonServer]:
    """Run a server until the block is left.

    Args:
        installation: The program and its backends.
        scratch: An empty folder for what it needs and writes.
        arguments: What it is told on the command line, besides ports and backends.
        environment: What it is told by environment variables.
    """
    port = _free_port()
    command = [
        str(installation.server),
        f"--backend-directory={installation.lay_out_backends(scratch / 'backends')}",
        *arguments,
        *_CLOSED,
        f"--http-port={port}",
    ]
    variables = {
        **os.environ,
        # Python models run with the packages of the environment whose python comes first.
        "PATH": f"{VENV / 'bin'}{os.pathsep}{os.environ['PATH']}",
        "LD_LIBRARY_PATH": os.pathsep.join(str(each) for each in installation.libraries),
        **(environment or {}),
    }
    log = scratch / "server.log"
    with log.open("wb") as output:
        process = subprocess.Popen(command, env=variables, stdout=output, stderr=subprocess.STDOUT)
    server = TritonServer(http=Front(port=port), log=log, process=process)
    try:
        _wait(server)
        yield server
    finally:
        _stop(process)


def _wait(server: TritonServer) -> None:
    """Wait until it answers, which it does when the models to start with are loaded."""
    deadline = time.monotonic() + _START_SECONDS
    while time.monotonic() < deadline and server.process.poll() is None:
        try:
            server.http.get("/v2/health/live")
        except OSError:
            time.sleep(0.05)
        else:
            return
    raise AssertionError(f"the Triton server did not start: {server.log.read_text(errors='replace')[-_LOG_SHOWN:]}")


def _stop(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(_STOP_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind((_HOST, 0))
        port: int = probe.getsockname()[1]
        return port
