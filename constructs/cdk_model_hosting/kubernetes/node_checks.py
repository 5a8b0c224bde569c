"""What a node group is refused for, and what it is warned of."""

from __future__ import annotations

import re
from operator import attrgetter
from types import MappingProxyType
from typing import TYPE_CHECKING

from cdk_model_hosting.advice import Advice
from cdk_model_hosting.arguments import require, require_pair, require_several
from cdk_model_hosting.errors import ConfigurationError
from cdk_model_hosting.kubernetes.accelerators import NodeType
from cdk_model_hosting.kubernetes.node_scaling import NodeScaling
from cdk_model_hosting.kubernetes.scheduling import (
    CLUSTER_AUTOSCALER_GPU_LABEL,
    GPU_PRESENT_LABEL,
    OWN_LABEL_PREFIX,
    Taint,
)
from cdk_model_hosting.limits.nodes import (
    NODE_GROUP_MAXIMUM,
    NODE_GROUP_MINIMUM,
    NODE_LABEL_KEY,
    NODE_LABEL_VALUE,
    NODE_TAINTS,
    NODE_TYPES,
    TAINT_EFFECT,
)
from cdk_model_hosting.tokens import is_token

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from cdk_model_hosting.kubernetes.capacity import Capacity

_ONE_KIND = "an autoscaler counts on one kind of node a group, most of all while it has none; make a group of each"
# What the types of one group share, in words.
_SHARED = {
    "accelerator": "kind of accelerator",
    "arm": "processor architecture",
    "devices": "number of devices",
    "memory_gb": "memory of each device in GB",
    "vcpus": "number of virtual CPUs",
    "node_memory_gb": "memory of the node in GB",
}
# Kubelet sets no labels of Kubernetes' own domains but these, and EKS none of its own.
_RESERVED = re.compile(
    r"(?!(.+\.)?(node|kubelet)\.kubernetes\.io/)(.+\.)?(kubernetes\.io|k8s\.io|eks\.amazonaws\.com)/.*"
)
_OWN = (GPU_PRESENT_LABEL, CLUSTER_AUTOSCALER_GPU_LABEL)


def check_types(names: Sequence[str]) -> tuple[NodeType, ...]:
    """Refuse instance types that do not go together, or have no accelerator.

    Args:
        names: The types as given.

    Returns:
        What is known of them.

    Raises:
        ConfigurationError: When there is such a type.
    """
    require_several("GpuNodeGroup instance_types", names)
    NODE_TYPES.check_length("GpuNodeGroup instance_types", names)
    twice = [each for each in names if list(names).count(each) > 1]
    if twice:
        raise ConfigurationError(
            f"GpuNodeGroup instance_types must differ, got {twice[0]!r} twice: EKS takes each once"
        )
    types = tuple(NodeType.parse(each, what="GpuNodeGroup instance_types") for each in names)
    known = [each for each in types if each.resolved]
    for each in known:
        if each.accelerator is None:
            raise ConfigurationError(
                f"GpuNodeGroup instance_types must have NVIDIA GPUs, Inferentia or Trainium, got {each.name}: pods that need none belong "
                "to other nodes, and would not get on these"
            )
    for attribute, words in _SHARED.items():
        _check_same(known, attribute, words)
    return types


def _check_same(types: Sequence[NodeType], attribute: str, words: str) -> None:
    of = attrgetter(attribute)
    told = [each for each in types if of(each) is not None]
    other = next((each for each in told if of(each) != of(told[0])), None)
    if other is not None:
        first = told[0]
        shown = [
            f"{each.name} with {('Arm' if each.arm else 'x86') if attribute == 'arm' else of(each)}"
            for each in (first, other)
        ]
        raise ConfigurationError(
            f"GpuNodeGroup instance_types must have the same {words}, got {shown[0]} and {shown[1]}: {_ONE_KIND}"
        )


def check_between(between: tuple[int, int]) -> tuple[int, int]:
    """Refuse bounds that no group can have.

    Args:
        between: Fewest and most nodes.

    Returns:
        The same, as two numbers.

    Raises:
        ConfigurationError: When they are out of range, or the wrong way round.
    """
    minimum, maximum = require_pair("GpuNodeGroup between", between)
    NODE_GROUP_MINIMUM.check("GpuNodeGroup between minimum", minimum, optional=False)
    NODE_GROUP_MAXIMUM.check("GpuNodeGroup between maximum", maximum, optional=False)
    if not (is_token(minimum) or is_token(maximum)) and minimum > maximum:
        raise ConfigurationError(
            f"GpuNodeGroup between must be fewest and most nodes, got {(minimum, maximum)}: the fewest are more than the most"
        )
    return minimum, maximum


