"""The trained model as files: where it lies, and how it gets there."""

from __future__ import annotations

import hashlib
import os
import tempfile
from abc import ABC, abstractmethod
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import aws_cdk as cdk

from cdk_model_hosting.arguments import require, require_like
from cdk_model_hosting.bucket_facts import facts_of
from cdk_model_hosting.buckets import read_below
from cdk_model_hosting.errors import ConfigurationError
from cdk_model_hosting.models.archive import fingerprint, pack
from cdk_model_hosting.permissions import Permission
from cdk_model_hosting.same_region import check_bucket
from cdk_model_hosting.tokens import is_token

if TYPE_CHECKING:
    from aws_cdk import aws_s3 as s3
    from aws_cdk import aws_s3_assets as s3_assets
    from constructs import Construct

    from cdk_model_hosting.models.gpu_need import GpuNeed

_ADDRESS = "ModelArtifact address"
_VERSION = "{version}"
_DIGITS = 8
_BUCKET = "a bucket such as Bucket.from_bucket_name(self, 'Models', 'my-models')"


@dataclass(frozen=True, slots=True, kw_only=True)
class BoundArtifact:
    """What a model needs to know of its artifact.

    Args:
        url: S3 address of the archive, or of the prefix.
        compressed: Whether the address is one gzipped archive.
        permissions: What the execution role needs to read it.
        bucket: The bucket that it lies in, where the user brought one.
    """

    url: str
    compressed: bool
    permissions: tuple[Permission, ...]
    bucket: s3.IBucket | None = None

    def check_region(self, stack: cdk.Stack) -> None:
        """Refuse an artifact that SageMaker could not read.

        Args:
            stack: The model's stack.

        Raises:
            ConfigurationError: When its bucket is in another region.

        See: https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_ContainerDefinition.html
        """
        if self.bucket is not None:
            why = "SageMaker reads artifacts of the model's own region only"
            check_bucket("ModelArtifact bucket", self.bucket, stack, why=why)


@dataclass(frozen=True, slots=True, kw_only=True)
class Archive:
    """What a store of models needs to know of an archive that it takes over.

    Args:
        bucket: Name of the bucket that the archive lies in.
        key: Its key there.
        release: Short text that tells this archive from others of the same name, and changes when the content does.
        content: Longer text that does, of which `release` may be a part.
        permissions: What reading it needs.
    """

    bucket: str
    key: str
    release: str
    content: str
    permissions: tuple[Permission, ...]


class ModelArtifact(ABC):
    """A trained model's files in S3.

    SageMaker reads the artifact when an instance starts, never again, and a model names its artifact by address alone.
    So a changed artifact must have a changed address, or it would be served by some instances and not by others:
    `from_asset` derives the address from the content, `from_bucket` asks for a key that changes with the version.

    See: https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_ContainerDefinition.html
    """

    @staticmethod
    def from_asset(folder: str | os.PathLike[str]) -> ModelArtifact:
        """A local folder, packed into a reproducible ``model.tar.gz`` and uploaded by the CDK.

        The archive depends on the files' names, contents and executable bits alone. The same folder gives the same S3
        key on every machine and rolls out nothing; any change gives another key and rolls out.

        Args:
            folder: Folder whose contents become the contents of ``/opt/ml/model`` in the container.

        Raises:
            ConfigurationError: When the folder does not exist or holds no file.
        """
        require("ModelArtifact.from_asset folder", folder, str, os.PathLike)
        return _AssetArtifact(Path(folder))

    @staticmethod
    def from_bucket(bucket: s3.IBucket, key: str, *, version: str | None = None) -> ModelArtifact:
        """A gzipped tar archive in a bucket.

        Args:
            bucket: Bucket in the endpoint's region. When it is encrypted with a KMS key that CDK knows, the execution
                role may decrypt with it.
            key: Object key, ending in ``.tar.gz``. It must change with the content: use a key of its own for each
                release, or ``{version}`` in the key together with `version`.
            version: What ``{version}`` in the key stands for.

        Raises:
            ConfigurationError: When the key does not end in ``.tar.gz``, or only one of ``{version}`` and `version` is
                given.
        """
        require_like("ModelArtifact.from_bucket bucket", bucket, "bucket_name", _BUCKET)
        return _ArchiveInBucket(bucket, _versioned(key, version), version)

    @staticmethod
    def uncompressed(bucket: s3.IBucket, prefix: str, *, version: str | None = None) -> ModelArtifact:
        """Files under an S3 prefix, copied to ``/opt/ml/model`` as they are: no unpacking, so large models start faster.

        Not for serverless or multi-model endpoints, nor for batch transform.

        Args:
            bucket: Bucket in the endpoint's region.
            prefix: Prefix ending in ``/``. It must change with the content, see `from_bucket`.
            version: What ``{version}`` in the prefix stands for.

        Raises:
            ConfigurationError: When the prefix does not end in ``/``, or only one of ``{version}`` and `version` is given.
        """
        require_like("ModelArtifact.uncompressed bucket", bucket, "bucket_name", _BUCKET)
        return _PrefixInBucket(bucket, _versioned(prefix, version))

    @property
    def gpu_need(self) -> GpuNeed | None:
        """The GPUs that it does not load without; None where it needs none, or nothing is known of it."""
        return None

    @abstractmethod
    def bind(self, scope: Construct, construct_id: str) -> BoundArtifact:
        """Make what the artifact needs below `scope`, and say how to reach it."""

    @abstractmethod
    def archive(self, scope: Construct, construct_id: str) -> Archive:
        """Make what the artifact needs below `scope`, and say how to copy it as one archive.

        Raises:
            ConfigurationError: When it is none.
        """


