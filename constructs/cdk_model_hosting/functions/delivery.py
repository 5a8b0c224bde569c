"""How a model comes to a function."""

from __future__ import annotations

import os
from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING

from cdk_model_hosting.arguments import require, require_like
from cdk_model_hosting.errors import ConfigurationError
from cdk_model_hosting.functions.code import MODEL_FOLDER
from cdk_model_hosting.functions.file_publisher import FileSystemPublisher
from cdk_model_hosting.functions.files import files_below, megabytes
from cdk_model_hosting.functions.in_bucket import AssetInBucket, ObjectInBucket
from cdk_model_hosting.functions.layer import ModelLayer
from cdk_model_hosting.functions.mountable import MountableFileSystem
from cdk_model_hosting.functions.on_file_system import PathOnFileSystem
from cdk_model_hosting.handlers.model_function.contract import Delivery, Variable
from cdk_model_hosting.limits import FUNCTION_PUBLISHED_MB
from cdk_model_hosting.placement import place_of
from cdk_model_hosting.same_region import check_bucket, check_construct

if TYPE_CHECKING:
    from collections.abc import Mapping

    import aws_cdk as cdk
    from aws_cdk import aws_s3 as s3
    from constructs import Construct

    from cdk_model_hosting.functions.mount import Mount
    from cdk_model_hosting.permissions import Permission

_BUCKET = "a bucket such as Bucket.from_bucket_name(self, 'Models', 'my-models')"
_DOWNLOADED = (
    "each environment downloads the model when it begins, which takes too long, and is paid for, from elsewhere"
)
_REACHED = "a function reaches it from its own region alone"


@dataclass(frozen=True, slots=True, kw_only=True)
class BoundDelivery:
    """What a function needs to know of its model.

    Args:
        variables: Environment variables that tell the function where it is.
        content: What tells the model from others, where neither the code nor a variable does.
        files: Files that lie in the code, by their names there.
        layer_arn: The layer that has it.
        layer_mb: What that layer takes.
        tmp_mb: What it takes of /tmp; None where nobody knows.
        permissions: What the function needs to read it.
        is_image: Whether code and model are an image.
        mount: The file system that has it.
        after: What must be there before the function is made, or is let change.
    """

    variables: Mapping[str, str]
    content: str = ""
    files: Mapping[str, Path] = field(default_factory=lambda: MappingProxyType({}))
    layer_arn: str | None = None
    layer_mb: float = 0.0
    tmp_mb: float | None = None
    permissions: tuple[Permission, ...] = ()
    is_image: bool = False
    mount: Mount | None = None
    after: tuple[cdk.CfnResource, ...] = ()


