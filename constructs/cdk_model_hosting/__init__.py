"""AWS CDK constructs for every way to host a machine-learning model on AWS.

The names below are loaded when they are first used, so that an app pays for no part of the library, and no module of
the CDK, that it does not use.
"""

from importlib import import_module
from typing import TYPE_CHECKING

from cdk_model_hosting.homes import HOMES

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
    from cdk_model_hosting.kubernetes.argo_rollouts import ArgoRollouts
    from cdk_model_hosting.kubernetes.capacity import Capacity
    from cdk_model_hosting.kubernetes.chart import Chart
    from cdk_model_hosting.kubernetes.cluster_autoscaler import ClusterAutoscaler
    from cdk_model_hosting.kubernetes.dcgm_exporter import DcgmExporter
    from cdk_model_hosting.kubernetes.device_plugin import DevicePlugin
    from cdk_model_hosting.kubernetes.efa_plugin import EfaPlugin
    from cdk_model_hosting.kubernetes.exposure import Exposure
    from cdk_model_hosting.kubernetes.gpu_cluster import GpuCluster
    from cdk_model_hosting.kubernetes.gpu_node_pool import GpuNodePool
    from cdk_model_hosting.kubernetes.gpu_sharing import GpuSharing
    from cdk_model_hosting.kubernetes.imported_cluster import ImportedCluster
    from cdk_model_hosting.kubernetes.inference_server import InferenceServer
    from cdk_model_hosting.kubernetes.jobs.batch_job import GpuBatchJob
    from cdk_model_hosting.kubernetes.jobs.flavor import KueueFlavor, QueueFlavor
    from cdk_model_hosting.kubernetes.jobs.output import JobOutput
    from cdk_model_hosting.kubernetes.jobs.queue import KueueQueue
    from cdk_model_hosting.kubernetes.jobs.retries import ShardRetries
    from cdk_model_hosting.kubernetes.jobs.shards import JobShards
    from cdk_model_hosting.kubernetes.jobs.start import JobStart
    from cdk_model_hosting.kubernetes.karpenter import Karpenter
    from cdk_model_hosting.kubernetes.keda import Keda
    from cdk_model_hosting.kubernetes.kueue import Kueue
    from cdk_model_hosting.kubernetes.manifests import Manifests
    from cdk_model_hosting.kubernetes.model_namespace import ModelNamespace, PodSecurity
    from cdk_model_hosting.kubernetes.network_policies import TrafficSource
    from cdk_model_hosting.kubernetes.neuron_plugin import NeuronPlugin
    from cdk_model_hosting.kubernetes.node_group import GpuNodeGroup
    from cdk_model_hosting.kubernetes.node_image import NodeImage
    from cdk_model_hosting.kubernetes.node_scaling import NodeScaling
    from cdk_model_hosting.kubernetes.node_update import NodeUpdate
    from cdk_model_hosting.kubernetes.pod_alarm import PodAlarm
    from cdk_model_hosting.kubernetes.pod_scaling import PodScaling
    from cdk_model_hosting.kubernetes.pod_size import PodSize
    from cdk_model_hosting.kubernetes.prometheus import Prometheus
    from cdk_model_hosting.kubernetes.scheduling import Taint
    from cdk_model_hosting.kubernetes.servers.model_server import ModelServer
    from cdk_model_hosting.kubernetes.servers.volumes import PodVolume, SecretKey
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
    "ArgoRollouts",
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
    "ClusterAutoscaler",
    "ComponentEndpoint",
    "ComponentResources",
    "Concurrency",
    "ConfigurationError",
    "Container",
    "ContainerImage",
    "Cors",
    "DataCapture",
    "DcgmExporter",
    "DevicePlugin",
    "DynamicBatching",
    "EfaPlugin",
    "EndpointDashboard",
    "EndpointProxy",
    "EndpointRequests",
    "ExperimentSchedule",
    "ExplainedAnswers",
    "ExplainedFeatures",
    "Explainer",
    "Exposure",
    "FileSystemThroughput",
    "Fleet",
    "Front",
    "FunctionAlarm",
    "FunctionCode",
    "FunctionSize",
    "GpuBatchJob",
    "GpuCluster",
    "GpuNodeGroup",
    "GpuNodePool",
    "GpuSharing",
    "ImportedCluster",
    "ImportedModelFileSystem",
    "InferenceComponent",
    "InferenceServer",
    "Interval",
    "JobOutput",
    "JobShards",
    "JobStart",
    "Karpenter",
    "Keda",
    "Kueue",
    "KueueFlavor",
    "KueueQueue",
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
    "ModelServer",
    "ModelStore",
    "MountableFileSystem",
    "MultiContainerModel",
    "MultiModel",
    "Network",
    "NeuronPlugin",
    "NodeImage",
    "NodeScaling",
    "NodeUpdate",
    "Notifications",
    "OnFailure",
    "Pace",
    "Pattern",
    "PipelineModel",
    "PodAlarm",
    "PodScaling",
    "PodSecurity",
    "PodSize",
    "PodVolume",
    "Processing",
    "Prometheus",
    "QueueFlavor",
    "RealtimeEndpoint",
    "Retries",
    "Rollout",
    "Routing",
    "Scaling",
    "ScalingPolicy",
    "ScheduledScaling",
    "SecretKey",
    "ServerlessEndpoint",
    "ServiceAccount",
    "ServingCluster",
    "Shadow",
    "ShadowExperiment",
    "ShardRetries",
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


def __getattr__(name: str) -> object:
    if name not in HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(f"{__name__}.{HOMES[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
