"""Models in buckets, as functions find them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

import aws_cdk as cdk

from cdk_model_hosting.arguments import require
from cdk_model_hosting.bucket_facts import facts_of
from cdk_model_hosting.errors import ConfigurationError
from cdk_model_hosting.functions.model_archive import archive_of
from cdk_model_hosting.handlers.model_function.contract import Delivery, Variable
from cdk_model_hosting.limits import FUNCTION_OBJECT_KEY, FUNCTION_OBJECT_MB
from cdk_model_hosting.permissions import Permission
from cdk_model_hosting.placement import place_of
from cdk_model_hosting.tokens import is_token

if TYPE_CHECKING:
    from pathlib import Path

    from aws_cdk import aws_s3 as s3
    from constructs import Construct

_ARCHIVES = (".tar.gz", ".tgz", ".tar", ".zip")
_SHA256 = re.compile(r"[0-9a-f]{64}")
_WHAT = "ModelDelivery.bucket"


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """An object, with all that tells it from others.

    Args:
        bucket: Name of its bucket.
        key: Its key.
        version_id: Its version, if that is what is asked for.
        etag: Its ETag, if that is checked.
        sha256: Its checksum, if that is checked.
        tmp_mb: What it takes of /tmp; None where nobody knows.
        permissions: What reading it takes.
    """

    bucket: str
    key: str
    version_id: str | None = None
    etag: str | None = None
    sha256: str | None = None
    tmp_mb: float | None = None
    permissions: tuple[Permission, ...]

    def variables(self) -> dict[str, str]:
        """What the function is told of it, as environment variables."""
        told = {
            Variable.DELIVERY: Delivery.BUCKET,
            Variable.BUCKET: self.bucket,
            Variable.KEY: self.key,
            Variable.VERSION_ID: self.version_id,
            Variable.ETAG: self.etag,
            Variable.SHA256: self.sha256,
        }
        return {str(name): str(value) for name, value in told.items() if value is not None}


@dataclass(frozen=True, slots=True)
class AssetInBucket:
    """A folder that is uploaded.

    Args:
        folder: The folder.
        what: The argument that names it, as the user typed it.
    """

    folder: Path
    what: str = f"{_WHAT}_asset model"

    def upload(self, scope: Construct) -> Found:
        """Upload the folder as one archive, whose bytes are the same on every machine.

        Args:
            scope: The function's construct.
        """
        archive = archive_of(place_of(scope).stack, self.what, self.folder)
        object_arn = f"arn:{cdk.Aws.PARTITION}:s3:::{archive.bucket}/{archive.key}"
        return Found(
            bucket=archive.bucket,
            key=archive.key,
            sha256=archive.sha256,
            tmp_mb=2 * archive.megabytes,
            permissions=(Permission(actions=("s3:GetObject",), resources=(object_arn,)),),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class ObjectInBucket:
    """An object that is there already.

    Args:
        bucket: Its bucket.
        key: Its key.
        version_id: Its version.
        etag: Its ETag.
        sha256: Its checksum.
        size_mb: Its size.
    """

    bucket: s3.IBucket
    key: str
    version_id: str | None
    etag: str | None
    sha256: str | None
    size_mb: float | None

    def __post_init__(self) -> None:
        for name in ("key", "version_id", "etag", "sha256"):
            value = getattr(self, name)
            if value is not None or name == "key":
                require(f"{_WHAT} {name}", value, str)
        if self.size_mb is not None and not is_token(self.size_mb):
            require(f"{_WHAT} size_mb", self.size_mb, int, float)
        FUNCTION_OBJECT_MB.check(f"{_WHAT} size_mb", self.size_mb)
        FUNCTION_OBJECT_KEY.check(f"{_WHAT} key", self.key, optional=False)
        for name in ("version_id", "etag"):
            value = getattr(self, name)
            if value is not None and not value.strip():
                raise ConfigurationError(
                    f"{_WHAT} {name} must not be blank, got {value!r}: it tells the object from others under its key"
                )
        if self.version_id is None and self.etag is None and self.sha256 is None:
            raise ConfigurationError(
                f"{_WHAT} must have a version_id, an etag or a sha256, got none for {self.key}: an object that is written anew "
                "under its key would be another model in some environments and not in others"
            )
        if self.sha256 is not None and not is_token(self.sha256) and not _SHA256.fullmatch(self.sha256.lower()):
            raise ConfigurationError(
                f"{_WHAT} sha256 must be 64 hexadecimal digits, got {self.sha256!r}: it is what sha256sum prints of the object"
            )

    def found(self) -> Found:
        """The object, and what reading it takes."""
        facts = facts_of(self.bucket)
        action = "s3:GetObject" if self.version_id is None else "s3:GetObjectVersion"
        read = Permission(actions=(action,), resources=(facts.object_arn(self.key),))
        return Found(
            bucket=facts.name,
            key=self.key,
            version_id=self.version_id,
            etag=self.etag,
            sha256=self.sha256,
            tmp_mb=self._tmp_mb(),
            permissions=(read, *facts.decrypt),
        )

    def _tmp_mb(self) -> float | None:
        if self.size_mb is None or is_token(self.size_mb):
            return None
        # An archive is there beside its contents until these are whole.
        return self.size_mb * (2 if is_token(self.key) or self.key.endswith(_ARCHIVES) else 1)
