"""Who adds nodes to a cluster and takes them away."""

from __future__ import annotations

from enum import Enum


class NodeScaling(Enum):
    """What makes nodes for pods that wait, and removes those that nobody needs. A cluster has one.

    Attributes:
        NONE: Nothing: groups have the size that they are given.
        KARPENTER: Karpenter, which launches instances by itself for what pods ask for.
        CLUSTER_AUTOSCALER: The Cluster Autoscaler, which changes the size of node groups.
        AUTO_MODE: EKS itself.
    """

    NONE = "none"
    KARPENTER = "karpenter"
    CLUSTER_AUTOSCALER = "cluster-autoscaler"
    AUTO_MODE = "auto-mode"
