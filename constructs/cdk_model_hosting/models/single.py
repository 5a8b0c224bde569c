"""One container with one model."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cdk_model_hosting.models.model import HostedModel

if TYPE_CHECKING:
    from aws_cdk import aws_iam as iam
    from constructs import Construct

    from cdk_model_hosting.models.container import Container
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
        ConfigurationError: When the container comes from a private registry and no network is given.

    See: https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_CreateModel.html
    """

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
        super().__init__(
            scope,
            construct_id,
            containers=[container],
            role=role,
            network=network,
            network_isolation=network_isolation,
        )
