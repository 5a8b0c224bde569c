"""A fraud detector for each region on one GPU, each an ensemble of three models that Triton runs in one request."""

from __future__ import annotations

from typing import TYPE_CHECKING

import aws_cdk as cdk

from cdk_model_hosting import (
    Alarm,
    Container,
    ContainerImage,
    Fleet,
    ModelStore,
    MultiModel,
    RealtimeEndpoint,
    Scaling,
    ScalingPolicy,
    TritonSettings,
)
from examples.triton.repository import fraud_repository

if TYPE_CHECKING:
    from constructs import Construct


class TritonEnsemblesStack(cdk.Stack):
    """One real-time endpoint on GPUs with an ensemble for each region, loaded when a request names it.

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
                image=ContainerImage.triton("25.09"),
                models=ModelStore(self, "Models"),
                environment=TritonSettings(log_verbose=False, log_errors=True, python_memory_mib=1).environment(),
            ),
        )
        coast = detectors.add_model("coast", fraud_repository(f"{regions_folder}/coast").artifact())
        inland = detectors.add_model("inland", fraud_repository(f"{regions_folder}/inland").artifact())
        metro = detectors.add_model("metro", fraud_repository(f"{regions_folder}/metro").artifact())
        endpoint = RealtimeEndpoint(
            self,
            "Endpoint",
            model=detectors,
            fleet=Fleet(instance_type="ml.g5.xlarge", ami_version="al2023-ami-sagemaker-inference-gpu-4-1"),
            scaling=Scaling.between(2, 6, [ScalingPolicy.on_gpu(percent=60)]),
        )
        endpoint.alarms(
            Alarm.server_errors(), Alarm.model_load_wait(), Alarm.model_cache_misses(above=20), Alarm.gpu_utilization()
        )

        cdk.CfnOutput(self, "EndpointName", value=endpoint.endpoint_name)
        cdk.CfnOutput(self, "CoastModel", value=coast)
        cdk.CfnOutput(self, "InlandModel", value=inland)
        cdk.CfnOutput(self, "MetroModel", value=metro)
