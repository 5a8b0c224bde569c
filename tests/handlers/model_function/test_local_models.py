"""Models that are there when the function begins."""

import shutil
import subprocess
from pathlib import Path

import pytest

from cdk_model_hosting.handlers.model_function.contract import Delivery
from cdk_model_hosting.handlers.model_function.digest import sha256_of
from cdk_model_hosting.handlers.model_function.failures import StartError
from cdk_model_hosting.handlers.model_function.local import LocalModel


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "model"
    (folder / "a b").mkdir(parents=True)
    (folder / "empty").mkdir()
    for name in ("weights.bin", "a b/ä.txt", "a.txt", "Z.txt"):
        (folder / name).write_text(name)
    return folder


def test_a_model_is_found_where_it_is(folder: Path) -> None:
    for path in (folder, folder / "weights.bin"):
        assert LocalModel(delivery=Delivery.LAYER, path=path).fetch() == path
        assert LocalModel(delivery=Delivery.LAYER, path=path, sha256=sha256_of(path)).fetch() == path


def test_checksums_are_those_of_sha256sum(folder: Path) -> None:
    def told(command: str) -> str:
        finished = subprocess.run(["bash", "-c", command], cwd=folder, capture_output=True, text=True, check=True)
        return finished.stdout.split()[0]

    assert sha256_of(folder / "weights.bin") == told("sha256sum weights.bin")
    listed = r"find . -type f -printf '%P\n' | LC_ALL=C sort | xargs -d '\n' sha256sum | sha256sum"
    assert sha256_of(folder) == told(listed)


def test_a_checksum_tells_contents_and_names_apart(folder: Path) -> None:
    before = sha256_of(folder)
    (folder / "empty").rmdir()
    assert sha256_of(folder) == before

    (folder / "weights.bin").rename(folder / "weight.bin")
    renamed = sha256_of(folder)
    (folder / "a.txt").write_text("other")
    assert len({before, renamed, sha256_of(folder)}) == 3


@pytest.mark.parametrize(
    ("delivery", "hint"),
    [
        (Delivery.BUNDLED, "the code of the function must have it"),
        (Delivery.LAYER, "a layer's contents lie under /opt"),
        (Delivery.IMAGE, "its Dockerfile must copy it there"),
        (Delivery.FILE_SYSTEM, "it must have been published to the file system"),
    ],
)
def test_fails_when_nothing_is_there(folder: Path, delivery: Delivery, hint: str) -> None:
    path = folder / "nowhere"
    with pytest.raises(StartError) as raised:
        LocalModel(delivery=delivery, path=path).fetch()

    assert (
        str(raised.value)
        == f"MODEL_FUNCTION_PATH must be the model's file or folder, got {path}, where nothing is: {hint}"
    )


def test_fails_when_it_is_another_one(folder: Path) -> None:
    expected = sha256_of(folder)
    (folder / "weights.bin").write_text("damaged")
    with pytest.raises(StartError) as raised:
        LocalModel(delivery=Delivery.FILE_SYSTEM, path=folder, sha256=expected).fetch()

    assert str(raised.value) == (
        f"the model {folder} must have the SHA-256 {expected}, got {sha256_of(folder)}: it is another one, or damaged"
    )


def test_fails_when_it_cannot_be_read(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_path: Path) -> bool:
        raise PermissionError(13, "Permission denied", str(folder))

    monkeypatch.setattr(Path, "exists", refuse)
    with pytest.raises(StartError) as raised:
        LocalModel(delivery=Delivery.FILE_SYSTEM, path=folder).fetch()

    assert str(raised.value) == f"the model {folder} cannot be read: [Errno 13] Permission denied: '{folder}'"


def test_an_empty_folder_has_a_checksum_too(folder: Path) -> None:
    shutil.rmtree(folder)
    folder.mkdir()

    assert len(sha256_of(folder)) == 64
