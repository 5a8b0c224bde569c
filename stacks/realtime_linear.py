"""A fraud detector that grows with its CPUs, moves to a new version in five equal steps, and is watched."""

from __future__ import annotations

from typing import TYPE_CHECKING

import aws_cdk as cdk

from cdk_model_hosting import (
    Alarm,
    Container,
    ContainerImage,
    EndpointDashboard,
    Fleet,
    ModelArtifact,
    RealtimeEndpoint,
    Rollout,
    Scaling,
    ScalingPolicy,
    SingleModel,
)

if TYPE_CHECKING:
    from constructs import Construct


class RealtimeLinearStack(cdk.Stack):
    """One real-time endpoint with two scaling policies, a linear rollout, alarms for operators and a dashboard.

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
            fleet=Fleet(instance_type="ml.c6i.xlarge", count=5),
            scaling=Scaling.between(
                5,
                20,
                [
                    ScalingPolicy.on_cpu(percent=60),
                    ScalingPolicy.on_load_test(max_requests_per_second=400, safety_factor=0.5),
                ],
            ),
            rollout=Rollout.linear(percent=20, bake=cdk.Duration.minutes(5)),
            rollback_on=[Alarm.server_errors(above=1), Alarm.model_latency(above=cdk.Duration.millis(250))],
        )
        endpoint.alarms(Alarm.server_errors(), Alarm.cpu_utilization(above=90), Alarm.memory_utilization())
        EndpointDashboard(self, "Dashboard", endpoints=[endpoint])

        cdk.CfnOutput(self, "EndpointName", value=endpoint.endpoint_name)
