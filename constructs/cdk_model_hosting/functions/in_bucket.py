"""Models in buckets, as functions find them."""

from __future__ import annotations

import hashlib
import re
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from cdk_model_hosting.arguments import require
from cdk_model_hosting.bucket_facts import facts_of
from cdk_model_hosting.errors import ConfigurationError
from cdk_model_hosting.functions.files import files_below, write_tar
from cdk_model_hosting.handlers.model_function.contract import Delivery, Variable
from cdk_model_hosting.permissions import Permission
from cdk_model_hosting.tokens import is_token

if TYPE_CHECKING:
    from aws_cdk import aws_s3 as s3
    from constructs import Construct

_ARCHIVES = (".tar.gz", ".tgz", ".tar", ".zip")
_SHA256 = re.compile(r"[0-9a-f]{64}")
_MEGABYTE = 1 << 20
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
            scope: Where to make the asset.
        """
        from aws_cdk import aws_s3_assets as s3_assets  # noqa: PLC0415 - loaded by those alone who use it

        with tempfile.TemporaryDirectory() as scratch:
            archive = Path(scratch) / "model.tar"
            write_tar(archive, files_below(self.what, self.folder))
            with archive.open("rb") as file:
                sha256 = hashlib.file_digest(file, "sha256").hexdigest()
            size = archive.stat().st_size / _MEGABYTE
            asset = s3_assets.Asset(scope, "Model", path=str(archive), asset_hash=sha256)
        object_arn = f"{asset.bucket.bucket_arn}/{asset.s3_object_key}"
        return Found(
            bucket=asset.s3_bucket_name,
            key=asset.s3_object_key,
            sha256=sha256,
            tmp_mb=2 * size,
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
        if not is_token(self.key) and (not self.key or set("*?$") & set(self.key)):
            raise ConfigurationError(
                f"{_WHAT} key must hold none of *, ? and $, and not be empty, got {self.key!r}: IAM and CloudFormation read them "
                "as wildcards and references"
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
