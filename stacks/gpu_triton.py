"""The fraud ensemble in Triton on a cluster of its own: nodes with GPUs come when pods need them, new models by a canary."""

from __future__ import annotations

from typing import TYPE_CHECKING

import aws_cdk as cdk

from cdk_model_hosting import (
    ArgoRollouts,
    ClusterAutoscaler,
    DevicePlugin,
    GpuCluster,
    GpuNodeGroup,
    InferenceServer,
    Keda,
    ModelNamespace,
    ModelServer,
    NodeImage,
    NodeScaling,
    PodAlarm,
    PodScaling,
    PodSize,
    Prometheus,
    Rollout,
    TrafficSource,
)
from examples.triton.repository import fraud_repository

if TYPE_CHECKING:
    from constructs import Construct


class GpuTritonStack(cdk.Stack):
    """A cluster, a group of GPU nodes that scales from zero, and a server that brings out new models by a canary.

    Args:
        scope: The app.
        construct_id: The stack's ID.
        model_folder: Folder of the trained model.
        release: Release of the nodes' machine image; what EKS recommends when the group is made when omitted.
        most: Most nodes with GPUs. Two of them are left to the canary of a new model.
        env: Account and region; the deployer's own when omitted.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        model_folder: str,
        release: str | None = None,
        most: int = 6,
        env: cdk.Environment | None = None,
    ) -> None:
        super().__init__(scope, construct_id, env=env, description=__doc__)

        cluster = GpuCluster(self, "Cluster", node_scaling=NodeScaling.CLUSTER_AUTOSCALER)
        GpuNodeGroup(
            self,
            "Gpu",
            cluster=cluster,
            instance_types=["g6.xlarge"],
            between=(0, most),
            image=NodeImage.amazon_linux(release=release),
        )
        ClusterAutoscaler(self, "Autoscaler", cluster=cluster)
        DevicePlugin(self, "DevicePlugin", cluster=cluster)
        Prometheus(self, "Prometheus", cluster=cluster)
        Keda(self, "Keda", cluster=cluster)
        ArgoRollouts(self, "ArgoRollouts", cluster=cluster)
        models = ModelNamespace(self, "Models", cluster=cluster, name="models", gpus=most)
        fraud = InferenceServer(
            self,
            "Fraud",
            cluster=cluster,
            namespace=models,
            server=ModelServer.triton(
                image="nvcr.io/nvidia/tritonserver:25.09-py3", repository=fraud_repository(model_folder)
            ),
            pod=PodSize(gpus=1, cpu="3", memory_mb=12_288, shared_memory_mb=1024),
            scaling=PodScaling.on_server_queue(per_replica=8, between=(2, 4)),
            rollout=Rollout.canary(percent=50, bake=cdk.Duration.minutes(5)),
            rollback_on=[PodAlarm.errors(above_percent=1), PodAlarm.slow_answers(above=cdk.Duration.millis(500))],
            allow_from=[TrafficSource.from_namespace("payments", ports=[8000])],
        )

        cdk.CfnOutput(self, "ClusterName", value=cluster.cluster_name)
        cdk.CfnOutput(self, "Address", value=fraud.address)
