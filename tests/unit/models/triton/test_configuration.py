"""The config.pbtxt that comes of a model, read back through Triton's own schema."""

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from google.protobuf import json_format, text_format
from tritonclient.grpc.model_config_pb2 import DataType, ModelConfig

from cdk_model_hosting import (
    DynamicBatching,
    TensorType,
    TritonBackend,
    TritonEnsemble,
    TritonInstances,
    TritonModel,
    TritonRepository,
    TritonStep,
    TritonVersions,
)
from cdk_model_hosting.models.triton.configuration import as_text, configuration
from tests.unit.builders import refused
from tests.unit.models.triton.builders import chain, python_model, tensor


def _read(model: TritonModel | TritonEnsemble) -> dict[str, Any]:
    """The configuration as its text says it."""
    config = text_format.Parse(TritonRepository([model]).configuration(model.name), ModelConfig())
    read: dict[str, Any] = json_format.MessageToDict(config, preserving_proto_field_name=True)
    return read


def test_the_least_that_a_model_says(tmp_path: Path) -> None:
    assert _read(python_model(tmp_path)) == {
        "name": "scale",
        "backend": "python",
        "max_batch_size": 8,
        "input": [{"name": "X", "data_type": "TYPE_FP32", "dims": ["3"]}],
        "output": [{"name": "Y", "data_type": "TYPE_FP32", "dims": ["3"]}],
    }


def test_everything_that_a_model_can_say(tmp_path: Path) -> None:
    weights = tmp_path / "weights.bin"
    weights.touch()
    model = python_model(
        tmp_path,
        backend=TritonBackend.custom("mine", file="weights.bin", platform="mine_v2"),
        versions={1: weights, 2: weights},
        inputs=[
            tensor("ids", -1, 4, data_type=TensorType.INT64),
            tensor("mask", 1, data_type=TensorType.BOOL, model_shape=[], optional=True),
        ],
        outputs=[tensor("label", data_type=TensorType.STRING), tensor("pixels", 4, -1, model_shape=[2, 2, -1])],
        batching=DynamicBatching(
            preferred_sizes=[4, 8],
            max_queue_delay_us=100,
            preserve_ordering=True,
            max_queue_size=64,
            queue_timeout_us=50_000,
        ),
        instances=[TritonInstances.gpu(2, gpus=[0, 1]), TritonInstances.cpu(4), TritonInstances.by_model()],
        serve=TritonVersions.only(2, 1),
        parameters={"model_type": "fast"},
        options={"response_cache": {"enable": True}, "model_transaction_policy": {"decoupled": False}},
    )
    assert _read(model) == {
        "name": "scale",
        "backend": "mine",
        "platform": "mine_v2",
        "default_model_filename": "weights.bin",
        "max_batch_size": 8,
        "input": [
            {"name": "ids", "data_type": "TYPE_INT64", "dims": ["-1", "4"]},
            {"name": "mask", "data_type": "TYPE_BOOL", "dims": ["1"], "reshape": {}, "optional": True},
        ],
        "output": [
            {"name": "label", "data_type": "TYPE_STRING", "dims": ["3"]},
            {"name": "pixels", "data_type": "TYPE_FP32", "dims": ["4", "-1"], "reshape": {"shape": ["2", "2", "-1"]}},
        ],
        "dynamic_batching": {
            "preferred_batch_size": [4, 8],
            "max_queue_delay_microseconds": "100",
            "preserve_ordering": True,
            "default_queue_policy": {"max_queue_size": 64, "default_timeout_microseconds": "50000"},
        },
        "instance_group": [
            {"kind": "KIND_GPU", "count": 2, "gpus": [0, 1]},
            {"kind": "KIND_CPU", "count": 4},
            {"kind": "KIND_MODEL", "count": 1},
        ],
        "version_policy": {"specific": {"versions": ["1", "2"]}},
        "parameters": {"model_type": {"string_value": "fast"}},
        "response_cache": {"enable": True},
        "model_transaction_policy": {},
    }


def test_batching_is_on_without_any_number(tmp_path: Path) -> None:
    assert _read(python_model(tmp_path, batching=DynamicBatching()))["dynamic_batching"] == {}


