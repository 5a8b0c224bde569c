"""Every stack that app.py makes, synthesized once a session for all the checks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.stacks.synthesis import Assembly, make_model_folder, synthesize

if TYPE_CHECKING:
    from pathlib import Path

EXAMPLE_ENVIRONMENT = ("111122223333", "eu-central-1")


@pytest.fixture(scope="session")
def model_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What stands for the trained model."""
    return make_model_folder(tmp_path_factory.mktemp("trained"))


@pytest.fixture(scope="session")
def assembly(model_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Assembly:
    """The example stacks for any account and region."""
    return synthesize(tmp_path_factory.mktemp("anywhere"), model_folder)


@pytest.fixture(scope="session")
def located_assembly(model_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Assembly:
    """The example stacks for one account and region, as `cdk deploy` synthesizes them."""
    return synthesize(tmp_path_factory.mktemp("located"), model_folder, environment=EXAMPLE_ENVIRONMENT)


@pytest.fixture(params=["anywhere", "located"])
def each_assembly(request: pytest.FixtureRequest, assembly: Assembly, located_assembly: Assembly) -> Assembly:
    """Both of them, one after the other."""
    return assembly if request.param == "anywhere" else located_assembly


@pytest.fixture
def templates(each_assembly: Assembly) -> dict[str, dict[str, Any]]:
    """The templates of both, by stack."""
    return each_assembly.templates()
