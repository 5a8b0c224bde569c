"""One container with one model."""

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

    from cdk_model_hosting.models.network import Network


class SingleModel(HostedModel):
    """A model of one container: the usual case.

    It comes with an execution role that may read its artifact, pull its image, write logs and metrics, and nothing else.

    Args:
        scope: Where to make it.
        construct_id: ID below `scope`.
        container: Image, artifact and environment.
        role: Execution role to use instead of one made here. It gets the permissions that the model needs unless it is
            immutable; SageMaker must be allowed to assume it.
        network: VPC to attach the container to; none when omitted.
        network_isolation: Whether the container gets no network at all, and no credentials. SageMaker still fetches
            image and artifact for it.

    Raises:
        ConfigurationError: When the container comes from a private registry and no network is given, or loads models of a
            store.

    See: https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_CreateModel.html
    """

    pattern = Pattern.REALTIME

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
        require("SingleModel container", container, Container)
        if container.models is not None:
            raise ConfigurationError(
                "SingleModel container must have one artifact or none, got models of a store: use MultiModel for a container "
                "that loads models on request"
            )
        super().__init__(
            scope,
            construct_id,
            containers=[container],
            role=role,
            network=network,
            network_isolation=network_isolation,
        )