@pytest.mark.parametrize(
    ("policy", "rendered"),
    [(TritonVersions.latest(3), {"latest": {"num_versions": 3}}), (TritonVersions.every(), {"all": {}})],
)
def test_versions_are_chosen_by_a_policy(tmp_path: Path, policy: TritonVersions, rendered: dict[str, Any]) -> None:
    assert _read(python_model(tmp_path, serve=policy))["version_policy"] == rendered


def test_an_ensemble_says_its_steps(tmp_path: Path) -> None:
    first = python_model(tmp_path, "first", max_batch_size=4)
    second = python_model(tmp_path, "second", outputs=[tensor("Y"), tensor("Z")])
    steps = [
        TritonStep(model=first, inputs={"X": "a"}, outputs={"Y": "b"}),
        TritonStep(model=second, inputs={"X": "b"}, outputs={"Y": "c", "Z": "d"}, version=1),
    ]
    ensemble = TritonEnsemble(name="e", inputs=[tensor("a")], outputs=[tensor("c"), tensor("d")], steps=steps)
    assert _read(ensemble) == {
        "name": "e",
        "platform": "ensemble",
        "max_batch_size": 4,
        "input": [{"name": "a", "data_type": "TYPE_FP32", "dims": ["3"]}],
        "output": [
            {"name": "c", "data_type": "TYPE_FP32", "dims": ["3"]},
            {"name": "d", "data_type": "TYPE_FP32", "dims": ["3"]},
        ],
        "ensemble_scheduling": {
            "step": [
                {"model_name": "first", "model_version": "-1", "input_map": {"X": "a"}, "output_map": {"Y": "b"}},
                {
                    "model_name": "second",
                    "model_version": "1",
                    "input_map": {"X": "b"},
                    "output_map": {"Y": "c", "Z": "d"},
                },
            ]
        },
    }


def test_sagemakers_container_finds_the_ensemble_by_its_text(tmp_path: Path) -> None:
    # This is how its multi-model front looks for it.
    text = TritonRepository([chain(python_model(tmp_path))]).configuration("ranker")
    assert re.search(r'platform:(\s)*"ensemble"', text)


def test_the_text_says_all_of_the_configuration(tmp_path: Path) -> None:
    config = configuration(python_model(tmp_path, inputs=[tensor('naïve "name"\n')], batching=DynamicBatching()))
    assert text_format.Parse(as_text(config), ModelConfig()) == config
    assert "naïve" in as_text(config)


def test_the_text_is_the_same_in_every_process(tmp_path: Path) -> None:
    # Maps of protobuf have no order of their own.
    script = (
        "from pathlib import Path\n"
        "from cdk_model_hosting import TritonRepository\n"
        "from tests.unit.models.triton.builders import chain, python_model, tensor\n"
        "names = [f'T{number}' for number in range(20)]\n"
        f"model = python_model(Path({str(tmp_path)!r}), parameters={{name: name for name in names}})\n"
        "print(TritonRepository([model]).configuration('scale'))\n"
    )
    texts = {
        subprocess.run(
            [sys.executable, "-c", script],
            env={"PYTHONHASHSEED": seed, "PYTHONPATH": "."},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    }
    assert len(texts) == 1


def test_every_type_is_one_of_the_schema() -> None:
    assert {each.value for each in TensorType} == set(DataType.keys()) - {"TYPE_INVALID"}


@pytest.mark.parametrize(
    ("options", "why"),
    [
        (
            {"respond_cache": {}},
            'Message type "inference.ModelConfig" has no field named "respond_cache" at "ModelConfig".',
        ),
        ({"response_cache": {"enable": "yes"}}, "Failed to parse response_cache field: Failed to parse enable field: "),
    ],
)
def test_fails_when_options_are_not_tritons(tmp_path: Path, options: dict[str, Any], why: str) -> None:
    start = f"TritonModel 'scale' options must be fields of Triton's ModelConfig, got {options!r}: {why}"
    with pytest.raises(ValueError, match=f"^{re.escape(start)}"):
        TritonRepository([python_model(tmp_path, options=options)])


def test_fails_when_the_extra_is_not_installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "tritonclient.grpc", None)
    with refused(
        "TritonRepository must have Triton's schema at hand, got an installation without it: install "
        "cdk-model-hosting[triton]"
    ):
        TritonRepository([python_model(tmp_path)])
