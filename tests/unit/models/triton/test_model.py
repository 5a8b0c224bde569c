import dataclasses
from pathlib import Path
from typing import Any

import pytest

from cdk_model_hosting import (
    DynamicBatching,
    TritonBackend,
    TritonInstances,
    TritonModel,
    TritonVersions,
)
from tests.unit.builders import new_stack, number_token, refused, text_token
from tests.unit.models.triton.builders import code, python_model, tensor

KNOWN = "must be known when the app is built, got a value of the deployment: it goes into the archive, which is packed before"


def _given(argument: str, value: object) -> dict[str, Any]:
    return {argument: value}


def test_the_newest_version_is_served_unless_told(tmp_path: Path) -> None:
    versions = {1: code(tmp_path / "1"), 12: code(tmp_path / "12"), 3: code(tmp_path / "3")}
    assert python_model(tmp_path, versions=versions).served == (12,)
    assert python_model(tmp_path, versions=versions, serve=TritonVersions.only(1, 3)).served == (1, 3)


def test_what_was_given_cannot_be_changed_later(tmp_path: Path) -> None:
    versions: dict[int, Path] = {1: code(tmp_path)}
    options: dict[str, Any] = {"response_cache": {"enable": True}}
    model = python_model(tmp_path, versions=versions, options=options)
    versions[2] = tmp_path
    options.clear()
    assert dict(model.versions) == {1: tmp_path / "model.py"}
    assert dict(model.options) == {"response_cache": {"enable": True}}
    assert dataclasses.replace(model, name="other").placed == model.placed


@pytest.mark.parametrize("name", ["", ".hidden", "-x", "a/b", "a b", "modèle", "a" * 256])
def test_fails_when_the_name_is_no_folders(tmp_path: Path, name: str) -> None:
    shown = f"'{'a' * 58}… of 256 characters" if len(name) > 255 else f"{name!r}{'' if name else ' of 0 characters'}"
    with refused(
        "TritonModel name must be 1-255 characters (letters, digits, dots, hyphens and underscores, a letter or digit "
        f"first), got {shown}: it is a folder of the archive and a word on the server's command line"
    ):
        python_model(tmp_path, name, versions={1: code(tmp_path)})


def test_fails_when_something_is_known_only_at_deploy_time(tmp_path: Path) -> None:
    stack = new_stack()
    number: Any = number_token(stack)
    with refused(f"TritonModel name {KNOWN}"):
        python_model(tmp_path, text_token(stack), versions={1: code(tmp_path)})
    with refused(f"TritonModel 'scale' max_batch_size {KNOWN}"):
        python_model(tmp_path, max_batch_size=number)
    with refused(f"TritonModel 'scale' parameters 'model_type' {KNOWN}"):
        python_model(tmp_path, parameters={"model_type": text_token(stack, "Type")})


def test_fails_when_it_takes_no_batches(tmp_path: Path) -> None:
    with refused(
        "TritonModel 'scale' max_batch_size must be at least 1, got 0: SageMaker's container takes models that batch; one "
        "that cannot takes batches of 1"
    ):
        python_model(tmp_path, max_batch_size=0)


def test_fails_when_a_preferred_batch_is_too_large(tmp_path: Path) -> None:
    python_model(tmp_path, batching=DynamicBatching(preferred_sizes=[4, 8]))
    with refused(
        "TritonModel 'scale' batching preferred_sizes must be at most max_batch_size 8, got 16: no batch becomes that large"
    ):
        python_model(tmp_path, batching=DynamicBatching(preferred_sizes=[4, 16]))


@pytest.mark.parametrize("what", ["inputs", "outputs"])
def test_fails_when_tensors_are_missing_or_share_a_name(tmp_path: Path, what: str) -> None:
    with refused(
        f"TritonModel 'scale' {what} must hold at least one tensor, got none: SageMaker's container asks for both"
    ):
        python_model(tmp_path, **_given(what, []))
    with refused(
        f"TritonModel 'scale' {what} must have names of their own, got 'x' twice: a tensor is found by its name"
    ):
        python_model(tmp_path, **_given(what, [tensor("x"), tensor("y"), tensor("x")]))


def test_fails_when_an_output_is_optional(tmp_path: Path) -> None:
    python_model(tmp_path, inputs=[tensor("X", optional=True)])
    with refused(
        "TritonModel 'scale' outputs must not be optional, got 'Y': a model gives all of them, and a request may ask for "
        "fewer"
    ):
        python_model(tmp_path, outputs=[tensor("Y", optional=True)])


def test_fails_when_tensorrt_would_run_on_the_processor(tmp_path: Path) -> None:
    engine = tmp_path / "model.plan"
    engine.touch()
    given: dict[str, Any] = {"backend": TritonBackend.TENSORRT, "versions": {1: engine}}
    assert python_model(tmp_path, instances=[TritonInstances.gpu(2)], **given).instances == (TritonInstances.gpu(2),)
    with refused(
        "TritonModel 'scale' instances must run on a GPU, got TritonInstances.cpu: TensorRT compiles for GPUs alone"
    ):
        python_model(tmp_path, instances=[TritonInstances.cpu()], **given)


def test_fails_when_a_version_is_served_that_is_not_there(tmp_path: Path) -> None:
    with refused(
        "TritonModel 'scale' serve must name versions that the model has, got 2, which is none of 1, 3: there is no folder "
        "of it"
    ):
        python_model(tmp_path, versions=dict.fromkeys((3, 1), code(tmp_path)), serve=TritonVersions.only(1, 2))


@pytest.mark.parametrize(
    "option", ["name", "input", "max_batch_size", "dynamic_batching", "instance_group", "parameters"]
)
def test_fails_when_an_option_says_what_an_argument_does(tmp_path: Path, option: str) -> None:
    with refused(
        f"TritonModel 'scale' options must be what no other argument says, got {option!r}: it would be said twice"
    ):
        python_model(tmp_path, options={option: {}})


def test_fails_when_requests_would_be_gathered_in_two_ways(tmp_path: Path) -> None:
    options = {"sequence_batching": {"max_sequence_idle_microseconds": 1000}}
    assert python_model(tmp_path, options=options).batching is None
    with refused(
        "TritonModel 'scale' options must hold no sequence_batching beside batching, got both: the server gathers requests "
        "in one way"
    ):
        python_model(tmp_path, options=options, batching=DynamicBatching())


@pytest.mark.parametrize(
    ("argument", "value", "rule"),
    [
        ("backend", "python", "a TritonBackend, got 'python'"),
        ("batching", True, "a DynamicBatching, got True"),
        ("instances", TritonInstances.cpu(), "a list or tuple, got TritonInstances(kind='KIND_CPU', count=1, gpus=())"),
        ("serve", 1, "a TritonVersions, got 1"),
        ("versions", "model.py", "a dict or mappingproxy, got 'model.py'"),
        ("files", ["labels.txt"], "a dict or mappingproxy, got ['labels.txt']"),
    ],
)
def test_fails_when_an_argument_is_of_the_wrong_kind(tmp_path: Path, argument: str, value: object, rule: str) -> None:
    with refused(f"TritonModel 'scale' {argument} must be {rule}: nothing else is understood there"):
        python_model(tmp_path, **_given(argument, value))


def test_it_is_its_only_member(tmp_path: Path) -> None:
    model: TritonModel = python_model(tmp_path)
    assert model.members == (model,)
