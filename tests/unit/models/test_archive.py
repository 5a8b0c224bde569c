import os
import tarfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from cdk_model_hosting.models.archive import fingerprint, pack
from tests.unit.builders import refused

FILES = {"model.onnx": b"weights", "code/inference.py": b"print(1)\n", "a/b/c.json": b"{}"}


def folder_of(root: Path, files: dict[str, bytes] = FILES) -> Path:
    for name, content in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    return root


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return folder_of(tmp_path / "model")


@pytest.fixture
def umask() -> Iterator[None]:
    before = os.umask(0o077)
    yield
    os.umask(before)


def packed(folder: Path, archive: Path) -> bytes:
    return pack(folder, archive).read_bytes()


def content(archive: Path) -> dict[str, bytes]:
    with tarfile.open(archive) as tar:
        opened = {each.name: tar.extractfile(each) for each in tar.getmembers() if each.isfile()}
        return {name: source.read() for name, source in opened.items() if source is not None}


def test_packs_the_folders_contents_at_the_root(folder: Path, tmp_path: Path) -> None:
    assert content(pack(folder, tmp_path / "model.tar.gz")) == FILES


def test_the_archive_depends_on_neither_times_nor_place_nor_order(folder: Path, tmp_path: Path) -> None:
    other = folder_of(tmp_path / "elsewhere", dict(reversed(FILES.items())))
    os.utime(other / "model.onnx", (1, 1))
    assert packed(folder, tmp_path / "one.tar.gz") == packed(other, tmp_path / "two.tar.gz")
    assert fingerprint(folder) == fingerprint(other)


@pytest.mark.usefixtures("umask")
def test_the_archive_does_not_depend_on_the_umask(folder: Path, tmp_path: Path) -> None:
    strict = folder_of(tmp_path / "strict")
    strict.joinpath("model.onnx").chmod(0o600)
    folder.joinpath("model.onnx").chmod(0o666)
    assert packed(folder, tmp_path / "one.tar.gz") == packed(strict, tmp_path / "two.tar.gz")
    assert fingerprint(folder) == fingerprint(strict)


def test_members_have_neither_owner_nor_time(folder: Path, tmp_path: Path) -> None:
    with tarfile.open(pack(folder, tmp_path / "model.tar.gz")) as tar:
        assert {(each.uid, each.gid, each.uname, each.gname, each.mtime) for each in tar} == {(0, 0, "", "", 0)}


def test_the_compressed_file_itself_has_neither_name_nor_time(folder: Path, tmp_path: Path) -> None:
    flags, *time = packed(folder, tmp_path / "model.tar.gz")[3:8]
    assert (flags, time) == (0, [0, 0, 0, 0])


def test_members_are_sorted(folder: Path, tmp_path: Path) -> None:
    with tarfile.open(pack(folder, tmp_path / "model.tar.gz")) as tar:
        names = [each.name for each in tar if each.isfile()]
    assert names == ["a/b/c.json", "code/inference.py", "model.onnx"]


def test_the_executable_bit_is_kept_and_counts(folder: Path, tmp_path: Path) -> None:
    before = fingerprint(folder)
    folder.joinpath("code/inference.py").chmod(0o755)
    assert fingerprint(folder) != before
    with tarfile.open(pack(folder, tmp_path / "model.tar.gz")) as tar:
        modes = {each.name: each.mode for each in tar if each.isfile()}
    assert modes == {"a/b/c.json": 0o644, "code/inference.py": 0o755, "model.onnx": 0o644}


def test_a_changed_byte_a_new_file_and_a_new_name_each_count(folder: Path) -> None:
    found = [fingerprint(folder)]
    folder.joinpath("model.onnx").write_bytes(b"weightz")
    found.append(fingerprint(folder))
    folder.joinpath("notes.txt").write_bytes(b"")
    found.append(fingerprint(folder))
    folder.joinpath("notes.txt").rename(folder / "readme.txt")
    found.append(fingerprint(folder))
    assert len(set(found)) == 4


def test_the_border_between_two_files_counts(tmp_path: Path) -> None:
    one = folder_of(tmp_path / "one", {"a": b"xy", "b": b"z"})
    two = folder_of(tmp_path / "two", {"a": b"x", "b": b"yz"})
    assert fingerprint(one) != fingerprint(two)


def test_an_unchanged_folder_has_one_fingerprint(folder: Path) -> None:
    assert fingerprint(folder) == fingerprint(folder)
    assert len(fingerprint(folder)) == 64


