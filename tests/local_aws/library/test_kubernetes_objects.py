"""What is taken out of an app is gone from the cluster, whatever its kind; what was refused is in nobody's way."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_eks_v2 as eks
from aws_cdk import aws_sqs as sqs

from cdk_model_hosting.kubernetes.argo_rollouts import ArgoRollouts
from cdk_model_hosting.kubernetes.exposure import Exposure
from cdk_model_hosting.kubernetes.imported_cluster import ImportedCluster
from cdk_model_hosting.kubernetes.inference_server import InferenceServer
from cdk_model_hosting.kubernetes.jobs.batch_job import GpuBatchJob
from cdk_model_hosting.kubernetes.jobs.output import JobOutput
from cdk_model_hosting.kubernetes.jobs.shards import JobShards
from cdk_model_hosting.kubernetes.jobs.start import JobStart
from cdk_model_hosting.kubernetes.keda import Keda
from cdk_model_hosting.kubernetes.model_namespace import ModelNamespace
from cdk_model_hosting.kubernetes.network_policies import TrafficSource
from cdk_model_hosting.kubernetes.pod_scaling import PodScaling
from cdk_model_hosting.kubernetes.pod_size import PodSize
from cdk_model_hosting.kubernetes.prometheus import Prometheus
from cdk_model_hosting.kubernetes.servers.model_server import ModelServer
from cdk_model_hosting.rollout.rollout import Rollout
from tests.local_aws.kubernetes import Kubernetes
from tests.local_aws.runtime import clustered
from tests.local_aws.stacks import Stack, StackError

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.local_aws.lifecycle import LocalAws
    from tests.local_aws.stacks import Direct

    Build = Callable[[cdk.Stack], None]
    Straight = Callable[[str, Build], Direct]
    InCluster = Callable[[cdk.Stack], ImportedCluster]

CLUSTER = "taken-away"
MONITORING = TrafficSource.from_namespace("monitoring")
LLM = ModelServer.vllm(image="vllm/vllm-openai:v0.11.0", model="org/model")


@pytest.fixture(scope="module")
def in_cluster(local_aws: LocalAws) -> InCluster:
    """Deploy a cluster; return what imports it into a stack, with the functions that run kubectl."""
    stack = Stack(local_aws, "ClusterOfTakenAway")
    assert stack.apply(clustered.template(CLUSTER)) == "CREATE_COMPLETE", stack.log()
    outputs = stack.outputs()

    def imported(scope: cdk.Stack) -> ImportedCluster:
        provider = eks.KubectlProvider.from_kubectl_provider_attributes(
            scope, "Kubectl", service_token=outputs["Framework"]
        )
        found = eks.Cluster.from_cluster_attributes(
            scope, "Found", cluster_name=CLUSTER, kubectl_provider=provider, cluster_security_group_id="sg-1"
        )
        return ImportedCluster(scope, "Cluster", cluster=found, version="1.35")

    return imported


@pytest.fixture
def inside(local_aws: LocalAws, in_cluster: InCluster) -> Kubernetes:
    """What is in the cluster."""
    assert callable(in_cluster)
    return Kubernetes(local_aws, CLUSTER)


@pytest.fixture(scope="module")
def add_ons(straight: Straight, in_cluster: InCluster) -> None:
    """Install what brings the custom kinds."""

    def build(stack: cdk.Stack) -> None:
        cluster = in_cluster(stack)
        for each in (Prometheus, Keda, ArgoRollouts):
            each(stack, each.__name__, cluster=cluster)

    straight("TakenAwayAddOns", build).deploy()


def known(inside: Kubernetes, *namespaces: str) -> set[tuple[str, str]]:
    """Kinds and names of all objects in some namespaces."""
    return {
        (each["kind"], each["metadata"]["name"])
        for each in inside.told()["manifests"]
        if each["metadata"].get("namespace") in namespaces
    }


def everything(stack: cdk.Stack, cluster: ImportedCluster) -> None:
    """A server with all that can be taken away from it."""
    models = ModelNamespace(stack, "Models", cluster=cluster, name="models", gpus=20, allow_from=[MONITORING])
    queue = sqs.Queue.from_queue_arn(stack, "Queue", f"arn:aws:sqs:{stack.region}:{stack.account}:asked")
    server = InferenceServer(
        stack,
        "Ranker",
        cluster=cluster,
        namespace=models,
        server=LLM,
        pod=PodSize(),
        scaling=PodScaling.on_sqs(queue, per_replica=5, between=(10, 20)),
        rollout=Rollout.canary(percent=10, bake=cdk.Duration.minutes(10)),
        allow_from=[MONITORING],
        exposure=Exposure.internal_load_balancer(from_addresses=["10.0.0.0/16"]),
        prometheus="http://prometheus.monitoring.svc",
    )
    server.grant_ask(TrafficSource.from_namespace("callers"))


def plain(stack: cdk.Stack, cluster: ImportedCluster, *, namespace: str = "models", **options: Any) -> None:
    """The same server with none of it."""
    models = ModelNamespace(stack, "Models", cluster=cluster, name=namespace)
    InferenceServer(stack, "Ranker", cluster=cluster, namespace=models, server=LLM, pod=PodSize(), **options)


@pytest.mark.usefixtures("add_ons")
def test_what_is_taken_away_from_a_server_is_gone(
    straight: Straight, in_cluster: InCluster, inside: Kubernetes
) -> None:
    def deployed(build: Callable[..., None], **options: Any) -> Direct:
        made = straight("TakenAway", lambda stack: build(stack, in_cluster(stack), **options))
        made.deploy()
        return made

    kept = {
        *(("NetworkPolicy", "who-may-ask"), ("NetworkPolicy", "ranker"), ("PodDisruptionBudget", "ranker")),
        *(("Service", "ranker"), ("ServiceAccount", "ranker")),
    }
    deployed(everything)
    assert known(inside, "models") == kept | {
        *(("AnalysisTemplate", "ranker"), ("NetworkPolicy", "ranker-from-callers"), ("ResourceQuota", "devices")),
        *(("Rollout", "ranker"), ("ScaledObject", "ranker"), ("TriggerAuthentication", "ranker")),
    }

    deployed(plain)
    assert known(inside, "models") == kept | {("Deployment", "ranker")}
    assert "ingress" not in inside.object("NetworkPolicy", "ranker")["spec"]
    assert inside.object("NetworkPolicy", "who-may-ask")["spec"]["ingress"] == [{"from": [{"podSelector": {}}]}]
    assert inside.object("Service", "ranker")["spec"]["type"] == "ClusterIP"

    deployed(plain, name="sorter")
    assert known(inside, "models") == {
        (kind, "sorter" if name == "ranker" else name) for kind, name in kept | {("Deployment", "ranker")}
    }

    moved = deployed(plain, namespace="others")
    assert known(inside, "models") == set()
    assert "models" not in inside.told()["namespaces"]
    assert known(inside, "others") == kept | {("Deployment", "ranker")}
    moved.destroy()
    assert known(inside, "others") == set()


def test_a_job_leaves_no_schedule_behind(straight: Straight, in_cluster: InCluster, inside: Kubernetes) -> None:
    from aws_cdk import aws_s3 as s3  # noqa: PLC0415 - loaded by stacks with buckets alone

    def deployed(namespace: str, start: JobStart, image: str = "worker:1") -> Direct:
        def build(stack: cdk.Stack) -> None:
            bucket = s3.Bucket.from_bucket_name(stack, "Bucket", "records")
            GpuBatchJob(
                stack,
                "Score",
                cluster=in_cluster(stack),
                namespace=namespace,
                image=image,
                command=["score"],
                shards=JobShards.below(bucket, "in/", count=2),
                output=JobOutput(bucket=bucket, prefix="out/"),
                time_limit=cdk.Duration.hours(1),
                start=start,
            )

        made = straight("TakenAwayJob", build)
        made.deploy()
        return made

    monthly = JobStart.on_schedule("0 3 1 * *")
    deployed("default", monthly)
    assert known(inside, "default") == {("ServiceAccount", "score"), ("CronJob", "score")}
    deployed("kube-public", monthly)
    assert known(inside, "default") == set()
    assert known(inside, "kube-public") == {("ServiceAccount", "score"), ("CronJob", "score")}

    deployed("kube-public", JobStart.on_deploy())
    first = inside.names("Job")
    assert len(first) == 1
    assert inside.names("CronJob") == []
    changed = deployed("kube-public", JobStart.on_deploy(), image="worker:2")
    second = inside.names("Job")
    assert len(second) == 1
    assert second != first
    changed.destroy()
    assert known(inside, "kube-public") == set()


def config(name: str) -> dict[str, Any]:
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name}}


def test_what_was_refused_is_in_nobodys_way(straight: Straight, in_cluster: InCluster, inside: Kubernetes) -> None:
    def deployed(*names: str) -> Direct:
        return straight(
            "TakenAwayRefused", lambda stack: _apply(in_cluster(stack), "Objects", *(config(each) for each in names))
        )

    with pytest.raises(StackError, match="is invalid"):
        deployed("first", "Second", "third").deploy()
    assert inside.names("ConfigMap") == []
    Stack(inside.local, "TakenAwayRefused").delete()
    made = deployed("first", "second", "third")
    made.deploy()
    assert inside.names("ConfigMap") == ["first", "second", "third"]

    with pytest.raises(StackError, match="is invalid"):
        deployed("first", "fourth", "Fifth").deploy()
    assert set(inside.names("ConfigMap")) == {"first", "second", "third"}
    deployed("first", "fourth").deploy()
    assert set(inside.names("ConfigMap")) == {"first", "fourth"}
    made.destroy()


def test_an_object_that_another_construct_would_make_too_is_not_lost(
    straight: Straight, in_cluster: InCluster, inside: Kubernetes
) -> None:
    def deployed(construct_id: str, **options: Any) -> Direct:
        return straight(
            "TakenAwayMoved", lambda stack: _apply(in_cluster(stack), construct_id, config("settings"), **options)
        )

    deployed("One").deploy()
    with pytest.raises(StackError, match='configmaps "settings" already exists'):
        deployed("Two").deploy()
    assert inside.names("ConfigMap") == ["settings"]

    # What is taken over is deleted by its name, with what had it before: this is why nobody takes over unasked.
    moved = deployed("Two", overwrite=True)
    moved.deploy()
    assert inside.names("ConfigMap") == []
    moved.destroy()


def _apply(cluster: ImportedCluster, construct_id: str, *manifests: dict[str, Any], **options: Any) -> None:
    cluster.apply(cluster, construct_id, manifests, **options)
