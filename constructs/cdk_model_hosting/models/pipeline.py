"""Containers that work on a request one after the other."""

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


class PipelineModel(HostedModel):
    """A model of 2-15 containers in a row: each gets the answer of the one before it as its request.

    All containers run side by side on every instance, so each image must take its port from the environment variable
    ``SAGEMAKER_BIND_TO_PORT``, and say so by the Docker label
    ``com.amazonaws.sagemaker.capabilities.accept-bind-to-port=true``. SageMaker's own images do.

    Args:
        scope: Where to make it.
        construct_id: ID below `scope`.
        containers: The containers in the order in which they work, with hostnames for all of them or for none. One of them
            at most may load its models from a store.
        role: Execution role to use instead of one made here. It gets the permissions that the model needs unless it is
            immutable; SageMaker must be allowed to assume it.
        network: VPC to attach the containers to; none when omitted.
        network_isolation: Whether the containers get no network at all, and no credentials. SageMaker still fetches images
            and artifacts for them.

    Raises:
        ConfigurationError: When SageMaker could not run the containers in a row.

    See: https://docs.aws.amazon.com/sagemaker/latest/dg/inference-pipelines.html
    """

    pattern = Pattern.PIPELINE

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
        check_several("PipelineModel", containers)
        named = sum(each.hostname is not None for each in containers)
        if named not in {0, len(containers)}:
            raise ConfigurationError(
                f"PipelineModel container hostname must be given to all containers or to none, got {named} of "
                f"{len(containers)}: SageMaker names either all of them or none itself"
            )
        on_request = sum(each.models is not None for each in containers)
        if on_request > 1:
            raise ConfigurationError(
                f"PipelineModel containers must load models in one of them at most, got {on_request}: a request names one "
                "target model"
            )
        super().__init__(
            scope,
            construct_id,
            containers=containers,
            role=role,
            network=network,
            network_isolation=network_isolation,
        )
