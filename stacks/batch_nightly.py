"""A fraud detector that goes over the day's payments every night, counts what it has written, and says what became of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import aws_cdk as cdk
from aws_cdk import aws_scheduler as scheduler

from cdk_model_hosting import (
    BatchAlarm,
    Batching,
    BatchTransform,
    Container,
    ContainerImage,
    EndpointDashboard,
    ModelArtifact,
    Processing,
    SingleModel,
    TransformDestination,
    TransformFleet,
    TransformSource,
)

if TYPE_CHECKING:
    from constructs import Construct


class BatchNightlyStack(cdk.Stack):
    """A batch transform of CSV by a schedule, with its bucket, two topics, alarms and a dashboard.

    The first column is a payment's number, which the model does not see. It is written beside what the model says.

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
        scoring = BatchTransform(
            self,
            "Scoring",
            model=detector,
            source=TransformSource.prefix("payments/", split="Line", content_type="text/csv"),
            destination=TransformDestination(prefix="decisions/", accept="text/csv"),
            fleet=TransformFleet(instance_type="ml.c6i.large", count=2),
            batching=Batching(strategy="MultiRecord", payload_mb=2, concurrency=2),
            processing=Processing(input_filter="$[1:]", join=True, output_filter="$[0,-3,-2,-1]"),
            timeout=cdk.Duration.hours(4),
            check_records=True,
        )
        scoring.on_schedule(
            scheduler.ScheduleExpression.cron(minute="30", hour="2", time_zone=cdk.TimeZone.EUROPE_ZURICH),
            flexible_window=cdk.Duration.minutes(15),
        )
        scoring.alarms(BatchAlarm.failures(), BatchAlarm.lost_starts(), BatchAlarm.no_success(hours=26))
        EndpointDashboard(self, "Dashboard", batches=[scoring])

        cdk.CfnOutput(self, "PaymentsGoTo", value=scoring.input_url)
        cdk.CfnOutput(self, "DecisionsComeTo", value=scoring.output_url)
        cdk.CfnOutput(self, "StateMachine", value=scoring.state_machine_arn)
        cdk.CfnOutput(self, "SuccessesAreToldTo", value=scoring.success_topic.topic_arn)
        cdk.CfnOutput(self, "FailuresAreToldTo", value=scoring.error_topic.topic_arn)
