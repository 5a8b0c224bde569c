"""A fraud detector in a container image, which takes transactions from a queue and writes its decisions into a table."""

from __future__ import annotations

from typing import TYPE_CHECKING

import aws_cdk as cdk
from aws_cdk import aws_dynamodb as dynamodb

from cdk_model_hosting import (
    Architecture,
    Front,
    FunctionAlarm,
    FunctionCode,
    FunctionSize,
    ModelDelivery,
    ModelFunction,
)

if TYPE_CHECKING:
    from constructs import Construct


class FunctionImageStack(cdk.Stack):
    """A queue with dead letters, one function that takes up to a hundred messages at once, and a table.

    Args:
        scope: The app.
        construct_id: The stack's ID.
        model_folder: Folder of the trained model.
        function_folder: Folder of what predicts.
        python: The function's Python.
        architecture: The function's processor.
        env: Account and region; the deployer's own when omitted.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        model_folder: str,
        function_folder: str,
        python: str = "3.14",
        architecture: Architecture = Architecture.ARM64,
        env: cdk.Environment | None = None,
    ) -> None:
        super().__init__(scope, construct_id, env=env, description=__doc__)

        decisions = dynamodb.Table(
            self,
            "Decisions",
            partition_key=dynamodb.Attribute(name="transaction", type=dynamodb.AttributeType.STRING),
            billing_mode=dynamodb.BillingMode.PAY_PER_REQUEST,
            point_in_time_recovery_specification=dynamodb.PointInTimeRecoverySpecification(
                point_in_time_recovery_enabled=True
            ),
            # So that nothing is left of an example.
            removal_policy=cdk.RemovalPolicy.DESTROY,
        )
        scorer = ModelFunction(
            self,
            "Scorer",
            # Without a sample: predicting writes.
            code=FunctionCode.from_folder(
                function_folder,
                requirements="requirements.txt",
                entry="scorer:score",
                batch_size=100,
                python=python,
                environment={"DECISIONS_TABLE": decisions.table_name},
            ),
            delivery=ModelDelivery.image(model_folder),
            architecture=architecture,
            size=FunctionSize(timeout=cdk.Duration.minutes(1)),
            front=Front.queue(batch=200, window=cdk.Duration.seconds(5), tries=3),
        )
        decisions.grant_write_data(scorer.role)
        scorer.alarms(
            FunctionAlarm.errors(),
            FunctionAlarm.failures(),
            FunctionAlarm.backlog_age(above=cdk.Duration.minutes(10)),
            FunctionAlarm.dead_letters(),
        )

        cdk.CfnOutput(self, "FunctionArn", value=scorer.alias_arn)
        cdk.CfnOutput(self, "QueueUrl", value=scorer.queue.queue_url)
        cdk.CfnOutput(self, "TableName", value=decisions.table_name)
