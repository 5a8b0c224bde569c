from __future__ import annotations

import os
import tarfile
import zipfile
from typing import TYPE_CHECKING

import pytest

from cdk_model_hosting.functions.files import (
    digest_of,
    files_below,
    megabytes,
    unzipped_megabytes,
    write_tar,
    write_zip,
)
from tests.unit.builders import refused

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

WHAT = "FunctionCode folder"


def test_files_are_found_by_name_and_sorted_without_litter(model: Path) -> None:
    (model / "__pycache__").mkdir()
    (model / "__pycache__" / "x.pyc").write_bytes(b"")

    assert list(files_below(WHAT, model)) == ["model.onnx", "more/labels.json"]


def test_a_link_stands_for_what_it_points_at(model: Path, tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "weights").write_bytes(b"1")
    (model / "linked").symlink_to(tmp_path / "elsewhere")

    assert "linked/weights" in files_below(WHAT, model)


def test_fails_when_there_is_no_folder(tmp_path: Path) -> None:
    with refused(
        f"FunctionCode folder must be an existing folder, got {tmp_path / 'no'}: its files become part of the function"
    ):
        files_below(WHAT, tmp_path / "no")


def test_fails_when_the_folder_is_empty(tmp_path: Path) -> None:
    with refused(
        f"FunctionCode folder must hold at least one file, got the empty {tmp_path}: there is nothing to bring"
    ):
        files_below(WHAT, tmp_path)


def test_fails_when_a_link_leads_back(model: Path) -> None:
    (model / "more" / "up").symlink_to(model)
    with refused(
        f"FunctionCode folder must not hold a link to a folder above it, got {model / 'more' / 'up'}: its contents would "
        "have no end"
    ):
        files_below(WHAT, model)


def test_fails_when_a_link_leads_nowhere(model: Path) -> None:
    (model / "gone").symlink_to(model / "nothing")
    with refused(
        f"FunctionCode folder must hold files and folders only, got {model / 'gone'}: a broken link, a pipe or a socket "
        "cannot be packed"
    ):
        files_below(WHAT, model)


def _renamed(model: Path) -> None:
    (model / "model.onnx").rename(model / "other.onnx")


def _rewritten(model: Path) -> None:
    (model / "model.onnx").write_bytes(b"GRAPH")


def _made_executable(model: Path) -> None:
    (model / "model.onnx").chmod(0o755)


@pytest.mark.parametrize("change", [_renamed, _rewritten, _made_executable])
def test_the_digest_tells_files_apart(model: Path, change: Callable[[Path], None]) -> None:
    before = digest_of(files_below(WHAT, model))
    os.utime(model / "model.onnx", (1, 1))
    assert digest_of(files_below(WHAT, model)) == before

    change(model)

    assert digest_of(files_below(WHAT, model)) != before


@pytest.mark.parametrize("write", [write_zip, write_tar])
def test_the_same_files_are_the_same_bytes(
    model: Path, tmp_path: Path, write: Callable[[Path, dict[str, Path]], None]
) -> None:
    write(tmp_path / "first", files_below(WHAT, model))
    os.utime(model / "model.onnx", (1, 1))
    write(tmp_path / "second", files_below(WHAT, model))

    assert (tmp_path / "first").read_bytes() == (tmp_path / "second").read_bytes()


def test_archives_hold_the_files(model: Path, tmp_path: Path) -> None:
    files = files_below(WHAT, model)
    write_zip(tmp_path / "a.zip", files)
    write_tar(tmp_path / "a.tar", files)

    with zipfile.ZipFile(tmp_path / "a.zip") as packed:
        assert packed.read("model.onnx") == b"graph"
        assert packed.getinfo("model.onnx").external_attr >> 16 == 0o100644
    with tarfile.open(tmp_path / "a.tar") as opened:
        assert opened.getnames() == list(files)


def test_sizes_are_counted_before_and_after_packing(tmp_path: Path) -> None:
    (tmp_path / "zeros").write_bytes(bytes(3 << 20))
    files = {"zeros": tmp_path / "zeros"}
    write_zip(tmp_path / "a.zip", files)

    assert megabytes(files) == 3
    assert unzipped_megabytes(tmp_path / "a.zip") == 3
    assert (tmp_path / "a.zip").stat().st_size < 1 << 20
