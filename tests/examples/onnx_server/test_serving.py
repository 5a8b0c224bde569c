"""What the server does around an invocation: readiness, concurrency, failures of the model, logs."""

import json
import logging
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import cast

import numpy as np
import numpy.typing as npt
import pytest
from starlette.testclient import TestClient

from examples.containers.onnx.onnx_server.app import Slot, create_app
from examples.containers.onnx.onnx_server.description import Description
from examples.containers.onnx.onnx_server.logs import JsonLines
from examples.containers.onnx.onnx_server.model import Model
from examples.containers.onnx.onnx_server.settings import Settings
from examples.fraud.records import Sample

Probabilities = npt.NDArray[np.float64]


class _Scripted:
    """Stands where a model stands, and predicts as a test says."""

    def __init__(self, description: Description, predict: Callable[[int], Probabilities]) -> None:
        self.description = description
        self._predict = predict

    def probabilities(self, matrix: npt.NDArray[np.float32]) -> Probabilities:
        return self._predict(len(matrix))


def _serving(model: Model, predict: Callable[[int], Probabilities], *, workers: int = 1) -> TestClient:
    scripted = cast("Model", _Scripted(model.description, predict))
    return TestClient(create_app(Slot(model=scripted), Settings(workers=workers)))


def test_is_not_ready_before_the_model_is_loaded(model: Model, sample: Sample) -> None:
    slot = Slot()
    with TestClient(create_app(slot, Settings())) as client:
        assert client.get("/ping").status_code == 503
        early = client.post("/invocations", json=sample.records)
        assert (early.status_code, early.json()) == (503, {"error": "the model is not loaded yet"})
        slot.model = model
        assert client.get("/ping").status_code == 200
        assert client.post("/invocations", json=sample.records).status_code == 200


def test_answers_ping_during_long_batches_and_bounds_their_number(model: Model, sample: Sample) -> None:
    entered, release = threading.Semaphore(0), threading.Event()

    def slow(rows: int) -> Probabilities:
        entered.release()
        release.wait(timeout=300)
        return np.zeros(rows)

    with _serving(model, slow, workers=2) as client, ThreadPoolExecutor(3) as callers:
        asked = [callers.submit(client.post, "/invocations", json=sample.records) for _ in range(3)]
        try:
            assert entered.acquire(timeout=120)
            assert entered.acquire(timeout=120)
            assert client.get("/ping").status_code == 200
            # Two workers: the third request has to wait for one of the first two.
            assert not entered.acquire(timeout=0.2)
        finally:
            release.set()
        assert [call.result(timeout=120).status_code for call in asked] == [200, 200, 200]


def test_a_model_that_fails_is_logged_with_its_traceback(
    model: Model,
    sample: Sample,
    caplog: pytest.LogCaptureFixture,
) -> None:
    def broken(_rows: int) -> Probabilities:
        raise RuntimeError("the tree fell")

    with _serving(model, broken) as client:
        answer = client.post("/invocations", json=sample.records)
    assert answer.status_code == 500
    assert answer.json() == {"error": "the model failed; the container's log says why"}
    (record,) = (record for record in caplog.records if record.levelno == logging.ERROR)
    line = JsonLines().format(record)
    assert "\n" not in line
    assert "RuntimeError: the tree fell" in json.loads(line)["traceback"]


def test_an_invocation_is_one_line_of_the_log(
    client: TestClient,
    sample: Sample,
    caplog: pytest.LogCaptureFixture,
) -> None:
    with caplog.at_level(logging.INFO):
        client.post("/invocations", json=sample.records)
        client.post("/invocations", json=[])
        client.get("/ping")
    lines = [json.loads(JsonLines().format(record)) for record in caplog.records if record.name.endswith("answering")]
    assert [line["status"] for line in lines] == [200, 400]
    assert lines[0]["rows"] == 40
    assert lines[0]["ms"] > 0
    assert lines[1]["reason"] == "the body must hold at least one record, got none"


def test_the_decision_follows_from_the_shown_probability(model: Model, sample: Sample) -> None:
    threshold = model.description.threshold
    probabilities = np.array([threshold, threshold - 4e-7, threshold - 6e-7])
    with _serving(model, lambda _rows: probabilities) as client:
        predictions = client.post("/invocations", json=sample.records[:3]).json()["predictions"]
    assert [p["decision"] for p in predictions] == ["review", "review", "approve"]
    assert all((p["probability"] >= threshold) == (p["decision"] == "review") for p in predictions)
