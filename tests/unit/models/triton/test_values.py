"""Backends, batching, instances and versions: the small values of a Triton model."""

from typing import Any

import pytest

from cdk_model_hosting import DynamicBatching, TritonBackend, TritonInstances, TritonVersions
from tests.unit.builders import new_stack, number_token, refused

KNOWN = "must be known when the app is built, got a value of the deployment: it goes into the archive, which is packed before"


@pytest.mark.parametrize(
    ("argument", "value", "rule"),
    [
        ("preferred_sizes", [8, 0], "at least 1, got 0: a batch holds at least one request"),
        ("preferred_sizes", 8, "a list or tuple, got 8: nothing else is understood there"),
        ("max_queue_delay_us", -1, "at least 0 microseconds, got -1: a wait cannot be negative"),
        ("max_queue_delay_us", 0.5, "an int, got 0.5: nothing else is understood there"),
        ("preserve_ordering", None, "a bool, got None: nothing else is understood there"),
        (
            "max_queue_size",
            0,
            "at least 1 request, got 0: a request waits at least until the batcher has seen it",
        ),
        (
            "queue_timeout_us",
            0,
            "at least 1 microsecond, got 0: the server reads 0 as no limit: leave it out for that",
        ),
    ],
)
def test_fails_when_batching_is_out_of_range(argument: str, value: object, rule: str) -> None:
    given: dict[str, Any] = {argument: value}
    with refused(f"DynamicBatching {argument} must be {rule}"):
        DynamicBatching(**given)


def test_batching_is_known_when_the_app_is_built() -> None:
    number: Any = number_token(new_stack())
    with refused(f"DynamicBatching max_queue_delay_us {KNOWN}"):
        DynamicBatching(max_queue_delay_us=number)
    with refused(f"DynamicBatching preferred_sizes {KNOWN}"):
        DynamicBatching(preferred_sizes=[number])


@pytest.mark.parametrize(
    "make", [TritonInstances.cpu, TritonInstances.gpu, TritonInstances.auto, TritonInstances.by_model]
)
def test_fails_when_there_is_no_copy(make: Any) -> None:
    with refused("TritonInstances count must be at least 1, got 0: a model answers by its copies"):
        make(0)


def test_fails_when_a_gpu_cannot_be() -> None:
    with refused("TritonInstances gpus must be at least 0, got -1: GPUs are counted from 0"):
        TritonInstances.gpu(gpus=[-1])
    with refused("TritonInstances gpus must name each GPU once, got [0, 1, 0]: count says how many copies it holds"):
        TritonInstances.gpu(gpus=[0, 1, 0])


def test_copies_are_known_when_the_app_is_built() -> None:
    number: Any = number_token(new_stack())
    with refused(f"TritonInstances count {KNOWN}"):
        TritonInstances.gpu(number)


@pytest.mark.parametrize(
    ("policy", "served"),
    [
        (TritonVersions.latest(), (7,)),
        (TritonVersions.latest(2), (3, 7)),
        (TritonVersions.latest(9), (1, 3, 7)),
        (TritonVersions.every(), (1, 3, 7)),
        (TritonVersions.only(3, 1, 3), (1, 3)),
    ],
)
def test_a_policy_chooses_among_the_versions(policy: TritonVersions, served: tuple[int, ...]) -> None:
    assert policy.served("TritonModel 'm'", {3: "", 7: "", 1: ""}) == served


def test_fails_when_no_version_is_left() -> None:
    with refused("TritonVersions.latest count must be at least 1, got 0: a model without a version cannot answer"):
        TritonVersions.latest(0)
    with refused(
        "TritonVersions.only must name at least one version, got none: a model without a version cannot answer"
    ):
        TritonVersions.only()
    with refused(
        "TritonVersions.only versions must be at least 1, got 0: the server looks into folders with such names and no others"
    ):
        TritonVersions.only(0)


def test_versions_are_known_when_the_app_is_built() -> None:
    number: Any = number_token(new_stack())
    with refused(f"TritonVersions.only versions {KNOWN}"):
        TritonVersions.only(number)


@pytest.mark.parametrize("name", ["", "tensorflow"])
def test_fails_when_the_backend_is_none_of_the_images(name: str) -> None:
    with refused(
        f"TritonBackend.custom name must be that of a backend of the image, got {name!r}: Triton has dropped TensorFlow; "
        "export the model to ONNX"
    ):
        TritonBackend.custom(name, file="model.savedmodel")


@pytest.mark.parametrize("file", ["", "1/model.bin"])
def test_fails_when_the_backends_file_is_a_path(file: str) -> None:
    with refused(
        f"TritonBackend.custom file must be the name of one file or folder, got {file!r}: the backend looks for it in the "
        "version's folder"
    ):
        TritonBackend.custom("mine", file=file)
