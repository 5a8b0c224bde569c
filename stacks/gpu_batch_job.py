"""A batch job over a month of payments, on spot instances with GPUs that are there while it runs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import aws_cdk as cdk
from aws_cdk import aws_ecr_assets as ecr_assets
from aws_cdk import aws_s3 as s3

from cdk_model_hosting import (
    Capacity,
    DevicePlugin,
    GpuBatchJob,
    GpuCluster,
    GpuNodePool,
    JobOutput,
    JobShards,
    JobStart,
    Karpenter,
    ModelNamespace,
    NodeImage,
    NodeScaling,
    PodSize,
    ShardRetries,
)

if TYPE_CHECKING:
    from constructs import Construct


class GpuBatchJobStack(cdk.Stack):
    """A cluster with Karpenter, which buys spot instances for a job on the first of each month, and others when there are none.

    Args:
        scope: The app.
        construct_id: The stack's ID.
        bucket_name: Bucket of the payments, below ``payments/``. Decisions are written below ``decisions/``.
        worker_folder: Folder with what goes into the workers' image, whose Dockerfile is in ``batch_job``.
        release: Release of the nodes' machine image, such as ``1.36.1-20261102``.
        shards: Number of parts of the input, each of which a pod works on.
        env: Account and region; the deployer's own when omitted.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        bucket_name: str,
        worker_folder: str,
        release: str,
        shards: int = 32,
        env: cdk.Environment | None = None,
    ) -> None:
        super().__init__(scope, construct_id, env=env, description=__doc__)

        cluster = GpuCluster(self, "Cluster", node_scaling=NodeScaling.KARPENTER)
        Karpenter(self, "Karpenter", cluster=cluster)
        DevicePlugin(self, "DevicePlugin", cluster=cluster)
        pool = GpuNodePool(
            self,
            "Pool",
            cluster=cluster,
            devices=8,
            instance_types=["g6.xlarge", "g5.xlarge", "g4dn.xlarge"],
            capacity=[Capacity.spot(), Capacity.on_demand()],
            image=NodeImage.amazon_linux(release=release),
        )
        jobs = ModelNamespace(self, "Jobs", cluster=cluster, name="jobs", gpus=8)
        bucket = s3.Bucket.from_bucket_name(self, "Payments", bucket_name)
        worker = ecr_assets.DockerImageAsset(
            self,
            "Worker",
            directory=worker_folder,
            file="batch_job/Dockerfile",
            exclude=["*", "!batch_job", "!function", "!model", "**/__pycache__"],
            platform=ecr_assets.Platform.LINUX_AMD64,
        )
        scoring = GpuBatchJob(
            self,
            "Scoring",
            cluster=cluster,
            namespace=jobs,
            image=worker.image_uri,
            command=["python", "worker.py"],
            shards=JobShards.below(bucket, "payments/", count=shards),
            output=JobOutput(bucket=bucket, prefix="decisions/"),
            pod=PodSize(gpus=1, cpu="3", memory_mb=12_288, group=pool),
            parallel=8,
            retries=ShardRetries(per_shard=3, final_exit_codes=(65,)),
            start=JobStart.on_schedule("0 3 1 * *", time_zone="Europe/Zurich"),
            time_limit=cdk.Duration.hours(12),
            user=1000,
        )

        cdk.CfnOutput(self, "ClusterName", value=cluster.cluster_name)
        cdk.CfnOutput(self, "JobName", value=scoring.resource_name)
