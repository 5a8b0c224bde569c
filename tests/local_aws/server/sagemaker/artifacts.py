"""Brings a model's artifact from the local S3 into the folder that its container reads."""

import io
import shutil
import tarfile
from pathlib import Path, PurePosixPath
from typing import Any

from tests.local_aws.server.sagemaker import cloud
from tests.local_aws.server.sagemaker.errors import ServiceError
from tests.local_aws.server.sagemaker.validation import refuse_unless


class ArtifactError(Exception):
    """The artifact cannot be brought to the container."""


class MissingError(ArtifactError):
    """There is no such object in the local S3."""


def check(container: dict[str, Any]) -> None:
    """Refuse a container whose artifact is missing from a bucket that the local S3 has.

    A bucket that it lacks belongs to someone else: nothing can be said about it, until the container is asked to answer.

    Raises:
        ServiceError: The artifact is missing or wrongly described.
    """
    source = container.get("ModelDataSource", {}).get("S3DataSource")
    if source is not None and source["S3DataType"] == "S3Prefix":
        refuse_unless(source["S3Uri"].endswith("/"), f"S3Uri {source['S3Uri']} is an S3Prefix and must end with '/'.")
        refuse_unless(source["CompressionType"] == "None", "CompressionType Gzip requires S3DataType S3Object.")
    location = source["S3Uri"] if source else container.get("ModelDataUrl")
    if location is None or not location.startswith("s3://"):
        return
    bucket, key = split(location)
    is_prefix = container.get("Mode") == "MultiModel" or (source or {}).get("S3DataType") == "S3Prefix"
    if not cloud.bucket_exists(bucket):
        return
    found = cloud.object_keys(bucket, key) if is_prefix else cloud.read_object(bucket, key) is not None
    if not found and container.get("Mode") != "MultiModel":
        raise ServiceError("ValidationException", f"Could not find model data at {location}.")


def fetch(container: dict[str, Any], folder: Path) -> None:
    """Put the artifact of a container into a folder, unpacked as SageMaker does it.

    Raises:
        ArtifactError: The artifact is not in the local S3, or is no archive.
    """
    folder.mkdir(parents=True, exist_ok=True)
    source = container.get("ModelDataSource", {}).get("S3DataSource")
    if source is not None:
        _fetch_source(source, folder)
    elif "ModelDataUrl" in container and container.get("Mode") != "MultiModel":
        _unpack(_read(container["ModelDataUrl"]), container["ModelDataUrl"], folder)


def fetch_archive(location: str, folder: Path) -> None:
    """Unpack an archive of the local S3 into a folder, which is there only once all of it is.

    Raises:
        MissingError: There is no such object.
        ArtifactError: It is no archive.
    """
    data = _read(location)
    partial = folder.with_suffix(".partial")
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir(parents=True)
    _unpack(data, location, partial)
    partial.rename(folder)


def beyond_reach(container: dict[str, Any]) -> str:
    """Say why the artifact cannot be had here at all: its bucket is not in the local S3; empty when it can."""
    source = container.get("ModelDataSource", {}).get("S3DataSource", {})
    location = source.get("S3Uri", container.get("ModelDataUrl", ""))
    if not location.startswith("s3://") or cloud.bucket_exists(split(location)[0]):
        return ""
    return f"model data {location} is not in the local S3"


def split(location: str) -> tuple[str, str]:
    """Split ``s3://bucket/key`` into bucket and key."""
    bucket, _, key = location.removeprefix("s3://").partition("/")
    return bucket, key


def _fetch_source(source: dict[str, Any], folder: Path) -> None:
    location = source["S3Uri"]
    if source["S3DataType"] == "S3Object":
        data = _read(location)
        if source["CompressionType"] == "Gzip":
            _unpack(data, location, folder)
        else:
            (folder / PurePosixPath(location).name).write_bytes(data)
        return
    bucket, prefix = split(location)
    keys = cloud.object_keys(bucket, prefix)
    if not keys:
        raise ArtifactError(f"the local S3 has nothing under {location}")
    for key in keys:
        target = _inside(folder, key.removeprefix(prefix))
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(cloud.read_object(bucket, key) or b"")


def _inside(folder: Path, name: str) -> Path:
    target = (folder / name).resolve()
    if not target.is_relative_to(folder.resolve()):
        raise ArtifactError(f"the object name {name} leaves the model folder")
    return target


def _read(location: str) -> bytes:
    bucket, key = split(location)
    data = cloud.read_object(bucket, key)
    if data is None:
        raise MissingError(f"the local S3 has no object {location}")
    return data


def _unpack(data: bytes, location: str, folder: Path) -> None:
    try:
        with tarfile.open(fileobj=io.BytesIO(data), mode="r:gz") as archive:
            archive.extractall(folder, filter="data")
    except (tarfile.TarError, OSError, EOFError) as error:
        raise ArtifactError(f"{location} is no readable tar.gz archive ({error})") from error