def test_unicode_and_long_names_survive(tmp_path: Path) -> None:
    files = {"modèle/größe-模型.bin": b"1", f"{'d' * 120}/{'f' * 120}": b"2"}
    folder = folder_of(tmp_path / "model", files)
    assert content(pack(folder, tmp_path / "model.tar.gz")) == files
    assert len(fingerprint(folder)) == 64


@pytest.mark.parametrize(
    "litter",
    ["__pycache__/inference.cpython-311.pyc", ".DS_Store", "code/.DS_Store", "Thumbs.db", ".git/HEAD",
     "code/.ipynb_checkpoints/x.ipynb"],
)  # fmt: skip
def test_litter_stays_out(folder: Path, tmp_path: Path, litter: str) -> None:
    before = fingerprint(folder)
    folder_of(folder, {litter: b"x"})
    assert fingerprint(folder) == before
    assert content(pack(folder, tmp_path / "model.tar.gz")) == FILES


def test_other_hidden_files_stay_in(folder: Path, tmp_path: Path) -> None:
    folder_of(folder, {".config": b"x"})
    assert content(pack(folder, tmp_path / "model.tar.gz")) == {**FILES, ".config": b"x"}


def test_a_linked_file_is_packed_as_what_it_points_at(folder: Path, tmp_path: Path) -> None:
    target = tmp_path / "weights.bin"
    target.write_bytes(b"big")
    folder.joinpath("linked.bin").symlink_to(target)
    assert content(pack(folder, tmp_path / "model.tar.gz")) == {**FILES, "linked.bin": b"big"}
    before = fingerprint(folder)
    target.write_bytes(b"bug")
    assert fingerprint(folder) != before


def test_a_linked_folder_is_packed_as_what_it_points_at(folder: Path, tmp_path: Path) -> None:
    target = folder_of(tmp_path / "shared", {"vocab/words.txt": b"words"})
    folder.joinpath("shared").symlink_to(target)
    assert content(pack(folder, tmp_path / "model.tar.gz")) == {**FILES, "shared/vocab/words.txt": b"words"}


def test_fails_when_a_link_points_nowhere(folder: Path) -> None:
    folder.joinpath("weights.bin").symlink_to(folder / "missing")
    with refused(
        f"ModelArtifact.from_asset folder must hold files and folders only, got {folder / 'weights.bin'}: a broken link, a "
        "pipe or a socket cannot be packed"
    ):
        fingerprint(folder)


def test_fails_when_a_link_leads_back_to_a_folder_above(folder: Path) -> None:
    folder.joinpath("code/again").symlink_to(folder)
    with refused(
        f"ModelArtifact.from_asset folder must not hold a link to a folder above it, got {folder / 'code/again'}: its "
        "contents would have no end"
    ):
        fingerprint(folder)


def test_two_links_to_one_folder_are_no_loop(folder: Path, tmp_path: Path) -> None:
    target = folder_of(tmp_path / "shared", {"words.txt": b"words"})
    for name in ("en", "fr"):
        folder.joinpath(name).symlink_to(target)
    found = content(pack(folder, tmp_path / "model.tar.gz"))
    assert found == {**FILES, "en/words.txt": b"words", "fr/words.txt": b"words"}


@pytest.mark.timeout(5)
def test_fails_when_something_is_neither_file_nor_folder(folder: Path) -> None:
    os.mkfifo(folder / "pipe")
    with refused(
        f"ModelArtifact.from_asset folder must hold files and folders only, got {folder / 'pipe'}: a broken link, a pipe or "
        "a socket cannot be packed"
    ):
        fingerprint(folder)


def test_an_empty_folder_inside_is_kept_for_triton_ensembles(folder: Path, tmp_path: Path) -> None:
    before = fingerprint(folder)
    folder.joinpath("ensemble/1").mkdir(parents=True)
    with tarfile.open(pack(folder, tmp_path / "model.tar.gz")) as tar:
        assert tar.getmember("ensemble/1").isdir()
    assert fingerprint(folder) != before


@pytest.mark.parametrize("litter", [{}, {".DS_Store": b"x", "__pycache__/a.pyc": b"x"}])
def test_fails_when_the_folder_holds_no_file(tmp_path: Path, litter: dict[str, bytes]) -> None:
    folder = tmp_path / "model"
    folder.mkdir()
    folder_of(folder, litter)
    message = (
        f"ModelArtifact.from_asset folder must hold at least one file, got the empty {folder}: "
        "its files become /opt/ml/model in the container"
    )
    with refused(message):
        fingerprint(folder)
