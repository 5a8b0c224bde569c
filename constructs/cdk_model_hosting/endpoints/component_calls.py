"""Who may call inference components, all of an endpoint or a single one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from constructs import Construct

from cdk_model_hosting.endpoints.endpoint import Endpoint
from cdk_model_hosting.endpoints.invoking import restrictions
from cdk_model_hosting.endpoints.metrics_components import ComponentMetrics
from cdk_model_hosting.grants import grant
from cdk_model_hosting.permissions import Permission
from cdk_model_hosting.placement import place_of
from cdk_model_hosting.tokens import is_token

if TYPE_CHECKING:
    from collections.abc import Sequence

    from aws_cdk import aws_iam as iam

_ACTIONS = ("sagemaker:InvokeEndpoint", "sagemaker:InvokeEndpointWithResponseStream")


class SharedEndpoint(Endpoint):
    """An endpoint whose requests name one of its inference components, made here or imported."""

    def grant_invoke(
        self,
        grantee: iam.IGrantable,
        *,
        models: Sequence[str] | None = None,
        containers: Sequence[str] | None = None,
    ) -> iam.Grant:
        """Let somebody send requests to all components of the endpoint, those to come included.

        A request names the endpoint and a component, and IAM knows both as resources: every component is allowed, and of
        endpoints this one alone. `InferenceComponent.grant_invoke` allows one component.

        Args:
            grantee: Who may.
            models: Must be omitted: no component has target models.
            containers: Must be omitted: no component has target containers.

        Raises:
            ConfigurationError: When targets are named.

        See: https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonsagemakerai.html
        """
        restrictions(self.pattern, (), models, containers)
        components = Permission(
            actions=_ACTIONS,
            resources=(_all_components(self),),
            wildcard_reason="requests name the endpoint besides, and a component is on one endpoint only",
        )
        return grant(grantee, [_requests_to(self.endpoint_arn), components])


class Component(Construct, ComponentMetrics):
    """An inference component, made here or imported.

    Attributes:
        endpoint: Whose instances it runs on.
        component_name: Name that callers use.
    """

    endpoint: SharedEndpoint
    component_name: str

    @property
    def component_arn(self) -> str:
        """The component's ARN. It is literal but for account and region, unless the name is a Token."""
        name = self.component_name
        return component_arn(self.endpoint, name if is_token(name) else name.lower())

    def grant_invoke(self, grantee: iam.IGrantable) -> iam.Grant:
        """Let somebody send requests to this component, and read answers as a stream.

        A request names the endpoint and the component, and IAM knows both as resources.

        Args:
            grantee: Who may.

        See: https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonsagemakerai.html
        """
        return grant(grantee, [_requests_to(self.endpoint.endpoint_arn, self.component_arn)])


class ImportedComponent(Component):
    """An inference component that exists already. Made by `InferenceComponent.from_component_name`."""

    def __init__(self, scope: Construct, construct_id: str, *, name: str, endpoint: SharedEndpoint) -> None:
        super().__init__(scope, construct_id)
        self.endpoint = endpoint
        self.component_name = name
        # Those of an endpoint that was imported from elsewhere.
        self._metric_region, self._metric_account = endpoint.watching.region, endpoint.watching.account


def component_arn(endpoint: SharedEndpoint, name: str) -> str:
    """ARN of a component of an endpoint. As that of an endpoint, it holds the name in lower case.

    Args:
        endpoint: The endpoint.
        name: The component's name as it stands in ARNs.
    """
    stack = place_of(endpoint).stack
    region = endpoint.watching.region if endpoint.watching.region is not None else stack.region
    account = endpoint.watching.account if endpoint.watching.account is not None else stack.account
    return f"arn:{stack.partition}:sagemaker:{region}:{account}:inference-component/{name}"


def _all_components(endpoint: SharedEndpoint) -> str:
    """ARN of all components of an endpoint's region and account, as far as those can be read from its own ARN."""
    if is_token(endpoint.watching.region):
        return f"arn:{place_of(endpoint).stack.partition}:sagemaker:*:*:inference-component/*"
    return component_arn(endpoint, "*")


def _requests_to(*arns: str) -> Permission:
    return Permission(actions=_ACTIONS, resources=arns)