@dataclass(frozen=True, slots=True)
class _AssetArtifact(ModelArtifact):
    folder: Path

    def __post_init__(self) -> None:
        if not self.folder.is_dir():
            raise ConfigurationError(
                f"ModelArtifact.from_asset folder must be an existing folder, got {self.folder}: "
                "its files become /opt/ml/model in the container; a ready archive goes to S3 and ModelArtifact.from_bucket"
            )

    def bind(self, scope: Construct, construct_id: str) -> BoundArtifact:
        asset = self._upload(scope, construct_id, fingerprint(self.folder))
        url = f"s3://{asset.s3_bucket_name}/{asset.s3_object_key}"
        return BoundArtifact(url=url, compressed=True, permissions=_read_asset(asset))

    def archive(self, scope: Construct, construct_id: str) -> Archive:
        digest = fingerprint(self.folder)
        asset = self._upload(scope, construct_id, digest)
        return Archive(
            bucket=asset.s3_bucket_name,
            key=asset.s3_object_key,
            release=digest[:_DIGITS],
            content=digest,
            permissions=_read_asset(asset),
        )

    def _upload(self, scope: Construct, construct_id: str, digest: str) -> s3_assets.Asset:
        from aws_cdk import aws_s3_assets as s3_assets  # noqa: PLC0415 - loaded by those alone who use it

        with tempfile.TemporaryDirectory() as scratch:
            archive = pack(self.folder, Path(scratch) / "model.tar.gz")
            return s3_assets.Asset(scope, construct_id, path=str(archive), asset_hash=digest)


@dataclass(frozen=True, slots=True)
class _ArchiveInBucket(ModelArtifact):
    bucket: s3.IBucket
    key: str
    version: str | None

    def __post_init__(self) -> None:
        if not is_token(self.key) and not self.key.endswith(".tar.gz"):
            raise ConfigurationError(
                f"ModelArtifact.from_bucket key must end in .tar.gz, got {self.key!r}: SageMaker unpacks one gzipped tar "
                "archive; use ModelArtifact.uncompressed for files under a prefix"
            )

    def bind(self, scope: Construct, construct_id: str) -> BoundArtifact:
        facts = facts_of(self.bucket)
        return BoundArtifact(
            url=facts.url(_ADDRESS, self.key), compressed=True, permissions=facts.read(self.key), bucket=self.bucket
        )

    def archive(self, scope: Construct, construct_id: str) -> Archive:
        facts = facts_of(self.bucket)
        return Archive(
            bucket=facts.name,
            key=self.key,
            release=self._release(facts.name),
            content=f"{facts.name}/{self.key}",
            permissions=facts.read(self.key),
        )

    def _release(self, bucket_name: str) -> str:
        if self.version is not None:
            return self.version if is_token(self.version) else self.version.replace("/", "-")
        if is_token(self.key):
            return cdk.Fn.join("-", cdk.Fn.split("/", self.key))
        # A bucket whose name is made by the deployment is told from others by where it stands in the app.
        place = self.bucket.node.path if is_token(bucket_name) else bucket_name
        return hashlib.sha256(f"{place}/{self.key}".encode()).hexdigest()[:_DIGITS]


@dataclass(frozen=True, slots=True)
class _PrefixInBucket(ModelArtifact):
    bucket: s3.IBucket
    prefix: str

    def __post_init__(self) -> None:
        if not is_token(self.prefix) and not self.prefix.endswith("/"):
            raise ConfigurationError(
                f"ModelArtifact.uncompressed prefix must end in '/', got {self.prefix!r}: SageMaker copies every object "
                "below it; use ModelArtifact.from_bucket for one archive"
            )

    def bind(self, scope: Construct, construct_id: str) -> BoundArtifact:
        facts = facts_of(self.bucket)
        reason = "SageMaker reads every object below the artifact's own prefix"
        return BoundArtifact(
            url=facts.url(_ADDRESS, self.prefix),
            compressed=False,
            permissions=read_below(self.bucket, self.prefix, reason=reason),
            bucket=self.bucket,
        )

    def archive(self, scope: Construct, construct_id: str) -> Archive:
        raise ConfigurationError(
            f"ModelStore.add_model artifact must be one gzipped archive, got the prefix {self.prefix!r}: SageMaker loads "
            "each model of a multi-model container from a .tar.gz; use ModelArtifact.from_asset or .from_bucket"
        )


def _read_asset(asset: s3_assets.Asset) -> tuple[Permission, ...]:
    object_arn = f"{asset.bucket.bucket_arn}/{asset.s3_object_key}"
    return (Permission(actions=("s3:GetObject",), resources=(object_arn,)),)


def _versioned(key: str, version: str | None) -> str:
    literal = "".join(each for each in (key, version) if each is not None and not is_token(each))
    if set("*?$") & set(literal):
        raise ConfigurationError(
            f"ModelArtifact key must hold none of *, ? and $, got {_shown(key, version)}: IAM and CloudFormation read them as "
            "wildcards and references"
        )
    if (_VERSION in key) != (version is not None):
        raise ConfigurationError(
            f"ModelArtifact key and version must be given together, got key {key!r} and version {version!r}: "
            f"the version takes the place of {_VERSION} in the key, so that a new version has a new address"
        )
    return key if version is None else key.replace(_VERSION, version)


def _shown(key: str, version: str | None) -> str:
    return repr(key) if version is None else f"{key!r} and version {version!r}"
