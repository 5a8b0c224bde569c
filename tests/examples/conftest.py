"""One trained model a session for every test of the examples: training takes seconds."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from examples.containers.onnx.onnx_server.app import Slot, create_app
from examples.containers.onnx.onnx_server.model import Model
from examples.containers.onnx.onnx_server.settings import Settings
from examples.fraud.records import Sample, sample_records
from examples.fraud.train import NAME, RECIPES, TrainedModel, train


@pytest.fixture(scope="session")
def trained() -> dict[str, TrainedModel]:
    """Every version of the fraud model."""
    return {version: train(recipe) for version, recipe in RECIPES.items()}


@pytest.fixture(scope="session")
def folders(trained: dict[str, TrainedModel], tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Every version's exported folder."""
    exported = {}
    for version, model in trained.items():
        exported[version] = tmp_path_factory.mktemp(f"fraud-{version}") / "model"
        model.export(exported[version], name=NAME, version=version)
    return exported


@pytest.fixture(scope="session")
def sample() -> Sample:
    """Records to send."""
    return sample_records(40, seed=5)


@pytest.fixture(scope="session")
def model(folders: dict[str, Path]) -> Model:
    """Version 1, as the server loads it."""
    return Model.load(folders["1"])


# Small enough to exceed in a test.
SMALL_LIMITS = Settings(max_rows=200, max_body_bytes=100_000, workers=2)


@pytest.fixture(scope="module")
def client(model: Model) -> Iterator[TestClient]:
    """A server of version 1, without a process of its own."""
    with TestClient(create_app(Slot(model=model), SMALL_LIMITS)) as client:
        yield client
