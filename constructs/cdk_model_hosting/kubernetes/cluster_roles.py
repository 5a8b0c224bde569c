"""What a cluster, and the function that runs kubectl for it, may do."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import aws_cdk as cdk

from cdk_model_hosting.acknowledgments import acknowledge_wildcards
from cdk_model_hosting.permissions import Permission, arn, policy_document

if TYPE_CHECKING:
    from aws_cdk import aws_iam as iam
    from constructs import Construct, IConstruct

_NO_ARN = "these actions know no resource"
_CLUSTER = (
    Permission(
        actions=("ec2:CreateTags",),
        resources=(arn("arn:${AWS::Partition}:ec2:${AWS::Region}:${AWS::AccountId}:instance/*"),),
        conditions={"ForAnyValue:StringLike": {"aws:TagKeys": "kubernetes.io/cluster/*"}},
        wildcard_reason="the cluster tags its nodes, which come and go, with its own tag alone",
    ),
    Permission(
        actions=(
            "ec2:DescribeAvailabilityZones",
            "ec2:DescribeDhcpOptions",
            "ec2:DescribeInstanceTopology",
            "ec2:DescribeInstances",
            "ec2:DescribeNetworkInterfaces",
            "ec2:DescribeVpcs",
            "kms:DescribeKey",
        ),
        resources=("*",),
        wildcard_reason="the cluster looks at its nodes and its network: most of these actions know no resource",
    ),
)
_AUTO_MODE_POLICIES = (
    "AmazonEKSBlockStoragePolicyV2",
    "AmazonEKSClusterPolicy",
    "AmazonEKSComputePolicy",
    "AmazonEKSLoadBalancingPolicy",
    "AmazonEKSNetworkingPolicy",
)
_AUTO_MODE_REASON = "Auto Mode works for the user with what EKS says it needs, which grows with it; its policies bind to the tags of the cluster"
_KUBECTL_ALWAYS = (
    Permission(
        actions=("ecr-public:GetAuthorizationToken", "sts:GetServiceBearerToken"),
        resources=("*",),
        wildcard_reason=f"charts in public registries are pulled with a token; {_NO_ARN}",
    ),
)
_IN_A_VPC = Permission(
    actions=(
        "ec2:AssignPrivateIpAddresses",
        "ec2:CreateNetworkInterface",
        "ec2:DeleteNetworkInterface",
        "ec2:DescribeNetworkInterfaces",
        "ec2:DescribeSubnets",
        "ec2:UnassignPrivateIpAddresses",
    ),
    resources=("*",),
    wildcard_reason="Lambda makes the network interfaces of a function in a VPC, and asks for these rights on all of them",
)


def cluster_role(scope: Construct, construct_id: str, *, auto_mode: bool) -> iam.IRole:
    """The role of a cluster: the least that EKS documents, or what Auto Mode needs.

    Args:
        scope: Where to make it.
        construct_id: ID below `scope`.
        auto_mode: Whether EKS runs the nodes.

    See: https://docs.aws.amazon.com/eks/latest/userguide/cluster-iam-role.html
    """
    from aws_cdk import aws_iam as iam  # noqa: PLC0415 - loaded by stacks with clusters alone

    actions = ["sts:AssumeRole", "sts:TagSession"] if auto_mode else "sts:AssumeRole"
    permissions = () if auto_mode else _CLUSTER
    role = iam.CfnRole(
        scope,
        construct_id,
        assume_role_policy_document=_trust("eks.amazonaws.com", actions),
        managed_policy_arns=[_managed(each) for each in _AUTO_MODE_POLICIES] if auto_mode else None,
        policies=_inline(permissions),
    )
    acknowledge_wildcards(role, permissions)
    if auto_mode:
        acknowledge_managed(role, _AUTO_MODE_POLICIES, _AUTO_MODE_REASON)
    # It has all it needs: the CDK would attach older policies, and trust the service twice.
    return iam.Role.from_role_arn(scope, f"{construct_id}Of", role.attr_arn, mutable=False)


def kubectl_role(scope: Construct, construct_id: str, *, cluster_arn: str, logs_arn: str) -> iam.CfnRole:
    """The role of the function that runs kubectl and Helm in a network.

    Args:
        scope: Where to make it.
        construct_id: ID below `scope`.
        cluster_arn: ARN of the cluster.
        logs_arn: ARN of the log group of that function.
    """
    from aws_cdk import aws_iam as iam  # noqa: PLC0415 - loaded by stacks with clusters alone

    permissions = (
        Permission(actions=("logs:CreateLogStream", "logs:PutLogEvents"), resources=(logs_arn,)),
        Permission(actions=("eks:DescribeCluster",), resources=(cluster_arn,)),
        *_KUBECTL_ALWAYS,
        _IN_A_VPC,
    )
    role = iam.CfnRole(
        scope,
        construct_id,
        assume_role_policy_document=_trust("lambda.amazonaws.com", "sts:AssumeRole"),
        policies=_inline(permissions),
    )
    acknowledge_wildcards(role, permissions)
    return role


def acknowledge_managed(role: IConstruct, policies: tuple[str, ...], reason: str) -> None:
    """Tell cdk-nag why a role has policies of AWS's.

    Args:
        role: The role.
        policies: Names of the policies, with their path.
        reason: Why.
    """
    for each in policies:
        finding = f"AwsSolutions-IAM4[Policy::arn:<AWS::Partition>:iam::aws:policy/{each}]"
        cdk.Validations.of(role).acknowledge(cdk.Acknowledgment(id=finding, reason=reason))


def _trust(service: str, actions: str | list[str]) -> dict[str, Any]:
    statement = {"Action": actions, "Effect": "Allow", "Principal": {"Service": service}}
    return {"Version": "2012-10-17", "Statement": [statement]}


def _inline(permissions: tuple[Permission, ...]) -> list[Any] | None:
    from aws_cdk import aws_iam as iam  # noqa: PLC0415 - loaded by stacks with clusters alone

    if not permissions:
        return None
    return [iam.CfnRole.PolicyProperty(policy_name="Cluster", policy_document=policy_document(permissions))]


def _managed(name: str) -> str:
    return f"arn:{cdk.Aws.PARTITION}:iam::aws:policy/{name}"
