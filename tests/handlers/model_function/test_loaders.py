"""What makes a model of its files."""

import os
import shutil
import sys
from pathlib import Path

import numpy as np
import pytest

from cdk_model_hosting.handlers.model_function import onnx_loader
from tests.handlers.model_function import events
from tests.handlers.model_function.stage import Context, Stage

PREDICT = """
    import numpy as np

    def predict(model, request):
        (doubled,) = model.run(None, {"given": np.array(request, dtype=np.float32)})
        return {"doubled": doubled, "beside": sorted(each.name for each in model.folder.iterdir())}
"""


def offer(stage: Stage, name: str, reference: str) -> None:
    """Install a package that offers a loader, as its metadata says so."""
    folder = stage.root / f"{name}_loader-1.0.dist-info"
    folder.mkdir()
    (folder / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}-loader\nVersion: 1.0\n")
    (folder / "entry_points.txt").write_text(f"[cdk_model_hosting.loaders]\n{name} = {reference}\n")


@pytest.mark.parametrize("name", ["", "model.onnx"])
def test_the_default_loads_onnx_from_a_file_or_its_folder(stage: Stage, graph: Path, name: str) -> None:
    function = stage.start(PREDICT, LOADER="", PATH=str(graph / name))

    assert function.handle([[21.0]], Context()) == {"doubled": [[42.0]], "beside": ["model.onnx"]}


def test_a_single_graph_may_have_any_name(stage: Stage, graph: Path) -> None:
    shutil.copy(graph / "model.onnx", stage.root / "fraud.onnx")
    (stage.root / "model.json").write_text("{}")

    assert stage.start(PREDICT, LOADER="onnx", PATH=".").handle([[1.0]], Context())["doubled"] == [[2.0]]


@pytest.mark.parametrize(("names", "got"), [((), "none"), (("a.onnx", "b.onnx"), "a.onnx, b.onnx")])
def test_fails_when_it_is_not_clear_which_graph(stage: Stage, names: tuple[str, ...], got: str) -> None:
    folder = stage.root / "model"
    folder.mkdir()
    for name in names:
        (folder / name).touch()

    assert stage.fails(PREDICT, LOADER="onnx", PATH="model") == (
        f"the model {folder} must have a model.onnx or one other file that ends in .onnx, got {got}"
    )


def test_fails_when_the_graph_is_corrupted(stage: Stage, graph: Path) -> None:
    damaged = bytearray((graph / "model.onnx").read_bytes())
    damaged[: len(damaged) // 2] = bytes(len(damaged) // 2)
    (stage.root / "model.onnx").write_bytes(damaged)

    message = stage.fails(PREDICT, LOADER="onnx", PATH="model.onnx")

    assert message.startswith(f"the model {stage.root}/model.onnx cannot be loaded by onnx: ")
    assert stage.line["errorType"] == "StartError"


@pytest.mark.parametrize(
    ("memory", "usable", "threads"),
    [("128", 2, 1), ("1769", 2, 1), ("2653", 2, 1), ("2654", 2, 2), ("10240", 6, 6), ("10240", 2, 2), ("", 3, 3)],
)
def test_the_threads_go_with_the_memory(
    monkeypatch: pytest.MonkeyPatch, memory: str, usable: int, threads: int
) -> None:
    monkeypatch.setenv("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", memory)
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: set(range(usable)))

    assert onnx_loader.processors() == threads


def test_a_session_has_as_many_threads(monkeypatch: pytest.MonkeyPatch, graph: Path) -> None:
    monkeypatch.setenv("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "128")
    options = onnx_loader.load(graph).get_session_options()

    assert (options.intra_op_num_threads, options.inter_op_num_threads) == (1, 1)
    assert options.get_session_config_entry("session.intra_op.allow_spinning") == "0"


def test_a_session_is_one_of_onnxruntimes(graph: Path) -> None:
    session = onnx_loader.load(graph)

    assert session.get_providers() == ["CPUExecutionProvider"]
    assert [each.name for each in session.get_inputs()] == ["given"]
    assert session.run(None, {"given": np.array([[1.0]], dtype=np.float32)})[0].tolist() == [[2.0]]


def test_a_package_offers_a_loader(stage: Stage) -> None:
    name = stage.module("def load(path): return path.read_text() + '!'")
    offer(stage, "shouting", f"{name}:load")
    function = stage.start("def predict(model, request): return model", LOADER="shouting")

    assert function.handle(events.http_api({}), Context())["body"] == '"2!"'


def test_fails_when_nobody_offers_the_loader(stage: Stage) -> None:
    offer(stage, "shouting", "nobody:load")

    assert stage.fails(LOADER="whispering") == (
        "MODEL_FUNCTION_LOADER must be module:function or one of onnx, shouting, got 'whispering': no package of the function "
        "offers it as an entry point of cdk_model_hosting.loaders"
    )


def test_fails_when_what_is_offered_cannot_be_imported(stage: Stage) -> None:
    offer(stage, "shouting", "no_such_module:load")

    assert stage.fails(LOADER="shouting") == (
        "MODEL_FUNCTION_LOADER must name a loader that can be imported, got 'shouting': ModuleNotFoundError: No module named "
        "'no_such_module'"
    )


def test_fails_when_onnxruntime_is_missing(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "onnxruntime", None)
    monkeypatch.delitem(sys.modules, onnx_loader.__name__)
    monkeypatch.delattr("cdk_model_hosting.handlers.model_function.onnx_loader")

    message = stage.fails(LOADER="onnx")

    assert message.startswith("MODEL_FUNCTION_LOADER must name a loader that can be imported, got 'onnx': ")
    assert message.endswith(": the function's requirements must have onnxruntime, for its own architecture and Python")


def test_fails_when_the_loader_does(stage: Stage) -> None:
    (stage.root / "model.txt").write_text("damaged")

    assert stage.fails() == (
        f"the model {stage.root}/model.txt cannot be loaded by {stage.name}:load: ValueError: invalid literal for int() with "
        "base 10: 'damaged'"
    )


def test_fails_when_the_model_is_too_large(stage: Stage) -> None:
    code = """
        def load(path):
            raise MemoryError

        def predict(model, request): ...
    """
    assert stage.fails(code) == (
        f"the model {stage.root}/model.txt must fit into the function's memory, which it does not: raise it"
    )
