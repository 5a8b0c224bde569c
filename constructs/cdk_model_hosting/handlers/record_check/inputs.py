"""What a transform job was given, and where its answers lie."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from .failures import CheckFailed
from .job import Job, Place
from .reading import Object

_SUFFIX = ".out"


@dataclass(frozen=True, slots=True)
class Pair:
    """An object of the input and where its output may lie.

    Args:
        source: The object.
        targets: Where its output is looked for, one place after the other.
    """

    source: Place
    targets: tuple[Place, ...]


def pairs(job: Job, s3: Any) -> Iterator[Pair]:
    """List what a job was given.

    Args:
        job: The job.
        s3: The client of S3.

    Raises:
        CheckFailed: When the manifest cannot be read.
    """
    yield from _listed(job, s3) if job.is_manifest else _found(job, s3)


def _found(job: Job, s3: Any) -> Iterator[Pair]:
    """The objects whose keys begin as the job says."""
    bucket, prefix = job.source.bucket, job.source.key
    folder = prefix.rfind("/") + 1
    for page in s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix):
        for key in (each["Key"] for each in page.get("Contents", ())):
            # What consoles make to show an empty folder is no input.
            if key.endswith("/"):
                continue
            # An output is called like the rest of its input's key, from the last folder of the prefix on. Where the prefix is the
            # name of a folder without the slash, the API reference may be read as if that folder were left out too.
            names = [key[folder:]]
            if folder < len(prefix) and key.startswith(f"{prefix}/"):
                names.append(key[len(prefix) + 1 :])
            yield Pair(Place(bucket, key), tuple(job.target.under(name + _SUFFIX) for name in names))


def _listed(job: Job, s3: Any) -> Iterator[Pair]:
    """The objects that the manifest of the job lists."""
    manifest = Object.open(s3, job.source)
    if manifest is None:
        raise CheckFailed(f"there is no manifest {job.source}")
    try:
        first, *names = json.loads(b"".join(manifest.chunks()))
        prefix = Place.of(first["prefix"])
    except (ValueError, TypeError, KeyError) as error:
        raise CheckFailed(f"the manifest {job.source} cannot be read: {type(error).__name__}: {error}") from error
    for name in names:
        yield Pair(Place(prefix.bucket, prefix.key + name), (job.target.under(name + _SUFFIX),))
