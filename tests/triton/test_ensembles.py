"""Ensembles that the library writes, in a real Triton server."""

import json
import struct
from collections.abc import Iterator
from typing import Any

import pytest

from cdk_model_hosting import DynamicBatching, TritonEnsemble, TritonRepository, TritonStep
from tests.triton.conftest import Run
from tests.triton.repositories import CODE, diamond, numbers, scaling, tensor
from tests.triton.server import TritonServer

# How the KServe protocol says where the JSON ends and the tensors begin.
JSON_SIZE = "Inference-Header-Content-Length"


def _batching_model() -> Any:
    """A model that says nearly everything there is to say."""
    return scaling(
        "batching",
        inputs=[tensor("X", 3, model_shape=[3, 1])],
        outputs=[tensor("Y", 3, model_shape=[3, 1])],
        batching=DynamicBatching(
            preferred_sizes=[4],
            max_queue_delay_us=100,
            preserve_ordering=True,
            max_queue_size=16,
            queue_timeout_us=1_000_000,
        ),
        files={"notes/readme.txt": CODE},
        parameters={"mode": "fast"},
        options={"model_transaction_policy": {"decoupled": False}},
    )


@pytest.fixture(scope="module")
def repository() -> TritonRepository:
    """The diamond, an ensemble that uses it, and a model that no ensemble uses."""
    inner = diamond()
    step = TritonStep(model=inner, inputs={"a": "a"}, outputs={"ten": "ten"})
    outer = TritonEnsemble(name="outer", inputs=[tensor("a")], outputs=[tensor("ten")], steps=[step], max_batch_size=4)
    return TritonRepository([outer, _batching_model()])


@pytest.fixture(scope="module")
def server(run: Run, repository: TritonRepository, tmp_path_factory: pytest.TempPathFactory) -> Iterator[TritonServer]:
    """A server that is started with one model, by the name that the environment gives to SageMaker's container."""
    folder = repository.write(tmp_path_factory.mktemp("repository") / "model")
    name = repository.environment("diamond")["SAGEMAKER_TRITON_DEFAULT_MODEL_NAME"]
    with run(folder, f"--load-model={name}") as started:
        yield started


def test_an_ensemble_answers_with_the_right_numbers(server: TritonServer) -> None:
    answer = server.infer("diamond", numbers("a", [1, 2, 3]))
    assert answer.outputs() == {"ten": [10.0, 20.0, 30.0], "four": [4.0, 8.0, 12.0]}


def test_a_batch_is_answered_item_by_item(server: TritonServer) -> None:
    answer = server.infer("diamond", numbers("a", [1, 2, 3], [4, 5, 6], [-1, 0, 0.5]))
    assert answer.outputs()["ten"] == [10.0, 20.0, 30.0, 40.0, 50.0, 60.0, -10.0, 0.0, 5.0]
    assert answer.json()["outputs"][0]["shape"] == [3, 3]


def test_a_batch_that_is_too_large_is_refused(server: TritonServer) -> None:
    answer = server.infer("diamond", numbers("a", *[[1.0, 2.0, 3.0]] * 9))
    assert answer.status == 400
    assert "batch-size must be <= 8" in answer.json()["error"]


def test_tensors_come_and_go_as_bytes_too(server: TritonServer) -> None:
    values = struct.pack("<6f", 1, 2, 3, 4, 5, 6)
    described = {"name": "a", "datatype": "FP32", "shape": [2, 3], "parameters": {"binary_data_size": len(values)}}
    wanted = [{"name": "ten", "parameters": {"binary_data": True}}]
    header = json.dumps({"inputs": [described], "outputs": wanted}).encode()
    answer = server.http.post("/v2/models/diamond/infer", header + values, headers={JSON_SIZE: str(len(header))})
    body = answer.body[int(answer.headers[JSON_SIZE]) :]
    assert struct.unpack("<6f", body) == (10, 20, 30, 40, 50, 60)


def test_an_ensemble_may_use_another(server: TritonServer) -> None:
    assert server.load("outer").status == 200
    assert server.infer("outer", numbers("a", [1, 2, 3])).outputs() == {"ten": [10.0, 20.0, 30.0]}


def test_the_server_reads_all_that_a_model_says(server: TritonServer) -> None:
    assert server.load("batching").status == 200
    read = server.http.get("/v2/models/batching/config").json()
    assert read["max_batch_size"] == 8
    assert [(each["name"], each["dims"], each["reshape"]["shape"]) for each in read["input"]] == [("X", [3], [3, 1])]
    assert read["dynamic_batching"] == {
        "preferred_batch_size": [4],
        "max_queue_delay_microseconds": 100,
        "preserve_ordering": True,
        "priority_levels": 0,
        "default_priority_level": 0,
        "default_queue_policy": {
            "timeout_action": "REJECT",
            "default_timeout_microseconds": 1_000_000,
            "allow_timeout_override": False,
            "max_queue_size": 16,
        },
        "priority_queue_policy": {},
    }
    assert [(each["kind"], each["count"]) for each in read["instance_group"]] == [("KIND_CPU", 1)]
    assert read["parameters"] == {"mode": {"string_value": "fast"}}
    assert server.infer("batching", numbers("X", [1, 2, 3])).outputs() == {"Y": [2.0, 4.0, 6.0]}


def test_only_versions_that_are_served_are_loaded(server: TritonServer) -> None:
    states = server.http.post("/v2/repository/index", {}).json()
    loaded = {(each["name"], each["version"]) for each in states if each.get("state") == "READY"}
    assert {("versions", "1"), ("versions", "3"), ("join", "1")} <= loaded
