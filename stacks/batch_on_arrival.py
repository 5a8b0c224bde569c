"""A fraud detector that goes over every file of payments as soon as it arrives, and needs no server in between."""

from __future__ import annotations

from typing import TYPE_CHECKING

import aws_cdk as cdk

from cdk_model_hosting import (
    BatchTransform,
    Container,
    ContainerImage,
    ModelArtifact,
    Processing,
    Retries,
    SingleModel,
    TransformDestination,
    TransformFleet,
    TransformSource,
)

if TYPE_CHECKING:
    from constructs import Construct


class BatchOnArrivalStack(cdk.Stack):
    """A batch transform of JSON Lines for each object that arrives in a bucket: payments in, payments with verdicts out.

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
            source=TransformSource.prefix("payments/", split="Line", content_type="application/jsonlines"),
            destination=TransformDestination(prefix="verdicts/", accept="application/jsonlines"),
            fleet=TransformFleet(instance_type="ml.c6i.large"),
            processing=Processing(join=True),
            retries=Retries(attempts=10, wait=cdk.Duration.minutes(1)),
            timeout=cdk.Duration.hours(1),
        )
        scoring.on_arrival(suffix=".jsonl")
        scoring.alarms()

        cdk.CfnOutput(self, "PaymentsGoTo", value=scoring.input_url)
        cdk.CfnOutput(self, "VerdictsComeTo", value=scoring.output_url)
        cdk.CfnOutput(self, "StateMachine", value=scoring.state_machine_arn)
        cdk.CfnOutput(self, "FailuresAreToldTo", value=scoring.error_topic.topic_arn)
