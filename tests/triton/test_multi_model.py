"""Archives of a store, in a real Triton server.

How the front of SageMaker's container loads and unloads them is not tried: Triton's listens on every interface.
"""

import tarfile
from collections.abc import Callable
from pathlib import Path

import pytest

from cdk_model_hosting import TritonEnsemble, TritonRepository, TritonStep
from cdk_model_hosting.models.archive import pack
from tests.triton.conftest import Run
from tests.triton.repositories import diamond, numbers, scaling, tensor

Unpack = Callable[[TritonRepository, str], Path]


@pytest.fixture
def unpack(tmp_path: Path) -> Unpack:
    """Return a function that packs a model as a store does, and unpacks it as SageMaker does."""

    def unpacked(repository: TritonRepository, target: str) -> Path:
        place = tmp_path / target
        archive = pack(repository.write(place / "written", target), tmp_path / f"{target}.tar.gz")
        with tarfile.open(archive) as packed:
            packed.extractall(place / "model", filter="data")
        return place / "model"

    return unpacked


def _twice() -> TritonEnsemble:
    """An ensemble whose model "split" is not the diamond's: it lacks an output."""
    step = TritonStep(model=scaling("split"), inputs={"X": "a"}, outputs={"Y": "two"})
    return TritonEnsemble(name="twice", inputs=[tensor("a")], outputs=[tensor("two")], steps=[step])


@pytest.mark.parametrize(
    ("target", "given", "output", "expected"),
    [("diamond", "a", "ten", [10.0, 20.0, 30.0]), ("alone", "X", "Y", [2.0, 4.0, 6.0])],
)
def test_an_archive_holds_all_that_its_model_needs(
    run: Run, unpack: Unpack, *, target: str, given: str, output: str, expected: list[float]
) -> None:
    folder = unpack(TritonRepository([diamond(), scaling("alone")]), target)
    with run(folder) as server:
        assert server.load(target).status == 200
        assert server.infer(target, numbers(given, [1, 2, 3])).outputs()[output] == expected


def test_name_spaces_keep_archives_apart_whose_models_share_a_name(run: Run, unpack: Unpack) -> None:
    first = unpack(TritonRepository([diamond()]), "diamond")
    second = unpack(TritonRepository([_twice()]), "twice")
    with run(first, f"--model-repository={second}", "--model-namespacing=true") as server:
        assert [server.load(each).status for each in ("diamond", "twice")] == [200, 200]
        assert server.infer("diamond", numbers("a", [1, 2, 3])).outputs()["ten"] == [10.0, 20.0, 30.0]
        assert server.infer("twice", numbers("a", [1, 2, 3])).outputs() == {"two": [2.0, 4.0, 6.0]}
    with run(first, f"--model-repository={second}") as server:
        assert [server.load(each).status for each in ("diamond", "twice")] == [400, 400]
