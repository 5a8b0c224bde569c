"""AWS CDK constructs for every way to host a machine-learning model on AWS.

The names below are loaded when they are first used, so that an app pays for no part of the library, and no module of
the CDK, that it does not use.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cdk_model_hosting.batch.alarm import BatchAlarm
    from cdk_model_hosting.batch.capture import TransformCapture
    from cdk_model_hosting.batch.destination import TransformDestination
    from cdk_model_hosting.batch.fleet import TransformFleet
    from cdk_model_hosting.batch.map import BatchTransformMap
    from cdk_model_hosting.batch.processing import Processing
    from cdk_model_hosting.batch.requests import Batching, ModelClient
    from cdk_model_hosting.batch.retries import Retries
    from cdk_model_hosting.batch.shards import Shards
    from cdk_model_hosting.batch.source import TransformSource
    from cdk_model_hosting.batch.transform import BatchTransform
    from cdk_model_hosting.endpoints.adapter import AdapterComponent
    from cdk_model_hosting.endpoints.async_storage import AsyncStorage
    from cdk_model_hosting.endpoints.asynchronous import AsyncEndpoint
    from cdk_model_hosting.endpoints.baseline import Baseline
    from cdk_model_hosting.endpoints.capture import DataCapture
    from cdk_model_hosting.endpoints.component import InferenceComponent
    from cdk_model_hosting.endpoints.component_resources import ComponentResources
    from cdk_model_hosting.endpoints.components import ComponentEndpoint
    from cdk_model_hosting.endpoints.explained import ExplainedAnswers, ExplainedFeatures, TextFeatures
    from cdk_model_hosting.endpoints.explainer import Explainer
    from cdk_model_hosting.endpoints.fleet import Fleet, Routing
    from cdk_model_hosting.endpoints.managed_instances import ManagedInstances
    from cdk_model_hosting.endpoints.notifications import Notifications
    from cdk_model_hosting.endpoints.realtime import RealtimeEndpoint
    from cdk_model_hosting.endpoints.serverless import ServerlessEndpoint
    from cdk_model_hosting.endpoints.shadow import Shadow
    from cdk_model_hosting.endpoints.variant import Variant
    from cdk_model_hosting.errors import ConfigurationError
    from cdk_model_hosting.experiments.schedule import ExperimentSchedule
    from cdk_model_hosting.experiments.shadow import ShadowExperiment
    from cdk_model_hosting.functions.access_point import AccessPoint
    from cdk_model_hosting.functions.alarm import FunctionAlarm
    from cdk_model_hosting.functions.bundling import Bundling
    from cdk_model_hosting.functions.code import FunctionCode
    from cdk_model_hosting.functions.concurrency import Concurrency
    from cdk_model_hosting.functions.delivery import ModelDelivery
    from cdk_model_hosting.functions.endpoint_requests import EndpointRequests
    from cdk_model_hosting.functions.file_system import FileSystemThroughput, ModelFileSystem
    from cdk_model_hosting.functions.fronts.authorization import Authorization
    from cdk_model_hosting.functions.fronts.cors import Cors
    from cdk_model_hosting.functions.fronts.front import Front
    from cdk_model_hosting.functions.function import ModelFunction
    from cdk_model_hosting.functions.imported_file_system import ImportedModelFileSystem
    from cdk_model_hosting.functions.layer import ModelLayer
    from cdk_model_hosting.functions.mountable import MountableFileSystem
    from cdk_model_hosting.functions.on_failure import OnFailure
    from cdk_model_hosting.functions.proxy import EndpointProxy
    from cdk_model_hosting.functions.size import FunctionSize
    from cdk_model_hosting.kubernetes.access import ClusterAccess
    from cdk_model_hosting.kubernetes.capacity import Capacity
    from cdk_model_hosting.kubernetes.chart import Chart
    from cdk_model_hosting.kubernetes.gpu_cluster import GpuCluster
    from cdk_model_hosting.kubernetes.imported_cluster import ImportedCluster
    from cdk_model_hosting.kubernetes.manifests import Manifests
    from cdk_model_hosting.kubernetes.model_namespace import ModelNamespace, PodSecurity
    from cdk_model_hosting.kubernetes.network_policies import TrafficSource
    from cdk_model_hosting.kubernetes.node_group import GpuNodeGroup
    from cdk_model_hosting.kubernetes.node_image import NodeImage
    from cdk_model_hosting.kubernetes.node_scaling import NodeScaling
    from cdk_model_hosting.kubernetes.node_update import NodeUpdate
    from cdk_model_hosting.kubernetes.scheduling import Taint
    from cdk_model_hosting.kubernetes.service_account import ServiceAccount
    from cdk_model_hosting.kubernetes.serving_cluster import ServingCluster
    from cdk_model_hosting.kubernetes.system_nodes import SystemNodes
    from cdk_model_hosting.models.artifact import ModelArtifact
    from cdk_model_hosting.models.container import Container
    from cdk_model_hosting.models.image import Architecture, ContainerImage
    from cdk_model_hosting.models.model import Model
    from cdk_model_hosting.models.multi_container import MultiContainerModel
    from cdk_model_hosting.models.multi_model import MultiModel
    from cdk_model_hosting.models.network import Network
    from cdk_model_hosting.models.pipeline import PipelineModel
    from cdk_model_hosting.models.single import SingleModel
    from cdk_model_hosting.models.store import ModelStore
    from cdk_model_hosting.models.triton.backend import TritonBackend
    from cdk_model_hosting.models.triton.batching import DynamicBatching
    from cdk_model_hosting.models.triton.ensemble import TritonEnsemble, TritonStep
    from cdk_model_hosting.models.triton.instances import TritonInstances
    from cdk_model_hosting.models.triton.model import TritonModel
    from cdk_model_hosting.models.triton.repository import TritonRepository
    from cdk_model_hosting.models.triton.settings import TritonMetrics, TritonSettings
    from cdk_model_hosting.models.triton.tensor import Tensor, TensorType
    from cdk_model_hosting.models.triton.versions import TritonVersions
    from cdk_model_hosting.monitoring.alarm import Alarm
    from cdk_model_hosting.monitoring.dashboard import EndpointDashboard
    from cdk_model_hosting.patterns import Pattern
    from cdk_model_hosting.rollout.rollout import Rollout
    from cdk_model_hosting.scaling.pace import Pace
    from cdk_model_hosting.scaling.policies import ScalingPolicy
    from cdk_model_hosting.scaling.scaling import Scaling
    from cdk_model_hosting.scaling.schedule import ScheduledScaling
    from cdk_model_hosting.scaling.steps import Interval

__all__ = [
    "AccessPoint",
    "AdapterComponent",
    "Alarm",
    "Architecture",
    "AsyncEndpoint",
    "AsyncStorage",
    "Authorization",
    "Baseline",
    "BatchAlarm",
    "BatchTransform",
    "BatchTransformMap",
    "Batching",
    "Bundling",
    "Capacity",
    "Chart",
    "ClusterAccess",
    "ComponentEndpoint",
    "ComponentResources",
    "Concurrency",
    "ConfigurationError",
    "Container",
    "ContainerImage",
    "Cors",
    "DataCapture",
    "DynamicBatching",
    "EndpointDashboard",
    "EndpointProxy",
    "EndpointRequests",
    "ExperimentSchedule",
    "ExplainedAnswers",
    "ExplainedFeatures",
    "Explainer",
    "FileSystemThroughput",
    "Fleet",
    "Front",
    "FunctionAlarm",
    "FunctionCode",
    "FunctionSize",
    "GpuCluster",
    "GpuNodeGroup",
    "ImportedCluster",
    "ImportedModelFileSystem",
    "InferenceComponent",
    "Interval",
    "ManagedInstances",
    "Manifests",
    "Model",
    "ModelArtifact",
    "ModelClient",
    "ModelDelivery",
    "ModelFileSystem",
    "ModelFunction",
    "ModelLayer",
    "ModelNamespace",
    "ModelStore",
    "MountableFileSystem",
    "MultiContainerModel",
    "MultiModel",
    "Network",
    "NodeImage",
    "NodeScaling",
    "NodeUpdate",
    "Notifications",
    "OnFailure",
    "Pace",
    "Pattern",
    "PipelineModel",
    "PodSecurity",
    "Processing",
    "RealtimeEndpoint",
    "Retries",
    "Rollout",
    "Routing",
    "Scaling",
    "ScalingPolicy",
    "ScheduledScaling",
    "ServerlessEndpoint",
    "ServiceAccount",
    "ServingCluster",
    "Shadow",
    "ShadowExperiment",
    "Shards",
    "SingleModel",
    "SystemNodes",
    "Taint",
    "Tensor",
    "TensorType",
    "TextFeatures",
    "TrafficSource",
    "TransformCapture",
    "TransformDestination",
    "TransformFleet",
    "TransformSource",
    "TritonBackend",
    "TritonEnsemble",
    "TritonInstances",
    "TritonMetrics",
    "TritonModel",
    "TritonRepository",
    "TritonSettings",
    "TritonStep",
    "TritonVersions",
    "Variant",
]

_HOME = {
    "EndpointRequests": "functions.endpoint_requests",
    "GpuCluster": "kubernetes.gpu_cluster",
    "ImportedCluster": "kubernetes.imported_cluster",
    "ServingCluster": "kubernetes.serving_cluster",
    "ServiceAccount": "kubernetes.service_account",
    "GpuNodeGroup": "kubernetes.node_group",
    "Capacity": "kubernetes.capacity",
    "NodeImage": "kubernetes.node_image",
    "NodeUpdate": "kubernetes.node_update",
    "Taint": "kubernetes.scheduling",
    "NodeScaling": "kubernetes.node_scaling",
    "SystemNodes": "kubernetes.system_nodes",
    "ClusterAccess": "kubernetes.access",
    "ModelNamespace": "kubernetes.model_namespace",
    "TrafficSource": "kubernetes.network_policies",
    "PodSecurity": "kubernetes.model_namespace",
    "Chart": "kubernetes.chart",
    "Manifests": "kubernetes.manifests",
    "FunctionSize": "functions.size",
    "OnFailure": "functions.on_failure",
    "ModelFileSystem": "functions.file_system",
    "ImportedModelFileSystem": "functions.imported_file_system",
    "MountableFileSystem": "functions.mountable",
    "AccessPoint": "functions.access_point",
    "FileSystemThroughput": "functions.file_system",
    "Authorization": "functions.fronts.authorization",
    "Cors": "functions.fronts.cors",
    "Bundling": "functions.bundling",
    "EndpointProxy": "functions.proxy",
    "AdapterComponent": "endpoints.adapter",
    "Alarm": "monitoring.alarm",
    "Architecture": "models.image",
    "AsyncEndpoint": "endpoints.asynchronous",
    "AsyncStorage": "endpoints.async_storage",
    "Baseline": "endpoints.baseline",
    "BatchAlarm": "batch.alarm",
    "BatchTransform": "batch.transform",
    "BatchTransformMap": "batch.map",
    "Batching": "batch.requests",
    "ComponentEndpoint": "endpoints.components",
    "ComponentResources": "endpoints.component_resources",
    "Concurrency": "functions.concurrency",
    "ConfigurationError": "errors",
    "Container": "models.container",
    "ContainerImage": "models.image",
    "DataCapture": "endpoints.capture",
    "EndpointDashboard": "monitoring.dashboard",
    "ExperimentSchedule": "experiments.schedule",
    "ExplainedAnswers": "endpoints.explained",
    "ExplainedFeatures": "endpoints.explained",
    "Explainer": "endpoints.explainer",
    "Fleet": "endpoints.fleet",
    "Front": "functions.fronts.front",
    "FunctionAlarm": "functions.alarm",
    "FunctionCode": "functions.code",
    "InferenceComponent": "endpoints.component",
    "Interval": "scaling.steps",
    "ManagedInstances": "endpoints.managed_instances",
    "Model": "models.model",
    "ModelArtifact": "models.artifact",
    "ModelClient": "batch.requests",
    "ModelDelivery": "functions.delivery",
    "ModelFunction": "functions.function",
    "ModelLayer": "functions.layer",
    "ModelStore": "models.store",
    "MultiContainerModel": "models.multi_container",
    "MultiModel": "models.multi_model",
    "Network": "models.network",
    "Notifications": "endpoints.notifications",
    "Pace": "scaling.pace",
    "Pattern": "patterns",
    "PipelineModel": "models.pipeline",
    "Processing": "batch.processing",
    "RealtimeEndpoint": "endpoints.realtime",
    "Retries": "batch.retries",
    "Rollout": "rollout.rollout",
    "Routing": "endpoints.fleet",
    "Scaling": "scaling.scaling",
    "ScalingPolicy": "scaling.policies",
    "ScheduledScaling": "scaling.schedule",
    "ServerlessEndpoint": "endpoints.serverless",
    "Shadow": "endpoints.shadow",
    "ShadowExperiment": "experiments.shadow",
    "Shards": "batch.shards",
    "SingleModel": "models.single",
    "TextFeatures": "endpoints.explained",
    "TransformCapture": "batch.capture",
    "TransformDestination": "batch.destination",
    "TransformFleet": "batch.fleet",
    "TransformSource": "batch.source",
    "Variant": "endpoints.variant",
    "DynamicBatching": "models.triton.batching",
    "Tensor": "models.triton.tensor",
    "TensorType": "models.triton.tensor",
    "TritonBackend": "models.triton.backend",
    "TritonEnsemble": "models.triton.ensemble",
    "TritonInstances": "models.triton.instances",
    "TritonMetrics": "models.triton.settings",
    "TritonModel": "models.triton.model",
    "TritonRepository": "models.triton.repository",
    "TritonSettings": "models.triton.settings",
    "TritonStep": "models.triton.ensemble",
    "TritonVersions": "models.triton.versions",
}


def __getattr__(name: str) -> object:
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(f"{__name__}.{_HOME[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
