"""Archives of a store, in a real Triton server that was started as SageMaker's multi-model container starts it."""

import tarfile
from collections.abc import Callable, Iterator

import pytest

from cdk_model_hosting import TritonRepository
from cdk_model_hosting.models.archive import pack
from tests.triton.conftest import Run
from tests.triton.repositories import diamond, numbers, scaling
from tests.triton.server import Answer, TritonServer

Load = Callable[[str], Answer]

TARGET = "X-Amzn-SageMaker-Target-Model"


@pytest.fixture(scope="module")
def server(run: Run, tmp_path_factory: pytest.TempPathFactory) -> Iterator[TritonServer]:
    """A server without models, which tells models of one name apart by their archives."""
    environment = {"SAGEMAKER_MULTI_MODEL": "true", "SAGEMAKER_TRITON_PING_MODE": "live"}
    with run(tmp_path_factory.mktemp("none"), "--model-namespacing=true", environment=environment) as started:
        yield started


@pytest.fixture(scope="module")
def load(server: TritonServer, tmp_path_factory: pytest.TempPathFactory) -> Load:
    """Return a function that does what SageMaker does when a request names a model for the first time."""
    # Both have a model "split", and it is not the same one.
    repository = TritonRepository([diamond(), scaling("alone")])
    other = TritonRepository([scaling("split")])

    def loaded(target: str) -> Answer:
        place = tmp_path_factory.mktemp("container")
        chosen = other if target == "split" else repository
        archive = pack(chosen.write(place / "written", target), place / "model.tar.gz")
        with tarfile.open(archive) as packed:
            packed.extractall(place / "model", filter="data")
        request = {"model_name": f"hash-of-{target}", "url": str(place / "model")}
        return server.sagemaker.post("/models", request, headers={TARGET: f"{target}.tar.gz"})

    return loaded


def _invoke(server: TritonServer, target: str, tensor: str) -> Answer:
    return server.sagemaker.post(
        f"/models/hash-of-{target}/invoke",
        {"inputs": [numbers(tensor, [1, 2, 3])]},
        headers={TARGET: f"{target}.tar.gz"},
    )


def test_each_archive_is_a_model_of_its_own(server: TritonServer, load: Load) -> None:
    assert [load(target).status for target in ("diamond", "alone", "split")] == [200, 200, 200]
    assert _invoke(server, "alone", "X").outputs() == {"Y": [2.0, 4.0, 6.0]}
    assert _invoke(server, "split", "X").outputs() == {"Y": [2.0, 4.0, 6.0]}
    # An ensemble brings all that it uses, and is found among it.
    assert _invoke(server, "diamond", "a").outputs()["ten"] == [10.0, 20.0, 30.0]

    gone = server.sagemaker.request("DELETE", "/models/hash-of-diamond", headers={TARGET: "diamond.tar.gz"})
    assert gone.status == 200
    assert _invoke(server, "diamond", "a").status == 404
    assert _invoke(server, "split", "X").outputs() == {"Y": [2.0, 4.0, 6.0]}
