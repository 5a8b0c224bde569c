"""Models that a container loads on request, instead of one that it starts with."""

from __future__ import annotations

from typing import TYPE_CHECKING

from constructs import Construct

from cdk_model_hosting.arguments import require, require_like
from cdk_model_hosting.bucket_facts import facts_of
from cdk_model_hosting.buckets import check_prefix, private_bucket, read_below, write_below
from cdk_model_hosting.errors import ConfigurationError
from cdk_model_hosting.limits import OBJECT_KEY, TARGET_MODEL
from cdk_model_hosting.models.artifact import ModelArtifact
from cdk_model_hosting.models.publisher import ModelPublisher
from cdk_model_hosting.placement import place_of
from cdk_model_hosting.same_region import check_bucket
from cdk_model_hosting.tokens import is_token

if TYPE_CHECKING:
    import aws_cdk as cdk
    from aws_cdk import aws_iam as iam
    from aws_cdk import aws_s3 as s3

    from cdk_model_hosting.instances import InstanceType
    from cdk_model_hosting.models.gpu_need import GpuNeed
    from cdk_model_hosting.models.image import ContainerImage
    from cdk_model_hosting.permissions import Permission

_ENDING = ".tar.gz"


class ModelStore(Construct):
    """Model archives below a prefix in S3, that multi-model containers load when a request asks for one of them.

    A request names the archive's key below the prefix as its *target model*. SageMaker goes on serving what it has loaded
    under a name, so no archive here is ever replaced: `add_model` gives each version a name of its own and returns it. Older
    versions stay, because callers may still ask for them; so do those of models that are taken out of the app, and the
    bucket itself when the stack goes. Delete what nobody asks for any more, but not by its age alone: an archive that is gone
    is not put back before its version changes.

    Archives may also come from elsewhere: whatever anybody puts below the prefix can be asked for.

    Args:
        scope: Where to make it.
        construct_id: ID below `scope`.
        bucket: Bucket in the endpoints' region. When omitted, one is made that is encrypted, closed to the public and reached
            by TLS alone. When it is encrypted with a KMS key that CDK knows, the models' roles may decrypt with it.
        prefix: Prefix that all archives of the store begin with, ending in ``/``. Nothing else should lie below it.
        cache: Whether containers keep models in memory until they need the room. Off, each model is loaded and let go with
            every request, which suits many models that are asked for rarely.

    Raises:
        ConfigurationError: When the prefix does not end in ``/``, or is too long, or the bucket is in another region.

    Attributes:
        bucket: The bucket, given or made.
        prefix: The prefix.
        cache: Whether models stay in memory.
        url: Address of the prefix.
        published: The custom resources that put archives into the store, in the order of `add_model`. A container loads
            nothing before it is asked to, so endpoints do not wait for them; what calls an endpoint during the deployment
            should: ``function.node.add_dependency(*store.published)``.
        permissions: What a model's role needs to load from the store.

    See: https://docs.aws.amazon.com/sagemaker/latest/dg/multi-model-endpoints.html
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        bucket: s3.IBucket | None = None,
        prefix: str = "models/",
        cache: bool = True,
    ) -> None:
        if bucket is not None:
            kind = "a bucket such as Bucket.from_bucket_name(self, 'Models', 'my-models')"
            require_like("ModelStore bucket", bucket, "bucket_name", kind)
        require("ModelStore prefix", prefix, str)
        require("ModelStore cache", cache, bool)
        check_prefix("ModelStore prefix", prefix)
        super().__init__(scope, construct_id)
        if bucket is not None:
            why = "SageMaker loads models of the endpoint's own region only"
            check_bucket("ModelStore bucket", bucket, self, why=why)
        self.bucket: s3.IBucket = private_bucket(self, "Bucket") if bucket is None else bucket
        self.prefix = prefix
        self.cache = cache
        self._facts = facts_of(self.bucket)
        self.url = self._facts.url("ModelStore address", prefix)
        self.permissions: tuple[Permission, ...] = read_below(
            self.bucket, prefix, reason="SageMaker loads any model below the store's prefix, when a request asks for it"
        )
        self.published: list[cdk.CfnResource] = []
        self._targets: dict[str, str] = {}
        self._writing: iam.CfnManagedPolicy | None = None
        self._gpu_needs: list[GpuNeed] = []
        self._fleets: list[tuple[ContainerImage, InstanceType]] = []

    def add_model(self, name: str, artifact: ModelArtifact) -> str:
        """Put a model into the store, when the stack is deployed.

        S3 copies the archive by itself, so its size hardly matters. It must take less than 15 minutes, which are enough for
        hundreds of gigabytes.

        Args:
            name: The model's name, unique in the store: letters, digits, dots, hyphens and underscores.
            artifact: The model as one gzipped archive: `ModelArtifact.from_asset` or `from_bucket`.

        Returns:
            The target model that requests name: ``<name>-<digest>.tar.gz``, with a digest of the asset's content or the
            archive's address, or ``<name>-<version>.tar.gz`` for an archive with a version.

        Raises:
            ConfigurationError: When the name is taken, the artifact is not one archive, or it needs GPUs that an endpoint
                which serves the store does not have.
        """
        require("ModelStore.add_model name", name, str)
        require("ModelStore.add_model artifact", artifact, ModelArtifact)
        if is_token(name):
            raise ConfigurationError(
                "ModelStore.add_model name must be literal, got one that is known only at deploy time: resources of the "
                "template are named after it"
            )
        TARGET_MODEL.check("ModelStore.add_model name", name, optional=False)
        if name in self._targets:
            raise ConfigurationError(
                f"ModelStore.add_model name must be unique in the store, got {name!r} twice: requests tell models apart by it"
            )
        need = artifact.gpu_need
        if need is not None:
            for image, machine in self._fleets:
                need.check(image, machine)
            self._gpu_needs.append(need)
        archive = artifact.archive(self, f"Archive-{name}")
        target = f"{name}-{archive.release}{_ENDING}"
        self._check_target(name, target)
        publisher = ModelPublisher.of(place_of(self).stack)
        if self._writing is None:
            self._writing = publisher.allow(*self._write())
        properties = {
            "Bucket": self._facts.name,
            "Key": f"{self.prefix}{target}",
            "SourceBucket": archive.bucket,
            "SourceKey": archive.key,
            "Content": archive.content,
        }
        reading = publisher.allow(*archive.permissions)
        self.published.append(publisher.publish(self, f"Model-{name}", properties, self._writing, reading))
        self._targets[name] = target
        return target

    def check_fleet(self, image: ContainerImage, machine: InstanceType) -> None:
        """Refuse an image or instances that a model of the store does not load on; one that is added later is refused then.

        Args:
            image: The image of a container that loads from the store.
            machine: What its fleet's instances are.

        Raises:
            ConfigurationError: When a model needs GPUs that are not there.
        """
        for need in self._gpu_needs:
            need.check(image, machine)
        self._fleets.append((image, machine))

    def _check_target(self, name: str, target: str) -> None:
        TARGET_MODEL.check("ModelStore.add_model target", target)
        OBJECT_KEY.check("ModelStore.add_model key", f"{self.prefix}{target}")
        others = [other for other, taken in self._targets.items() if taken == target]
        if others:
            raise ConfigurationError(
                f"ModelStore.add_model must give each model a target of its own, got {target!r} for {others[0]!r} and "
                f"{name!r}: name and version together must be unique"
            )

    def _write(self) -> tuple[Permission, ...]:
        """What the publisher needs in the store: to write archives, and to see whether one is there."""
        reason = "archives of the store are named after versions that are yet to come"
        look = read_below(self.bucket, self.prefix, reason=reason)
        return *look, *write_below(self.bucket, self.prefix, reason=reason)
