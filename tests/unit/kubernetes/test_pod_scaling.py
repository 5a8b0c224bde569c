from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_sqs as sqs

from cdk_model_hosting.kubernetes.gpu_cluster import GpuCluster
from cdk_model_hosting.kubernetes.inference_server import InferenceServer
from cdk_model_hosting.kubernetes.keda import Keda
from cdk_model_hosting.kubernetes.pod_scaling import PodScaling
from cdk_model_hosting.kubernetes.pod_size import PodSize
from cdk_model_hosting.kubernetes.servers.model_server import ModelServer
from cdk_model_hosting.rollout.rollout import Rollout
from tests.unit.builders import new_stack, number_token, refused, resources
from tests.unit.kubernetes import made
from tests.unit.kubernetes.custom import assert_valid_custom
from tests.unit.kubernetes.serving import TRITON, VLLM, add_ons, container, objects, own, pod, prefix, serving, warnings

PROMETHEUS = "http://prometheus-server.prometheus.svc"
QUEUE_ARN = "arn:aws:sqs:eu-west-1:111122223333:asked"
NO_ZERO = "{what} between must have at least 1 pod, got 0: {why}; PodScaling.on_sqs scales to zero"


def queue(stack: cdk.Stack) -> sqs.IQueue:
    return sqs.Queue.from_queue_arn(stack, "Queue", QUEUE_ARN)


def trigger(scaling: PodScaling, **options: Any) -> dict[str, Any]:
    server = serving(scaling=scaling, **options)
    found = objects(server)
    assert_valid_custom(found.values())
    assert "replicas" not in found["Deployment"]["spec"]
    (one,) = found["ScaledObject"]["spec"]["triggers"]
    return dict(one)


def test_the_use_of_gpus() -> None:
    found = trigger(PodScaling.on_gpu_use(percent=70, between=(2, 8)), pod=PodSize(gpus=4))

    pods = '{namespace="models",pod=~"ranker-[a-z0-9]+-[a-z0-9]+"}'
    elsewhere = pods.replace("namespace=", "exported_namespace=").replace("pod=~", "exported_pod=~")
    assert found == {
        "type": "prometheus",
        "metricType": "AverageValue",
        "metadata": {
            "serverAddress": PROMETHEUS,
            "query": f"sum(DCGM_FI_DEV_GPU_UTIL{pods} or DCGM_FI_DEV_GPU_UTIL{elsewhere})",
            # Of all four GPUs of a pod together.
            "threshold": "280",
            "ignoreNullValues": "false",
        },
    }


def test_the_bounds_and_the_pace() -> None:
    server = serving(scaling=PodScaling.on_gpu_use(percent=70, between=(2, 8), cooldown=cdk.Duration.minutes(15)))
    found = objects(server)["ScaledObject"]

    assert found["metadata"]["namespace"] == "models"
    spec = {name: value for name, value in found["spec"].items() if name != "triggers"}
    assert spec == {
        "scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": "ranker"},
        "minReplicaCount": 2,
        "maxReplicaCount": 8,
        "pollingInterval": 15,
        "cooldownPeriod": 900,
        "advanced": {"horizontalPodAutoscalerConfig": {"behavior": {"scaleDown": {"stabilizationWindowSeconds": 900}}}},
    }


@pytest.mark.parametrize(
    ("vllm", "metric"), [(False, "nv_inference_pending_request_count"), (True, "vllm:num_requests_waiting")]
)
def test_the_queue_of_the_servers(*, vllm: bool, metric: str) -> None:
    cluster = made.cluster()
    add_ons(cluster)
    server = (
        ModelServer.vllm(image=VLLM, model="org/model")
        if vllm
        else ModelServer.triton(image=TRITON, repository=prefix(cluster))
    )
    found = trigger(PodScaling.on_server_queue(per_replica=0.5, between=(1, 4)), cluster=cluster, server=server)

    assert found["metadata"]["query"] == (f'sum({metric}{{namespace="models",pod=~"ranker-[a-z0-9]+-[a-z0-9]+"}})')
    assert found["metadata"]["threshold"] == "0.5"


