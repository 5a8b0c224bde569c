"""Any folder of model.onnx and model.json is served, and one that does not fit is refused when it is loaded."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from onnx import TensorProto, helper
from starlette.testclient import TestClient

from examples.containers.onnx.onnx_server.app import Slot, create_app
from examples.containers.onnx.onnx_server.errors import ModelLoadError
from examples.containers.onnx.onnx_server.model import Model
from examples.containers.onnx.onnx_server.settings import Settings

DESCRIBED: dict[str, Any] = {
    "name": "risk",
    "version": "2026-11, second",
    "input": "x",
    "output": "score",
    "features": [
        {"name": "income", "type": "number", "nullable": True},
        {"name": "région", "type": "category", "categories": ["nord, est", "sud"], "nullable": True},
        {"name": "employed", "type": "boolean", "nullable": True},
    ],
    "decision": {"threshold": 0.5, "at_or_above": "refuse", "below": "grant"},
}


def _folder(folder: Path, described: dict[str, Any] | None = None, *, columns: int = 3) -> Path:
    """A model that counts the missing values of a record and answers the sigmoid of their number minus one."""
    nodes = [
        helper.make_node("IsNaN", ["x"], ["missing"]),
        helper.make_node("Cast", ["missing"], ["ones"], to=TensorProto.FLOAT),
        helper.make_node("ReduceSum", ["ones", "axes"], ["count"], keepdims=1),
        helper.make_node("Sub", ["count", "one"], ["shifted"]),
        helper.make_node("Sigmoid", ["shifted"], ["score"]),
    ]
    graph = helper.make_graph(
        nodes,
        "count",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, [None, columns])],
        [helper.make_tensor_value_info("score", TensorProto.FLOAT, [None, 1])],
        [
            helper.make_tensor("axes", TensorProto.INT64, [1], [1]),
            helper.make_tensor("one", TensorProto.FLOAT, [1], [1.0]),
        ],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    (folder / "model.onnx").write_bytes(model.SerializeToString())
    (folder / "model.json").write_text(json.dumps(described if described is not None else DESCRIBED), encoding="utf-8")
    return folder


@pytest.mark.parametrize(
    ("content_type", "body"),
    [
        (
            "application/json",
            json.dumps(
                [{"income": 1, "région": "sud", "employed": True}, {"income": None, "région": None, "employed": None}]
            ),
        ),
        ("application/json", json.dumps([[1, "nord, est", False], [None, None, None]])),
        ("text/csv", 'employed,income,région\ntrue,1e3,"nord, est"\n,,\n'),
        ("text/csv", "1000,sud,0\n, ,\n"),
    ],
)
def test_a_model_of_another_schema_is_served(tmp_path: Path, content_type: str, body: str) -> None:
    with TestClient(create_app(Slot(model=Model.load(_folder(tmp_path))), Settings())) as client:
        headers = {"content-type": content_type}
        answer = client.post("/invocations", content=body.encode(), headers=headers)
        assert answer.json() == {
            "predictions": [
                {"probability": 0.268941, "decision": "grant", "version": "2026-11, second"},
                {"probability": 0.880797, "decision": "refuse", "version": "2026-11, second"},
            ],
        }
        rows = client.post("/invocations", content=body.encode(), headers=headers | {"accept": "text/csv"})
        assert rows.text == '0.268941,grant,"2026-11, second"\n0.880797,refuse,"2026-11, second"\n'


def _without(name: str) -> dict[str, Any]:
    return {key: value for key, value in DESCRIBED.items() if key != name}


@pytest.mark.parametrize(
    ("described", "reason"),
    [
        (_without("version"), "must say 'version'"),
        (_without("decision"), "must say 'decision'"),
        (DESCRIBED | {"features": []}, "must name one feature or more, each once"),
        (DESCRIBED | {"features": [{"name": "a", "type": "number"}] * 3}, "must name one feature or more, each once"),
        (DESCRIBED | {"features": [{"name": "a"}]}, "must say 'type'"),
        (DESCRIBED | {"features": [{"name": "a", "type": "date"}]}, "got 'date'"),
        (DESCRIBED | {"features": [{"name": "a", "type": "category"}]}, "categories must be given"),
        (DESCRIBED | {"features": ["a"]}, "must describe a model"),
        (DESCRIBED | {"features": [{"name": "a", "type": "number"}]}, "must predict from the features of model.json"),
        (DESCRIBED | {"input": "z"}, "must predict from the features of model.json"),
        (DESCRIBED | {"output": "z"}, "must predict from the features of model.json"),
    ],
)
def test_fails_when_the_description_does_not_fit(tmp_path: Path, described: dict[str, Any], reason: str) -> None:
    with pytest.raises(ModelLoadError, match=reason):
        Model.load(_folder(tmp_path, described))


def _remove(name: str) -> Callable[[Path], None]:
    return lambda folder: (folder / name).unlink()


def _overwrite(name: str, content: bytes) -> Callable[[Path], object]:
    return lambda folder: (folder / name).write_bytes(content)


@pytest.mark.parametrize(
    ("damage", "reason"),
    [
        (_remove("model.json"), r"model\.json must be readable: No such file"),
        (_remove("model.onnx"), r"model\.onnx must be a file"),
        (_overwrite("model.json", b"{"), r"model\.json must describe a model: "),
        (_overwrite("model.json", b"[]"), r"model\.json must describe a model: "),
        (_overwrite("model.onnx", b"no graph"), r"model\.onnx must predict from the features of model\.json: "),
    ],
)
def test_fails_when_a_file_is_damaged(tmp_path: Path, damage: Callable[[Path], object], reason: str) -> None:
    folder = _folder(tmp_path)
    damage(folder)
    with pytest.raises(ModelLoadError, match=reason):
        Model.load(folder)


def test_fails_when_the_graph_answers_no_probability(tmp_path: Path) -> None:
    graph = helper.make_graph(
        [helper.make_node("Log", ["x"], ["score"])],
        "log",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, [None, 1])],
        [helper.make_tensor_value_info("score", TensorProto.FLOAT, [None, 1])],
    )
    saved = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    described = DESCRIBED | {"features": [{"name": "a", "type": "number"}]}
    folder = _folder(tmp_path, described)
    (folder / "model.onnx").write_bytes(saved.SerializeToString())
    with pytest.raises(ModelLoadError, match="the graph's probabilities must be finite"):
        Model.load(folder)


def test_one_model_predicts_rows_independently(model: Model) -> None:
    rows = np.random.default_rng(1).uniform(0, 50, (64, len(model.description.features))).astype(np.float32)
    together = model.probabilities(rows)
    alone = [model.probabilities(row[np.newaxis])[0] for row in rows]
    np.testing.assert_allclose(together, alone, rtol=0, atol=1e-7)
