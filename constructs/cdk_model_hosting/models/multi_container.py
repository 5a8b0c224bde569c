"""Containers that a request chooses from."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cdk_model_hosting.errors import ConfigurationError
from cdk_model_hosting.models.hosted import HostedModel
from cdk_model_hosting.models.several import check_several
from cdk_model_hosting.patterns import Pattern

if TYPE_CHECKING:
    from collections.abc import Sequence

    from aws_cdk import aws_iam as iam
    from constructs import Construct

    from cdk_model_hosting.models.container import Container
    from cdk_model_hosting.models.network import Network


class MultiContainerModel(HostedModel):
    """A model of 2-15 containers, of which each request names the one that answers it, by its hostname.

    All containers run side by side on every instance, so each image must take its port from the environment variable
    ``SAGEMAKER_BIND_TO_PORT``, and say so by the Docker label
    ``com.amazonaws.sagemaker.capabilities.accept-bind-to-port=true``. SageMaker's own images do.

    Args:
        scope: Where to make it.
        construct_id: ID below `scope`.
        containers: The containers, each with a hostname of its own and none with models of a store.
        role: Execution role to use instead of one made here. It gets the permissions that the model needs unless it is
            immutable; SageMaker must be allowed to assume it.
        network: VPC to attach the containers to; none when omitted.
        network_isolation: Whether the containers get no network at all, and no credentials. SageMaker still fetches images
            and artifacts for them.

    Raises:
        ConfigurationError: When requests could not choose between the containers.

    See: https://docs.aws.amazon.com/sagemaker/latest/dg/multi-container-direct.html
    """

    pattern = Pattern.MULTI_CONTAINER

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        containers: Sequence[Container],
        role: iam.IRole | None = None,
        network: Network | None = None,
        network_isolation: bool = False,
    ) -> None:
        check_several("MultiContainerModel", containers)
        unnamed = sum(each.hostname is None for each in containers)
        if unnamed:
            raise ConfigurationError(
                f"MultiContainerModel container hostname must be given to all containers, got {unnamed} of "
                f"{len(containers)} without one: each request names the container that answers it"
            )
        on_request = sum(each.models is not None for each in containers)
        if on_request:
            raise ConfigurationError(
                f"MultiContainerModel containers must have no models of a store, got {on_request} with them: SageMaker "
                "invokes containers of one model each directly; use PipelineModel or MultiModel"
            )
        super().__init__(
            scope,
            construct_id,
            containers=containers,
            role=role,
            network=network,
            network_isolation=network_isolation,
            mode="Direct",
        )
