"""SageMaker's Triton image, played by a real Triton server: the container's contract, and who can reach it."""

import io
import json
import re
import struct
import tarfile
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from cdk_model_hosting import TritonRepository
from cdk_model_hosting.models.archive import pack
from tests.local_aws.runtime.hosting import Hosting
from tests.local_aws.runtime.several import Shelf, model_of
from tests.local_aws.runtime.triton_processes import end, is_loopback, listening, processes
from tests.local_aws.server.sagemaker import triton
from tests.triton import installation
from tests.triton.needed import needed
from tests.triton.repositories import diamond, numbers, scaling

REPOSITORY = "763104351884.dkr.ecr.us-east-1.amazonaws.com/sagemaker-tritonserver"
IMAGE = f"{REPOSITORY}:25.09-py3"
BINARY = "application/vnd.sagemaker-triton.binary+json;json-header-size="


@pytest.fixture
def deployed(hosting: Hosting) -> Iterator[Callable[..., str]]:
    """Return a function that deploys a container; what it deployed is deleted afterwards, and its processes with it."""
    needed()
    names: list[str] = []

    def deploy(container: dict[str, Any]) -> str:
        names.append(hosting.endpoint({"ModelName": model_of(hosting, {**container, "Image": IMAGE})}))
        return names[-1]

    yield deploy
    for name in names:
        hosting.sagemaker.delete_endpoint(EndpointName=name)
        _eventually(partial(_assert_ended, hosting, name))


@pytest.fixture
def shelf(hosting: Hosting) -> Shelf:
    """Give a test a prefix of its own."""
    return Shelf(hosting)


@pytest.fixture
def publish(shelf: Shelf, tmp_path: Path) -> Callable[..., str]:
    """Return a function that puts a model of a repository onto the shelf."""

    def published(target: str, repository: TritonRepository, model: str) -> str:
        archive = pack(repository.write(tmp_path / target, model), tmp_path / f"{target}.tar.gz")
        return shelf.put_bytes(f"{target}.tar.gz", archive.read_bytes())

    return published


def ask(hosting: Hosting, endpoint: str, tensor: str, **target: str) -> dict[str, list[float]]:
    body = json.dumps({"inputs": [numbers(tensor, [1, 2, 3])]})
    answer = hosting.runtime.invoke_endpoint(EndpointName=endpoint, Body=body, ContentType="application/json", **target)
    return {each["name"]: each["data"] for each in json.loads(answer["Body"].read())["outputs"]}


def test_archives_of_a_shelf_are_models_of_their_own(
    hosting: Hosting, shelf: Shelf, publish: Callable[..., str], deployed: Callable[..., str]
) -> None:
    # Both have a model "split", and it is not the same one.
    ensemble = publish("ensemble", TritonRepository([diamond()]), "diamond")
    alone = publish("alone", TritonRepository([scaling("split")]), "split")
    endpoint = deployed(shelf.container())

    assert ask(hosting, endpoint, "a", TargetModel=ensemble) == {"ten": [10, 20, 30], "four": [4, 8, 12]}
    assert ask(hosting, endpoint, "X", TargetModel=alone) == {"Y": [2, 4, 6]}
    assert ask(hosting, endpoint, "a", TargetModel=ensemble)["ten"] == [10, 20, 30]
    assert list(processes(hosting.local, endpoint).values()).count("tritonserver") == 2


def test_what_is_unloaded_is_gone_and_is_loaded_again(
    hosting: Hosting, shelf: Shelf, publish: Callable[..., str], deployed: Callable[..., str]
) -> None:
    target = publish("scale", TritonRepository([scaling("scale")]), "scale")
    endpoint = deployed(shelf.container(cache="Disabled"))

    assert ask(hosting, endpoint, "X", TargetModel=target) == {"Y": [2, 4, 6]}
    _eventually(lambda: _assert_no_server(hosting, endpoint))
    assert ask(hosting, endpoint, "X", TargetModel=target) == {"Y": [2, 4, 6]}


def test_tensors_come_and_go_as_bytes_too(
    hosting: Hosting, shelf: Shelf, publish: Callable[..., str], deployed: Callable[..., str]
) -> None:
    target = publish("scale", TritonRepository([scaling("scale")]), "scale")
    endpoint = deployed(shelf.container())
    data = struct.pack("<3f", 1, 2, 3)
    head = {
        "inputs": [{"name": "X", "datatype": "FP32", "shape": [1, 3], "parameters": {"binary_data_size": len(data)}}],
        "outputs": [{"name": "Y", "parameters": {"binary_data": True}}],
    }
    header = json.dumps(head).encode()

    answer = hosting.runtime.invoke_endpoint(
        EndpointName=endpoint, Body=header + data, ContentType=f"{BINARY}{len(header)}", TargetModel=target
    )
    length = int(answer["ContentType"].removeprefix(BINARY))
    body = answer["Body"].read()

    assert json.loads(body[:length])["outputs"][0]["name"] == "Y"
    assert struct.unpack("<3f", body[length:]) == (2, 4, 6)


