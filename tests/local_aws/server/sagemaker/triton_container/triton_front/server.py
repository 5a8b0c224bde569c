"""A Triton server of one model."""

import http.client
import os
import shlex
import signal
import socket
import subprocess
import threading
import time
from http import HTTPStatus
from pathlib import Path

from .answers import JSON, Answer, RefusedError

_HOST = "127.0.0.1"
_START_SECONDS = 60
_ANSWER_SECONDS = 360
_STOP_SECONDS = 25
# At the end of the command line, where they win over whatever the model's environment adds.
_CLOSED = (
    "--allow-http=true",
    f"--http-address={_HOST}",
    "--allow-grpc=false",
    "--allow-metrics=false",
    "--allow-sagemaker=false",
    "--allow-vertex-ai=false",
)
PREFIX = "SAGEMAKER_TRITON_"
_SETTINGS = {
    "THREAD_COUNT": "--http-thread-count={}",
    "LOG_VERBOSE": "--log-verbose={}",
    "LOG_INFO": "--log-info={}",
    "LOG_WARNING": "--log-warning={}",
    "LOG_ERROR": "--log-error={}",
    "SHM_DEFAULT_BYTE_SIZE": "--backend-config=python,shm-default-byte-size={}",
    "SHM_GROWTH_BYTE_SIZE": "--backend-config=python,shm-growth-byte-size={}",
    "MODEL_LOAD_GPU_LIMIT": "--model-load-gpu-limit=0:{}",
}
_BINARY = "application/vnd.sagemaker-triton.binary+json;json-header-size="
_HEADER_LENGTH = "Inference-Header-Content-Length"


class Server:
    """A Triton server with one model, or with an ensemble and all that it uses.

    Args:
        repository: The folder of the unpacked archive.
        model: Name of the model or ensemble.
    """

    def __init__(self, repository: Path, model: str) -> None:
        self.repository = repository
        self._path = f"/v2/models/{model}/infer"
        self._load = f"/v2/repository/models/{model}/load"
        self._port = _free_port()
        self._ending = False
        command = [
            os.environ["TRITON_SERVER"],
            f"--model-repository={repository}",
            f"--backend-directory={os.environ['TRITON_BACKENDS']}",
            "--model-control-mode=explicit",
            *_arguments(),
            *_CLOSED,
            f"--http-port={self._port}",
        ]
        self._process = subprocess.Popen(command, env={**os.environ, "LD_LIBRARY_PATH": os.environ["TRITON_LIBRARIES"]})

    def load(self) -> None:
        """Wait for the server and load the model.

        Raises:
            RefusedError: It does not start, or does not load the model.
        """
        deadline = time.monotonic() + _START_SECONDS
        while not self.is_well("live"):
            if self._process.poll() is not None or time.monotonic() > deadline:
                raise RefusedError(HTTPStatus.BAD_REQUEST, "the Triton server does not start: its log tells why")
            time.sleep(0.02)
        answer = self._ask("POST", self._load, b"{}", {})
        if answer.status != HTTPStatus.OK:
            raise RefusedError(HTTPStatus.BAD_REQUEST, answer.body)
        threading.Thread(target=self._watch, daemon=True).start()

    def infer(self, content_type: str, body: bytes) -> Answer:
        """Ask the model.

        Args:
            content_type: JSON, or JSON of a given length followed by the tensors' bytes.
            body: The request.

        Raises:
            RefusedError: It does not answer with tensors.
        """
        headers = {}
        if content_type.startswith(_BINARY):
            headers[_HEADER_LENGTH] = content_type.removeprefix(_BINARY)
        answer = self._ask("POST", self._path, body, headers)
        if answer.status != HTTPStatus.OK:
            # Triton's front for SageMaker knows no other error.
            raise RefusedError(HTTPStatus.BAD_REQUEST, answer.body)
        return answer

    def is_well(self, mode: str) -> bool:
        """Whether the server runs (``live``), or its models are loaded too (``ready``)."""
        try:
            return self._ask("GET", f"/v2/health/{mode}", b"", {}).status == HTTPStatus.OK
        except OSError:
            return False

    def tell_to_end(self) -> None:
        """Let the server end, and its Python models with it."""
        self._ending = True
        self._process.terminate()

    def wait_for_end(self) -> None:
        """Wait until the server has ended."""
        try:
            self._process.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()

    def _watch(self) -> None:
        """A server that ends by itself takes the container with it: on SageMaker it is the container."""
        self._process.wait()
        if not self._ending:
            os.kill(os.getpid(), signal.SIGTERM)

    def _ask(self, method: str, path: str, body: bytes, headers: dict[str, str]) -> Answer:
        connection = http.client.HTTPConnection(_HOST, self._port, timeout=_ANSWER_SECONDS)
        try:
            connection.request(method, path, body, headers)
            answer = connection.getresponse()
            length = answer.getheader(_HEADER_LENGTH)
            return Answer(answer.status, answer.read(), JSON if length is None else f"{_BINARY}{length}")
        finally:
            connection.close()


def _arguments() -> list[str]:
    """What the model's environment tells the server."""
    given = {name: os.environ.get(f"{PREFIX}{name}") for name in _SETTINGS}
    told = [_SETTINGS[name].format(value) for name, value in given.items() if value is not None]
    return [*told, *shlex.split(os.environ.get(f"{PREFIX}ADDITIONAL_ARGS", ""))]


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind((_HOST, 0))
        port: int = probe.getsockname()[1]
        return port
