"""A fraud detector for batches that nobody waits for: it wakes when requests come, and shrinks to nothing after them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import aws_cdk as cdk

from cdk_model_hosting import (
    Alarm,
    AsyncEndpoint,
    Container,
    ContainerImage,
    EndpointDashboard,
    Fleet,
    ModelArtifact,
    Rollout,
    Scaling,
    SingleModel,
)

if TYPE_CHECKING:
    from constructs import Construct


class AsyncScaleToZeroStack(cdk.Stack):
    """One asynchronous endpoint between no instance and four, with its bucket, two topics, alarms and a dashboard.

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
        endpoint = AsyncEndpoint(
            self,
            "Endpoint",
            model=detector,
            fleet=Fleet(instance_type="ml.c6i.large"),
            scaling=Scaling.on_backlog(per_instance=20, between=(0, 4)),
            concurrency_per_instance=4,
            rollout=Rollout.all_at_once(bake=cdk.Duration.minutes(10)),
        )
        endpoint.alarms(
            Alarm.failed_inferences(),
            Alarm.backlog_age(above=cdk.Duration.hours(1)),
            Alarm.backlog_without_capacity(),
        )
        EndpointDashboard(self, "Dashboard", endpoints=[endpoint])

        cdk.CfnOutput(self, "EndpointName", value=endpoint.endpoint_name)
        cdk.CfnOutput(self, "RequestsGoTo", value=endpoint.input_url)
        cdk.CfnOutput(self, "AnswersAreToldTo", value=endpoint.success_topic.topic_arn)
        cdk.CfnOutput(self, "FailuresAreToldTo", value=endpoint.error_topic.topic_arn)
