"""Node groups for the tests."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import aws_cdk as cdk

from cdk_model_hosting.kubernetes.node_group import GpuNodeGroup
from cdk_model_hosting.kubernetes.node_scaling import NodeScaling
from tests.unit.builders import resources
from tests.unit.kubernetes.made import cluster

if TYPE_CHECKING:
    from constructs import Construct

SIZE = "NodeGroupSize"
TAG = "k8s.io/cluster-autoscaler/node-template/resources/"


def group(construct_id: str = "Gpu", **options: Any) -> GpuNodeGroup:
    """A group in an imported cluster, unless another is given."""
    given = options.pop("cluster", None)
    served = cluster(node_scaling=NodeScaling.CLUSTER_AUTOSCALER) if given is None else given
    needed = {"instance_types": ["g5.xlarge"], "between": (0, 4)}
    return GpuNodeGroup(cdk.Stack.of(served), construct_id, cluster=served, **{**needed, **options})


def only_own(scope: Construct, kind: str) -> dict[str, Any]:
    """The properties of the one resource of a kind, beside those of the function that keeps sizes."""
    (found,) = (each for name, each in resources(scope, kind).items() if not name.startswith(SIZE))
    properties: dict[str, Any] = found["Properties"]
    return properties


def rendered(made: GpuNodeGroup) -> dict[str, Any]:
    """The group as the template has it."""
    return only_own(made, "AWS::EKS::Nodegroup")


def launch(made: GpuNodeGroup) -> dict[str, Any]:
    """What the template says of the launch of its nodes."""
    data: dict[str, Any] = only_own(made, "AWS::EC2::LaunchTemplate")["LaunchTemplateData"]
    return data
