"""A fraud detector in a Lambda function whose model lies in a bucket: for models that a function's code has no room for."""

from __future__ import annotations

from typing import TYPE_CHECKING

import aws_cdk as cdk

from cdk_model_hosting import Architecture, FunctionCode, FunctionSize, ModelDelivery, ModelFunction

if TYPE_CHECKING:
    from constructs import Construct


class FunctionBucketStack(cdk.Stack):
    """One function that downloads its model when it begins, and checks it.

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

        detector = ModelFunction(
            self,
            "Detector",
            code=FunctionCode.from_folder(
                function_folder, requirements="requirements.txt", sample="sample.json", python=python
            ),
            delivery=ModelDelivery.bucket_asset(model_folder),
            architecture=architecture,
            size=FunctionSize(ephemeral_mb=1024),
        )
        detector.alarms()

        cdk.CfnOutput(self, "FunctionArn", value=detector.alias_arn)
