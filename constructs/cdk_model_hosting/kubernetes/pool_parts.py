"""Pools whose GPUs are cut: Karpenter knows of whole GPUs alone, and is told by overlays what its nodes will offer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cdk_model_hosting.errors import ConfigurationError
from cdk_model_hosting.kubernetes.chart_add_on import NODE_SCALING
from cdk_model_hosting.kubernetes.gpu_parts import parts_of
from cdk_model_hosting.kubernetes.karpenter import Karpenter
from cdk_model_hosting.kubernetes.node_scaling import NodeScaling
from cdk_model_hosting.kubernetes.scheduling import GROUP_LABEL, INSTANCE_TYPE_LABEL
from cdk_model_hosting.tokens import is_token

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cdk_model_hosting.kubernetes.accelerators import NodeType
    from cdk_model_hosting.kubernetes.gpu_parts import GpuParts
    from cdk_model_hosting.kubernetes.node_image import NodeImage
    from cdk_model_hosting.kubernetes.pool_instances import PoolInstances
    from cdk_model_hosting.kubernetes.serving_cluster import ServingCluster


def pool_parts(
    cluster: ServingCluster, name: str | None, instances: PoolInstances, image: NodeImage, *, devices: int
) -> GpuParts | None:
    """Refuse parts that the nodes of a pool cannot be cut into, or that Karpenter would not count.

    Args:
        cluster: The cluster.
        name: What NVIDIA calls a part; None where GPUs stay whole.
        instances: The instances of the pool.
        image: Their machine image.
        devices: Most GPUs of all nodes together.

    Raises:
        ConfigurationError: When there are such parts.
    """
    if name is None:
        return None
    if cluster.node_scaling is NodeScaling.AUTO_MODE:
        raise ConfigurationError(
            f"GpuNodePool parts must be omitted with NodeScaling.AUTO_MODE, got {name!r}: EKS starts its own nodes, and cuts no GPU"
        )
    karpenter = cluster.claimed(NODE_SCALING)
    if isinstance(karpenter, Karpenter) and not karpenter.node_overlays:
        raise ConfigurationError(
            f"GpuNodePool parts must be omitted for a Karpenter without node_overlays, got {name!r}: it would count whole GPUs, and start "
            "several nodes where the parts of one are enough"
        )
    if instances.what != "instance_types":
        raise ConfigurationError(
            f"GpuNodePool parts must come with instance_types, got instance_families and {name!r}: Karpenter is told of each type how many "
            "parts a node has"
        )
    if is_token(devices):
        raise ConfigurationError(
            "GpuNodePool devices must be told at synth for parts, got a Token: Karpenter counts the parts of that many GPUs"
        )
    parts = parts_of("GpuNodePool", name, instances.types, image)
    unknown = next((each for each in instances.types if not each.resources), None)
    if unknown is not None:
        raise ConfigurationError(
            f"GpuNodePool instance_types must be known to this library for parts, got {unknown.name}: Karpenter is told of each type how "
            "many parts a node has"
        )
    return parts


def part_overlays(pool: str, types: Sequence[NodeType], parts: GpuParts) -> dict[str, dict[str, Any]]:
    """What Karpenter is told of the nodes of a pool, by the names of the overlays that tell it.

    Args:
        pool: Name of the pool.
        types: Its instance types.
        parts: The parts of their GPUs.

    See: https://karpenter.sh/docs/concepts/nodeoverlays/
    """
    return {
        f"{pool}-{each.name.replace('.', '-')}": {
            "requirements": [
                {"key": GROUP_LABEL, "operator": "In", "values": [pool]},
                {"key": INSTANCE_TYPE_LABEL, "operator": "In", "values": [each.name]},
            ],
            "capacity": {name: str(count) for name, count in parts.count(each.resources).items()},
        }
        for each in types
    }
