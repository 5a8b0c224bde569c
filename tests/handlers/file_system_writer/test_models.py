"""Models come to the file system wholly or not at all, and go when nobody uses them any more."""

import fcntl
import os
import shutil
import tarfile
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ConnectTimeoutError, ReadTimeoutError

from cdk_model_hosting.handlers.file_system_writer.arriving import Arriving
from tests.handlers.file_system_writer.stage import BUCKET, FILES, KEY, OTHER, USER, Stage, digest_of, packed

ORIGIN = f"s3://{BUCKET}/{KEY}"


class Breaking:
    """A body that breaks off after some bytes."""

    def __init__(self, body: Any, after: int) -> None:
        self._body, self._left = body, after

    def read(self, size: int) -> bytes:
        if self._left == 0:
            raise ReadTimeoutError(endpoint_url="https://s3")
        chunk: bytes = self._body.read(min(size, self._left))
        self._left -= len(chunk)
        return chunk


@pytest.fixture
def breaking(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """After how many bytes each of the next bodies breaks off."""
    lengths: list[int] = []
    get = stage.s3.get_object

    def get_object(**asked: Any) -> Any:
        answer = get(**asked)
        return {**answer, "Body": Breaking(answer["Body"], lengths.pop(0))} if lengths else answer

    monkeypatch.setattr(stage.s3, "get_object", get_object)
    return lengths


def test_a_model_has_a_folder_of_its_own(stage: Stage) -> None:
    digest = stage.put(packed(FILES))

    stage.succeed("publish", digest)

    assert stage.models() == {f"{digest}/model.onnx": b"graph", f"{digest}/more/labels.json": b"[]"}
    assert stage.books() == [f"{digest}/users/{USER}"]


def test_one_that_is_there_is_not_fetched_again(stage: Stage) -> None:
    digest = stage.put(packed(FILES))
    stage.succeed("publish", digest)

    stage.succeed("publish", digest, user=OTHER)

    assert stage.asked == []
    assert stage.books() == [f"{digest}/users/{USER}", f"{digest}/users/{OTHER}"]


def test_it_stays_as_long_as_somebody_uses_it(stage: Stage) -> None:
    digest = stage.put(packed(FILES))
    stage.succeed("publish", digest)
    stage.succeed("publish", digest, user=OTHER)

    stage.succeed("remove", digest)
    assert f"{digest}/model.onnx" in stage.models()

    stage.succeed("remove", digest, user=OTHER)
    assert stage.models() == {}
    assert stage.books() == []


def test_removing_what_never_was_there_is_no_failure(stage: Stage) -> None:
    stage.succeed("remove", digest_of(b"never"))


def test_it_can_come_back_after_it_went(stage: Stage) -> None:
    digest = stage.put(packed(FILES))
    for action in ("publish", "remove", "publish"):
        stage.succeed(action, digest)

    assert f"{digest}/model.onnx" in stage.models()


def test_other_models_are_left_alone(stage: Stage) -> None:
    first = stage.put(packed(FILES))
    second = stage.put(packed({"model.onnx": b"another"}), key="second.tar")
    stage.succeed("publish", first)
    stage.succeed("publish", second, key="second.tar")

    stage.succeed("remove", first)

    assert stage.models() == {f"{second}/model.onnx": b"another"}


def test_another_archive_is_not_published(stage: Stage) -> None:
    found, meant = stage.put(packed(FILES)), digest_of(b"meant")

    told = stage.fail("publish", meant)

    assert told == f"the archive {ORIGIN} must have the SHA-256 {meant}, got {found}: it is another one, or damaged"
    assert stage.models() == {}
    assert stage.books() == []


def test_what_follows_the_archives_end_counts_too(stage: Stage) -> None:
    archive = packed(FILES)
    stage.put(archive + b"more" * 1_000_000)

    assert "must have the SHA-256" in stage.fail("publish", digest_of(archive))


def test_a_truncated_archive_is_not_published(stage: Stage) -> None:
    digest = stage.put(packed({"model.onnx": b"graph" * 1000})[:2000])

    told = stage.fail("publish", digest)

    assert told == f"the archive {ORIGIN} cannot be unpacked: ReadError: unexpected end of data"
    assert stage.models() == {}


@pytest.mark.parametrize("name", ["../outside", "more/../../outside"])
def test_no_file_leaves_the_folder(stage: Stage, name: str) -> None:
    digest = stage.put(packed({"model.onnx": b"graph", name: b"stolen"}))

    told = stage.fail("publish", digest)

    assert told.startswith(f"the archive {ORIGIN} cannot be unpacked: OutsideDestinationError: ")
    assert not list(stage.root.parent.rglob("outside"))
    assert stage.models() == {}


def test_no_link_leaves_the_folder(stage: Stage) -> None:
    def link(entry: tarfile.TarInfo) -> None:
        entry.type, entry.linkname, entry.size = tarfile.SYMTYPE, "/etc/passwd", 0

    digest = stage.put(packed({"model.onnx": b""}, link))

    told = stage.fail("publish", digest)

    assert told.startswith(f"the archive {ORIGIN} cannot be unpacked: AbsoluteLinkError: ")
    assert stage.models() == {}


def test_a_connection_that_breaks_goes_on_where_it_was(stage: Stage, breaking: list[int]) -> None:
    digest = stage.put(packed(FILES))
    breaking += [600, 0, 5000]

    stage.succeed("publish", digest)

    assert [each.get("Range") for each in stage.asked] == [None, "bytes=600-", "bytes=600-", "bytes=5600-"]
    assert {each["IfMatch"] for each in stage.asked[1:]} == {stage.s3.head_object(Bucket=BUCKET, Key=KEY)["ETag"]}
    assert stage.models()[f"{digest}/model.onnx"] == b"graph"


def test_a_connection_that_breaks_always_fails(stage: Stage, breaking: list[int]) -> None:
    digest = stage.put(packed(FILES))
    breaking += [600, 0, 0, 0, 0, 0]

    assert stage.fail("publish", digest).startswith("the model could not be published: ReadTimeoutError: ")
    assert stage.models() == {}


def test_an_archive_that_is_written_anew_meanwhile_is_not_mixed(stage: Stage, breaking: list[int]) -> None:
    digest = stage.put(packed(FILES))
    breaking += [600]

    def write_anew(params: dict[str, Any], **_: Any) -> None:
        if "Range" in params:
            stage.put(packed({"model.onnx": b"new"}))

    stage.s3.meta.events.register("provide-client-params.s3.GetObject", write_anew)

    assert stage.fail("publish", digest) == f"the archive {ORIGIN} was written anew while it was read"
    assert stage.models() == {}


def test_it_ends_before_lambda_ends_it(stage: Stage) -> None:
    digest = stage.put(packed(FILES))
    stage.seconds = 44.0

    told = stage.fail("publish", digest)

    assert told == (
        "the model was not published in time: 0 of 0 MB had been unpacked when the publisher's time was over: make it smaller, or "
        "bring it to the file system in another way"
    )
    assert stage.models() == {}
    assert stage.books() == []


def test_what_lambda_broke_off_begins_anew(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    digest = stage.put(packed(FILES))

    def killed(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        # Neither the rest of the archive nor the cleaning up is reached.
        patched.setattr(Arriving, "finish", killed)
        patched.setattr(shutil, "rmtree", lambda *_, **__: None)
        with pytest.raises(KeyboardInterrupt):
            stage.send("publish", digest)
    partial = stage.root / ".publishing" / digest / "partial"
    assert (partial / "model.onnx").is_file()
    assert stage.models() == {}
    (partial / "left behind").write_bytes(b"")

    stage.succeed("publish", digest)

    assert stage.models() == {f"{digest}/model.onnx": b"graph", f"{digest}/more/labels.json": b"[]"}


def test_removing_clears_what_lambda_broke_off(stage: Stage) -> None:
    digest = digest_of(b"never finished")
    partial = stage.root / ".publishing" / digest / "partial"
    partial.mkdir(parents=True)
    (partial / "model.onnx").write_bytes(b"half")

    stage.succeed("remove", digest)

    assert stage.books() == []


def test_removing_goes_on_where_it_was_broken_off(stage: Stage) -> None:
    digest = stage.put(packed(FILES))
    stage.succeed("publish", digest)
    gone = stage.root / ".publishing" / digest / "gone"
    gone.mkdir()
    (gone / "rest").write_bytes(b"")

    stage.succeed("remove", digest)

    assert stage.models() == {}
    assert stage.books() == []


def test_two_deployments_do_not_publish_the_same_model_at_once(stage: Stage) -> None:
    digest = stage.put(packed(FILES))
    lock = stage.root / ".publishing" / f"{digest}.lock"
    lock.parent.mkdir()
    with lock.open("w") as other:
        fcntl.flock(other, fcntl.LOCK_EX)
        told = stage.fail("publish", digest)

    assert told == f"the model {digest} is still being published by another deployment: deploy again when it is done"
    assert set(stage.slept) == {2.0}
    assert stage.asked == []
    stage.seconds = 700.0
    stage.succeed("publish", digest)


def test_who_waits_finds_what_the_other_one_has_published(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    digest = stage.put(packed(FILES))
    lock = stage.root / ".publishing" / f"{digest}.lock"
    lock.parent.mkdir()
    with lock.open("w") as other:
        fcntl.flock(other, fcntl.LOCK_EX)

        def done(_seconds: float) -> None:
            (stage.root / digest).mkdir()
            fcntl.flock(other, fcntl.LOCK_UN)

        monkeypatch.setattr(stage, "_sleep", done)
        stage.succeed("publish", digest)

    assert stage.asked == []
    assert stage.books() == [f"{digest}/users/{USER}"]


def test_a_large_model_passes_through_piece_by_piece(stage: Stage) -> None:
    weights = os.urandom(5_000_001)
    digest = stage.put(packed({"weights.bin": weights, "model.onnx": b"graph"}))

    stage.succeed("publish", digest)

    assert stage.models()[f"{digest}/weights.bin"] == weights


def test_permissions_may_take_a_moment(stage: Stage) -> None:
    digest = stage.put(packed(FILES))
    stage.refusals = ["AccessDenied", "AccessDenied"]

    stage.succeed("publish", digest)

    assert stage.slept == [5.0, 10.0]


@pytest.mark.parametrize(
    ("code", "told"),
    [
        ("NoSuchKey", f"there is no archive {ORIGIN}"),
        ("InternalError", "GetObject was refused: Not for you (InternalError)"),
    ],
)
def test_other_refusals_are_told_at_once(stage: Stage, code: str, told: str) -> None:
    stage.refusals = [code]

    assert stage.fail("publish", digest_of(b"")) == told
    assert stage.slept == []


def test_a_permission_that_never_comes_is_told(stage: Stage) -> None:
    stage.refusals = ["AccessDenied"] * 6

    assert stage.fail("publish", digest_of(b"")) == (
        f"the archive {ORIGIN} may not be read, or is not there: its bucket or KMS key, or the policy of the VPC's endpoint of S3's, does "
        "not let the publisher read it"
    )


def test_a_vpc_without_a_way_to_s3_is_told_of(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    def get_object(**_: object) -> None:
        raise ConnectTimeoutError(endpoint_url="https://s3")

    monkeypatch.setattr(stage.s3, "get_object", get_object)

    told = stage.fail("publish", digest_of(b""))

    assert told.startswith(
        f"the archive {ORIGIN} cannot be reached from the file system's VPC: its subnets must have a gateway endpoint of S3's, or NAT, and "
        "the functions' security groups must let port 443 out: "
    )


def test_a_file_system_that_cannot_be_written_is_told_of(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    def mkdir(*_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied", "/mnt/models/.publishing")

    monkeypatch.setattr(Path, "mkdir", mkdir)

    assert stage.fail("publish", digest_of(b"")) == (
        "the file system cannot be written: [Errno 13] Permission denied: '/mnt/models/.publishing': the user of its access point must own "
        "the access point's folder, and the file system's policy must let the publisher write"
    )


@pytest.mark.parametrize("digest", ["../../etc", "A" * 64, ""])
def test_a_digest_is_never_another_path(stage: Stage, digest: str) -> None:
    with pytest.raises(ValueError, match=r"^Digest must match \[0-9a-f\]\{64\}, got "):
        stage.send("remove", digest)
