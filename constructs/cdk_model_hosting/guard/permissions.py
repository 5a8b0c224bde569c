"""What the guard's function may do, by what it is asked to."""

from __future__ import annotations

from typing import Any

from cdk_model_hosting.permissions import Permission, arn
from cdk_model_hosting.tokens import is_token

_HERE = "${AWS::Region}:${AWS::AccountId}"
_SAGEMAKER = f"arn:${{AWS::Partition}}:sagemaker:{_HERE}"
_CLOUDWATCH = f"arn:${{AWS::Partition}}:cloudwatch:{_HERE}"
_SERVICE = "sagemaker.application-autoscaling.amazonaws.com"
_SERVICE_LINKED_ROLE = (
    f"arn:${{AWS::Partition}}:iam::${{AWS::AccountId}}:role/aws-service-role/{_SERVICE}/"
    "AWSServiceRoleForApplicationAutoScaling_SageMakerEndpoint"
)
_THIS_STACK: dict[str, Any] = {"Ref": "AWS::StackId"}
_ONE_FUNCTION = "one function serves every endpoint of the stack"

CHECK_ROLLOUTS = (
    Permission(
        actions=("cloudformation:DescribeStackEvents", "cloudformation:DescribeStacks"), resources=(_THIS_STACK,)
    ),
    Permission(
        actions=("sagemaker:DescribeEndpoint",),
        resources=(arn(f"{_SAGEMAKER}:endpoint/*"),),
        wildcard_reason=f"{_ONE_FUNCTION}, and looks only",
    ),
    Permission(
        actions=("cloudwatch:DescribeAlarms",),
        resources=(arn(f"{_CLOUDWATCH}:alarm:*"),),
        wildcard_reason="a rollback may be due to any alarm that the endpoint names, the user's own included",
    ),
)
"""What comparing endpoints with their deployment needs."""

CHECK_COMPONENTS = (
    Permission(
        actions=("sagemaker:DescribeInferenceComponent",),
        resources=(arn(f"{_SAGEMAKER}:inference-component/*"),),
        wildcard_reason="one function serves every inference component of the stack, and looks only",
    ),
)
"""What comparing inference components with their deployment needs besides."""

OWN_SCALING = (
    Permission(
        actions=(
            "cloudformation:DescribeStackEvents",
            "cloudformation:DescribeStacks",
            "cloudformation:ListStackResources",
        ),
        resources=(_THIS_STACK,),
    ),
    Permission(
        actions=("sagemaker:DescribeEndpointConfig",),
        resources=(arn(f"{_SAGEMAKER}:endpoint-config/*"),),
        wildcard_reason="configurations are named when they are made, and looked at only",
    ),
    Permission(
        actions=(
            "application-autoscaling:DeleteScalingPolicy",
            "application-autoscaling:DeleteScheduledAction",
            "application-autoscaling:DeregisterScalableTarget",
            "application-autoscaling:PutScalingPolicy",
            "application-autoscaling:PutScheduledAction",
            "application-autoscaling:RegisterScalableTarget",
        ),
        resources=(arn(f"arn:${{AWS::Partition}}:application-autoscaling:{_HERE}:scalable-target/*"),),
        conditions={
            "StringEquals": {
                "application-autoscaling:service-namespace": "sagemaker",
                "application-autoscaling:scalable-dimension": "sagemaker:variant:DesiredInstanceCount",
            }
        },
        wildcard_reason="Application Auto Scaling names its targets when they are registered; the conditions name the kind",
    ),
    Permission(
        actions=(
            "application-autoscaling:DescribeScalableTargets",
            "application-autoscaling:DescribeScalingPolicies",
            "application-autoscaling:DescribeScheduledActions",
        ),
        resources=("*",),
        wildcard_reason="Application Auto Scaling describes targets only for all of an account at once",
    ),
    Permission(
        actions=("cloudwatch:DeleteAlarms", "cloudwatch:DescribeAlarms", "cloudwatch:PutMetricAlarm"),
        resources=(arn(f"{_CLOUDWATCH}:alarm:TargetTracking-endpoint/*"),),
        wildcard_reason="Application Auto Scaling names the alarms of target tracking after its targets",
    ),
    Permission(
        actions=("iam:CreateServiceLinkedRole",),
        resources=(arn(_SERVICE_LINKED_ROLE),),
        conditions={"StringLike": {"iam:AWSServiceName": _SERVICE}},
    ),
)
"""What registering fleets to scale, and releasing them, needs, besides `own_capacity`."""


def own_capacity(endpoint_name: str) -> Permission:
    """What looking at an endpoint and changing the size of its fleets needs.

    The function never changes it, but Application Auto Scaling registers a fleet for nobody who could not.

    Args:
        endpoint_name: The endpoint's name; one that is known only at deploy time stands for any, since ARNs are written in
            lower case and a deployment converts nothing.
    """
    actions = ("sagemaker:DescribeEndpoint", "sagemaker:UpdateEndpointWeightsAndCapacities")
    if is_token(endpoint_name):
        return Permission(
            actions=actions,
            resources=(arn(f"{_SAGEMAKER}:endpoint/*"),),
            wildcard_reason="the endpoint is named when it is deployed, perhaps with capitals, which its ARN is without",
        )
    return Permission(actions=actions, resources=(arn(f"{_SAGEMAKER}:endpoint/{endpoint_name.lower()}"),))


def own_alarm(name: str) -> Permission:
    """What pointing an alarm of ours at a step policy needs, and deleting it.

    Args:
        name: The alarm's name.
    """
    return Permission(
        actions=("cloudwatch:DeleteAlarms", "cloudwatch:DescribeAlarms", "cloudwatch:PutMetricAlarm"),
        resources=(arn(f"{_CLOUDWATCH}:alarm:{name}"),),
    )
