"""A fraud detector, and some days on which SageMaker tries its successor on copies of its payments."""

from __future__ import annotations

from typing import TYPE_CHECKING

import aws_cdk as cdk

from cdk_model_hosting import (
    Container,
    ContainerImage,
    DataCapture,
    ExperimentSchedule,
    Fleet,
    ModelArtifact,
    RealtimeEndpoint,
    Shadow,
    ShadowExperiment,
    SingleModel,
    Variant,
)

if TYPE_CHECKING:
    from datetime import datetime

    from constructs import Construct


class ShadowExperimentStack(cdk.Stack):
    """One real-time endpoint, and a shadow test on it that begins and ends by the clock.

    Args:
        scope: The app.
        construct_id: The stack's ID.
        model_folder: Folder of the trained model.
        candidate_folder: Folder of the model that might take its place.
        start: When the test begins, with a time zone.
        end: When it ends.
        env: Account and region; the deployer's own when omitted.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        model_folder: str,
        candidate_folder: str,
        start: datetime,
        end: datetime,
        env: cdk.Environment | None = None,
    ) -> None:
        super().__init__(scope, construct_id, env=env, description=__doc__)

        image = ContainerImage.from_asset("examples/containers/onnx")
        current = SingleModel(
            self, "Current", container=Container(image=image, artifact=ModelArtifact.from_asset(model_folder))
        )
        candidate = SingleModel(
            self, "Candidate", container=Container(image=image, artifact=ModelArtifact.from_asset(candidate_folder))
        )
        production = Variant(name="current", model=current, fleet=Fleet(instance_type="ml.m5.large", count=2))
        endpoint = RealtimeEndpoint(self, "Endpoint", variants=[production])
        ShadowExperiment(
            self,
            "Trial",
            endpoint=endpoint,
            production=production,
            shadow=Shadow(
                name="candidate", model=candidate, fleet=Fleet(instance_type="ml.m5.large", count=2), percent=50
            ),
            schedule=ExperimentSchedule(start=start, end=end),
            capture=DataCapture(expire_after=cdk.Duration.days(60)),
        )

        cdk.CfnOutput(self, "EndpointName", value=endpoint.endpoint_name)
