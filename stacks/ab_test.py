"""Two versions of a fraud detector behind one endpoint: most payments go to the current one, some to the candidate."""

from __future__ import annotations

from typing import TYPE_CHECKING

import aws_cdk as cdk

from cdk_model_hosting import (
    Alarm,
    Container,
    ContainerImage,
    EndpointDashboard,
    Fleet,
    ModelArtifact,
    RealtimeEndpoint,
    Scaling,
    SingleModel,
    Variant,
)

if TYPE_CHECKING:
    from constructs import Construct


class AbTestStack(cdk.Stack):
    """One real-time endpoint with two variants, alarms on each of them and on the difference between them.

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
            variants=[
                Variant(
                    name="current",
                    model=current,
                    fleet=Fleet(instance_type="ml.c6i.large", count=2),
                    weight=9,
                    scaling=Scaling.on_invocations(per_instance_per_minute=6000, between=(2, 8)),
                ),
                Variant(
                    name="candidate",
                    model=candidate,
                    fleet=Fleet(instance_type="ml.c6i.large", count=1),
                    weight=1,
                    scaling=Scaling.on_invocations(per_instance_per_minute=6000, between=(1, 4)),
                ),
            ],
        )
        endpoint.alarms(Alarm.server_errors(), Alarm.model_latency(above=cdk.Duration.millis(250)))
        comparison = endpoint.compare(baseline="current", challenger="candidate", least_requests=50)
        comparison.alarms(more_errors=1, slower=1.5)
        EndpointDashboard(self, "Dashboard", endpoints=[endpoint])

        cdk.CfnOutput(self, "EndpointName", value=endpoint.endpoint_name)
