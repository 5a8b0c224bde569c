"""A function in front of a fraud detector's endpoint: shops report payments to it as they know them, and hear what to do."""

from __future__ import annotations

from typing import TYPE_CHECKING

import aws_cdk as cdk

from cdk_model_hosting import (
    Architecture,
    Container,
    ContainerImage,
    EndpointProxy,
    EndpointRequests,
    Front,
    FunctionCode,
    ModelArtifact,
    ServerlessEndpoint,
    SingleModel,
)

if TYPE_CHECKING:
    from constructs import Construct


class FunctionProxyStack(cdk.Stack):
    """A serverless endpoint, a function that asks it, and an HTTP API for those who may ask the function.

    Args:
        scope: The app.
        construct_id: The stack's ID.
        model_folder: Folder of the trained model.
        proxy_folder: Folder of what asks the endpoint.
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
        proxy_folder: str,
        python: str = "3.14",
        architecture: Architecture = Architecture.ARM64,
        env: cdk.Environment | None = None,
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
        endpoint = ServerlessEndpoint(self, "Endpoint", model=detector, memory_mb=2048, max_concurrency=20)
        payments = EndpointProxy(
            self,
            "Payments",
            code=FunctionCode.from_folder(proxy_folder, python=python),
            endpoint=endpoint,
            # An HTTP API waits for 30 seconds.
            requests=EndpointRequests(answer_within=cdk.Duration.seconds(25)),
            architecture=architecture,
            front=Front.http_api(path="/payments", rate=50, burst=100),
        )
        payments.alarms()

        cdk.CfnOutput(self, "FunctionArn", value=payments.alias_arn)
        cdk.CfnOutput(self, "Url", value=payments.url or "")