def test_one_model_is_there_from_the_start_and_nobody_else_can_reach_it(
    hosting: Hosting, shelf: Shelf, publish: Callable[..., str], deployed: Callable[..., str]
) -> None:
    repository = TritonRepository([diamond(), scaling("beside")])
    target = publish("model", repository, "diamond")
    # Whoever deploys may ask for more of the server than this machine should give.
    environment = {
        **repository.environment("diamond"),
        "SAGEMAKER_TRITON_ADDITIONAL_ARGS": "--http-address=0.0.0.0 --allow-metrics=true --allow-sagemaker=true",
        "SAGEMAKER_TRITON_THREAD_COUNT": "2",
        "SAGEMAKER_TRITON_LOG_VERBOSE": "false",
    }
    endpoint = deployed({"ModelDataUrl": shelf.url + target, "Environment": environment})

    assert ask(hosting, endpoint, "a")["ten"] == [10, 20, 30]
    with pytest.raises(ClientError, match="unexpected inference input 'b' for model 'diamond'"):
        ask(hosting, endpoint, "b")
    running = processes(hosting.local, endpoint)
    assert "tritonserver" in running.values()
    addresses = listening(list(running))
    # The container, and the one server behind it.
    assert len(addresses) == 2
    assert all(map(is_loopback, addresses))


def test_what_triton_says_of_a_model_that_does_not_load_is_told(
    hosting: Hosting, shelf: Shelf, deployed: Callable[..., str]
) -> None:
    empty = io.BytesIO()
    with tarfile.open(fileobj=empty, mode="w:gz"):
        pass
    target = shelf.put_bytes("empty.tar.gz", empty.getvalue())
    config = b'name: "nothing"\nbackend: "python"\nmax_batch_size: 1\n'
    data = io.BytesIO()
    with tarfile.open(fileobj=data, mode="w:gz") as packed:
        info = tarfile.TarInfo("nothing/config.pbtxt")
        info.size = len(config)
        packed.addfile(info, io.BytesIO(config))
    unversioned = shelf.put_bytes("unversioned.tar.gz", data.getvalue())
    endpoint = deployed(shelf.container())

    with pytest.raises(ClientError, match="there is no model in"):
        ask(hosting, endpoint, "X", TargetModel=target)
    with pytest.raises(ClientError, match="at least one version must be available"):
        ask(hosting, endpoint, "X", TargetModel=unversioned)


def test_a_server_that_crashes_takes_its_container_along_which_comes_back(
    hosting: Hosting, shelf: Shelf, publish: Callable[..., str], deployed: Callable[..., str]
) -> None:
    target = publish("scale", TritonRepository([scaling("scale")]), "scale")
    endpoint = deployed(shelf.container())
    assert ask(hosting, endpoint, "X", TargetModel=target) == {"Y": [2, 4, 6]}
    (crashed,) = [pid for pid, program in processes(hosting.local, endpoint).items() if program == "tritonserver"]

    end(crashed)
    answer = _eventually(lambda: ask(hosting, endpoint, "X", TargetModel=target))

    assert answer == {"Y": [2, 4, 6]}
    assert crashed not in processes(hosting.local, endpoint)


def test_a_name_that_is_not_there_keeps_the_endpoint_from_coming_up(
    hosting: Hosting, shelf: Shelf, publish: Callable[..., str], deployed: Callable[..., str]
) -> None:
    target = publish("scale", TritonRepository([scaling("scale")]), "scale")
    environment = {"SAGEMAKER_TRITON_DEFAULT_MODEL_NAME": "shrink"}
    endpoint = deployed({"ModelDataUrl": shelf.url + target, "Environment": environment})
    assert "did not pass the ping health check" in hosting.settle(endpoint)["FailureReason"]


@pytest.mark.parametrize(
    ("image", "plays"),
    [
        (IMAGE, True),
        (f"{REPOSITORY}:25.09-py3-cpu", True),
        (f"{REPOSITORY}@sha256:{'0' * 64}", True),
        (REPOSITORY, True),
        (f"{REPOSITORY}-mine:1", False),
        (f"{REPOSITORY}/mine:1", False),
        ("763104351884.dkr.ecr.us-east-1.amazonaws.com/pytorch-inference:2.6.0-gpu", False),
    ],
)
def test_the_image_is_known_by_its_repository(image: str, *, plays: bool) -> None:
    assert triton.plays(image) is plays


def test_an_image_without_a_server_to_play_it_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(installation, "VENV", tmp_path / ".venv-triton")
    monkeypatch.setattr(installation, "_NEWEST", (99, 0))
    expected = (
        r"^image \S+:25\.09-py3 is played by the Triton server of the tests: (there is no Triton server|PyTriton ships)"
    )
    assert re.match(expected, triton.why_unplayable(IMAGE))


def _assert_no_server(hosting: Hosting, endpoint: str) -> None:
    assert "tritonserver" not in processes(hosting.local, endpoint).values()


def _assert_ended(hosting: Hosting, endpoint: str) -> None:
    assert processes(hosting.local, endpoint) == {}


def _eventually(act: Callable[[], Any]) -> Any:
    deadline = time.monotonic() + 120
    while True:
        try:
            return act()
        except (ClientError, AssertionError):
            if time.monotonic() > deadline:
                raise
            time.sleep(0.1)
