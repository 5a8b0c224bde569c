"""A fraud detector whose successor gets copies of its payments; what both say is kept in a bucket."""

from __future__ import annotations

from typing import TYPE_CHECKING

import aws_cdk as cdk

from cdk_model_hosting import (
    Alarm,
    Container,
    ContainerImage,
    DataCapture,
    EndpointDashboard,
    Fleet,
    ModelArtifact,
    RealtimeEndpoint,
    Scaling,
    Shadow,
    SingleModel,
)

if TYPE_CHECKING:
    from constructs import Construct


class ShadowStack(cdk.Stack):
    """One real-time endpoint with a shadow variant, data capture, and alarms on how the shadow compares.

    Args:
        scope: The app.
        construct_id: The stack's ID.
        model_folder: Folder of the trained model.
        candidate_folder: Folder of the model that might take its place.
        env: Account and region; the deployer's own when omitted.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        model_folder: str,
        candidate_folder: str,
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
        endpoint = RealtimeEndpoint(
            self,
            "Endpoint",
            model=current,
            fleet=Fleet(instance_type="ml.c6i.large", count=2),
            scaling=Scaling.on_invocations(per_instance_per_minute=6000, between=(2, 8)),
            shadow=Shadow(
                model=candidate,
                fleet=Fleet(instance_type="ml.c6i.large", count=1),
                percent=25,
                scaling=Scaling.on_invocations(per_instance_per_minute=6000, between=(1, 4)),
            ),
            capture=DataCapture(
                percent=100,
                csv_content_types=["text/csv"],
                json_content_types=["application/json", "application/jsonlines"],
                expire_after=cdk.Duration.days(30),
            ),
        )
        endpoint.alarms(Alarm.server_errors(), Alarm.disk_utilization(above=75))
        endpoint.compare(baseline="AllTraffic", challenger="Shadow", least_requests=50).alarms(slower=1.5)
        EndpointDashboard(self, "Dashboard", endpoints=[endpoint])

        cdk.CfnOutput(self, "EndpointName", value=endpoint.endpoint_name)
        cdk.CfnOutput(self, "CapturedBucket", value=endpoint.captured_bucket.bucket_name)
