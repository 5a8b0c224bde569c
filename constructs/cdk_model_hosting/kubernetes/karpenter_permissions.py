"""What Karpenter may do in AWS: launch instances for its own cluster, and end those.

See: https://karpenter.sh/docs/reference/cloudformation/
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from cdk_model_hosting.permissions import Permission, arn

if TYPE_CHECKING:
    from typing import Any

_EC2 = "arn:${AWS::Partition}:ec2:${AWS::Region}:"
# Everything that Karpenter makes carries these two: whose it is, and the pool that it is for.
_CLUSTER_TAG = "eks:eks-cluster-name"
_POOL_TAG = "karpenter.sh/nodepool"
_NAMED_LATER = "EC2 names it when it is made"


def karpenter_permissions(
    *, cluster_name: str, cluster_arn: str, node_role_arn: str, profile_arn: str, queue_arn: str
) -> tuple[Permission, ...]:
    """What Karpenter's controller may do.

    Its conditions ask for tags with fixed names: the tag that is named after the cluster, which Karpenter's own policy asks for, cannot
    be written where the cluster's name is known at deploy time. It makes no instance profiles: there is one.

    Args:
        cluster_name: Name of the cluster.
        cluster_arn: Its ARN.
        node_role_arn: ARN of the role of the nodes.
        profile_arn: ARN of their instance profile.
        queue_arn: ARN of the queue of interruptions.
    """
    return (
        *_launching(cluster_name),
        *_ending(cluster_name),
        Permission(
            actions=("iam:PassRole",),
            resources=(node_role_arn,),
            conditions={"StringEquals": {"iam:PassedToService": ["ec2.amazonaws.com", "ec2.amazonaws.com.cn"]}},
        ),
        Permission(actions=("iam:GetInstanceProfile",), resources=(profile_arn,)),
        Permission(actions=("eks:DescribeCluster",), resources=(cluster_arn,)),
        Permission(
            actions=("sqs:DeleteMessage", "sqs:GetQueueUrl", "sqs:ReceiveMessage"),
            resources=(queue_arn,),
        ),
        *_looking(),
    )


def _launching(cluster_name: str) -> tuple[Permission, ...]:
    own: dict[str, Any] = {
        "StringEquals": {f"aws:RequestTag/{_CLUSTER_TAG}": cluster_name},
        "StringLike": {f"aws:RequestTag/{_POOL_TAG}": "*"},
    }
    made = _arns("*:fleet/*", "*:instance/*", "*:volume/*", "*:network-interface/*", "*:launch-template/*")
    made = (*made, *_arns("*:spot-instances-request/*"))
    return (
        Permission(
            actions=("ec2:RunInstances", "ec2:CreateFleet"),
            resources=_arns(
                *(":image/*", ":snapshot/*", "*:security-group/*", "*:subnet/*"),
                *("*:capacity-reservation/*", "*:placement-group/*"),
            ),
            wildcard_reason="a node class says which of these its instances use, and changes",
        ),
        Permission(
            actions=("ec2:RunInstances", "ec2:CreateFleet"),
            resources=_arns("*:launch-template/*"),
            conditions=_owned(cluster_name),
            wildcard_reason=f"{_NAMED_LATER}; only the cluster's own can be used",
        ),
        Permission(
            actions=("ec2:RunInstances", "ec2:CreateFleet", "ec2:CreateLaunchTemplate"),
            resources=made,
            conditions=own,
            wildcard_reason=f"{_NAMED_LATER}; nothing can be made without the cluster's tags",
        ),
        Permission(
            actions=("ec2:CreateTags",),
            resources=made,
            conditions={
                **own,
                "StringEquals": {
                    **own["StringEquals"],
                    "ec2:CreateAction": ["RunInstances", "CreateFleet", "CreateLaunchTemplate"],
                },
            },
            wildcard_reason=f"{_NAMED_LATER}; tags are set while it is made alone",
        ),
    )


def _ending(cluster_name: str) -> tuple[Permission, ...]:
    return (
        Permission(
            actions=("ec2:CreateTags",),
            resources=_arns("*:instance/*"),
            conditions={
                **_owned(cluster_name),
                "StringEqualsIfExists": {f"aws:RequestTag/{_CLUSTER_TAG}": cluster_name},
                "ForAllValues:StringEquals": {"aws:TagKeys": [_CLUSTER_TAG, "karpenter.sh/nodeclaim", "Name"]},
            },
            wildcard_reason="instances come and go; only the cluster's own can be tagged, with three tags",
        ),
        Permission(
            actions=("ec2:TerminateInstances", "ec2:DeleteLaunchTemplate"),
            resources=_arns("*:instance/*", "*:launch-template/*"),
            conditions=_owned(cluster_name),
            wildcard_reason="instances come and go; only the cluster's own can be ended",
        ),
    )


def _looking() -> tuple[Permission, ...]:
    return (
        Permission(
            actions=(
                "ec2:DescribeCapacityReservations",
                "ec2:DescribeImages",
                "ec2:DescribeInstanceStatus",
                "ec2:DescribeInstanceTypeOfferings",
                "ec2:DescribeInstanceTypes",
                "ec2:DescribeInstances",
                "ec2:DescribeLaunchTemplates",
                "ec2:DescribePlacementGroups",
                "ec2:DescribeSecurityGroups",
                "ec2:DescribeSpotPriceHistory",
                "ec2:DescribeSubnets",
                "iam:ListInstanceProfiles",
                "pricing:GetProducts",
            ),
            resources=("*",),
            wildcard_reason="these actions know no resource: it compares what EC2 offers, and at which price",
        ),
        Permission(
            actions=("ssm:GetParameter",),
            resources=(arn("arn:${AWS::Partition}:ssm:${AWS::Region}::parameter/aws/service/*"),),
            wildcard_reason="EKS tells its machine images by parameters of AWS's own, of which there is one a release",
        ),
    )


def _owned(cluster_name: str) -> dict[str, Any]:
    return {
        "StringEquals": {f"aws:ResourceTag/{_CLUSTER_TAG}": cluster_name},
        "StringLike": {f"aws:ResourceTag/{_POOL_TAG}": "*"},
    }


def _arns(*kinds: str) -> tuple[str | dict[str, Any], ...]:
    return tuple(arn(f"{_EC2}{each}") for each in kinds)
