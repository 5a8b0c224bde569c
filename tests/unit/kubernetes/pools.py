"""Node pools for the tests."""

from __future__ import annotations

from typing import Any

from cdk_model_hosting.kubernetes.gpu_node_pool import GpuNodePool
from cdk_model_hosting.kubernetes.karpenter import Karpenter
from cdk_model_hosting.kubernetes.node_image import NodeImage
from cdk_model_hosting.kubernetes.node_scaling import NodeScaling
from tests.unit.kubernetes import made

RELEASE = NodeImage.amazon_linux(release="1.36.1-20261102")


def cluster_with_karpenter(**options: Any) -> Any:
    """A cluster to which Karpenter adds nodes."""
    cluster = made.cluster(node_scaling=NodeScaling.KARPENTER, **options)
    Karpenter(cluster, "Karpenter", cluster=cluster)
    return cluster


def auto_mode() -> Any:
    """A cluster whose nodes EKS makes."""
    return made.cluster(node_scaling=NodeScaling.AUTO_MODE)


def pool(cluster: Any, construct_id: str = "GpuSpot", **options: Any) -> GpuNodePool:
    """A pool of GPUs, unless other instances are given."""
    needed: dict[str, Any] = {"devices": 8}
    if cluster.node_scaling is NodeScaling.KARPENTER:
        needed["image"] = RELEASE
    if "instance_types" not in options:
        needed["instance_families"] = ["g5", "g6"]
    return GpuNodePool(cluster, construct_id, cluster=cluster, **{**needed, **options})
