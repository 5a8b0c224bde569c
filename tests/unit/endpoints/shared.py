"""Endpoints for inference components, and components on them."""

from typing import Any

import aws_cdk as cdk
from constructs import Construct

from cdk_model_hosting import ComponentEndpoint, ComponentResources, Fleet, InferenceComponent
from tests.unit.builders import FLEET, container, only, resources

COMPONENT = "AWS::SageMaker::InferenceComponent"
ENDPOINT = "AWS::SageMaker::Endpoint"
CONFIG = "AWS::SageMaker::EndpointConfig"
SMALL = ComponentResources(memory_mb=512, cpus=0.5)


def endpoint_in(scope: Construct, **options: Any) -> ComponentEndpoint:
    return ComponentEndpoint(scope, "Endpoint", **{"fleet": FLEET, "verify_rollout": False, **options})


def component_on(endpoint: ComponentEndpoint, construct_id: str = "Coast", **options: Any) -> InferenceComponent:
    """A component beside its endpoint, unless a scope is given."""
    scope = options.pop("scope", cdk.Stack.of(endpoint))
    asked: dict[str, Any] = {"container": container(), "resources": SMALL, **options}
    return InferenceComponent(scope, construct_id, endpoint=endpoint, **asked)


def component_in(stack: cdk.Stack, *, instance_type: str = FLEET.instance_type, **options: Any) -> dict[str, Any]:
    """The properties of the one component in a stack."""
    component_on(endpoint_in(stack, fleet=Fleet(instance_type=instance_type)), **options)
    return only(stack, COMPONENT)


def logical(stack: cdk.Stack, kind: str) -> str:
    (found,) = resources(stack, kind)
    return found
