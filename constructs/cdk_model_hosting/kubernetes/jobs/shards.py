"""The parts of a job's input, each of which a pod of its own works on."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from itertools import pairwise, takewhile
from typing import TYPE_CHECKING

from cdk_model_hosting.arguments import require_like, require_several
from cdk_model_hosting.batch.source import BUCKET
from cdk_model_hosting.buckets import check_prefix, read_below
from cdk_model_hosting.errors import ConfigurationError
from cdk_model_hosting.kubernetes.jobs.contract import MODULO, WHOLE
from cdk_model_hosting.limits import OBJECT_KEY
from cdk_model_hosting.limits.jobs import JOB_SHARDS, SHARD_LIST_BYTES
from cdk_model_hosting.tokens import is_token

if TYPE_CHECKING:
    from collections.abc import Sequence

    from aws_cdk import aws_s3 as s3

    from cdk_model_hosting.permissions import Permission

_READ = "a worker finds the objects of its shard when it runs"
# The policies of a role have ten thousand characters together.
_MOST_FOLDERS = 20


class JobShards(ABC):
    """The shards of a batch job. Made by one of its factories.

    Attributes:
        bucket: Bucket of the input.
        part: How much of what it is given a pod works on, as the worker is told.
    """

    __slots__ = ()

    bucket: s3.IBucket
    part: str

    @staticmethod
    def listed(bucket: s3.IBucket, keys: Sequence[str]) -> JobShards:
        """Objects or prefixes that are known beforehand, each a shard.

        The list is part of the template, and a pod finds its shard in it by a few lines of shell: the image must have
        ``/bin/sh``. Pods may read what lies in the folders of these keys; where they are in more than twenty, in the folder
        that all of them have in common.

        Args:
            bucket: Their bucket.
            keys: 1-100000 keys of objects, or prefixes that end in ``/``, none of them below another; 192 KiB together.

        Raises:
            ConfigurationError: When there are none or too many, or two have objects in common.
        """
        _check_bucket("JobShards.listed bucket", bucket)
        require_several("JobShards.listed keys", keys, str)
        JOB_SHARDS.check_length("JobShards.listed keys", keys)
        for each in keys:
            _check_key(each)
        for first, second in pairwise(sorted(each for each in keys if not is_token(each))):
            if second == first or (first.endswith("/") and second.startswith(first)):
                raise ConfigurationError(
                    f"JobShards.listed keys must have no objects in common, got {first!r} and {second!r}: those would be worked on twice"
                )
        shards = _Listed(bucket=bucket, keys=tuple(keys))
        SHARD_LIST_BYTES.check("JobShards.listed keys", len(shards.listing.encode()))
        return shards

    @staticmethod
    def below(bucket: s3.IBucket, prefix: str, *, count: int) -> JobShards:
        """All objects below a prefix, as they are when a pod starts, shared out among a number of pods.

        Each pod lists them all and takes its own by a hash of the key: see `cdk_model_hosting.kubernetes.jobs.contract`. So
        no pod must talk to another, and a pod that starts again takes the same ones as long as none are added.

        Args:
            bucket: Their bucket.
            prefix: The prefix, ending in ``/``.
            count: Number of shards, 1-100000. Many more shards than pods at once keep all of them busy until the end; each
                costs the start of a pod.

        Raises:
            ConfigurationError: When the prefix names no folder, or the number is outside its range.
        """
        _check_bucket("JobShards.below bucket", bucket)
        check_prefix("JobShards.below prefix", prefix)
        JOB_SHARDS.check("JobShards.below count", count, optional=False)
        return _Below(bucket=bucket, prefix=prefix, count=count)

    @property
    @abstractmethod
    def base(self) -> str:
        """What the address of each begins with."""

    @property
    @abstractmethod
    def size(self) -> int:
        """Number of shards."""

    @property
    @abstractmethod
    def listing(self) -> str | None:
        """Number and key of each shard, one a line; None when they have no keys of their own."""

    @property
    @abstractmethod
    def prefixes(self) -> tuple[str, ...]:
        """The prefixes among them, below which everything is read."""

    @property
    @abstractmethod
    def folders(self) -> tuple[str, ...]:
        """What workers may read."""

    @property
    def permissions(self) -> tuple[Permission, ...]:
        """What reading them takes."""
        return read_below(self.bucket, *self.folders, reason=_READ)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Listed(JobShards):
    bucket: s3.IBucket
    keys: tuple[str, ...]
    part: str = WHOLE

    @property
    def base(self) -> str:
        return f"s3://{self.bucket.bucket_name}/"

    @property
    def size(self) -> int:
        return len(self.keys)

    @property
    def listing(self) -> str:
        return "".join(f"{index} {key}\n" for index, key in enumerate(self.keys))

    @property
    def prefixes(self) -> tuple[str, ...]:
        return tuple(each for each in self.keys if is_token(each) or each.endswith("/"))

    @property
    def folders(self) -> tuple[str, ...]:
        # What a key that is known only at deploy time begins with is not known either.
        found: list[str] = []
        # What lies below another one comes right after it.
        for each in sorted({each if is_token(each) else each[: each.rfind("/") + 1] for each in self.keys}):
            if not found or not each.startswith(found[-1]):
                found.append(each)
        if len(found) <= _MOST_FOLDERS:
            return tuple(found)
        # They are in order: what the first and the last have in common, all have.
        pairs = zip(found[0].split("/"), found[-1].split("/"), strict=False)
        return ("".join(f"{one}/" for one, _ in takewhile(lambda pair: pair[0] == pair[1], pairs)),)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Below(JobShards):
    bucket: s3.IBucket
    prefix: str
    count: int
    part: str = MODULO

    @property
    def base(self) -> str:
        return f"s3://{self.bucket.bucket_name}/{self.prefix}"

    @property
    def size(self) -> int:
        return self.count

    @property
    def listing(self) -> None:
        return None

    @property
    def prefixes(self) -> tuple[str, ...]:
        return (self.prefix,)

    @property
    def folders(self) -> tuple[str, ...]:
        return self.prefixes


def _check_bucket(what: str, bucket: s3.IBucket) -> None:
    require_like(what, bucket, "bucket_name", BUCKET)


def _check_key(key: str) -> None:
    what = "JobShards.listed keys element"
    OBJECT_KEY.check(what, key, optional=False)
    if is_token(key):
        return
    if set("*?$") & set(key):
        raise ConfigurationError(
            f"{what} must hold none of *, ? and $, got {key!r}: IAM and CloudFormation read them as wildcards and references"
        )
    if key.startswith("/") or key != key.strip() or not key.isprintable():
        raise ConfigurationError(
            f"{what} must begin with no slash or space, end with no space and hold no control character, got {key!r}: a shard is a line "
            "of a file"
        )