def test_a_queue_of_sqs_down_to_none() -> None:
    cluster = made.cluster()
    add_ons(cluster)
    stack = cdk.Stack.of(cluster)
    server = serving(cluster=cluster, scaling=PodScaling.on_sqs(queue(stack), per_replica=10, between=(0, 6)))
    found = objects(server)

    assert_valid_custom(found.values())
    spec = found["ScaledObject"]["spec"]
    assert (spec["minReplicaCount"], spec["maxReplicaCount"]) == (0, 6)
    (one,) = spec["triggers"]
    assert one["type"] == "aws-sqs-queue"
    assert one["metadata"]["queueURL"] == "https://sqs.eu-west-1.<AWS::URLSuffix>/111122223333/asked"
    assert (one["metadata"]["queueLength"], one["metadata"]["awsRegion"]) == ("10", "<AWS::Region>")
    assert one["authenticationRef"] == {"name": "ranker"}
    assert found["TriggerAuthentication"]["spec"] == {"podIdentity": {"provider": "aws"}}
    (policy,) = resources(stack, "AWS::IAM::Policy").values()
    assert policy["Properties"]["PolicyDocument"]["Statement"] == [
        {"Action": "sqs:GetQueueAttributes", "Effect": "Allow", "Resource": QUEUE_ARN}
    ]
    assert "KedaOperatorRole" in str(policy["Properties"]["Roles"])
    assert warnings(server) == []


def test_pods_that_read_a_queue_hear_at_once_that_they_are_to_stop() -> None:
    cluster = made.cluster()
    add_ons(cluster)
    scaling = PodScaling.on_sqs(queue(cdk.Stack.of(cluster)), per_replica=10, between=(0, 6))
    server = serving(cluster=cluster, scaling=scaling, longest_request=cdk.Duration.minutes(5))

    assert "lifecycle" not in container(server)
    assert pod(server)["terminationGracePeriodSeconds"] == 320


@pytest.mark.parametrize(
    ("what", "build"),
    [
        ("ModelServer.vllm", lambda _: ModelServer.vllm(image=VLLM, model="org/model")),
        ("ModelServer.triton", lambda stack: ModelServer.triton(image=TRITON, repository=prefix(stack))),
    ],
)
def test_servers_that_read_no_queue(what: str, build: Any) -> None:
    cluster = made.cluster()
    add_ons(cluster)
    stack = cdk.Stack.of(cluster)
    scaling = PodScaling.on_sqs(queue(stack), per_replica=10, between=(0, 6))
    server = serving(cluster=cluster, server=build(stack), scaling=scaling)

    assert warnings(server) == [
        (
            f"{what} reads no queue, and PodScaling.on_sqs starts pods for messages: make sure that a program of yours takes them and asks the "
            "server, or use ModelServer.image"
        )
    ]
    # That program still sends requests while the pod goes away.
    assert container(server)["lifecycle"]["preStop"]["sleep"]["seconds"] >= 10


def test_a_queue_in_the_stack_of_the_server() -> None:
    app = cdk.App()
    cluster = made.cluster(cdk.Stack(app, "Platform"))
    Keda(cluster, "Keda", cluster=cluster)
    stack = cdk.Stack(app, "App")
    scaling = PodScaling.on_sqs(sqs.Queue(stack, "Asked"), per_replica=10, between=(0, 6))
    InferenceServer(stack, "Ranker", cluster=cluster, namespace="models", server=own(), pod=PodSize(), scaling=scaling)

    (policy,) = resources(stack, "AWS::IAM::Policy")
    asked = resources(stack, "AWS::SQS::Queue")
    statement = resources(stack, "AWS::IAM::Policy")[policy]["Properties"]["PolicyDocument"]["Statement"]
    assert [each["Resource"] for each in statement] == [{"Fn::GetAtt": [name, "Arn"]} for name in asked]
    # KEDA is told to look when it may.
    assert policy in made.awaited(stack, made.applied(stack, "ScaledObject"))


