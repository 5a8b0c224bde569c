"""AWS CDK constructs for every way to host a machine-learning model on AWS.

The names below are loaded when they are first used, so that an app pays for no part of the library, and no module of
the CDK, that it does not use.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cdk_model_hosting.endpoints.fleet import Fleet, Routing
    from cdk_model_hosting.endpoints.realtime import RealtimeEndpoint
    from cdk_model_hosting.endpoints.variant import Variant
    from cdk_model_hosting.errors import ConfigurationError
    from cdk_model_hosting.models.artifact import ModelArtifact
    from cdk_model_hosting.models.container import Container
    from cdk_model_hosting.models.image import Architecture, ContainerImage
    from cdk_model_hosting.models.model import Model
    from cdk_model_hosting.models.network import Network
    from cdk_model_hosting.models.single import SingleModel
    from cdk_model_hosting.monitoring.alarm import Alarm
    from cdk_model_hosting.monitoring.dashboard import EndpointDashboard
    from cdk_model_hosting.rollout.rollout import Rollout
    from cdk_model_hosting.scaling.policies import Pace, ScalingPolicy
    from cdk_model_hosting.scaling.scaling import Scaling
    from cdk_model_hosting.scaling.schedule import ScheduledScaling
    from cdk_model_hosting.scaling.steps import Interval

__all__ = [
    "Alarm",
    "Architecture",
    "ConfigurationError",
    "Container",
    "ContainerImage",
    "EndpointDashboard",
    "Fleet",
    "Interval",
    "Model",
    "ModelArtifact",
    "Network",
    "Pace",
    "RealtimeEndpoint",
    "Rollout",
    "Routing",
    "Scaling",
    "ScalingPolicy",
    "ScheduledScaling",
    "SingleModel",
    "Variant",
]

_HOME = {
    "Alarm": "monitoring.alarm",
    "Architecture": "models.image",
    "ConfigurationError": "errors",
    "Container": "models.container",
    "ContainerImage": "models.image",
    "EndpointDashboard": "monitoring.dashboard",
    "Fleet": "endpoints.fleet",
    "Model": "models.model",
    "ModelArtifact": "models.artifact",
    "Network": "models.network",
    "RealtimeEndpoint": "endpoints.realtime",
    "Rollout": "rollout.rollout",
    "Routing": "endpoints.fleet",
    "Scaling": "scaling.scaling",
    "Pace": "scaling.policies",
    "Interval": "scaling.steps",
    "ScalingPolicy": "scaling.policies",
    "ScheduledScaling": "scaling.schedule",
    "SingleModel": "models.single",
    "Variant": "endpoints.variant",
}


def __getattr__(name: str) -> object:
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(f"{__name__}.{_HOME[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