def check_labels(given: Mapping[str, str], own: Mapping[str, str]) -> dict[str, str]:
    """Refuse labels that a node cannot have, or that this library sets.

    Args:
        given: The user's.
        own: Those of this library.

    Returns:
        All of them.

    Raises:
        ConfigurationError: When there is one.
    """
    require("GpuNodeGroup labels", given, dict, MappingProxyType)
    for key, value in given.items():
        NODE_LABEL_KEY.check("GpuNodeGroup labels key", key, optional=False)
        NODE_LABEL_VALUE.check(f"GpuNodeGroup labels[{key!r}]", value, optional=False)
        if key.startswith(OWN_LABEL_PREFIX) or key in _OWN:
            raise ConfigurationError(
                f"GpuNodeGroup labels must not set {key}, got {value!r}: this library does, and its pods find their nodes by it"
            )
        if _RESERVED.fullmatch(key):
            raise ConfigurationError(
                f"GpuNodeGroup labels must not be of a domain of Kubernetes or EKS, got {key!r}: a node that sets one does not join"
            )
    return {**own, **given}


def check_taints(given: Sequence[Taint], own: Taint) -> tuple[Taint, ...]:
    """Refuse taints that a node cannot have.

    Args:
        given: The user's.
        own: That of this library.

    Returns:
        All of them.

    Raises:
        ConfigurationError: When there is one, or one is there twice.
    """
    require_several("GpuNodeGroup taints", given, Taint)
    for each in given:
        NODE_LABEL_KEY.check("GpuNodeGroup taints key", each.key, optional=False)
        NODE_LABEL_VALUE.check(f"GpuNodeGroup taints {each.key} value", each.value, optional=False)
        TAINT_EFFECT.check(f"GpuNodeGroup taints {each.key} effect", each.effect, optional=False)
    taints = (own, *given)
    NODE_TAINTS.check_length("GpuNodeGroup taints", taints)
    pairs = [(each.key, each.effect) for each in taints]
    twice = next((pair for pair in pairs if pairs.count(pair) > 1), None)
    if twice is not None:
        raise ConfigurationError(
            f"GpuNodeGroup taints must differ in key or effect, got {twice[0]} with {twice[1]} twice: a node keeps one of each; that of "
            "the accelerator is always there"
        )
    return taints


def adapters_of(types: Sequence[NodeType], *, zones: int | None) -> int:
    """The Elastic Fabric Adapters of each node of a group.

    Args:
        types: The types of the group.
        zones: Number of its availability zones; None when it is known at deploy time.

    Raises:
        ConfigurationError: When there are none, or their number is unknown or differs, or the group is in several zones.
    """
    for each in types:
        if each.efa_adapters is None:
            shown = each.name if each.resolved else "a Token"
            raise ConfigurationError(
                f"GpuNodeGroup efa must be off for instance types whose network cards are not known here, got {shown}: the launch template "
                "has an interface for each"
            )
        if each.efa_adapters == 0:
            raise ConfigurationError(
                f"GpuNodeGroup efa must be off for {each.name}, got on: instances of that type take no Elastic Fabric Adapter"
            )
    counts = {each.efa_adapters: each.name for each in types}
    if len(counts) > 1:
        raise ConfigurationError(
            f"GpuNodeGroup instance_types must have the same number of network cards for efa, got {' and '.join(counts.values())}: the launch "
            "template has an interface for each"
        )
    if zones is not None and zones != 1:
        raise ConfigurationError(
            f"GpuNodeGroup zones must name one zone for efa, got {zones}: the fabric does not reach from one to another"
        )
    return types[0].efa_adapters or 0


def advice_on(
    types: Sequence[NodeType], capacity: Capacity, *, between: tuple[int, int], node_scaling: NodeScaling
) -> list[Advice]:
    """What works, but not as one may expect.

    Args:
        types: The types of the group.
        capacity: How they are bought.
        between: Fewest and most nodes.
        node_scaling: What scales the nodes of the cluster.
    """
    advice = [
        Advice(
            "nodeTypeUnknown",
            f"{each.name} was not known when this library was released: the Cluster Autoscaler is not told what a node of it offers, and may "
            "not start the first one",
        )
        for each in types
        if each.resolved and not each.known
    ]
    if between[0] != between[1] and node_scaling is not NodeScaling.CLUSTER_AUTOSCALER:
        fewest = "its fewest" if is_token(between[0]) else str(between[0])
        advice.append(
            Advice(
                "nodeGroupNotScaled",
                f"nothing in this app changes the number of nodes, which stays at {fewest}: the cluster's node_scaling is "
                f"{node_scaling.name}, and groups are sized by the Cluster Autoscaler alone",
            )
        )
    if node_scaling is NodeScaling.AUTO_MODE:
        advice.append(
            Advice(
                "groupInAutoMode",
                "EKS Auto Mode brings the pods' network, kube-proxy and the device plugin with nodes of its own alone: nodes of a group are "
                "never ready unless the cluster has them as add-ons too",
            )
        )
    if capacity.is_spot and len(types) == 1:
        advice.append(
            Advice(
                "spotSingleType",
                f"all nodes are spot instances of one type, {types[0].name if types[0].resolved else 'known at deploy time'}: when EC2 needs "
                "that type back there is no node at all; name types with the same devices beside it, or make a second group on demand",
            )
        )
    return advice
