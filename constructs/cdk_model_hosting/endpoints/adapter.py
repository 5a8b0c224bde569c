"""A small tailoring of a component's model, which runs in the component's own copies."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from aws_cdk import aws_sagemaker as sagemaker

from cdk_model_hosting.arguments import require
from cdk_model_hosting.endpoints.claims import COMPONENTS
from cdk_model_hosting.endpoints.component import InferenceComponent
from cdk_model_hosting.endpoints.component_calls import Component
from cdk_model_hosting.errors import ConfigurationError
from cdk_model_hosting.limits import (
    ADAPTER_ENVIRONMENT_PAIRS,
    COMPONENT_NAME,
    ENVIRONMENT_KEY,
    ENVIRONMENT_VALUE,
)
from cdk_model_hosting.models.artifact import ModelArtifact
from cdk_model_hosting.monitoring.watched import Watched
from cdk_model_hosting.placement import place_of

if TYPE_CHECKING:
    from constructs import Construct

_LONGEST_NAME = 63


class AdapterComponent(Component):
    """An adapter, such as LoRA weights, that tailors the answers of a base component.

    It takes nothing of the instances for itself: the base component's container loads it, and must be able to. Callers
    name the adapter with each request, as ``InferenceComponentName``.

    Args:
        scope: Where to make it.
        construct_id: ID below `scope`.
        base: The component whose model it tailors.
        artifact: The adapter's files, as one gzipped tar archive.
        environment: Environment variables, at most 16.
        component_name: Name, at most 63 characters. Made of the stack's name and the path when omitted.

    Raises:
        ConfigurationError: When the service would refuse the combination.

    Attributes:
        base: The component whose model it tailors.
        endpoint: Whose instances it runs on.
        component_name: Name that callers use.
        cfn_component: The adapter's resource.

    See: https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_InferenceComponentSpecification.html
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        base: InferenceComponent,
        artifact: ModelArtifact,
        environment: Mapping[str, str] | None = None,
        component_name: str | None = None,
    ) -> None:
        require("AdapterComponent base", base, InferenceComponent)
        require("AdapterComponent artifact", artifact, ModelArtifact)
        if environment is not None:
            require("AdapterComponent environment", environment, Mapping)
        variables = dict(environment or {})
        ADAPTER_ENVIRONMENT_PAIRS.check_length("AdapterComponent environment", variables)
        for name, value in variables.items():
            ENVIRONMENT_KEY.check(f"AdapterComponent environment name {name!r}", name, optional=False)
            ENVIRONMENT_VALUE.check(f"AdapterComponent environment {name}", value, optional=False)
        COMPONENT_NAME.check("AdapterComponent component_name", component_name)
        endpoint = base.endpoint
        endpoint.check_component("AdapterComponent", scope)
        place = place_of(scope)
        if component_name is None:
            component_name = place.unique_name(construct_id, longest=_LONGEST_NAME)
        COMPONENTS.claim(place.root, "AdapterComponent component_name", component_name)
        super().__init__(scope, construct_id)
        self.base = base
        self.endpoint = endpoint
        self.component_name = component_name
        bound = artifact.bind(self, "Artifact")
        bound.check_region(place.stack)
        if not bound.compressed:
            raise ConfigurationError(
                "AdapterComponent artifact must be one gzipped archive, got files under a prefix: SageMaker unpacks adapters"
            )
        endpoint.allow(*bound.permissions)
        self.cfn_component = sagemaker.CfnInferenceComponent(
            self,
            "Resource",
            endpoint_name=endpoint.cfn_endpoint.attr_endpoint_name,
            inference_component_name=component_name,
            specification=sagemaker.CfnInferenceComponent.InferenceComponentSpecificationProperty(
                base_inference_component_name=base.component_name,
                container=sagemaker.CfnInferenceComponent.InferenceComponentContainerSpecificationProperty(
                    artifact_url=bound.url, environment=variables or None
                ),
            ),
        )
        # The base's name is literal, and makes nothing wait.
        self.cfn_component.add_resource_dependency(base.cfn_component)
        endpoint.watching.join(
            Watched(
                endpoint_name=endpoint.endpoint_name,
                variant_name=endpoint.variant_names[0],
                component_name=component_name,
                machine=endpoint.fleet.machine,
            )
        )
