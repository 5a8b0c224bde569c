"""The stage, a model that onnxruntime loads, and a bucket."""

from collections.abc import Iterator
from pathlib import Path

import boto3
import onnx
import pytest
from moto import mock_aws
from onnx import TensorProto, helper

from cdk_model_hosting.handlers.model_function import endpoint_attempts
from examples.fraud.train import NAME, RECIPES, train
from tests.handlers.model_function.endpoint_server import Service
from tests.handlers.model_function.fronting import FINE, Front
from tests.handlers.model_function.stage import Stage
from tests.handlers.model_function.store import Store


@pytest.fixture
def stage(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Stage]:
    with monkeypatch.context() as patched:
        yield Stage(tmp_path, patched)


@pytest.fixture(scope="session")
def graph(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a graph that adds its input to itself."""
    folder = tmp_path_factory.mktemp("graph")
    shape: list[str | int | None] = ["rows", 1]
    made = helper.make_model(
        helper.make_graph(
            [helper.make_node("Add", ["given", "given"], ["doubled"])],
            "doubling",
            [helper.make_tensor_value_info("given", TensorProto.FLOAT, shape)],
            [helper.make_tensor_value_info("doubled", TensorProto.FLOAT, shape)],
        ),
        opset_imports=[helper.make_opsetid("", 17)],
        ir_version=8,
    )
    onnx.save(made, folder / "model.onnx")
    return folder


@pytest.fixture
def store(monkeypatch: pytest.MonkeyPatch) -> Iterator[Store]:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "nobody")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "nothing")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    with mock_aws():
        yield Store(boto3.client("s3"))


@pytest.fixture(scope="session")
def fraud_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The fraud model's first version, as training it exports it."""
    folder = tmp_path_factory.mktemp("fraud") / "model"
    train(RECIPES["1"]).export(folder, name=NAME, version="1")
    return folder


@pytest.fixture
def service(monkeypatch: pytest.MonkeyPatch) -> Iterator[Service]:
    with Service().run() as running:
        for name, value in {
            "AWS_ACCESS_KEY_ID": "nobody",
            "AWS_SECRET_ACCESS_KEY": "nothing",
            "AWS_DEFAULT_REGION": "eu-west-1",
            "AWS_ENDPOINT_URL": running.url,
        }.items():
            monkeypatch.setenv(name, value)
        monkeypatch.setattr(endpoint_attempts, "_FIRST_PAUSE_SECONDS", 0.001)
        running.answers(FINE)
        yield running


@pytest.fixture
def front(stage: Stage, service: Service) -> Front:  # noqa: ARG001 - it is what they ask
    return Front(stage)
