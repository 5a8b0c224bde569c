from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from cdk_model_hosting.functions import cache


def test_the_folder_is_the_named_one_or_among_the_users_caches(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv(cache.VARIABLE, "/somewhere")
    assert cache.folder() == Path("/somewhere")
    monkeypatch.setenv(cache.VARIABLE, "")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert cache.folder() == tmp_path / "cdk-model-hosting"
    monkeypatch.delenv("XDG_CACHE_HOME")
    monkeypatch.setenv("HOME", str(tmp_path))
    assert cache.folder() == tmp_path / ".cache" / "cdk-model-hosting"


def test_a_file_is_made_once() -> None:
    made: list[Path] = []

    def make(path: Path) -> None:
        made.append(path)
        path.write_text("whole")

    assert cache.find("a.zip") is None
    first = cache.keep("a.zip", make)

    assert cache.keep("a.zip", make) == first == cache.find("a.zip")
    assert first.read_text() == "whole"
    assert len(made) == 1


def test_what_was_broken_off_is_not_kept(cached: Path) -> None:
    def broken(path: Path) -> None:
        path.write_text("half")
        raise InterruptedError

    with pytest.raises(InterruptedError):
        cache.keep("a.zip", broken)

    assert list(cached.iterdir()) == []


def test_what_nobody_asks_for_goes_packages_later_than_code(cached: Path) -> None:
    def names() -> set[str]:
        return {path.name for path in cached.iterdir()}

    for name, days in (("code-old.zip", 4), ("code-new.zip", 2), ("packages-old.zip", 31), ("packages-new.zip", 29)):
        (cached / name).touch()
        os.utime(cached / name, times=(time.time() - days * 86_400,) * 2)

    cache.keep("code-1.zip", Path.touch)
    assert names() == {"code-1.zip", "code-new.zip", "packages-new.zip"}

    os.utime(cached / "code-new.zip", times=(0, 0))
    cache.find("code-new.zip")
    cache.keep("code-2.zip", Path.touch)
    assert "code-new.zip" in names()


def test_archives_of_somebody_elses_stay(cached: Path) -> None:
    (cached / "photos.zip").touch()
    os.utime(cached / "photos.zip", times=(0, 0))

    cache.keep("code-1.zip", Path.touch)

    assert (cached / "photos.zip").exists()
