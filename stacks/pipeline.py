"""A fraud detector that is asked about payments, and makes of each what its model was trained on."""

from __future__ import annotations

from typing import TYPE_CHECKING

import aws_cdk as cdk

from cdk_model_hosting import (
    Alarm,
    Container,
    ContainerImage,
    Fleet,
    ModelArtifact,
    PipelineModel,
    RealtimeEndpoint,
    Rollout,
    Scaling,
)

if TYPE_CHECKING:
    from constructs import Construct


class PipelineStack(cdk.Stack):
    """One real-time endpoint with two containers in a row: the features of a payment, and the verdict on them.

    Args:
        scope: The app.
        construct_id: The stack's ID.
        model_folder: Folder of the trained model.
        env: Account and region; the deployer's own when omitted.
    """

    def __init__(
        self, scope: Construct, construct_id: str, *, model_folder: str, env: cdk.Environment | None = None
    ) -> None:
        super().__init__(scope, construct_id, env=env, description=__doc__)

        detector = PipelineModel(
            self,
            "Detector",
            containers=[
                Container(image=ContainerImage.from_asset("examples/containers/features"), hostname="features"),
                Container(
                    image=ContainerImage.from_asset("examples/containers/onnx"),
                    artifact=ModelArtifact.from_asset(model_folder),
                    hostname="model",
                ),
            ],
        )
        endpoint = RealtimeEndpoint(
            self,
            "Endpoint",
            model=detector,
            fleet=Fleet(instance_type="ml.c6i.large", count=2),
            scaling=Scaling.on_invocations(per_instance_per_minute=6000, between=(2, 8)),
            rollout=Rollout.canary(percent=10, bake=cdk.Duration.minutes(10)),
        )
        endpoint.alarms(
            Alarm.server_errors(),
            Alarm.container_latency(container="features", above=cdk.Duration.millis(50)),
            Alarm.container_latency(container="model", above=cdk.Duration.millis(250)),
        )

        cdk.CfnOutput(self, "EndpointName", value=endpoint.endpoint_name)
