"""A fraud detector in a Lambda function, in one archive with its model, that moves to a new version by a canary."""

from __future__ import annotations

from typing import TYPE_CHECKING

import aws_cdk as cdk

from cdk_model_hosting import (
    Architecture,
    Concurrency,
    Front,
    FunctionCode,
    ModelDelivery,
    ModelFunction,
    Rollout,
    Scaling,
)

if TYPE_CHECKING:
    from constructs import Construct


class FunctionBundledStack(cdk.Stack):
    """One function with an address of its own, some environments that are kept ready, and alarms.

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
            delivery=ModelDelivery.bundled(model_folder),
            architecture=architecture,
            front=Front.function_url(),
            concurrency=Concurrency(scaling=Scaling.on_provisioned_use(percent=70, between=(1, 10))),
            rollout=Rollout.canary(percent=10, bake=cdk.Duration.minutes(5)),
        )
        detector.alarms()

        cdk.CfnOutput(self, "FunctionArn", value=detector.alias_arn)
        cdk.CfnOutput(self, "Url", value=detector.url or "")