def test_argo_rollouts_are_scaled_too() -> None:
    cluster = made.cluster()
    add_ons(cluster)
    stack = cdk.Stack.of(cluster)
    server = serving(
        cluster=cluster,
        scaling=PodScaling.on_sqs(queue(stack), per_replica=10, between=(2, 6)),
        rollout=Rollout.canary(percent=50, bake=cdk.Duration.minutes(5)),
    )
    found = objects(server)

    assert_valid_custom(found.values())
    assert found["ScaledObject"]["spec"]["scaleTargetRef"] == {
        "apiVersion": "argoproj.io/v1alpha1",
        "kind": "Rollout",
        "name": "ranker",
    }
    assert "replicas" not in found["Rollout"]["spec"]


def test_what_scales_comes_after_what_is_scaled() -> None:
    cluster = made.cluster()
    add_ons(cluster)
    stack = cdk.Stack.of(cluster)
    serving(cluster=cluster, scaling=PodScaling.on_sqs(queue(stack), per_replica=10, between=(0, 6)))

    found = resources(stack, made.MANIFEST)
    (scaled,) = [each for each in found.values() if "ScaledObject" in str(each["Properties"]["Manifest"])]
    (identity,) = [name for name, each in found.items() if "TriggerAuth" in str(each["Properties"]["Manifest"])]
    assert scaled["DependsOn"] == [identity]
    waits = " ".join(found[identity]["DependsOn"])
    assert "RankerManifest" in waits
    assert "KedaChart" in waits


def test_a_fixed_number_needs_no_add_on() -> None:
    server = serving(cluster=made.cluster(), scaling=PodScaling.fixed(3))
    found = objects(server)
    assert found["Deployment"]["spec"]["replicas"] == 3
    assert "ScaledObject" not in found


def test_add_ons_of_an_imported_cluster_may_be_somebody_elses() -> None:
    server = serving(
        cluster=made.cluster(),
        scaling=PodScaling.on_gpu_use(percent=70, between=(1, 2)),
        prometheus="http://prometheus.monitoring.svc:9090",
    )
    (one,) = objects(server)["ScaledObject"]["spec"]["triggers"]
    assert one["metadata"]["serverAddress"] == "http://prometheus.monitoring.svc:9090"


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (
            lambda _: PodScaling.fixed(0),
            "PodScaling.fixed pods must be 1-1000 pods, got 0: a pod has a device, and a cluster not many more nodes",
        ),
        (
            lambda _: PodScaling.on_gpu_use(percent=101, between=(1, 2)),
            "PodScaling.on_gpu_use percent must be 1-100 %, got 101: it is a share",
        ),
        (
            lambda _: PodScaling.on_gpu_use(percent=70, between=(0, 2)),
            NO_ZERO.format(what="PodScaling.on_gpu_use", why="without pods there is no GPU whose use could rise"),
        ),
        (
            lambda _: PodScaling.on_server_queue(per_replica=1, between=(0, 2)),
            NO_ZERO.format(
                what="PodScaling.on_server_queue", why="without pods there is no server in which requests could wait"
            ),
        ),
        (
            lambda _: PodScaling.on_server_queue(per_replica=0, between=(1, 2)),
            "PodScaling.on_server_queue per_replica must be more than 0 requests, got 0: the number of pods is what waits, divided by it",
        ),
        (
            lambda stack: PodScaling.on_sqs(queue(stack), per_replica=1, between=(3, 2)),
            "PodScaling.on_sqs between must be in order, got (3, 2): the fewest pods come first",
        ),
        (
            lambda stack: PodScaling.on_sqs(queue(stack), per_replica=0, between=(0, 2)),
            "PodScaling.on_sqs per_replica must be more than 0 requests, got 0: the number of pods is what waits, divided by it",
        ),
        (
            lambda _: PodScaling.on_sqs("asked", per_replica=1, between=(0, 2)),  # type: ignore[arg-type] # no types
            "PodScaling.on_sqs queue must be a queue of SQS, got 'asked': nothing else is understood there",
        ),
        (
            lambda stack: PodScaling.on_sqs(queue(stack), per_replica=1, between=(-1, 2)),
            "PodScaling.on_sqs between minimum must be 0-1000 pods, got -1: a pod has a device, and a cluster not many more nodes",
        ),
        (
            lambda stack: PodScaling.on_sqs(queue(stack), per_replica=1, between=(0, 0)),
            "PodScaling.on_sqs between maximum must be 1-1000 pods, got 0: a pod has a device, and a cluster not many more nodes",
        ),
        (
            lambda _: PodScaling.on_gpu_use(percent=70, between=(1, 2), cooldown=cdk.Duration.hours(2)),
            "PodScaling.on_gpu_use cooldown must be 0-3600 seconds, got 7200: Kubernetes looks back at most an hour",
        ),
    ],
)
def test_fails_when_it_could_not_scale(make: Any, message: str) -> None:
    with refused(message):
        make(new_stack())


