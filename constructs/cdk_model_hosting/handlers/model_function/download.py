"""Downloading a model into the disk of the environment, wholly or not at all."""

import errno
import fcntl
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError, ConnectTimeoutError, EndpointConnectionError

from .bucket import BucketModel
from .digest import sha256_of
from .failures import StartError
from .parts import download
from .progress import notes_of
from .unpacking import is_archive, unpack

# What the operating system counts a file's room in.
_BLOCK = 512
_ABSENT = frozenset({"404", "NoSuchKey", "NoSuchVersion", "NoSuchBucket", "NotFound"})
_DENIED = frozenset({"403", "AccessDenied", "Forbidden"})
_CHANGED = frozenset({"412", "PreconditionFailed"})
_EMPTY = frozenset({"416", "InvalidRange"})


def fetch(model: BucketModel, *, s3: Any, cache: Path) -> Path:
    """Download a model, unless it is there already.

    It gets a folder by its own name at the very end, when everything is there and checked: a download that was broken off, as
    Lambda breaks it off after ten seconds to begin it anew, never looks like a model. What has come of it is not downloaded again.

    Args:
        model: The model.
        s3: The client of S3.
        cache: Where to keep it.

    Returns:
        The file; the folder with its contents when it is an archive.

    Raises:
        StartError: When it cannot be had, or is not the one that was meant.
    """
    folder = cache / model.identity
    try:
        cache.mkdir(parents=True, exist_ok=True)
        with _alone(cache / f"{model.identity}.lock"):
            if not folder.is_dir():
                _make(folder, model, s3)
    except ClientError as error:
        raise StartError(_explain(model, error)) from error
    except (ConnectTimeoutError, EndpointConnectionError) as error:
        raise StartError(
            f"the model {model} cannot be downloaded: {error}: a function in a VPC needs a gateway endpoint of S3's, or NAT"
        ) from error
    except BotoCoreError as error:
        raise StartError(f"the model {model} cannot be downloaded: {error}") from error
    except OSError as error:
        if error.errno != errno.ENOSPC:
            raise StartError(f"the model {model} cannot be kept in {cache}: {error}") from error
        raise StartError(_no_room(model, cache, "it takes")) from error
    return folder if is_archive(model.name) else folder / model.name


def _make(folder: Path, model: BucketModel, s3: Any) -> None:
    part, file = folder.with_suffix(".part"), folder.with_suffix(".download")
    # What was being unpacked when it was broken off takes the room that this needs.
    shutil.rmtree(part, ignore_errors=True)
    try:
        _download(model, s3, file)
        part.mkdir()
        if is_archive(model.name):
            unpack(file, part, name=model.name, what=str(model))
        else:
            file.rename(part / model.name)
        part.rename(folder)
    finally:
        _remove(part, file)


def _download(model: BucketModel, s3: Any, file: Path) -> None:
    asked = {"Bucket": model.bucket, "Key": model.key}
    if model.version_id is not None:
        asked["VersionId"] = model.version_id
    if model.etag is not None:
        asked["IfMatch"] = f'"{model.etag}"'

    def sized(size: int) -> None:
        there = file.stat().st_blocks * _BLOCK if file.exists() else 0
        if shutil.disk_usage(file.parent).free + there < size:
            raise StartError(_no_room(model, file.parent, f"its {size} bytes take"))

    download(s3, asked, file, sized=sized)
    if model.sha256 is not None and (sha256 := sha256_of(file)) != model.sha256:
        raise StartError(
            f"the model {model} must have the SHA-256 {model.sha256}, got {sha256}: it is another one, or damaged"
        )


def _remove(folder: Path, file: Path) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    for each in (file, notes_of(file)):
        each.unlink(missing_ok=True)


@contextmanager
def _alone(lock: Path) -> Iterator[None]:
    """Lets one process at a time go on: Lambda's environments have a disk each, those of a local AWS share one."""
    with lock.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _no_room(model: BucketModel, folder: Path, takes: str) -> str:
    unpacked = ", and an archive as much again as it holds" if is_archive(model.name) else ""
    return (
        f"the model {model} has no room in {folder}, which has {shutil.disk_usage(folder).free} bytes free: {takes} more{unpacked}; "
        "raise the function's ephemeral storage"
    )


def _explain(model: BucketModel, error: ClientError) -> str:
    code = str(error.response.get("Error", {}).get("Code", ""))
    version = "" if model.version_id is None else f" in the version {model.version_id}"
    if code in _ABSENT:
        return f"there is no model {model}{version}"
    if code in _DENIED:
        # S3 says so too of what is not there, to whom may not list the bucket.
        return (
            f"the model {model}{version} may not be read, or is not there: the function's role, the bucket's policy and the KMS "
            "key must let the function read it"
        )
    if code in _CHANGED:
        if model.etag is None:
            return f"the model {model} must not change while it is downloaded, which it did"
        return f"the model {model} must have the ETag {model.etag}, and has another: the object was written anew"
    if code in _EMPTY:
        return f"the model {model} must not be empty"
    return f"the model {model}{version} cannot be downloaded: {error}"
