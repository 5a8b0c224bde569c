"""A cache of the tests' own, so that nothing that was bundled before can stand for what a test bundles."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from cdk_model_hosting.functions import cache

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(autouse=True)
def cached(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of the cache, empty."""
    folder = tmp_path_factory.mktemp("cache")
    monkeypatch.setenv(cache.VARIABLE, str(folder))
    return folder


@pytest.fixture
def model(tmp_path: Path) -> Path:
    """A model of two files."""
    folder = tmp_path / "model"
    (folder / "more").mkdir(parents=True)
    (folder / "model.onnx").write_bytes(b"graph")
    (folder / "more" / "labels.json").write_text("[]")
    return folder


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """Code without packages, but for what stands for the one that the usual loader takes."""
    folder = tmp_path / "source"
    folder.mkdir()
    (folder / "predictor.py").write_text("def predict(model, request):\n    return request\n")
    (folder / "sample.json").write_text("{}")
    (folder / "onnxruntime.py").touch()
    return folder