class ModelDelivery(ABC):
    """How a model comes to a function. Made by one of its factories.

    `bundled` is the simplest; `layer` shares a model among functions and keeps code and model apart; `bucket_asset` and `bucket`
    are for models beyond 250 MB; `file_system_asset` and `file_system` are for models that many environments read and none has room
    for; `image` is for packages beyond 250 MB.

    In every way a function gets and loads its model once for each environment that Lambda makes, before the first request.
    """

    @staticmethod
    def bundled(model: str | os.PathLike[str]) -> ModelDelivery:
        """In one zip archive with the code: at most 250 MB unzipped, with the packages.

        Args:
            model: Folder of the model's files.

        Raises:
            ConfigurationError: When the folder does not exist or holds no file.
        """
        return _Bundled(_folder("ModelDelivery.bundled model", model))

    @staticmethod
    def layer(layer: ModelLayer) -> ModelDelivery:
        """In a layer, which any number of functions share: at most 250 MB unzipped, with the code and the packages.

        Args:
            layer: The layer.

        Raises:
            ConfigurationError: When it is none.
        """
        require("ModelDelivery.layer layer", layer, ModelLayer)
        return _InLayer(layer)

    @staticmethod
    def bucket_asset(model: str | os.PathLike[str]) -> ModelDelivery:
        """A local folder that the CDK uploads, and the function downloads into /tmp when it begins.

        It is uploaded as one archive under a key of its own, and checked by its SHA-256. /tmp must hold it twice, as an archive and
        unpacked: up to 5 GB.

        Args:
            model: Folder of the model's files.

        Raises:
            ConfigurationError: When the folder does not exist or holds no file.
        """
        return _AssetDelivery(AssetInBucket(_folder("ModelDelivery.bucket_asset model", model)))

    @staticmethod
    def bucket(
        bucket: s3.IBucket,
        key: str,
        *,
        version_id: str | None = None,
        etag: str | None = None,
        sha256: str | None = None,
        size_mb: float | None = None,
    ) -> ModelDelivery:
        """An object in a bucket, which the function downloads into /tmp when it begins.

        An object that was written anew under its key would be another model in some environments and not in others, so the object
        is known by at least one of its version, its ETag and its checksum. Another one makes a new version of the function.

        Args:
            bucket: The bucket, in the function's region. When it is encrypted with a KMS key that the CDK knows, the function may
                decrypt with it.
            key: The object's key. A ``.tar.gz``, ``.tgz``, ``.tar`` or ``.zip`` is unpacked.
            version_id: The object's version.
            etag: The ETag that it must have.
            sha256: The SHA-256 that its bytes must have, in hexadecimal digits.
            size_mb: Its size, which is then checked against /tmp.

        Raises:
            ConfigurationError: When the object is not told from others, the key is no key of one, or the bucket is in another region.
        """
        require_like("ModelDelivery.bucket bucket", bucket, "bucket_name", _BUCKET)
        found = ObjectInBucket(bucket=bucket, key=key, version_id=version_id, etag=etag, sha256=sha256, size_mb=size_mb)
        return _ObjectDelivery(found)

    @staticmethod
    def file_system_asset(file_system: MountableFileSystem, model: str | os.PathLike[str]) -> ModelDelivery:
        """A local folder that a deployment unpacks into a file system, which the function has mounted, and reads there.

        It gets a folder of its own there, named by its SHA-256, all at once and before the function changes. The function may read,
        and nothing else. When no function of any stack uses it any more, it is removed: after a deployment has moved to another
        model, and the versions of the function that used this one are gone.

        Args:
            file_system: The file system.
            model: Folder of the model's files, at most 20 GB.

        Raises:
            ConfigurationError: When the folder does not exist, holds no file, or too much, or the access point's user cannot write.
        """
        what = "ModelDelivery.file_system_asset"
        require(f"{what} file_system", file_system, MountableFileSystem)
        if file_system.access_point is not None:
            file_system.access_point.check_publishing()
        folder = _folder(f"{what} model", model)
        size = megabytes(files_below(f"{what} model", folder))
        FUNCTION_PUBLISHED_MB.check(f"{what} model", round(size, 1))
        return _Published(file_system, AssetInBucket(folder, what=f"{what} model"))

    @staticmethod
    def file_system(
        file_system: MountableFileSystem, path: str, *, version: str | None = None, sha256: str | None = None
    ) -> ModelDelivery:
        """A file or folder that somebody else puts on a file system, which the function has mounted, and reads there.

        One that was written anew under its path would be another model in some environments and not in others, so it is known by a
        version in its path or by its checksum. Another one makes a new version of the function.

        Args:
            file_system: The file system.
            path: Where it is in the access point's folder, such as ``fraud/{version}``.
            version: What stands for ``{version}`` in the path.
            sha256: The SHA-256 that it must have, in hexadecimal digits: of a file, its own; of a folder, that of what ``sha256sum``
                prints of its files, sorted by their names. All of it is read whenever an environment begins, which a large
                model has no time for: Lambda gives ten seconds. Give it a version then.

        Raises:
            ConfigurationError: When the path leads out of the folder, or the model is not told from others.
        """
        require("ModelDelivery.file_system file_system", file_system, MountableFileSystem)
        return _OnFileSystem(file_system, PathOnFileSystem(path=path, version=version, sha256=sha256))

    @staticmethod
    def image(model: str | os.PathLike[str]) -> ModelDelivery:
        """In a container image with the code and its packages: up to 10 GB. It takes Docker to build.

        The image is Lambda's own for the function's Python, with the packages of the lock. Where the code's folder has a
        ``Dockerfile``, it is built by that one: its context has ``function`` (code, model and this library's part, to be
        copied to ``${LAMBDA_TASK_ROOT}``) and ``requirements.txt``, and the argument ``PYTHON``; the command must be
        ``cdk_model_function.entry.handler``.

        A function cannot change between an image and the other ways: it is replaced.

        Args:
            model: Folder of the model's files.

        Raises:
            ConfigurationError: When the folder does not exist or holds no file.
        """
        return _InImage(_folder("ModelDelivery.image model", model))

    @abstractmethod
    def bind(self, scope: Construct) -> BoundDelivery:
        """Make what the delivery needs below `scope`, and say how the model is found."""


