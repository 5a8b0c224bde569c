"""A model in copies of its own on the instances of a component endpoint."""

from __future__ import annotations

from typing import TYPE_CHECKING

import aws_cdk as cdk
from aws_cdk import aws_sagemaker as sagemaker

from cdk_model_hosting.arguments import require, require_several
from cdk_model_hosting.durations import seconds
from cdk_model_hosting.endpoints.claims import COMPONENTS
from cdk_model_hosting.endpoints.component_calls import Component, ImportedComponent, SharedEndpoint
from cdk_model_hosting.endpoints.component_checks import (
    check_bounds,
    check_image,
    check_kinds,
    first_copies,
    kept_copies,
)
from cdk_model_hosting.endpoints.component_rollout import check_rollout, render_rollout, rolling_plan
from cdk_model_hosting.guard.rollout_check import RolloutCheck
from cdk_model_hosting.limits import (
    COMPONENT_COPIES,
    COMPONENT_NAME,
    CONTAINER_STARTUP_SECONDS,
    MODEL_DOWNLOAD_SECONDS,
)
from cdk_model_hosting.monitoring.watched import Watched
from cdk_model_hosting.patterns import Pattern
from cdk_model_hosting.placement import place_of
from cdk_model_hosting.rollout.alarms import RollbackAlarms, default_alarms
from cdk_model_hosting.scaling.policy import COPIES, ScaledFleet
from cdk_model_hosting.scaling.scaling import Scaling

if TYPE_CHECKING:
    from collections.abc import Sequence

    from aws_cdk import aws_cloudwatch as cloudwatch
    from constructs import Construct

    from cdk_model_hosting.endpoints.component_resources import ComponentResources
    from cdk_model_hosting.endpoints.components import ComponentEndpoint
    from cdk_model_hosting.models.container import Container
    from cdk_model_hosting.monitoring.alarm import Alarm
    from cdk_model_hosting.rollout.rollout import Rollout
    from cdk_model_hosting.scaling.scaling import BoundScaling

_LONGEST_NAME = 63


