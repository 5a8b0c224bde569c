"""Whether the real server's tests say why they cannot run."""

import platform
import re
import sys
import sysconfig
from pathlib import Path

import pytest

from tests.triton import installation


def test_a_server_that_is_not_installed_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _on(monkeypatch, "linux", "x86_64", (3, 11))
    monkeypatch.setattr(installation, "VENV", tmp_path / ".venv-triton")
    with pytest.raises(
        installation.Missing, match=re.escape("there is no Triton server in .venv-triton: run `make triton`")
    ):
        installation.find()


@pytest.mark.parametrize(
    ("system", "processor", "version"),
    [("darwin", "arm64", (3, 11)), ("linux", "aarch64", (3, 11)), ("linux", "x86_64", (3, 13))],
)
def test_another_machine_is_told(
    monkeypatch: pytest.MonkeyPatch, system: str, processor: str, version: tuple[int, int]
) -> None:
    _on(monkeypatch, system, processor, version)
    with pytest.raises(
        installation.Impossible, match=rf"^PyTriton ships .* not for {system} on {processor} with Python"
    ):
        installation.find()


def test_a_library_that_is_missing_is_told_where_it_would_help(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _on(monkeypatch, "linux", "x86_64", (3, 11))
    monkeypatch.setattr(installation, "_VERSION", "3.99")
    monkeypatch.setattr(sysconfig, "get_config_var", lambda _: str(tmp_path))
    with pytest.raises(
        installation.Missing,
        match=re.escape("libpython3.99.so.1.0 is missing, which runs Triton's Python models: install libpython3.99"),
    ):
        installation.check_libpython()
    _on(monkeypatch, "darwin", "arm64", (3, 11))
    installation.check_libpython()


def _on(monkeypatch: pytest.MonkeyPatch, system: str, processor: str, version: tuple[int, int]) -> None:
    monkeypatch.setattr(sys, "platform", system)
    monkeypatch.setattr(platform, "machine", lambda: processor)
    monkeypatch.setattr(sys, "version_info", (*version, *sys.version_info[2:]))
