"""What the library refuses, the real server would refuse when the endpoint is made: each check has its reason here."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from google.protobuf import text_format
from tritonclient.grpc.model_config_pb2 import DataType, ModelConfig

from cdk_model_hosting import TritonEnsemble, TritonRepository, TritonStep
from tests.triton.conftest import Run
from tests.triton.repositories import CODE, numbers, scaling, tensor
from tests.triton.server import TritonServer

Break = Callable[[Any], object]


def _pair() -> TritonEnsemble:
    """Two steps, by way of b."""
    first = scaling("first")
    second = scaling("second", inputs=[tensor("X"), tensor("W", optional=True)], outputs=[tensor("Y"), tensor("Z")])
    steps = [
        TritonStep(model=first, inputs={"X": "a"}, outputs={"Y": "b"}),
        TritonStep(model=second, inputs={"X": "b"}, outputs={"Y": "c"}),
    ]
    return TritonEnsemble(name="pair", inputs=[tensor("a")], outputs=[tensor("c")], steps=steps)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A repository that broken models are added to."""
    return TritonRepository([_pair()]).write(tmp_path_factory.mktemp("repository") / "model")


@pytest.fixture(scope="module")
def server(run: Run, folder: Path) -> Iterator[TritonServer]:
    with run(folder) as started:
        yield started


@pytest.fixture
def refusal(request: pytest.FixtureRequest, server: TritonServer, folder: Path) -> Callable[[str, Break], str]:
    """Return a function that breaks a model's configuration and tells what the server says to it."""

    def refused(model: str, spoil: Break) -> str:
        config = text_format.Parse((folder / model / "config.pbtxt").read_text(encoding="utf-8"), ModelConfig())
        config.name = f"broken{abs(hash(request.node.name))}"
        spoil(config)
        version = folder / config.name / "1"
        version.mkdir(parents=True)
        if model != "pair":
            (version / "model.py").write_bytes(CODE.read_bytes())
        (folder / config.name / "config.pbtxt").write_text(text_format.MessageToString(config), encoding="utf-8")
        said = server.log.stat().st_size
        assert server.load(config.name).status >= 400, "the server takes it"
        # The answer alone does not always tell the reason.
        return server.log.read_bytes()[said:].decode()

    return refused


def _step(config: Any, index: int) -> Any:
    return config.ensemble_scheduling.step[index]


@pytest.mark.parametrize(
    ("spoil", "complaint"),
    [
        (lambda config: _step(config, 1).input_map.update({"X": "d"}), "'d', is not connected"),
        (lambda config: setattr(config.output[0], "name", "d"), "ensemble output 'd' for ensemble"),
        (lambda config: _step(config, 1).output_map.update({"Y": "b"}), "can appear in an output map only once"),
        (lambda config: _step(config, 1).output_map.update({"Z": "spare"}), "'spare' is unused in ensemble"),
        (lambda config: config.input.add().CopyFrom(_renamed(config.input[0], "e")), "ensemble input 'e' for ensemble"),
        (lambda config: _step(config, 0).input_map.update({"X": "c"}), "is not used"),
        (lambda config: _step(config, 0).input_map.update({"Q": "a"}), "mapping to non-existing input Q"),
        (lambda config: _step(config, 1).output_map.update({"Q": "c"}), "can appear in an output map only once"),
        (lambda config: _step(config, 0).input_map.clear(), "must specify 'input_map' in step 0"),
        (lambda config: _step(config, 1).output_map.clear(), "must specify 'output_map' in step 1"),
        (lambda config: config.ensemble_scheduling.ClearField("step"), "must specify 'step' for ensemble"),
        (
            lambda config: setattr(config.input[0], "data_type", DataType.TYPE_INT64),
            "inconsistent data type: TYPE_INT64",
        ),
        (lambda config: config.input[0].dims.append(4), "inconsistent shape: [-1,3,4]"),
        (lambda config: setattr(config, "max_batch_size", 16), "which only allows maximum batch size to be 8"),
        (lambda config: setattr(_step(config, 1), "model_version", 2), "whose required version 2 is not loaded"),
        (
            lambda config: setattr(_step(config, 1), "model_name", "third"),
            "failed to poll model 'third': model not found in any",
        ),
    ],
)
def test_the_server_refuses_such_an_ensemble(
    refusal: Callable[[str, Break], str], spoil: Break, complaint: str
) -> None:
    assert complaint in refusal("pair", spoil)


@pytest.mark.parametrize(
    ("spoil", "complaint"),
    [
        (lambda config: config.input[0].dims.append(0), "dimension must be integer >= 1, or -1"),
        (lambda config: config.input[0].ClearField("dims"), "must specify 'dims'"),
        (lambda config: setattr(config.input[0], "name", ""), "must specify 'name'"),
        (lambda config: config.input[0].reshape.shape.extend([4]), "has different size for dims and reshape"),
        (lambda config: config.dynamic_batching.preferred_batch_size.append(16), "must be <= max batch size"),
        (lambda config: setattr(config, "backend", "onnx"), "unable to find backend library for backend 'onnx'"),
        (lambda config: config.version_policy.specific.versions.append(2), "the version directory is not present"),
        (lambda config: config.instance_group[0].gpus.append(0), "has kind KIND_CPU but specifies one or more GPUs"),
    ],
)
def test_the_server_refuses_such_a_model(refusal: Callable[[str, Break], str], spoil: Break, complaint: str) -> None:
    assert complaint in refusal("first", spoil)


def test_the_pair_itself_is_right(server: TritonServer) -> None:
    assert server.load("pair").status == 200
    assert server.infer("pair", numbers("a", [1, 2, 3])).outputs() == {"c": [4.0, 8.0, 12.0]}


def _renamed(tensor_config: Any, name: str) -> Any:
    renamed = type(tensor_config)()
    renamed.CopyFrom(tensor_config)
    renamed.name = name
    return renamed
