"""A real Triton server on the CPU. Where it cannot run the tests are skipped and say why; CI must be able to run it."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

import pytest

from tests.triton import installation, server
from tests.triton.needed import needed

Run = Callable[..., AbstractContextManager[server.TritonServer]]


@pytest.fixture(scope="session")
def installed() -> installation.Installation:
    """The server's program and backends."""
    return needed()


@pytest.fixture(scope="session")
def run(installed: installation.Installation, tmp_path_factory: pytest.TempPathFactory) -> Run:
    """Return a function that runs a server on a repository, for the length of a block."""

    def started(
        repository: Path, *arguments: str, environment: dict[str, str] | None = None
    ) -> AbstractContextManager[server.TritonServer]:
        scratch = tmp_path_factory.mktemp("triton")
        given = (f"--model-repository={repository}", "--model-control-mode=explicit", *arguments)
        return server.running(installed, scratch, *given, environment=environment)

    return started