def _folder(what: str, model: str | os.PathLike[str]) -> Path:
    require(what, model, str, os.PathLike)
    folder = Path(model)
    if not folder.is_dir():
        raise ConfigurationError(f"{what} must be an existing folder, got {folder}: its files are what the loader gets")
    return folder


def _laid(what: str, folder: Path) -> dict[str, Path]:
    return {f"{MODEL_FOLDER}/{name}": path for name, path in files_below(what, folder).items()}


def _at(delivery: Delivery, path: str) -> dict[str, str]:
    return {str(Variable.DELIVERY): str(delivery), str(Variable.PATH): path}


@dataclass(frozen=True, slots=True)
class _Bundled(ModelDelivery):
    folder: Path

    def bind(self, scope: Construct) -> BoundDelivery:  # noqa: ARG002 - it lies in the code
        return BoundDelivery(
            variables=_at(Delivery.BUNDLED, MODEL_FOLDER), files=_laid("ModelDelivery.bundled model", self.folder)
        )


@dataclass(frozen=True, slots=True)
class _InLayer(ModelDelivery):
    model: ModelLayer

    def bind(self, scope: Construct) -> BoundDelivery:
        check_construct("ModelDelivery.layer layer", self.model, scope, why="Lambda lays no layer of elsewhere")
        return BoundDelivery(
            variables=_at(Delivery.LAYER, f"/opt/{MODEL_FOLDER}"),
            content=self.model.digest,
            layer_arn=self.model.arn,
            layer_mb=self.model.megabytes,
        )


@dataclass(frozen=True, slots=True)
class _InImage(ModelDelivery):
    folder: Path

    def bind(self, scope: Construct) -> BoundDelivery:  # noqa: ARG002 - it lies in the image
        return BoundDelivery(
            variables=_at(Delivery.IMAGE, MODEL_FOLDER),
            files=_laid("ModelDelivery.image model", self.folder),
            is_image=True,
        )


@dataclass(frozen=True, slots=True)
class _AssetDelivery(ModelDelivery):
    model: AssetInBucket

    def bind(self, scope: Construct) -> BoundDelivery:
        uploaded = self.model.upload(scope)
        return BoundDelivery(variables=uploaded.variables(), tmp_mb=uploaded.tmp_mb, permissions=uploaded.permissions)


@dataclass(frozen=True, slots=True)
class _ObjectDelivery(ModelDelivery):
    model: ObjectInBucket

    def bind(self, scope: Construct) -> BoundDelivery:
        check_bucket("ModelDelivery.bucket bucket", self.model.bucket, scope, why=_DOWNLOADED)
        found = self.model.found()
        return BoundDelivery(variables=found.variables(), tmp_mb=found.tmp_mb, permissions=found.permissions)


@dataclass(frozen=True, slots=True)
class _Published(ModelDelivery):
    place: MountableFileSystem
    model: AssetInBucket

    def bind(self, scope: Construct) -> BoundDelivery:
        check_construct("ModelDelivery.file_system_asset file_system", self.place, scope, why=_REACHED)
        uploaded = self.model.upload(scope)
        publisher = FileSystemPublisher.of(place_of(scope).stack)
        published = publisher.publish(scope, self.place, uploaded)
        return BoundDelivery(
            variables=_at(Delivery.FILE_SYSTEM, f"{self.place.mount_path}/{uploaded.sha256}"),
            mount=self.place.mount,
            after=(*self.place.ready, published),
        )


@dataclass(frozen=True, slots=True)
class _OnFileSystem(ModelDelivery):
    place: MountableFileSystem
    model: PathOnFileSystem

    def bind(self, scope: Construct) -> BoundDelivery:
        check_construct("ModelDelivery.file_system file_system", self.place, scope, why=_REACHED)
        variables = _at(Delivery.FILE_SYSTEM, f"{self.place.mount_path}/{self.model.resolved}")
        if self.model.sha256 is not None:
            variables[str(Variable.SHA256)] = self.model.sha256
        return BoundDelivery(
            variables=variables, content=self.model.besides, mount=self.place.mount, after=self.place.ready
        )
