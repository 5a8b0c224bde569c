"""What SageMaker may do in the name of an experiment."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cdk_model_hosting.models.hosted import HostedModel
from cdk_model_hosting.permissions import Permission, arn
from cdk_model_hosting.tokens import is_token

if TYPE_CHECKING:
    from collections.abc import Iterable

    from cdk_model_hosting.models.model import Model

_SAGEMAKER = "arn:${AWS::Partition}:sagemaker:${AWS::Region}:${AWS::AccountId}"


def manage(endpoint_arn: str, models: Iterable[Model]) -> tuple[Permission, ...]:
    """Move an endpoint to configurations of the experiment's own, and back.

    AWS documents no narrower policy than its managed one for everything in SageMaker. This one follows from what an
    experiment does. The containers run with the models' own roles, not with this one.

    Args:
        endpoint_arn: The endpoint.
        models: The models that the experiment deploys.

    See: https://docs.aws.amazon.com/sagemaker/latest/dg/shadow-tests-create.html
    """
    endpoint = Permission(
        actions=(
            "sagemaker:DescribeEndpoint",
            "sagemaker:UpdateEndpoint",
            "sagemaker:UpdateEndpointWeightsAndCapacities",
        ),
        resources=(endpoint_arn,),
    )
    configurations = Permission(
        actions=(
            "sagemaker:AddTags",
            "sagemaker:CreateEndpointConfig",
            "sagemaker:DeleteEndpointConfig",
            "sagemaker:DescribeEndpointConfig",
            "sagemaker:UpdateEndpoint",
        ),
        resources=(arn(f"{_SAGEMAKER}:endpoint-config/*"),),
        wildcard_reason="SageMaker names the endpoint configurations of an experiment when it makes them",
    )
    described = Permission(actions=("sagemaker:DescribeModel",), resources=tuple(_model_arn(each) for each in models))
    return endpoint, configurations, described


def _model_arn(model: Model) -> str | dict[str, Any]:
    """A model's ARN, in which SageMaker writes its name in lower case."""
    if isinstance(model, HostedModel):
        return model.cfn_model.ref
    name = model.model_name
    return arn(f"{_SAGEMAKER}:model/{name if is_token(name) else name.lower()}")
