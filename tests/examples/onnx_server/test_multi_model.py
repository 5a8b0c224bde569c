"""Many models in one container: SageMaker loads, asks and unloads them by request."""

import json
import logging
import shutil
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from http import HTTPStatus
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from examples.containers.onnx.onnx_server.logs import JsonLines
from examples.containers.onnx.onnx_server.model import Model
from examples.containers.onnx.onnx_server.models import Models
from examples.containers.onnx.onnx_server.multi_app import create_multi_app
from examples.containers.onnx.onnx_server.settings import Settings
from examples.fraud.records import Sample

# Two of the fraud models fit, a third one does not.
ROOM_FOR_TWO = 700_000


@pytest.fixture
def many() -> Iterator[TestClient]:
    """A server without any model yet, without a process of its own."""
    with TestClient(create_multi_app(Models(memory_bytes=ROOM_FOR_TWO), Settings(workers=2))) as client:
        yield client


def _load(client: TestClient, name: str, folder: Path) -> tuple[int, dict[str, str]]:
    headers = {"x-amzn-sagemaker-target-model": f"{name}.tar.gz"}
    answer = client.post("/models", json={"model_name": name, "url": str(folder)}, headers=headers)
    return answer.status_code, answer.json()


def test_it_is_well_without_a_model(many: TestClient) -> None:
    assert many.get("/ping").status_code == 200
    assert many.get("/models").json() == {"models": []}


def test_every_model_answers_for_itself(many: TestClient, folders: dict[str, Path], sample: Sample) -> None:
    for version, folder in folders.items():
        told = {"modelName": version, "modelUrl": str(folder)}
        assert _load(many, version, folder) == (200, told)
        assert many.get(f"/models/{version}").json() == told

    for version, folder in folders.items():
        answer = many.post(f"/models/{version}/invoke", json=sample.records, headers={"accept": "text/csv"})
        assert answer.headers["content-type"].startswith("text/csv")
        assert [row.split(",")[2] for row in answer.text.splitlines()] == [version] * 40
        with TestClient(create_multi_app(Models(memory_bytes=ROOM_FOR_TWO), Settings())) as alone:
            _load(alone, "any", folder)
            assert alone.post("/models/any/invoke", json=sample.records).json() == (
                many.post(f"/models/{version}/invoke", json=sample.records).json()
            )
    assert [told["modelName"] for told in many.get("/models").json()["models"]] == ["1", "2"]


def test_a_wrong_request_is_refused_as_for_one_model(many: TestClient, folders: dict[str, Path]) -> None:
    _load(many, "a", folders["1"])
    answer = many.post("/models/a/invoke", content=b"", headers={"content-type": "text/csv"})
    assert (answer.status_code, answer.json()) == (400, {"error": "the body must not be empty"})


def test_a_model_is_loaded_once(many: TestClient, folders: dict[str, Path]) -> None:
    _load(many, "a", folders["1"])
    assert _load(many, "a", folders["2"]) == (409, {"error": "model a is already loaded"})
    assert many.get("/models/a").json()["modelUrl"] == str(folders["1"])


def test_what_is_not_loaded_is_not_found(many: TestClient) -> None:
    missing = {"error": "model nobody is not loaded"}
    for answer in (
        many.get("/models/nobody"),
        many.delete("/models/nobody"),
        many.post("/models/nobody/invoke", json=[]),
    ):
        assert (answer.status_code, answer.json()) == (404, missing)


def test_a_model_that_is_unloaded_makes_room(many: TestClient, folders: dict[str, Path], sample: Sample) -> None:
    _load(many, "a", folders["1"])
    _load(many, "b", folders["1"])
    status, told = _load(many, "c", folders["1"])
    assert status == 507
    size = sum(file.stat().st_size for file in folders["1"].iterdir()) + 262_144
    assert told == {"error": f"model c must fit into 700000 bytes, of which {2 * size} are taken, got {size}"}

    assert many.delete("/models/a").json() == {"modelName": "a", "modelUrl": str(folders["1"])}

    assert many.get("/models/a").status_code == 404
    assert _load(many, "c", folders["1"])[0] == 200
    assert many.post("/models/c/invoke", json=sample.records).status_code == 200


