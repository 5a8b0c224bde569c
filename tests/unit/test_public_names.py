import ast
import importlib
import json
import subprocess
import sys
from pathlib import Path

import pytest

import cdk_model_hosting

NAMES = [
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


def fresh(code: str) -> object:
    """What a new interpreter prints as JSON."""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=120)
    return json.loads(done.stdout)


def test_a_new_public_name_or_a_lost_one_is_seen_here() -> None:
    assert cdk_model_hosting.__all__ == NAMES


@pytest.mark.parametrize("name", NAMES)
def test_every_name_is_there_and_documented(name: str) -> None:
    value = getattr(cdk_model_hosting, name)
    assert value.__name__ == name
    assert value.__module__.startswith("cdk_model_hosting.")
    assert value.__doc__
    assert getattr(importlib.import_module(value.__module__), name) is value


def test_every_name_is_listed() -> None:
    assert set(NAMES) <= set(dir(cdk_model_hosting))


def test_a_type_checker_sees_the_same_names() -> None:
    tree = ast.parse(Path(cdk_model_hosting.__file__).read_text())
    guarded = [
        alias.name
        for node in tree.body
        if isinstance(node, ast.If)
        for each in node.body
        if isinstance(each, ast.ImportFrom)
        for alias in each.names
    ]
    assert sorted(guarded) == NAMES


def test_fails_when_there_is_no_such_name() -> None:
    with pytest.raises(AttributeError, match=r"^module 'cdk_model_hosting' has no attribute 'Modell'$"):
        _ = cdk_model_hosting.Modell
    with pytest.raises(ImportError):
        exec("from cdk_model_hosting import Modell")  # noqa: S102 - the statement itself is what is tested


def test_the_package_alone_loads_no_cdk() -> None:
    code = (
        "import sys, json, cdk_model_hosting; dir(cdk_model_hosting);"
        "print(json.dumps([name for name in sys.modules if name.startswith(('aws_cdk', 'jsii'))]))"
    )
    assert fresh(code) == []


def test_an_error_can_be_caught_without_the_cdk() -> None:
    code = (
        "import sys, json; from cdk_model_hosting import ConfigurationError;"
        "print(json.dumps([name for name in sys.modules if name.startswith(('aws_cdk', 'jsii'))]))"
    )
    assert fresh(code) == []


def test_all_names_together_load_no_heavy_part_of_the_cdk() -> None:
    code = (
        "import sys, json; from cdk_model_hosting import *;"
        "heavy = {'aws_ec2', 'aws_eks', 'aws_lambda', 'aws_ecs', 'aws_s3', 'aws_ecr', 'aws_ecr_assets', 'aws_s3_assets'};"
        "print(json.dumps(sorted(each for each in heavy if 'aws_cdk.' + each in sys.modules)))"
    )
    assert fresh(code) == []


def test_a_star_import_gives_the_public_names() -> None:
    code = "import json; from cdk_model_hosting import *; print(json.dumps(sorted(n for n in dir() if n[0].isupper())))"
    assert fresh(code) == NAMES