class InferenceComponent(Component):
    """A model that shares the instances of a `ComponentEndpoint` with others, and scales by itself.

    Callers name it with each request, as ``InferenceComponentName``.

    Between 0 and some copies it costs nothing while nobody asks, if the endpoint's instances may go to 0 too. The first
    request then fails and wakes it, which takes some minutes; callers try again.

    Args:
        scope: Where to make it.
        construct_id: ID below `scope`.
        endpoint: Whose instances it runs on.
        container: Image, artifact and environment.
        resources: What each copy gets of an instance.
        copies: Copies to start with, at least 1; one when omitted. Leave it out for a component that scales: another number in the
            template sets the number of copies anew, whatever scaling has reached.
        scaling: How the number of copies follows the requests; fixed when omitted.
        startup_timeout: Time until a copy must answer its first health check, 1-60 minutes.
        download_timeout: Time to download and unpack the model, 1-60 minutes.
        cache: Whether instances keep image and artifact for further copies, which then start sooner.
        rollout: How a new version replaces the old: `Rollout.rolling`, where instances mean copies; two batches that bake
            for five minutes each when omitted.
        rollback_on: Alarms that roll a new version back: conditions watched on this component, and alarms of your own; at
            most 10. Server errors and latency when omitted; none at all when empty.
        component_name: Name, at most 63 characters. Made of the stack's name and the path when omitted.

    Raises:
        ConfigurationError: When the service would refuse the combination.

    Attributes:
        endpoint: Whose instances it runs on.
        component_name: Name that callers use.
        cfn_model: The model's resource.
        cfn_component: The component's resource.
        scaled: The native resources by which its copies scale, if they do.

    See: https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_CreateInferenceComponent.html
    """

    endpoint: ComponentEndpoint

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        endpoint: ComponentEndpoint,
        container: Container,
        resources: ComponentResources,
        copies: int | None = None,
        scaling: Scaling | None = None,
        startup_timeout: cdk.Duration | None = None,
        download_timeout: cdk.Duration | None = None,
        cache: bool = False,
        rollout: Rollout | None = None,
        rollback_on: Sequence[Alarm | cloudwatch.IAlarm] | None = None,
        component_name: str | None = None,
    ) -> None:
        check_kinds(endpoint, container, resources)
        require("InferenceComponent cache", cache, bool)
        COMPONENT_COPIES.check("InferenceComponent copies", copies)
        COMPONENT_NAME.check("InferenceComponent component_name", component_name)
        start = seconds("InferenceComponent startup_timeout", startup_timeout)
        download = seconds("InferenceComponent download_timeout", download_timeout)
        CONTAINER_STARTUP_SECONDS.check("InferenceComponent startup_timeout", start)
        MODEL_DOWNLOAD_SECONDS.check("InferenceComponent download_timeout", download)
        resources.check(endpoint.fleet.machine)
        endpoint.check_component("InferenceComponent", scope)
        if scaling is not None:
            require("InferenceComponent scaling", scaling, Scaling)
            scaling.check_pattern(Pattern.COMPONENTS)
            check_bounds(scaling, copies)
        if rollback_on is not None:
            require_several("InferenceComponent rollback_on", rollback_on)
        first = first_copies(copies)
        plan = None if rollout is None and rollback_on is not None and not rollback_on else rolling_plan(rollout)
        fewest, most = (first, first) if scaling is None else (scaling.smallest, scaling.largest)
        if plan is not None:
            check_rollout(plan, fewest, most)
        endpoint.room.take(resources, kept_copies(first, scaling))
        place = place_of(scope)
        if component_name is None:
            component_name = place.unique_name(construct_id, longest=_LONGEST_NAME)
        COMPONENTS.claim(place.root, "InferenceComponent component_name", component_name)
        super().__init__(scope, construct_id)
        self._place = place.child(construct_id)
        self.endpoint = endpoint
        self.component_name = component_name
        self._watched = Watched(
            endpoint_name=endpoint.endpoint_name,
            variant_name=endpoint.variant_names[0],
            component_name=component_name,
            machine=endpoint.fleet.machine,
            bounds=None if scaling is None else (fewest, most),
        )
        alarms = self._rollback_alarms(rollback_on)
        self.cfn_model = self._model(container)
        self.cfn_component = sagemaker.CfnInferenceComponent(
            self,
            "Resource",
            endpoint_name=endpoint.cfn_endpoint.attr_endpoint_name,
            variant_name=endpoint.variant_names[0],
            inference_component_name=component_name,
            specification=sagemaker.CfnInferenceComponent.InferenceComponentSpecificationProperty(
                model_name=self.cfn_model.attr_model_name,
                compute_resource_requirements=resources.render(),
                startup_parameters=_startup(start, download),
                data_cache_config=_data_cache() if cache else None,
            ),
            # Of a component that scales, too: AWS names no number for one that is created without. Its schema of the resource
            # has a call for the copies alone, and whether an update of something else sends them again it does not say.
            runtime_config=sagemaker.CfnInferenceComponent.InferenceComponentRuntimeConfigProperty(copy_count=first),
            deployment_config=None
            if plan is None
            else render_rollout(plan, most, (start or 0) + (download or 0), [] if alarms is None else alarms.names),
        )
        if alarms is not None:
            self.cfn_component.node.add_dependency(alarms)
        self.scaled = None if scaling is None else self._scale(scaling)
        if endpoint.verifies_rollouts:
            check = RolloutCheck.of(self._place.stack)
            check.watch_component(component_name, self.cfn_component.ref, self.cfn_model.attr_model_name)
        endpoint.watching.join(self._watched)
        found = [] if scaling is None else scaling.advice(f"inference component {component_name}")
        if plan is not None:
            found.extend(plan.advice(default_alarms(endpoint.watching.kind, 1) if rollback_on is None else rollback_on))
        for each in found:
            cdk.Annotations.of(self).add_warning_v2(f"cdk-model-hosting:{each.id}", each.text)

    @staticmethod
    def from_component_name(
        scope: Construct, construct_id: str, component_name: str, *, endpoint: SharedEndpoint
    ) -> ImportedComponent:
        """An existing component, with the same grants and metrics.

        Args:
            scope: Where to import it.
            construct_id: ID below `scope`.
            component_name: Its name.
            endpoint: The endpoint that it is on, which may be imported.

        Raises:
            ConfigurationError: When no component can have that name.
        """
        COMPONENT_NAME.check("from_component_name component_name", component_name)
        require("from_component_name endpoint", endpoint, SharedEndpoint)
        return ImportedComponent(scope, construct_id, name=component_name, endpoint=endpoint)

    def _model(self, container: Container) -> sagemaker.CfnModel:
        """The model, in the endpoint's own role and network: SageMaker places no other there."""
        endpoint = self.endpoint
        bound = container.bind(self, self._place.stack)
        check_image(endpoint, bound.image.architecture, private=bound.image.private_registry)
        endpoint.allow(*bound.permissions)
        model = sagemaker.CfnModel(
            self,
            "Model",
            execution_role_arn=endpoint.role_arn,
            primary_container=bound.definition,
            vpc_config=None if endpoint.network is None else endpoint.network.config,
            enable_network_isolation=endpoint.network_isolation or None,
        )
        endpoint.wait_for_role(model)
        return model

    def _rollback_alarms(self, rollback_on: Sequence[Alarm | cloudwatch.IAlarm] | None) -> RollbackAlarms | None:
        watching = self.endpoint.watching
        conditions = default_alarms(watching.kind, 1) if rollback_on is None else rollback_on
        if not conditions:
            return None
        alarms = RollbackAlarms(
            self, "Rollback", watching=watching, config_name=None, alarms=conditions, component=self._watched
        )
        self.endpoint.allow(*alarms.permissions())
        return alarms

    def _scale(self, scaling: Scaling) -> BoundScaling:
        fleet = ScaledFleet(
            endpoint_name=self.endpoint.endpoint_name,
            variant_name=self.endpoint.variant_names[0],
            machine=None,
            stack=self._place.stack,
            dimension=COPIES,
            component_name=self.component_name,
            pattern=Pattern.COMPONENTS,
        )
        resource_id = f"inference-component/{self.component_name}"
        bound = scaling.bind(self, self._place, "Copies", resource_id, fleet)
        # The literal name makes nothing wait.
        bound.cfn_target.add_resource_dependency(self.cfn_component)
        return bound


def _startup(
    start: int | None, download: int | None
) -> sagemaker.CfnInferenceComponent.InferenceComponentStartupParametersProperty | None:
    if start is None and download is None:
        return None
    return sagemaker.CfnInferenceComponent.InferenceComponentStartupParametersProperty(
        container_startup_health_check_timeout_in_seconds=start, model_data_download_timeout_in_seconds=download
    )


def _data_cache() -> sagemaker.CfnInferenceComponent.InferenceComponentDataCacheConfigProperty:
    return sagemaker.CfnInferenceComponent.InferenceComponentDataCacheConfigProperty(enable_caching=True)
