"""Settings in the units of the real server: SageMaker's container hands them on as they are."""

from pathlib import Path

import pytest

from cdk_model_hosting import TritonRepository, TritonSettings
from tests.triton.conftest import Run
from tests.triton.repositories import numbers, scaling

MEMORY = "--backend-config=python,shm-default-byte-size="
GROWTH = "--backend-config=python,shm-growth-byte-size="
GPU_LIMIT = "--model-load-gpu-limit=0:"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return TritonRepository([scaling("scale")]).write(tmp_path / "model")


def test_the_server_takes_what_the_library_allows(run: Run, folder: Path) -> None:
    settings = TritonSettings(python_memory_mib=1, python_memory_growth_mib=1, gpu_memory_share=0.8)
    given = settings.environment()
    arguments = [
        MEMORY + given["SAGEMAKER_TRITON_SHM_DEFAULT_BYTE_SIZE"],
        GROWTH + given["SAGEMAKER_TRITON_SHM_GROWTH_BYTE_SIZE"],
        GPU_LIMIT + given["SAGEMAKER_TRITON_MODEL_LOAD_GPU_LIMIT"],
    ]
    with run(folder, "--load-model=scale", *arguments) as server:
        assert server.infer("scale", numbers("X", [1, 2, 3])).outputs() == {"Y": [2.0, 4.0, 6.0]}


def test_the_server_takes_no_percentage(run: Run, folder: Path) -> None:
    # The guide speaks of a percentage.
    with (
        pytest.raises(AssertionError, match=r"expects limit fraction to be in range \[0\.0, 1\.0\], got 80"),
        run(folder, f"{GPU_LIMIT}80"),
    ):
        pass


def test_the_server_takes_no_less_memory(run: Run, folder: Path) -> None:
    with run(folder, f"{MEMORY}{(1 << 20) - 1}") as server:
        answer = server.load("scale")
    assert answer.status == 400
    # The message is older than the rule.
    assert "shm-default-byte-size can't be smaller than 4 MiBs" in answer.json()["error"]
