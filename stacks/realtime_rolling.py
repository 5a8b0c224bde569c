"""A fraud detector whose large fleet is replaced batch by batch, because it cannot be had twice."""

from __future__ import annotations

from typing import TYPE_CHECKING

import aws_cdk as cdk

from cdk_model_hosting import (
    Alarm,
    Container,
    ContainerImage,
    Fleet,
    ModelArtifact,
    RealtimeEndpoint,
    Rollout,
    SingleModel,
)

if TYPE_CHECKING:
    from constructs import Construct


class RealtimeRollingStack(cdk.Stack):
    """One real-time endpoint with a fixed fleet and a rolling deployment.

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

        detector = SingleModel(
            self,
            "Detector",
            container=Container(
                image=ContainerImage.from_asset("examples/containers/onnx"),
                artifact=ModelArtifact.from_asset(model_folder),
            ),
        )
        endpoint = RealtimeEndpoint(
            self,
            "Endpoint",
            model=detector,
            fleet=Fleet(instance_type="ml.c6i.4xlarge", count=12),
            rollout=Rollout.rolling(instances=3, bake=cdk.Duration.minutes(5), rollback_percent=100),
            rollback_on=[Alarm.server_errors(above=1), Alarm.model_latency(above=cdk.Duration.millis(250))],
        )

        cdk.CfnOutput(self, "EndpointName", value=endpoint.endpoint_name)
