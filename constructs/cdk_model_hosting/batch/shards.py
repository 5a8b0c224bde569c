"""How an input that is too large for one job is divided into many."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from cdk_model_hosting.arguments import require, require_like, require_several
from cdk_model_hosting.batch.bound_shards import COUNT, BoundShards, FoundShards, KnownShards
from cdk_model_hosting.batch.job import text
from cdk_model_hosting.batch.language import resource
from cdk_model_hosting.batch.source import BUCKET
from cdk_model_hosting.bucket_facts import facts_of
from cdk_model_hosting.buckets import check_prefix
from cdk_model_hosting.errors import ConfigurationError
from cdk_model_hosting.limits import OBJECT_KEY, SHARDS
from cdk_model_hosting.same_region import check_bucket
from cdk_model_hosting.tokens import is_token

if TYPE_CHECKING:
    from collections.abc import Sequence

    from aws_cdk import aws_s3 as s3

    from cdk_model_hosting.batch.transform import BatchTransform

_FORMATS: dict[str, dict[str, Any]] = {
    ".json": {"InputType": "JSON"},
    ".jsonl": {"InputType": "JSONL"},
    ".csv": {"InputType": "CSV", "CSVHeaderLocation": "FIRST_ROW"},
}


class Shards(ABC):
    """The parts of an input, each of which becomes a job. Made by one of its factories.

    Answers keep their shards apart: where ``input/`` and ``output/`` are the batch transform's prefixes, those to
    ``input/eu/a.csv`` go to ``output/eu/a.csv.out``.
    """

    @staticmethod
    def prefixes(prefixes: Sequence[str]) -> Shards:
        """Prefixes that are known beforehand.

        Args:
            prefixes: 1-1000 prefixes below the batch transform's own, each ending in ``/``, and none below another one.

        Raises:
            ConfigurationError: When there are none or too many of them, or two have files in common.
        """
        require_several("Shards.prefixes", prefixes, str)
        SHARDS.check_length("Shards.prefixes", prefixes)
        for each in prefixes:
            check_prefix("Shards.prefixes element", each)
        for first, second in pairwise(sorted(each for each in prefixes if not is_token(each))):
            if second.startswith(first):
                raise ConfigurationError(
                    f"Shards.prefixes must have no files in common, got {first!r} and {second!r}: those would be transformed "
                    "twice"
                )
        return _Known(keys=tuple(prefixes))

    @staticmethod
    def below(prefix: str | None = None) -> Shards:
        """Each folder right below a prefix, as they are when a run starts; the run may name another prefix.

        A run that finds files beside the folders fails, because no job would read them. Folders are taken by the hundred: the
        next hundred begins when the last job of one is over, and of each hundred as many may fail as is tolerated.

        Args:
            prefix: The prefix, ending in ``/``; the batch transform's own when omitted.

        Raises:
            ConfigurationError: When the prefix names no folder.
        """
        if prefix is not None:
            check_prefix("Shards.below prefix", prefix)
        return _Below(folder=prefix)

    @staticmethod
    def manifest(key: str, *, bucket: s3.IBucket | None = None) -> Shards:
        """Prefixes that a file lists, as it is when a run starts; some ten thousand at most.

        A ``.json`` file is an array, and a ``.jsonl`` file has on each line one, of prefixes such as ``"input/eu/"`` or objects
        such as ``{"input": "s3://bucket/eu/", "output": "output/eu"}``. A ``.csv`` file has a column ``input``, and may have one
        called ``output``.

        Args:
            key: The file's key.
            bucket: Its bucket, in the job's region; that of the batch transform's input when omitted.

        Raises:
            ConfigurationError: When the key does not end in one of these ways.
        """
        require("Shards.manifest key", key, str)
        OBJECT_KEY.check("Shards.manifest key", key)
        if _format(key) is None:
            raise ConfigurationError(
                f"Shards.manifest key must end in .json, .jsonl or .csv, got {key!r}: it says how the file is to be read"
            )
        if bucket is not None:
            require_like("Shards.manifest bucket", bucket, "bucket_name", BUCKET)
        return _Listed(key=key, bucket=bucket)

    @abstractmethod
    def bind(self, batch: BatchTransform) -> BoundShards:
        """The shards of a batch transform.

        Args:
            batch: The batch transform.

        Raises:
            ConfigurationError: When its jobs could not read one.
        """


@dataclass(frozen=True, slots=True, kw_only=True)
class _Known(Shards):
    keys: tuple[str, ...]

    def bind(self, batch: BatchTransform) -> BoundShards:
        for each in self.keys:
            _check_readable("Shards.prefixes element", each, batch)
        return KnownShards(items={"Items": [text(each) for each in self.keys]}, variables={COUNT: len(self.keys)})


@dataclass(frozen=True, slots=True, kw_only=True)
class _Below(Shards):
    folder: str | None

    def bind(self, batch: BatchTransform) -> BoundShards:
        if self.folder is not None:
            _check_readable("Shards.below prefix", self.folder, batch)
        folder = batch.source.key if self.folder is None else self.folder
        return FoundShards(bucket=batch.input_bucket, folder=folder, readable=batch.source.key)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Listed(Shards):
    key: str
    bucket: s3.IBucket | None

    def bind(self, batch: BatchTransform) -> BoundShards:
        if self.bucket is not None:
            why = "Step Functions reads lists of shards from buckets of its own region only"
            check_bucket("Shards.manifest bucket", self.bucket, batch, why=why)
        facts = facts_of(batch.input_bucket if self.bucket is None else self.bucket)
        reader = {
            "Resource": resource("s3:getObject"),
            "ReaderConfig": _format(self.key),
            "Arguments": {"Bucket": facts.name, "Key": text(self.key)},
        }
        return KnownShards(items={"ItemReader": reader}, variables={}, permissions=facts.read(self.key))


def _format(key: str) -> dict[str, Any] | None:
    """How a file is read, by the end of its key."""
    return next((how for ending, how in _FORMATS.items() if key.endswith(ending)), None)


def _check_readable(what: str, prefix: str, batch: BatchTransform) -> None:
    usual = batch.source.key
    if is_token(prefix) or is_token(usual) or prefix.startswith(usual):
        return
    raise ConfigurationError(
        f"{what} must lie below the batch transform's own prefix {usual!r}, got {prefix!r}: its jobs read nothing else"
    )