def test_a_machine_without_memory_is_no_different(
    many: TestClient, folders: dict[str, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    def exhausted(*_arguments: object, **_settings: object) -> None:
        raise MemoryError

    monkeypatch.setattr(Model, "load", exhausted)
    status, told = _load(many, "a", folders["1"])
    assert (status, told) == (507, {"error": "model a does not fit into the memory of this machine"})


def test_a_model_that_cannot_be_loaded_leaves_no_trace(
    many: TestClient, folders: dict[str, Path], tmp_path: Path
) -> None:
    shutil.copytree(folders["1"], tmp_path / "broken")
    (tmp_path / "broken" / "model.onnx").write_bytes(b"no graph")
    status, told = _load(many, "a", tmp_path / "broken")
    assert status == 500
    assert "must predict from the features of model.json" in told["error"]
    assert _load(many, "b", tmp_path / "nowhere")[0] == 500
    assert many.get("/models").json() == {"models": []}
    assert _load(many, "a", folders["1"])[0] == 200


@pytest.mark.parametrize("body", [b"", b"[]", b"{}", b'{"model_name": "a"}', b'"text"'])
def test_a_load_must_say_what_from_where(many: TestClient, body: bytes) -> None:
    answer = many.post("/models", content=body)
    assert (answer.status_code, answer.json()) == (
        400,
        {"error": "the body must be a JSON object with model_name and url"},
    )


def test_a_long_list_comes_in_pages(model: Model, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(Model, "load", lambda *_arguments, **_settings: model)
    with TestClient(create_multi_app(Models(memory_bytes=2**40), Settings())) as client:
        names = {f"{number:03}" for number in range(250)}
        for name in names:
            _load(client, name, tmp_path)
        pages, token = [], ""
        while True:
            page = client.get("/models", params={"next_page_token": token} if token else {}).json()
            pages.append([told["modelName"] for told in page["models"]])
            token = page.get("nextPageToken", "")
            if not token:
                break
    assert [len(page) for page in pages] == [100, 100, 50]
    assert {name for page in pages for name in page} == names


def test_other_paths_are_refused(many: TestClient) -> None:
    answer = many.post("/invocations", json=[])
    assert (answer.status_code, answer.json()) == (
        404,
        {"error": "POST /invocations is not served: only GET /ping and the paths of /models are"},
    )
    assert many.put("/models").status_code == 405


def test_models_answer_while_another_one_is_loaded(
    many: TestClient, folders: dict[str, Path], sample: Sample, monkeypatch: pytest.MonkeyPatch
) -> None:
    _load(many, "a", folders["1"])
    entered, release = threading.Event(), threading.Event()
    load = Model.load

    def slow(folder: Path, *, threads: int) -> Model:
        entered.set()
        release.wait(timeout=300)
        return load(folder, threads=threads)

    monkeypatch.setattr(Model, "load", slow)
    with ThreadPoolExecutor() as callers:
        loading = callers.submit(_load, many, "b", folders["2"])
        try:
            assert entered.wait(timeout=120)
            assert many.get("/ping").status_code == 200
            assert many.post("/models/a/invoke", json=sample.records).status_code == 200
            assert many.get("/models/b").status_code == 404
        finally:
            release.set()
        assert loading.result(timeout=120)[0] == 200


def test_the_log_says_which_model_it_was(
    many: TestClient, folders: dict[str, Path], sample: Sample, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO):
        _load(many, "hash", folders["1"])
        headers = {"x-amzn-sagemaker-target-model": "fraud/eu.tar.gz"}
        many.post("/models/hash/invoke", json=sample.records, headers=headers)
        many.delete("/models/hash", headers=headers)
    records = [record for record in caplog.records if "onnx_server" in record.name]
    loaded, asked, unloaded = [json.loads(JsonLines().format(record)) for record in records]
    assert (loaded["message"], loaded["target"], loaded["name"]) == ("the model is loaded", "hash.tar.gz", "fraud")
    assert loaded["bytes"] == loaded["used_bytes"] > 262_144
    assert (asked["message"], asked["target"], asked["rows"]) == ("invocation", "fraud/eu.tar.gz", 40)
    assert (unloaded["message"], unloaded["used_bytes"]) == ("the model is unloaded", 0)


def test_many_callers_at_once(many: TestClient, folders: dict[str, Path], sample: Sample) -> None:
    """Whatever is loaded and unloaded meanwhile, an answer is of the model that was asked, or says that it is gone."""

    def call(number: int) -> None:
        name = "12"[number % 2]
        status = _load(many, name, folders[name])[0]
        assert status in {HTTPStatus.OK, HTTPStatus.CONFLICT}
        answer = many.post(f"/models/{name}/invoke", json=sample.records)
        if answer.status_code == HTTPStatus.OK:
            assert {prediction["version"] for prediction in answer.json()["predictions"]} == {name}
        else:
            assert answer.status_code == HTTPStatus.NOT_FOUND
        if number % 5 == 0:
            many.delete(f"/models/{name}")

    with ThreadPoolExecutor(8) as callers:
        list(callers.map(call, range(60)))
