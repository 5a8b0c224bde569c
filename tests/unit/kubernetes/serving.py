"""Servers for the tests, and what is read back of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import aws_cdk as cdk
from aws_cdk import aws_s3 as s3

from cdk_model_hosting.kubernetes.argo_rollouts import ArgoRollouts
from cdk_model_hosting.kubernetes.dcgm_exporter import DcgmExporter
from cdk_model_hosting.kubernetes.inference_server import InferenceServer
from cdk_model_hosting.kubernetes.keda import Keda
from cdk_model_hosting.kubernetes.pod_size import PodSize
from cdk_model_hosting.kubernetes.prometheus import Prometheus
from cdk_model_hosting.kubernetes.servers.model_server import ModelServer
from cdk_model_hosting.models.artifact import ModelArtifact
from tests.unit.kubernetes import made

if TYPE_CHECKING:
    from constructs import Construct

    from cdk_model_hosting.kubernetes.serving_cluster import ServingCluster

TRITON = "nvcr.io/nvidia/tritonserver:25.10-py3"
VLLM = "vllm/vllm-openai:v0.11.0"
OWN = "111122223333.dkr.ecr.eu-west-1.amazonaws.com/ranker:7"


def prefix(scope: Construct, construct_id: str = "Models", name: str = "ranker/7/") -> ModelArtifact:
    """Files below a prefix of a bucket."""
    return ModelArtifact.uncompressed(s3.Bucket.from_bucket_name(scope, construct_id, "models"), name)


def archive(scope: Construct, construct_id: str = "Models") -> ModelArtifact:
    """An archive in a bucket."""
    return ModelArtifact.from_bucket(s3.Bucket.from_bucket_name(scope, construct_id, "models"), "ranker/7.tar.gz")


def own(**options: Any) -> ModelServer:
    """The simplest server: an image that answers at a port."""
    return ModelServer.image(OWN, **{"port": 8080, "ready_path": "/ready", **options})


def add_ons(cluster: ServingCluster) -> None:
    """All add-ons that a server may need."""
    stack = cdk.Stack.of(cluster)
    Keda(stack, "Keda", cluster=cluster)
    Prometheus(stack, "Prometheus", cluster=cluster)
    DcgmExporter(stack, "DcgmExporter", cluster=cluster)
    ArgoRollouts(stack, "ArgoRollouts", cluster=cluster)


def serving(construct_id: str = "Ranker", **options: Any) -> InferenceServer:
    """A server in an imported cluster with all add-ons, unless another is given."""
    cluster = options.pop("cluster", None)
    if cluster is None:
        cluster = made.cluster(version=options.pop("version", "1.36"))
        add_ons(cluster)
    needed: dict[str, Any] = {"namespace": "models", "pod": PodSize(), "server": None}
    given = {**needed, **options}
    if given["server"] is None:
        given["server"] = own()
    return InferenceServer(cdk.Stack.of(cluster), construct_id, cluster=cluster, **given)


def objects(server: InferenceServer) -> dict[str, dict[str, Any]]:
    """The server's own objects by kind."""
    return {each["kind"]: each for each in made.manifests(server) if each["metadata"]["name"] == server.name}


def pod(server: InferenceServer) -> dict[str, Any]:
    """What the server's pods are."""
    found = objects(server)
    workload = found["Deployment"] if "Deployment" in found else found["Rollout"]
    spec: dict[str, Any] = workload["spec"]["template"]["spec"]
    return spec


def container(server: InferenceServer) -> dict[str, Any]:
    """The container of the server itself."""
    (found,) = pod(server)["containers"]
    return dict(found)


def warnings(made_one: Construct) -> list[str]:
    """What is said of a server or a job."""
    return [str(each.data).partition(" [ack:")[0] for each in made_one.node.metadata if each.type == "aws:cdk:warning"]
