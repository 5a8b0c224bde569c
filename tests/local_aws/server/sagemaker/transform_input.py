"""The input of a transform job: which objects, and what of them goes into one request."""

import gzip
import json
import zlib
from collections.abc import Iterator
from dataclasses import dataclass

from tests.local_aws.server.sagemaker import cloud
from tests.local_aws.server.sagemaker.locations import Location
from tests.local_aws.server.sagemaker.transform_state import TransformJob

_MB = 1024 * 1024


class InputError(Exception):
    """The input cannot be used; the message is for the log of the job."""


@dataclass(frozen=True, slots=True)
class Source:
    """One object of the input.

    Args:
        name: What its output is named after, relative to the output path.
        place: Where it lies.
    """

    name: str
    place: Location

    @property
    def label(self) -> str:
        """What the log of the job calls it."""
        return f"{self.place.bucket}/{self.place.key}"


@dataclass(frozen=True, slots=True)
class Batching:
    """How much of an object goes into one request.

    Args:
        by_line: Whether it is split at the ends of its lines.
        single: Whether each record is sent alone.
        most_bytes: The size of the largest request; 0 for any size.
    """

    by_line: bool
    single: bool
    most_bytes: int

    @classmethod
    def of(cls, job: TransformJob, *, strategy: str, megabytes: int) -> "Batching":
        """Return how the input of a job is batched, which its container may have had a say in."""
        return cls(
            by_line=job.input.get("SplitType", "None") == "Line",
            single=strategy == "SingleRecord",
            most_bytes=megabytes * _MB,
        )

    def cut(self, data: bytes) -> Iterator[list[bytes]]:
        """Cut an object into requests, each a list of records.

        Raises:
            InputError: A record, or the object that is not split, is larger than a request may be.
        """
        if not self.by_line:
            if data:
                yield [self._fitting(data)]
            return
        gathered: list[bytes] = []
        size = 0
        for line in data.splitlines():
            if not line:
                continue
            self._fitting(line)
            if gathered and (self.single or (self.most_bytes and size + len(line) + 1 > self.most_bytes)):
                yield gathered
                gathered, size = [], 0
            gathered.append(line)
            size += len(line) + 1
        if gathered:
            yield gathered

    def _fitting(self, record: bytes) -> bytes:
        if self.most_bytes and len(record) > self.most_bytes:
            raise InputError(f"Too much data for max payload size: {len(record)} bytes, {self.most_bytes} allowed")
        return record


def sources(job: TransformJob) -> list[Source]:
    """List the objects of a job's input.

    Raises:
        InputError: The manifest cannot be read.
    """
    described = job.input["DataSource"]["S3DataSource"]
    place = Location.parse(described["S3Uri"])
    if described["S3DataType"] == "ManifestFile":
        return list(_listed(place))
    # Names begin where the last folder of the prefix does.
    beginning = place.key.rpartition("/")[0]
    cut = len(beginning) + 1 if beginning else 0
    keys = cloud.object_keys(place.bucket, place.key)
    return [Source(key[cut:], Location(place.bucket, key)) for key in keys if not key.endswith("/")]


def read(source: Source, *, compressed: bool) -> bytes:
    """Read an object, unpacked if it is compressed.

    Raises:
        InputError: It is not there, or not compressed as it should be.
    """
    data = source.place.read()
    if data is None:
        raise InputError(f"Could not download the object {source.place}")
    if not compressed:
        return data
    try:
        return gzip.decompress(data)
    except (OSError, EOFError, zlib.error) as error:
        raise InputError(f"Could not decompress the object {source.place}: {error}") from error


def _listed(place: Location) -> Iterator[Source]:
    try:
        first, *names = json.loads(place.read() or b"")
        prefix = Location.parse(first["prefix"])
    except (ValueError, TypeError, KeyError) as error:
        raise InputError(f"The manifest {place} cannot be read: {error}") from error
    for name in names:
        if not isinstance(name, str):
            raise InputError(f"The manifest {place} lists {name!r}, which is no key")
        yield Source(name, Location(prefix.bucket, prefix.key + name))
