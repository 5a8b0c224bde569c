"""Models that are downloaded when the function begins, from moto's S3."""

import hashlib
import shutil
import sys
import tempfile
import threading
from collections import namedtuple
from pathlib import Path

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError

from cdk_model_hosting.handlers.model_function.download import fetch
from cdk_model_hosting.handlers.model_function.failures import StartError
from tests.handlers.model_function.store import CONTENT, SHA256, Store, failure, model


def test_a_model_is_downloaded_once_an_environment(store: Store, tmp_path: Path) -> None:
    store.put(CONTENT, "releases/7/fraud.onnx")
    wanted = model("releases/7/fraud.onnx")

    first = fetch(wanted, s3=store.s3, cache=tmp_path / "cache")
    calls = list(store.calls)
    second = fetch(wanted, s3=store.s3, cache=tmp_path / "cache")

    assert first == second
    assert (first.name, first.read_bytes()) == ("fraud.onnx", CONTENT)
    assert calls == store.calls == ["GetObject"]


def test_it_comes_through_the_functions_own_client_into_its_own_disk(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store.put(CONTENT)
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))

    path = model().fetch()

    assert path.read_bytes() == CONTENT
    assert path.is_relative_to(tmp_path / "cdk_model_function")


def test_fails_when_an_image_has_no_boto3(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "boto3", None)
    with pytest.raises(StartError) as raised:
        model().fetch()

    assert str(raised.value) == (
        "boto3 must be installed for a model in a bucket, got none: import of boto3 halted; None in sys.modules: Lambda's Python "
        "has it, an image made from another one must bring it"
    )


def test_another_version_or_checksum_is_another_model(store: Store, tmp_path: Path) -> None:
    first = store.put(CONTENT)["VersionId"]
    second = store.put(b"better")["VersionId"]

    paths = [fetch(model(version_id=each), s3=store.s3, cache=tmp_path) for each in (first, second)]

    assert [path.read_bytes() for path in paths] == [CONTENT, b"better"]


def test_the_etag_is_checked(store: Store, tmp_path: Path) -> None:
    etag = store.put(CONTENT)["ETag"].strip('"')
    assert fetch(model(etag=etag), s3=store.s3, cache=tmp_path / "first").read_bytes() == CONTENT

    store.put(b"better")
    assert failure(model(etag=etag), store, tmp_path / "second") == (
        f"the model s3://models/fraud.onnx must have the ETag {etag}, and has another: the object was written anew"
    )


def test_fails_when_the_checksum_is_another(store: Store, tmp_path: Path) -> None:
    store.put(CONTENT[:-1])
    found = hashlib.sha256(CONTENT[:-1]).hexdigest()

    assert failure(model(), store, tmp_path) == (
        f"the model s3://models/fraud.onnx must have the SHA-256 {SHA256}, got {found}: it is another one, or damaged"
    )


def test_fails_when_it_is_not_there(store: Store, tmp_path: Path) -> None:
    assert failure(model(), store, tmp_path) == "there is no model s3://models/fraud.onnx"
    store.put(CONTENT)
    absent = "there is no model s3://models/fraud.onnx in the version 8b3f"
    assert failure(model(version_id="8b3f"), store, tmp_path / "other") == absent


@pytest.mark.parametrize(
    ("code", "message"),
    [
        (
            "403",
            (
                "the model s3://models/fraud.onnx may not be read, or is not there: the function's role, the bucket's policy and the "
                "KMS key must let the function read it"
            ),
        ),
        ("PreconditionFailed", "the model s3://models/fraud.onnx must not change while it is downloaded, which it did"),
        (
            "SlowDown",
            (
                "the model s3://models/fraud.onnx cannot be downloaded: An error occurred (SlowDown) when calling the GetObject "
                "operation: Later."
            ),
        ),
    ],
)
def test_fails_in_words_when_s3_refuses(store: Store, tmp_path: Path, code: str, message: str) -> None:
    def refuse() -> None:
        raise ClientError({"Error": {"Code": code, "Message": "Later."}}, "GetObject")

    store.put(CONTENT)
    store.before["GetObject"] = refuse

    assert failure(model(), store, tmp_path) == message


def test_fails_when_s3_cannot_be_reached(store: Store, tmp_path: Path) -> None:
    def unreachable() -> None:
        raise EndpointConnectionError(endpoint_url="https://models.s3.amazonaws.com/")

    store.before["GetObject"] = unreachable

    assert failure(model(), store, tmp_path) == (
        "the model s3://models/fraud.onnx cannot be downloaded: Could not connect to the endpoint URL: "
        '"https://models.s3.amazonaws.com/": a function in a VPC needs a gateway endpoint of S3\'s, or NAT'
    )


def test_fails_when_there_is_no_room_for_it(store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    usage = namedtuple("usage", "total used free")  # noqa: PYI024 - what the standard library returns
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage(512, 500, 12))
    store.put(CONTENT)

    assert failure(model(), store, tmp_path) == (
        f"the model s3://models/fraud.onnx has no room in {tmp_path}, which has 12 bytes free: its 7000 bytes take more; raise "
        "the function's ephemeral storage"
    )
    assert store.calls == ["GetObject"]


def test_fails_when_the_disk_is_not_to_be_written(store: Store, tmp_path: Path) -> None:
    (tmp_path / "cache").write_text("a file")
    with pytest.raises(
        StartError, match=r"^the model s3://models/fraud\.onnx cannot be kept in .*/cache: \[Errno 17\]"
    ):
        fetch(model(), s3=store.s3, cache=tmp_path / "cache")


def test_fails_when_it_is_empty(store: Store, tmp_path: Path) -> None:
    store.put(b"")

    assert failure(model(), store, tmp_path) == "the model s3://models/fraud.onnx must not be empty"


def test_processes_that_share_a_disk_download_it_once(store: Store, tmp_path: Path) -> None:
    store.put(CONTENT)
    paths: list[Path] = []
    threads = [
        threading.Thread(target=lambda: paths.append(fetch(model(), s3=store.s3, cache=tmp_path))) for _ in range(4)
    ]
    for each in threads:
        each.start()
    for each in threads:
        each.join()

    assert len(set(paths)) == 1
    assert len(paths) == 4
    assert store.calls == ["GetObject"]
