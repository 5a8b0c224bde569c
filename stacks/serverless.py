"""A fraud detector without instances, which keeps copies ready while shops are open."""

from __future__ import annotations

from typing import TYPE_CHECKING

import aws_cdk as cdk
from aws_cdk.aws_applicationautoscaling import Schedule

from cdk_model_hosting import (
    Alarm,
    Container,
    ContainerImage,
    EndpointDashboard,
    ModelArtifact,
    Scaling,
    ScalingPolicy,
    ScheduledScaling,
    ServerlessEndpoint,
    SingleModel,
)

if TYPE_CHECKING:
    from constructs import Construct

_ZONE = "Europe/Zurich"


class ServerlessStack(cdk.Stack):
    """One serverless endpoint with a dashboard; its provisioned concurrency follows its use, and its bounds the clock.

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
        morning = Schedule.cron(hour="7", minute="30", week_day="MON-SAT")
        evening = Schedule.cron(hour="21", minute="0")
        endpoint = ServerlessEndpoint(
            self,
            "Endpoint",
            model=detector,
            memory_mb=2048,
            max_concurrency=40,
            scaling=Scaling.between(
                1,
                20,
                [ScalingPolicy.on_provisioned_use(percent=70)],
                schedules=[
                    ScheduledScaling(name="open", schedule=morning, between=(5, 20), time_zone=_ZONE),
                    ScheduledScaling(name="closed", schedule=evening, between=(1, 5), time_zone=_ZONE),
                ],
            ),
        )
        endpoint.alarms(
            Alarm.server_errors(),
            Alarm.concurrency_utilization(),
            Alarm.provisioned_utilization(),
            Alarm.memory_utilization(),
        )
        EndpointDashboard(self, "Dashboard", endpoints=[endpoint])
        # AWS's guide and its schema contradict each other here: see docs/patterns/serverless.md.
        cdk.Annotations.of(endpoint).acknowledge_warning("cdk-model-hosting:unconfirmedServerlessScaling")

        cdk.CfnOutput(self, "EndpointName", value=endpoint.endpoint_name)