def test_fails_when_nothing_is_measured() -> None:
    with refused(
        "PodScaling.on_server_queue must be for a server that is known to publish its queue, got ModelServer.image: use on_gpu_use or on_sqs"
    ):
        serving(server=own(), scaling=PodScaling.on_server_queue(per_replica=1, between=(1, 2)))
    with refused(
        "PodScaling.on_gpu_use must be for pods with NVIDIA GPUs, got PodSize accelerator 'neuron': NVIDIA's exporter measures them; use "
        "on_server_queue"
    ):
        serving(pod=PodSize(accelerator="neuron"), scaling=PodScaling.on_gpu_use(percent=70, between=(1, 2)))


def test_fails_when_an_add_on_is_missing() -> None:
    cluster = GpuCluster(new_stack(), "Cluster")
    scaling = PodScaling.on_gpu_use(percent=70, between=(1, 2))
    with refused(
        "InferenceServer prometheus must be given where the cluster has no Prometheus, got None: scaling asks it; make Prometheus(...) "
        "before the server"
    ):
        serving(cluster=cluster, scaling=scaling)
    with refused(
        "InferenceServer scaling must have Keda in the cluster, got none: nothing would come of it; make Keda(...) before the server"
    ):
        serving(cluster=cluster, scaling=scaling, prometheus="http://prometheus.monitoring.svc")
    Keda(cluster, "Keda", cluster=cluster)
    with refused(
        "InferenceServer scaling on_gpu_use must have DcgmExporter in the cluster, got none: nothing would come of it; make "
        "DcgmExporter(...) before the server"
    ):
        serving(cluster=cluster, scaling=scaling, prometheus="http://prometheus.monitoring.svc")


def test_tokens_pass() -> None:
    stack = new_stack()
    cluster = made.cluster(stack)
    Keda(stack, "Keda", cluster=cluster)
    low, high, each = (number_token(stack, name) for name in ("Low", "High", "Each"))
    cooldown = cdk.Duration.seconds(number_token(stack, "Cooldown"))
    between: Any = (low, high)
    scaling = PodScaling.on_sqs(queue(stack), per_replica=each, between=between, cooldown=cooldown)
    serving(cluster=cluster, scaling=scaling)

    (scaled,) = [
        each["Properties"]["Manifest"]["Fn::Join"][1]
        for each in made.template(stack)["Resources"].values()
        if each["Type"] == made.MANIFEST and "ScaledObject" in str(each["Properties"]["Manifest"])
    ]
    for name in ("Low", "High", "Each", "Cooldown"):
        assert {"Ref": name} in scaled
