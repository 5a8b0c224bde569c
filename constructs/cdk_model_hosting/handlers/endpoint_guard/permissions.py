"""What each custom resource's handler may need, for the role of the function that runs it.

The keys are the custom resources, then what the actions apply to:

- ``stack``: the stack itself.
- ``function``: the function itself.
- ``endpoint``, ``endpoint-config``: the endpoints and their configurations.
- ``inference-component``: the inference components, of stacks that have some.
- ``scalable-target``: ``arn:...:application-autoscaling:...:scalable-target/*``, whose names Application Auto Scaling
  makes up, under the conditions `SCALABLE_TARGET_CONDITIONS`.
- ``alarm``: the alarms that the user's policies and rollouts name.
- ``target-tracking-alarm``: ``alarm:TargetTracking-endpoint/*``. Application Auto Scaling checks on them that whoever puts a
  policy could make its alarms.
- ``service-linked-role``: `SERVICE_LINKED_ROLE`, which the first registration of an account makes.
- ``any``: actions that take no resource.
"""

from collections.abc import Mapping

Permissions = Mapping[str, frozenset[str]]

SCALABLE_TARGET_CONDITIONS: Mapping[str, str] = {
    "application-autoscaling:service-namespace": "sagemaker",
    "application-autoscaling:scalable-dimension": "sagemaker:variant:DesiredInstanceCount",
}
SERVICE_LINKED_ROLE = (
    "role/aws-service-role/sagemaker.application-autoscaling.amazonaws.com/"
    "AWSServiceRoleForApplicationAutoScaling_SageMakerEndpoint"
)
SERVICE_LINKED_ROLE_CONDITIONS: Mapping[str, str] = {
    "iam:AWSServiceName": "sagemaker.application-autoscaling.amazonaws.com"
}

_DESCRIBING_TARGETS = frozenset(
    {
        "application-autoscaling:DescribeScalableTargets",
        "application-autoscaling:DescribeScalingPolicies",
        "application-autoscaling:DescribeScheduledActions",
    }
)
_REGISTERING = frozenset(
    {
        "application-autoscaling:DeregisterScalableTarget",
        "application-autoscaling:PutScalingPolicy",
        "application-autoscaling:PutScheduledAction",
        "application-autoscaling:RegisterScalableTarget",
    }
)
# Application Auto Scaling refuses a caller who could not do by hand what the target does.
_SCALING_BY_HAND = frozenset({"sagemaker:DescribeEndpoint", "sagemaker:UpdateEndpointWeightsAndCapacities"})
_WATCHING = frozenset({"cloudformation:DescribeStackEvents", "cloudformation:DescribeStacks"})
_ALARMS = frozenset({"cloudwatch:DeleteAlarms", "cloudwatch:DescribeAlarms", "cloudwatch:PutMetricAlarm"})

PERMISSIONS: Mapping[str, Permissions] = {
    "Custom::EndpointRollout": {
        "stack": _WATCHING,
        "function": frozenset({"lambda:InvokeFunction"}),
        "endpoint": frozenset({"sagemaker:DescribeEndpoint"}),
        "inference-component": frozenset({"sagemaker:DescribeInferenceComponent"}),
        "alarm": frozenset({"cloudwatch:DescribeAlarms"}),
    },
    "Custom::ScalingRelease": {
        "stack": _WATCHING,
        "function": frozenset({"lambda:InvokeFunction"}),
        "endpoint": _SCALING_BY_HAND,
        "endpoint-config": frozenset({"sagemaker:DescribeEndpointConfig"}),
        "scalable-target": _REGISTERING,
        "alarm": frozenset({"cloudwatch:DescribeAlarms", "cloudwatch:PutMetricAlarm"}),
        "target-tracking-alarm": _ALARMS,
        "service-linked-role": frozenset({"iam:CreateServiceLinkedRole"}),
        "any": _DESCRIBING_TARGETS,
    },
    "Custom::ScalingRegistration": {
        "stack": _WATCHING | {"cloudformation:ListStackResources"},
        "function": frozenset({"lambda:InvokeFunction"}),
        "endpoint": _SCALING_BY_HAND,
        "endpoint-config": frozenset({"sagemaker:DescribeEndpointConfig"}),
        "scalable-target": _REGISTERING
        | {"application-autoscaling:DeleteScalingPolicy", "application-autoscaling:DeleteScheduledAction"},
        "alarm": _ALARMS,
        "target-tracking-alarm": _ALARMS,
        "service-linked-role": frozenset({"iam:CreateServiceLinkedRole"}),
        "any": _DESCRIBING_TARGETS,
    },
}
"""By custom resource, what its handler and the watches that it starts do."""
