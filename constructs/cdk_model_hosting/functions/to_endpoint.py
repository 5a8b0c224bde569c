"""No model at all: an endpoint has it, and the function asks that."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from cdk_model_hosting.endpoints.asynchronous import AsyncEndpoint, QueuedRequests
from cdk_model_hosting.endpoints.component_calls import Component, SharedEndpoint
from cdk_model_hosting.endpoints.hosted import HostedEndpoint
from cdk_model_hosting.endpoints.invoking import restrictions
from cdk_model_hosting.errors import ConfigurationError
from cdk_model_hosting.functions.delivery import BoundDelivery, ModelDelivery
from cdk_model_hosting.handlers.model_function.contract import Delivery, Variable
from cdk_model_hosting.patterns import Pattern
from cdk_model_hosting.permissions import Permission
from cdk_model_hosting.placement import place_of
from cdk_model_hosting.tokens import is_token

if TYPE_CHECKING:
    import aws_cdk as cdk
    from constructs import Construct

    from cdk_model_hosting.endpoints.endpoint import Endpoint
    from cdk_model_hosting.functions.endpoint_requests import EndpointRequests

_REQUESTS = "EndpointRequests"


@dataclass(frozen=True, slots=True, kw_only=True)
class ToEndpoint(ModelDelivery):
    """An endpoint, or an inference component of one, as a function in front of it finds it.

    Args:
        target: What it asks.
        requests: What it asks for.
        read_seconds: How long it waits for an answer.
    """

    target: Endpoint | Component
    requests: EndpointRequests
    read_seconds: int

    def bind(self, scope: Construct) -> BoundDelivery:
        """Say how the endpoint is found and asked.

        Args:
            scope: The function.

        Raises:
            ConfigurationError: When the endpoint has no such targets, is of another account, or has components.
        """
        endpoint = self.target.endpoint if isinstance(self.target, Component) else self.target
        permissions = self._permissions()
        stack = place_of(scope).stack
        there = place_of(endpoint).stack
        _check_account(there.account if endpoint.watching.account is None else endpoint.watching.account, stack.account)
        variables = {
            Variable.DELIVERY: str(Delivery.ENDPOINT),
            Variable.ENDPOINT: endpoint.endpoint_name,
            Variable.READ_SECONDS: str(self.read_seconds),
        }
        region = there.region if endpoint.watching.region is None else endpoint.watching.region
        # Where no stack has a region, all are deployed to the same one.
        if region != stack.region and not (endpoint.watching.region is None and is_token(region)):
            variables[Variable.REGION] = region
        if isinstance(self.target, Component):
            variables[Variable.COMPONENT] = self.target.component_name
        if isinstance(self.target, AsyncEndpoint):
            variables[Variable.UPLOADS] = self.target.input_url
        return BoundDelivery(
            variables={str(name): value for name, value in variables.items()},
            permissions=permissions,
            after=self._after(),
        )

    def _permissions(self) -> tuple[Permission, ...]:
        """One answer at a time to one endpoint: no function of Lambda's in Python passes a stream on."""
        target, models, containers = self.target, self.requests.models, self.requests.containers
        if isinstance(target, Component):
            restrictions(Pattern.COMPONENTS, (), models, containers, what=_REQUESTS)
            return (_invoke(target.endpoint.endpoint_arn, target.component_arn),)
        if isinstance(target, SharedEndpoint):
            raise ConfigurationError(
                "EndpointProxy endpoint must be a component of an endpoint that has components, such as an InferenceComponent, "
                f"got a {type(target).__name__}: each request names one"
            )
        conditions = target.restrictions(models, containers, what=_REQUESTS)
        if isinstance(target, QueuedRequests):
            return target.queuing()
        return (_invoke(target.endpoint_arn, conditions=conditions),)

    def _after(self) -> tuple[cdk.CfnResource, ...]:
        """What the function must not be made before: an endpoint that is in service, where this app makes it."""
        if isinstance(self.target, HostedEndpoint):
            return (self.target.cfn_endpoint,)
        if isinstance(self.target, Component):
            from cdk_model_hosting.endpoints.adapter import AdapterComponent  # noqa: PLC0415 - loaded for components alone
            from cdk_model_hosting.endpoints.component import InferenceComponent  # noqa: PLC0415 - the same

            if isinstance(self.target, AdapterComponent | InferenceComponent):
                return (self.target.cfn_component,)
        return ()


def _invoke(*arns: str, conditions: dict[str, object] | None = None) -> Permission:
    return Permission(actions=("sagemaker:InvokeEndpoint",), resources=arns, conditions=conditions)


def _check_account(there: str, here: str) -> None:
    if there == here or is_token(there) or is_token(here):
        return
    raise ConfigurationError(
        f"EndpointProxy endpoint must be of the function's account {here}, got one of {there}: an endpoint has no policy of "
        "its own that could let another account ask it"
    )
