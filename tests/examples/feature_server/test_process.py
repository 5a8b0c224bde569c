"""The real process, started as the container starts it."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import httpx2 as httpx

from tests.examples.feature_server.asked import PAYMENT

CONTAINER = Path(__file__).parents[3] / "examples" / "containers" / "features"
COMMAND = [sys.executable, "-W", "error", "-m", "feature_server"]
SECONDS_TO_START = 120
SECONDS_TO_STOP = 60


def _wait_until_ready(process: subprocess.Popen[str], address: str) -> None:
    deadline = time.monotonic() + SECONDS_TO_START
    while time.monotonic() < deadline:
        assert process.poll() is None, process.communicate()[0]
        try:
            if httpx.get(f"{address}/ping").status_code == 200:
                return
        except httpx.TransportError:
            pass
        time.sleep(0.02)
    raise AssertionError(f"no answer to /ping within {SECONDS_TO_START} seconds")


def test_serves_and_leaves_when_told() -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    environment = os.environ | {"SAGEMAKER_BIND_TO_HOST": "127.0.0.1", "SAGEMAKER_BIND_TO_PORT": str(port)}
    environment["PYTHONUNBUFFERED"] = "1"
    address = f"http://127.0.0.1:{port}"
    with subprocess.Popen(
        [*COMMAND, "serve"],
        cwd=CONTAINER,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as process:
        try:
            _wait_until_ready(process, address)
            with httpx.Client(base_url=address) as client:
                assert len(client.post("/invocations", json=[PAYMENT] * 3).json()["instances"]) == 3
                # The caller's connection is still open: an idle one must not hold the process back.
                process.send_signal(signal.SIGTERM)
                output, _ = process.communicate(timeout=SECONDS_TO_STOP)
        finally:
            if process.poll() is None:
                process.kill()
    assert process.returncode == 0, output
    (line,) = [json.loads(line) for line in output.splitlines()]
    assert (line["status"], line["payments"]) == (200, 3)


def test_it_is_started_with_one_word() -> None:
    finished = subprocess.run(
        [*COMMAND, "train"], cwd=CONTAINER, capture_output=True, text=True, check=False, timeout=SECONDS_TO_START
    )

    assert finished.returncode == 2
    assert finished.stderr == "usage: python -m feature_server serve, got train\n"
