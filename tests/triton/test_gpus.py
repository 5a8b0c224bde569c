"""What needs a GPU, in a real server that finds none."""

import re
from collections.abc import Iterator

import pytest

from cdk_model_hosting import TritonInstances, TritonModel, TritonRepository
from tests.triton.conftest import Run
from tests.triton.repositories import scaling
from tests.triton.server import TritonServer

CPU, GPU = TritonInstances.cpu(), TritonInstances.gpu()


def _models() -> list[TritonModel]:
    return [
        scaling("gpu", instances=[GPU]),
        scaling("both", instances=[CPU, GPU]),
        scaling("numbered", instances=[TritonInstances.gpu(gpus=[0])]),
        scaling("auto", instances=[TritonInstances.auto()]),
        scaling("itself", instances=[TritonInstances.by_model()]),
        scaling("unsaid", instances=[]),
    ]


@pytest.fixture(scope="module")
def server(run: Run, tmp_path_factory: pytest.TempPathFactory) -> Iterator[TritonServer]:
    folder = TritonRepository(_models()).write(tmp_path_factory.mktemp("repository") / "model")
    # This machine may have some.
    with run(folder, environment={"CUDA_VISIBLE_DEVICES": ""}) as started:
        yield started


@pytest.mark.parametrize("model", _models(), ids=lambda model: str(model.name))
def test_the_server_loads_without_gpus_what_needs_none(server: TritonServer, model: TritonModel) -> None:
    answer = server.load(model.name)
    if model.gpus == 0:
        assert answer.status == 200
    else:
        assert answer.status == 400
        assert re.search("has kind KIND_GPU but no GPUs|invalid or unsupported gpu id", answer.json()["error"])
