"""One container with many models, that it loads on request."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cdk_model_hosting.arguments import require
from cdk_model_hosting.errors import ConfigurationError
from cdk_model_hosting.models.container import Container
from cdk_model_hosting.models.hosted import HostedModel
from cdk_model_hosting.patterns import Pattern

if TYPE_CHECKING:
    from aws_cdk import aws_iam as iam
    from constructs import Construct

    from cdk_model_hosting.models.artifact import ModelArtifact
    from cdk_model_hosting.models.network import Network
    from cdk_model_hosting.models.store import ModelStore


class MultiModel(HostedModel):
    """Many models behind one container, which loads the one that a request names and lets go of those it has no room for.

    It serves on CPU instances, and on instances with a single GPU where the image is Triton's or built from it.

    Args:
        scope: Where to make it.
        construct_id: ID below `scope`.
        container: Image, store of models and environment. See `Container` for what the image must be able to do.
        role: Execution role to use instead of one made here. It gets the permissions that the model needs unless it is
            immutable; SageMaker must be allowed to assume it.
        network: VPC to attach the container to; none when omitted.
        network_isolation: Whether the container gets no network at all, and no credentials. SageMaker still fetches image
            and models for it.

    Raises:
        ConfigurationError: When the container has no models.

    Attributes:
        store: Where the models are.

    See: https://docs.aws.amazon.com/sagemaker/latest/dg/multi-model-endpoints.html
    """

    pattern = Pattern.MULTI_MODEL

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        container: Container,
        role: iam.IRole | None = None,
        network: Network | None = None,
        network_isolation: bool = False,
    ) -> None:
        require("MultiModel container", container, Container)
        if container.models is None:
            raise ConfigurationError(
                "MultiModel container must have models, got none: it loads them from a ModelStore on request; use "
                "SingleModel for one that it starts with"
            )
        super().__init__(
            scope,
            construct_id,
            containers=[container],
            role=role,
            network=network,
            network_isolation=network_isolation,
        )
        self.store: ModelStore = container.models

    def add_model(self, name: str, artifact: ModelArtifact) -> str:
        """Put a model into the store, see `ModelStore.add_model`.

        Args:
            name: The model's name, unique in the store.
            artifact: The model as one gzipped archive.

        Returns:
            The target model that requests name.

        Raises:
            ConfigurationError: When the name is taken, or the artifact is not one archive.
        """
        return self.store.add_model(name, artifact)
