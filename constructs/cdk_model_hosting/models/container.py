"""One container of a model: its image, its artifact and its environment."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING

from aws_cdk import aws_sagemaker as sagemaker

from cdk_model_hosting.arguments import require
from cdk_model_hosting.errors import ConfigurationError
from cdk_model_hosting.limits import (
    CONTAINER_HOSTNAME,
    ENVIRONMENT_KEY,
    ENVIRONMENT_PAIRS,
    ENVIRONMENT_TOTAL,
    ENVIRONMENT_VALUE,
)
from cdk_model_hosting.models.artifact import ModelArtifact
from cdk_model_hosting.models.image import ContainerImage
from cdk_model_hosting.models.store import ModelStore
from cdk_model_hosting.tokens import is_token

if TYPE_CHECKING:
    import aws_cdk as cdk
    from constructs import Construct

    from cdk_model_hosting.models.gpu_need import GpuNeed
    from cdk_model_hosting.models.image import BoundImage
    from cdk_model_hosting.permissions import Permission


@dataclass(frozen=True, slots=True, kw_only=True)
class Container:
    """An image with the model, or the models, that it serves.

    Args:
        image: What runs.
        artifact: The trained model, found under ``/opt/ml/model`` in the container; none when the image brings its own.
        models: Models that the container loads on request, in place of one artifact. Its image must serve several models:
            SageMaker's own for PyTorch, TensorFlow, MXNet, XGBoost, scikit-learn and Triton do, and one of your own that has
            the Docker label ``com.amazonaws.sagemaker.capabilities.multi-models=true`` and the ``/models`` interface.
        environment: Environment variables: at most 100, names and values of at most 1,024 bytes.
        hostname: Name of the container among others of its model, at most 63 characters. Requests, logs and metrics tell
            containers apart by it; it means nothing in a model of one container.

    Raises:
        ConfigurationError: When the environment or the hostname is outside what the service accepts, or both an artifact and
            models are given.

    See: https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_ContainerDefinition.html
    """

    image: ContainerImage
    artifact: ModelArtifact | None = None
    models: ModelStore | None = None
    environment: Mapping[str, str] = field(default_factory=dict, hash=False)
    hostname: str | None = None

    def __post_init__(self) -> None:
        require("Container image", self.image, ContainerImage)
        if self.artifact is not None:
            require("Container artifact", self.artifact, ModelArtifact)
        if self.models is not None:
            require("Container models", self.models, ModelStore)
            if self.artifact is not None:
                raise ConfigurationError(
                    "Container models must be given without an artifact, got both: a container has one model, or loads those "
                    "of a store on request"
                )
        require("Container environment", self.environment, Mapping)
        # A copy: what the caller does to the dictionary later must not change a frozen value.
        object.__setattr__(self, "environment", MappingProxyType(dict(self.environment)))
        ENVIRONMENT_PAIRS.check_length("Container environment", self.environment)
        for name, value in self.environment.items():
            ENVIRONMENT_KEY.check(f"Container environment name {name!r}", name, optional=False)
            ENVIRONMENT_VALUE.check(f"Container environment {name}", value, optional=False)
        CONTAINER_HOSTNAME.check("Container hostname", self.hostname)

    @property
    def gpu_need(self) -> GpuNeed | None:
        """The GPUs that its own model does not load without, as far as known."""
        return None if self.artifact is None else self.artifact.gpu_need

    @property
    def environment_bytes(self) -> int:
        """Size of the environment's literal names and values, in bytes of UTF-8."""
        pairs = self.environment.items()
        return sum(len(name.encode()) + (0 if is_token(value) else len(value.encode())) for name, value in pairs)

    def bind(self, scope: Construct, stack: cdk.Stack, *, image: BoundImage | None = None) -> BoundContainer:
        """Make what the container needs below `scope`.

        Args:
            scope: The model, or a scope of the container's own where the model has several.
            stack: The model's stack.
            image: What was made for another container of the model that runs the same image.
        """
        if image is None:
            image = self.image.bind(scope, "Image", stack)
        permissions = list(image.permissions)
        url: str | None = None
        source: sagemaker.CfnModel.ModelDataSourceProperty | None = None
        if self.models is not None:
            url = self.models.url
            permissions.extend(self.models.permissions)
        elif self.artifact is not None:
            artifact = self.artifact.bind(scope, "Artifact")
            artifact.check_region(stack)
            permissions.extend(artifact.permissions)
            if artifact.compressed:
                url = artifact.url
            else:
                source = _prefix_source(artifact.url)
        definition = sagemaker.CfnModel.ContainerDefinitionProperty(
            image=image.uri,
            image_config=_image_config(image),
            mode=None if self.models is None else "MultiModel",
            multi_model_config=None if self.models is None else _cache(self.models),
            model_data_url=url,
            model_data_source=source,
            environment=dict(self.environment) or None,
            container_hostname=self.hostname,
        )
        return BoundContainer(definition=definition, image=image, permissions=tuple(permissions))


@dataclass(frozen=True, slots=True, kw_only=True)
class BoundContainer:
    """What a model needs to know of its container.

    Args:
        definition: The container as the model's resource names it.
        image: The image behind it.
        permissions: What the execution role needs to fetch image and artifact.
    """

    definition: sagemaker.CfnModel.ContainerDefinitionProperty
    image: BoundImage
    permissions: tuple[Permission, ...]


def check_environments(containers: tuple[Container, ...]) -> None:
    """Refuse containers of one model whose environments together are too large.

    Args:
        containers: All containers of the model.

    Raises:
        ConfigurationError: When names and values add up to more than the service accepts.
    """
    ENVIRONMENT_TOTAL.check("Container environment in total", sum(each.environment_bytes for each in containers))


def _cache(models: ModelStore) -> sagemaker.CfnModel.MultiModelConfigProperty | None:
    """What differs from the service's default, which is to keep models in memory."""
    return None if models.cache else sagemaker.CfnModel.MultiModelConfigProperty(model_cache_setting="Disabled")


def _prefix_source(url: str) -> sagemaker.CfnModel.ModelDataSourceProperty:
    return sagemaker.CfnModel.ModelDataSourceProperty(
        s3_data_source=sagemaker.CfnModel.S3DataSourceProperty(
            compression_type="None", s3_data_type="S3Prefix", s3_uri=url
        )
    )


def _image_config(image: BoundImage) -> sagemaker.CfnModel.ImageConfigProperty | None:
    if not image.private_registry:
        return None
    credentials = image.credentials_provider_arn
    return sagemaker.CfnModel.ImageConfigProperty(
        repository_access_mode="Vpc",
        repository_auth_config=None
        if credentials is None
        else sagemaker.CfnModel.RepositoryAuthConfigProperty(repository_credentials_provider_arn=credentials),
    )
