"""A fraud detector for each region on instances that they share, one of which sleeps while nobody asks it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import aws_cdk as cdk

from cdk_model_hosting import (
    Alarm,
    ComponentEndpoint,
    ComponentResources,
    Container,
    ContainerImage,
    EndpointDashboard,
    Fleet,
    InferenceComponent,
    ManagedInstances,
    ModelArtifact,
    Rollout,
    Scaling,
)

if TYPE_CHECKING:
    from constructs import Construct


class ComponentsStack(cdk.Stack):
    """One endpoint with three inference components, whose copies follow their requests and whose instances follow the copies.

    Args:
        scope: The app.
        construct_id: The stack's ID.
        regions_folder: Folder with a folder for each region's trained model.
        env: Account and region; the deployer's own when omitted.
    """

    def __init__(
        self, scope: Construct, construct_id: str, *, regions_folder: str, env: cdk.Environment | None = None
    ) -> None:
        super().__init__(scope, construct_id, env=env, description=__doc__)

        endpoint = ComponentEndpoint(
            self,
            "Endpoint",
            fleet=Fleet(instance_type="ml.c6i.xlarge"),
            instances=ManagedInstances(minimum=0, maximum=4),
        )
        server = ContainerImage.from_asset("examples/containers/onnx")
        coast = InferenceComponent(
            self,
            "Coast",
            endpoint=endpoint,
            container=Container(image=server, artifact=ModelArtifact.from_asset(f"{regions_folder}/coast")),
            resources=ComponentResources(memory_mb=1024, cpus=1),
            scaling=Scaling.on_concurrency_per_copy(per_copy=4, between=(2, 6)),
            rollout=Rollout.rolling(percent=50, bake=cdk.Duration.minutes(10)),
            rollback_on=[Alarm.server_errors(above=1), Alarm.model_latency(above=cdk.Duration.millis(250))],
        )
        inland = InferenceComponent(
            self,
            "Inland",
            endpoint=endpoint,
            container=Container(image=server, artifact=ModelArtifact.from_asset(f"{regions_folder}/inland")),
            resources=ComponentResources(memory_mb=1024, cpus=0.5),
            scaling=Scaling.on_concurrency_per_copy(per_copy=2, between=(1, 4)),
        )
        metro = InferenceComponent(
            self,
            "Metro",
            endpoint=endpoint,
            container=Container(image=server, artifact=ModelArtifact.from_asset(f"{regions_folder}/metro")),
            resources=ComponentResources(memory_mb=1024, cpus=0.5),
            scaling=Scaling.on_concurrency_per_copy(per_copy=2, between=(0, 2)),
        )
        endpoint.alarms()
        EndpointDashboard(self, "Dashboard", endpoints=[endpoint])

        cdk.CfnOutput(self, "EndpointName", value=endpoint.endpoint_name)
        cdk.CfnOutput(self, "CoastComponent", value=coast.component_name)
        cdk.CfnOutput(self, "InlandComponent", value=inland.component_name)
        cdk.CfnOutput(self, "MetroComponent", value=metro.component_name)
