"""The real process, started as the container starts it."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx2 as httpx
import pytest

from examples.fraud.records import Sample

CONTAINER = Path(__file__).parents[3] / "examples" / "containers" / "onnx"
SECONDS_TO_START = 120
SECONDS_TO_STOP = 60


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@contextmanager
def _started(base: Path, port: int, **more: str) -> Iterator[subprocess.Popen[str]]:
    environment = os.environ | {
        "SAGEMAKER_BASE_DIR": str(base),
        "SAGEMAKER_BIND_TO_HOST": "127.0.0.1",
        "SAGEMAKER_BIND_TO_PORT": str(port),
        **more,
    }
    command = [sys.executable, "-W", "error", "-m", "onnx_server", "serve"]
    with subprocess.Popen(
        command, cwd=CONTAINER, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as process:
        try:
            yield process
        finally:
            if process.poll() is None:
                process.kill()


def _wait_until_ready(process: subprocess.Popen[str], port: int) -> None:
    deadline = time.monotonic() + SECONDS_TO_START
    while time.monotonic() < deadline:
        assert process.poll() is None, process.communicate()[0]
        try:
            if httpx.get(f"http://127.0.0.1:{port}/ping").status_code == 200:
                return
        except httpx.TransportError:
            pass
        time.sleep(0.02)
    raise AssertionError(f"no answer to /ping within {SECONDS_TO_START} seconds")


def _wait_until_closed(port: int) -> None:
    """Wait until nobody is let in any more: the process knows that it is to leave."""
    deadline = time.monotonic() + SECONDS_TO_STOP
    while time.monotonic() < deadline:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=SECONDS_TO_STOP).close()
        except ConnectionRefusedError:
            return
        time.sleep(0.02)
    raise AssertionError(f"the port is open for {SECONDS_TO_STOP} seconds")


@pytest.mark.parametrize("version", ["1", "2"])
def test_serves_and_leaves_when_told(folders: dict[str, Path], sample: Sample, version: str) -> None:
    port = _free_port()
    with _started(folders[version].parent, port) as process:
        _wait_until_ready(process, port)
        with httpx.Client(base_url=f"http://127.0.0.1:{port}") as client:
            answer = client.post("/invocations", json=sample.records)
            assert answer.status_code == 200
            assert [prediction["version"] for prediction in answer.json()["predictions"]] == [version] * 40
            assert client.post("/invocations", content=b"{", headers={"content-type": "text/csv"}).status_code == 400
            # The caller's connection is still open: an idle one must not hold the process back, which would be logged.
            process.send_signal(signal.SIGTERM)
            output, _ = process.communicate(timeout=SECONDS_TO_STOP)
    assert process.returncode == 0, output
    lines = [json.loads(line) for line in output.splitlines()]
    assert [line["message"] for line in lines] == ["the model is loaded", "invocation", "invocation"]
    assert (lines[0]["model"], lines[0]["version"]) == ("fraud", version)
    assert [line["status"] for line in lines[1:]] == [200, 400]


def test_serves_many_models_without_one_of_its_own(folders: dict[str, Path], sample: Sample, tmp_path: Path) -> None:
    port = _free_port()
    more = {"SAGEMAKER_MULTI_MODEL": "true", "ONNX_SERVER_MODEL_MEMORY_KB": "600"}
    with _started(tmp_path, port, **more) as process:
        _wait_until_ready(process, port)
        with httpx.Client(base_url=f"http://127.0.0.1:{port}") as client:
            statuses = [
                client.post("/models", json={"model_name": name, "url": str(folders["2"])}).status_code
                for name in "abc"
            ]
            answer = client.post("/models/b/invoke", json=sample.records)
        process.send_signal(signal.SIGTERM)
        output, _ = process.communicate(timeout=SECONDS_TO_STOP)
    assert statuses == [200, 200, 507]
    assert [prediction["version"] for prediction in answer.json()["predictions"]] == ["2"] * 40
    assert process.returncode == 0, output
    ready = json.loads(output.splitlines()[0])
    assert (ready["message"], ready["memory_bytes"]) == ("ready for models", 614_400)


def test_a_request_on_its_way_is_answered_before_leaving(folders: dict[str, Path], sample: Sample) -> None:
    port = _free_port()
    body = json.dumps(sample.records).encode()
    head = (
        f"POST /invocations HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nContent-Type: application/json\r\n"
        f"Content-Length: {len(body)}\r\nExpect: 100-continue\r\n\r\n"
    )
    with _started(folders["1"].parent, port) as process:
        _wait_until_ready(process, port)
        with socket.create_connection(("127.0.0.1", port), timeout=SECONDS_TO_STOP) as connection:
            connection.sendall(head.encode())
            # It is told to send the body by whoever is about to read it.
            assert connection.recv(1000).startswith(b"HTTP/1.1 100 ")
            connection.sendall(body[:100])
            process.send_signal(signal.SIGTERM)
            _wait_until_closed(port)
            assert process.poll() is None
            connection.sendall(body[100:])
            answer = connection.makefile("rb").read()
        assert answer.startswith(b"HTTP/1.1 200 ")
        assert process.wait(SECONDS_TO_STOP) == 0


def test_a_caller_that_hangs_up_breaks_nothing(folders: dict[str, Path], sample: Sample) -> None:
    port = _free_port()
    head = (
        f"POST /invocations HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nContent-Type: text/csv\r\nContent-Length: 900\r\n"
        "Expect: 100-continue\r\n\r\n"
    )
    with _started(folders["1"].parent, port) as process:
        _wait_until_ready(process, port)
        with socket.create_connection(("127.0.0.1", port), timeout=SECONDS_TO_STOP) as connection:
            connection.sendall(head.encode())
            assert connection.recv(1000).startswith(b"HTTP/1.1 100 ")
            connection.sendall(b"1,2,3")
        answer = httpx.post(f"http://127.0.0.1:{port}/invocations", json=sample.records)
        assert answer.status_code == 200
        process.send_signal(signal.SIGTERM)
        output, _ = process.communicate(timeout=SECONDS_TO_STOP)
    assert process.returncode == 0
    told = [json.loads(line) for line in output.splitlines()][1:]
    assert {line["level"] for line in told} == {"INFO"}
    assert "the caller hung up" in [line.get("reason") for line in told]


def test_ends_with_an_error_when_the_model_cannot_be_loaded(tmp_path: Path) -> None:
    with _started(tmp_path, _free_port()) as process:
        output, _ = process.communicate(timeout=SECONDS_TO_START)
    assert process.returncode == 1
    (line,) = map(json.loads, output.splitlines())
    assert line["level"] == "CRITICAL"
    assert line["reason"] == f"{tmp_path}/model/model.json must be readable: No such file or directory"
