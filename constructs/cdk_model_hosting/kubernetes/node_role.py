"""What the nodes of a group may do."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cdk_model_hosting.acknowledgments import acknowledge_wildcards
from cdk_model_hosting.kubernetes.add_ons import POD_NETWORK
from cdk_model_hosting.permissions import Permission, arn, policy_document

if TYPE_CHECKING:
    from aws_cdk import aws_iam as iam
    from constructs import Construct

_TRUST: dict[str, Any] = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Action": "sts:AssumeRole",
            "Effect": "Allow",
            # EC2 has another name in partitions with another domain.
            "Principal": {"Service": {"Fn::Sub": "ec2.${AWS::URLSuffix}"}},
        }
    ],
}
_ALWAYS = (
    Permission(
        actions=("ec2:DescribeInstanceTypes", "ec2:DescribeInstances"),
        resources=("*",),
        wildcard_reason="a node asks for its own name and for the room on its type; these actions know no resource",
    ),
    Permission(
        actions=("ecr:GetAuthorizationToken",),
        resources=("*",),
        wildcard_reason="the token is for the whole registry; this action knows no resource",
    ),
    Permission(
        actions=("ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"),
        resources=(arn("arn:${AWS::Partition}:ecr:*:*:repository/*"),),
        wildcard_reason="a node pulls the images that pods name, those of EKS in accounts of AWS among them",
    ),
    Permission(
        actions=("ecr:BatchImportUpstreamImage",),
        resources=(arn("arn:${AWS::Partition}:ecr:*:${AWS::AccountId}:repository/*"),),
        wildcard_reason="a pull through the registry's cache makes the repository that it fills",
    ),
)


def node_role(scope: Construct, construct_id: str, *, cluster_arn: str, pod_network: bool) -> iam.CfnRole:
    """The role of a managed group's nodes, with its policy inline: they do not start without it.

    It holds what AWS's own minimal policies for nodes hold, bound to the cluster where that is possible. There is no way in: who needs
    a shell on a node runs a debugging pod there. EKS lets the role into the cluster by itself.

    Args:
        scope: Where to make it.
        construct_id: ID below `scope`.
        cluster_arn: ARN of the cluster.
        pod_network: Whether the Amazon VPC CNI runs with the node's role, because it has none of its own.

    See: https://docs.aws.amazon.com/eks/latest/userguide/create-node-role.html
    """
    from aws_cdk import aws_iam as iam  # noqa: PLC0415 - loaded by stacks with node groups alone

    permissions = (
        Permission(actions=("eks-auth:AssumeRoleForPodIdentity", "eks:DescribeCluster"), resources=(cluster_arn,)),
        *_ALWAYS,
        *(POD_NETWORK if pod_network else ()),
    )
    role = iam.CfnRole(
        scope,
        construct_id,
        assume_role_policy_document=_TRUST,
        policies=[iam.CfnRole.PolicyProperty(policy_name="Node", policy_document=policy_document(permissions))],
    )
    acknowledge_wildcards(role, permissions)
    return role
