from typing import Any

import pytest
from aws_cdk import aws_ec2 as ec2

from cdk_model_hosting.kubernetes.gpu_cluster import GpuCluster
from cdk_model_hosting.kubernetes.node_scaling import NodeScaling
from cdk_model_hosting.kubernetes.system_nodes import SystemNodes
from tests.unit.builders import refused, stack_in
from tests.unit.kubernetes import made


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (
            {"system_nodes": SystemNodes(), "node_scaling": NodeScaling.AUTO_MODE},
            "GpuCluster system_nodes must be omitted with NodeScaling.AUTO_MODE, got some: EKS makes the nodes for system pods itself",
        ),
        (
            {"vpc": None, "subnets": ec2.SubnetSelection()},
            "GpuCluster subnets must come with a vpc, got none: the network that the cluster makes has subnets of its own",
        ),
        (
            {"subnets": ec2.SubnetSelection(availability_zones=["eu-west-1a"])},
            (
                "GpuCluster subnets must have at least 2 availability zones, got 1: EKS puts a control plane into two at least, so that one "
                "may fail"
            ),
        ),
        (
            {"add_on_versions": {"cni": "v1"}},
            (
                "GpuCluster add_on_versions must name one of coredns, eks-node-monitoring-agent, eks-pod-identity-agent, kube-proxy, "
                "metrics-server, vpc-cni, got 'cni': the cluster has no other add-on"
            ),
        ),
        (
            {"add_on_versions": {"vpc-cni": "v1"}, "node_scaling": NodeScaling.AUTO_MODE},
            "GpuCluster add_on_versions must name one of metrics-server, got 'vpc-cni': the cluster has no other add-on",
        ),
        (
            {"add_on_versions": {"vpc-cni": 1}},
            "GpuCluster add_on_versions['vpc-cni'] must be a str, got 1: nothing else is understood there",
        ),
        (
            {"add_on_versions": ["vpc-cni"]},
            "GpuCluster add_on_versions must be a dict or mappingproxy, got ['vpc-cni']: nothing else is understood there",
        ),
        (
            {"name": "my cluster"},
            (
                "GpuCluster name must be 1-100 characters (letters, digits, hyphens and underscores, beginning with a letter or digit), got "
                "'my cluster': EKS takes no other name"
            ),
        ),
        (
            {"log_days": 8},
            (
                "GpuCluster log_days must be one of 1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, "
                "2922, 3288, 3653 days, got 8: CloudWatch keeps logs for no other times"
            ),
        ),
        (
            {"deletion_protection": "yes"},
            "GpuCluster deletion_protection must be a bool, got 'yes': nothing else is understood there",
        ),
        (
            {"admins": "arn:aws:iam::111122223333:role/ops"},
            "GpuCluster admins must be a list or tuple, got 'arn:aws:iam::111122223333:role/ops': nothing else is understood there",
        ),
        (
            {"secrets_key": "key"},
            "GpuCluster secrets_key must be a KMS key, got 'key': nothing else is understood there",
        ),
        (
            {"system_nodes": "m7g.large"},
            "GpuCluster system_nodes must be a SystemNodes, got 'm7g.large': nothing else is understood there",
        ),
        (
            {"node_scaling": "auto"},
            "GpuCluster node_scaling must be a NodeScaling, got 'auto': nothing else is understood there",
        ),
    ],
)
def test_fails_when_eks_would_refuse(options: dict[str, Any], message: str) -> None:
    stack = stack_in("eu-west-1")
    with refused(message):
        GpuCluster(stack, "Cluster", **{"vpc": made.vpc(stack), **options})
