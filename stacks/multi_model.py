"""A fraud detector for each region behind one endpoint, which loads the one that a request names."""

from __future__ import annotations

from typing import TYPE_CHECKING

import aws_cdk as cdk

from cdk_model_hosting import (
    Alarm,
    Container,
    ContainerImage,
    Fleet,
    ModelArtifact,
    ModelStore,
    MultiModel,
    RealtimeEndpoint,
    Scaling,
)

if TYPE_CHECKING:
    from constructs import Construct


class MultiModelStack(cdk.Stack):
    """One real-time endpoint with three models in a store, to which others can be added while it runs.

    Args:
        scope: The app.
        construct_id: The stack's ID.
        regions_folder: Folder with a folder for each region's trained model.
        env: Account and region; the deployer's own when omitted.
    """

    def __init__(
        self, scope: Construct, construct_id: str, *, regions_folder: str, env: cdk.Environment | None = None
    ) -> None:
        super().__init__(scope, construct_id, env=env, description=__doc__)

        detectors = MultiModel(
            self,
            "Detectors",
            container=Container(
                image=ContainerImage.from_asset("examples/containers/onnx"),
                models=ModelStore(self, "Models"),
                environment={"ONNX_SERVER_MODEL_MEMORY_KB": "2097152"},
            ),
        )
        coast = detectors.add_model("coast", ModelArtifact.from_asset(f"{regions_folder}/coast"))
        inland = detectors.add_model("inland", ModelArtifact.from_asset(f"{regions_folder}/inland"))
        metro = detectors.add_model("metro", ModelArtifact.from_asset(f"{regions_folder}/metro"))
        endpoint = RealtimeEndpoint(
            self,
            "Endpoint",
            model=detectors,
            fleet=Fleet(instance_type="ml.c6i.large", count=2),
            scaling=Scaling.on_invocations(per_instance_per_minute=6000, between=(2, 8)),
        )
        endpoint.alarms(Alarm.server_errors(), Alarm.model_load_wait(), Alarm.model_cache_misses(above=20))

        cdk.CfnOutput(self, "EndpointName", value=endpoint.endpoint_name)
        cdk.CfnOutput(self, "CoastModel", value=coast)
        cdk.CfnOutput(self, "InlandModel", value=inland)
        cdk.CfnOutput(self, "MetroModel", value=metro)
