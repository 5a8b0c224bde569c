"""Reads a template as the requests that CloudFormation will send, and judges them by the services' own models.

botocore's validator leaves enum, maximum and pattern to the service; `tests.strict_shapes` checks them here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tests.strict_shapes import violations

JUDGED = (
    *("AWS::SageMaker::", "AWS::ApplicationAutoScaling::", "AWS::CloudWatch::Alarm"),
    *("AWS::EKS::Nodegroup", "AWS::EKS::Addon", "AWS::EKS::PodIdentityAssociation"),
)

# Maps, whose keys are the user's and not the service's.
_MAPS = ("Labels", "Tags")

# What stands for a name that CloudFormation makes up, and for what it looks up.
_MADE_UP = "made-up-by-cloudformation"


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """An API call that a resource becomes.

    Args:
        service: botocore's name of the service.
        shape: Name of the call's input.
        without: Properties that this call does not take, each with the reason.
        only: Properties that this call takes, when it takes few; all when empty.
        added: Members that CloudFormation adds.
        small: Whether the service's members begin with small letters.
    """

    service: str
    shape: str
    without: Mapping[str, str]
    only: tuple[str, ...] = ()
    added: Mapping[str, Any]
    small: bool = False

    def of(self, properties: Mapping[str, Any]) -> dict[str, Any]:
        """The call's input."""
        kept = {
            name: value
            for name, value in properties.items()
            if name not in self.without and (not self.only or name in self.only)
        }
        return {**self.added, **(_small(kept) if self.small else kept)}

    def spelled(self, name: str) -> str:
        """A property's name, as the service has it."""
        return name[:1].lower() + name[1:] if self.small else name


_UPDATE_ONLY = "UpdateEndpoint takes it, CreateEndpoint does not"

REQUESTS: dict[str, tuple[Request, ...]] = {
    "AWS::SageMaker::Model": (
        Request(service="sagemaker", shape="CreateModelInput", without={}, added={"ModelName": _MADE_UP}),
    ),
    "AWS::SageMaker::EndpointConfig": (
        Request(
            service="sagemaker",
            shape="CreateEndpointConfigInput",
            without={},
            added={"EndpointConfigName": _MADE_UP},
        ),
    ),
    "AWS::SageMaker::Endpoint": (
        Request(
            service="sagemaker",
            shape="CreateEndpointInput",
            without={
                "RetainAllVariantProperties": _UPDATE_ONLY,
                "ExcludeRetainedVariantProperties": _UPDATE_ONLY,
                "RetainDeploymentConfig": _UPDATE_ONLY,
            },
            added={"EndpointName": _MADE_UP},
        ),
        Request(
            service="sagemaker",
            shape="UpdateEndpointInput",
            without={"Tags": "AddTags sets them on an endpoint that exists"},
            added={"EndpointName": _MADE_UP},
        ),
    ),
    "AWS::SageMaker::InferenceComponent": (
        Request(
            service="sagemaker",
            shape="CreateInferenceComponentInput",
            without={"DeploymentConfig": "UpdateInferenceComponent takes it, CreateInferenceComponent does not"},
            added={"InferenceComponentName": _MADE_UP},
        ),
        Request(
            service="sagemaker",
            shape="UpdateInferenceComponentInput",
            without={},
            only=("InferenceComponentName", "Specification", "RuntimeConfig", "DeploymentConfig"),
            added={"InferenceComponentName": _MADE_UP},
        ),
    ),
    "AWS::SageMaker::InferenceExperiment": (
        Request(
            service="sagemaker",
            shape="CreateInferenceExperimentRequest",
            without={
                "DesiredState": "it is reached by StartInferenceExperiment and StopInferenceExperiment",
                "StatusReason": "StopInferenceExperiment takes it, as its Reason",
            },
            added={},
        ),
        Request(
            service="sagemaker",
            shape="UpdateInferenceExperimentRequest",
            without={},
            only=("Name", "Schedule", "Description", "ModelVariants", "DataStorageConfig", "ShadowModeConfig"),
            added={},
        ),
    ),
    "AWS::ApplicationAutoScaling::ScalableTarget": (
        Request(
            service="application-autoscaling",
            shape="RegisterScalableTargetRequest",
            without={"ScheduledActions": "each is a PutScheduledAction of its own"},
            added={},
        ),
    ),
    "AWS::ApplicationAutoScaling::ScalingPolicy": (
        Request(
            service="application-autoscaling",
            shape="PutScalingPolicyRequest",
            without={"ScalingTargetId": "CloudFormation reads the three members below from the target's reference"},
            added={
                "ServiceNamespace": "sagemaker",
                "ResourceId": _MADE_UP,
                "ScalableDimension": "sagemaker:variant:DesiredInstanceCount",
            },
        ),
    ),
    "AWS::EKS::Nodegroup": (
        Request(
            service="eks", shape="CreateNodegroupRequest", without={}, added={"nodegroupName": _MADE_UP}, small=True
        ),
        Request(
            service="eks",
            shape="UpdateNodegroupVersionRequest",
            without={},
            only=("ClusterName", "NodegroupName", "Version", "ReleaseVersion", "LaunchTemplate"),
            added={"nodegroupName": _MADE_UP},
            small=True,
        ),
    ),
    "AWS::EKS::Addon": (
        Request(
            service="eks",
            shape="CreateAddonRequest",
            without={"PreserveOnDelete": "DeleteAddon takes it, as preserve"},
            added={},
            small=True,
        ),
    ),
    "AWS::EKS::PodIdentityAssociation": (
        Request(service="eks", shape="CreatePodIdentityAssociationRequest", without={}, added={}, small=True),
    ),
    "AWS::CloudWatch::Alarm": (
        Request(service="cloudwatch", shape="PutMetricAlarmInput", without={}, added={"AlarmName": _MADE_UP}),
    ),
}


def _small(value: Any) -> Any:
    if isinstance(value, list):
        return [_small(each) for each in value]
    if not isinstance(value, Mapping) or is_intrinsic(value):
        return value
    return {name[:1].lower() + name[1:]: each if name in _MAPS else _small(each) for name, each in value.items()}


def is_intrinsic(value: object) -> bool:
    """Whether a value is known at deploy time only."""
    if not isinstance(value, Mapping) or len(value) != 1:
        return False
    name = next(iter(value))
    return name == "Ref" or (isinstance(name, str) and name.startswith("Fn::"))


def refusals(template: Mapping[str, Any]) -> dict[str, list[str]]:
    """What the services would refuse, by logical ID; an empty mapping means that they accept it all.

    Args:
        template: A CloudFormation template.
    """
    found: dict[str, list[str]] = {}
    for logical_id, resource in template["Resources"].items():
        if not resource["Type"].startswith(JUDGED):
            continue
        refused = _refused(resource["Type"], resource.get("Properties", {}))
        if refused:
            found[logical_id] = refused
    return found


def judged(template: Mapping[str, Any]) -> list[str]:
    """The logical IDs of the resources that `refusals` judges."""
    return [name for name, resource in template["Resources"].items() if resource["Type"].startswith(JUDGED)]


def _refused(resource_type: str, properties: Mapping[str, Any]) -> list[str]:
    if resource_type not in REQUESTS:
        return [f"{resource_type} is not known to {__name__}: say which request it becomes"]
    return [
        f"{request.shape}: {violation}"
        for request in REQUESTS[resource_type]
        for violation in violations(request.service, request.shape, request.of(properties), opaque=is_intrinsic)
    ]
