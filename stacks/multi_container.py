"""A fraud detector for each region behind one endpoint, each in a container of its own that is always ready."""

from __future__ import annotations

from typing import TYPE_CHECKING

import aws_cdk as cdk

from cdk_model_hosting import (
    Alarm,
    Container,
    ContainerImage,
    Fleet,
    ModelArtifact,
    MultiContainerModel,
    RealtimeEndpoint,
    Rollout,
    Scaling,
    ScalingPolicy,
)

if TYPE_CHECKING:
    from constructs import Construct


class MultiContainerStack(cdk.Stack):
    """One real-time endpoint with three containers, of which each request names the one that answers it.

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

        image = ContainerImage.from_asset("examples/containers/onnx")
        detectors = MultiContainerModel(
            self,
            "Detectors",
            containers=[
                Container(image=image, artifact=ModelArtifact.from_asset(f"{regions_folder}/coast"), hostname="coast"),
                Container(
                    image=image, artifact=ModelArtifact.from_asset(f"{regions_folder}/inland"), hostname="inland"
                ),
                Container(image=image, artifact=ModelArtifact.from_asset(f"{regions_folder}/metro"), hostname="metro"),
            ],
        )
        endpoint = RealtimeEndpoint(
            self,
            "Endpoint",
            model=detectors,
            fleet=Fleet(instance_type="ml.c6i.xlarge", count=2),
            scaling=Scaling.between(2, 8, [ScalingPolicy.on_cpu(percent=60)]),
            rollout=Rollout.canary(percent=50, bake=cdk.Duration.minutes(10)),
        )
        endpoint.alarms(Alarm.container_errors(), Alarm.container_latency(above=cdk.Duration.millis(250)))

        cdk.CfnOutput(self, "EndpointName", value=endpoint.endpoint_name)
