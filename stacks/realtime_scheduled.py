"""A fraud detector that is large when shops are open, and small at night."""

from __future__ import annotations

from typing import TYPE_CHECKING

import aws_cdk as cdk
from aws_cdk.aws_applicationautoscaling import Schedule

from cdk_model_hosting import (
    Container,
    ContainerImage,
    Fleet,
    ModelArtifact,
    RealtimeEndpoint,
    Scaling,
    ScalingPolicy,
    ScheduledScaling,
    SingleModel,
)

if TYPE_CHECKING:
    from constructs import Construct

_ZONE = "Europe/Zurich"


class RealtimeScheduledStack(cdk.Stack):
    """One real-time endpoint whose bounds follow the clock, and whose size follows the traffic between them.

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
        endpoint = RealtimeEndpoint(
            self,
            "Endpoint",
            model=detector,
            fleet=Fleet(instance_type="ml.c6i.large"),
            scaling=Scaling.between(
                1,
                8,
                [ScalingPolicy.on_concurrency(per_instance=4)],
                schedules=[
                    ScheduledScaling(name="open", schedule=morning, between=(3, 8), time_zone=_ZONE),
                    ScheduledScaling(name="closed", schedule=evening, between=(1, 2), time_zone=_ZONE),
                ],
            ),
        )

        cdk.CfnOutput(self, "EndpointName", value=endpoint.endpoint_name)
