"""One fraud model in a Lambda layer, which two functions share: one for the checkout, one for long lists at night."""

from __future__ import annotations

from typing import TYPE_CHECKING

import aws_cdk as cdk

from cdk_model_hosting import (
    Architecture,
    Concurrency,
    FunctionCode,
    FunctionSize,
    ModelDelivery,
    ModelFunction,
    ModelLayer,
)

if TYPE_CHECKING:
    from constructs import Construct


class FunctionLayerStack(cdk.Stack):
    """A layer, and two functions that are sized for what asks them.

    Args:
        scope: The app.
        construct_id: The stack's ID.
        model_folder: Folder of the trained model.
        function_folder: Folder of what predicts.
        python: The functions' Python.
        architecture: The functions' processor.
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

        code = FunctionCode.from_folder(
            function_folder, requirements="requirements.txt", sample="sample.json", python=python
        )
        model = ModelLayer(self, "Model", model=model_folder, description="The fraud model")
        checkout = ModelFunction(
            self,
            "Checkout",
            code=code,
            delivery=ModelDelivery.layer(model),
            architecture=architecture,
            size=FunctionSize(timeout=cdk.Duration.seconds(3)),
        )
        nightly = ModelFunction(
            self,
            "Nightly",
            code=code,
            delivery=ModelDelivery.layer(model),
            architecture=architecture,
            size=FunctionSize(memory_mb=512, timeout=cdk.Duration.minutes(5)),
            # However much there is to do by night, the checkout has environments left.
            concurrency=Concurrency(reserved=10),
        )
        for function in (checkout, nightly):
            function.alarms()

        cdk.CfnOutput(self, "CheckoutArn", value=checkout.alias_arn)
        cdk.CfnOutput(self, "NightlyArn", value=nightly.alias_arn)
