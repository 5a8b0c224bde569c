from typing import Any

import aws_cdk as cdk
import pytest

from cdk_model_hosting.kubernetes.jobs.batch_job import GpuBatchJob
from cdk_model_hosting.kubernetes.jobs.flavor import QueueFlavor
from cdk_model_hosting.kubernetes.jobs.output import JobOutput
from cdk_model_hosting.kubernetes.jobs.queue import KueueQueue
from cdk_model_hosting.kubernetes.jobs.shards import JobShards
from cdk_model_hosting.kubernetes.jobs.start import JobStart
from cdk_model_hosting.kubernetes.kueue import Kueue
from cdk_model_hosting.kubernetes.model_namespace import ModelNamespace
from cdk_model_hosting.kubernetes.node_scaling import NodeScaling
from cdk_model_hosting.kubernetes.pod_size import PodSize
from cdk_model_hosting.kubernetes.scheduling import Taint
from cdk_model_hosting.kubernetes.serving_cluster import ServingCluster
from tests.unit.builders import new_stack, number_token, refused, text_token
from tests.unit.kubernetes import made
from tests.unit.kubernetes.groups import group
from tests.unit.kubernetes.jobs import IMAGE, bucket, job, of_kind
from tests.unit.kubernetes.schemas import assert_valid

POOL = QueueFlavor(nodes="pool", gpus=4, cpu=32, memory_mb=131_072)


def served(scope: Any = None, construct_id: str = "Cluster", **options: Any) -> ServingCluster:
    return made.cluster(scope, construct_id, node_scaling=NodeScaling.CLUSTER_AUTOSCALER, **options)


def queue(cluster: ServingCluster, construct_id: str = "Batch", **options: Any) -> KueueQueue:
    needed = {"namespace": "batch", "flavors": [POOL]}
    return KueueQueue(cdk.Stack.of(cluster), construct_id, cluster=cluster, **{**needed, **options})


def rendered(cluster: ServingCluster) -> dict[str, list[dict[str, Any]]]:
    found: dict[str, list[dict[str, Any]]] = {}
    for each in made.manifests(cluster):
        found.setdefault(each["kind"], []).append(each)
    return found


# The queue


def test_a_queue_for_the_nodes_of_a_group() -> None:
    cluster = served()
    spot = group("Spot", cluster=cluster, instance_types=["g5.12xlarge"], taints=[Taint(key="team", value="risk")])
    queue(cluster, flavors=[QueueFlavor(nodes=spot)])

    found = rendered(cluster)
    (flavor,) = found["ResourceFlavor"]
    assert flavor == {
        "apiVersion": "kueue.x-k8s.io/v1beta2",
        "kind": "ResourceFlavor",
        "metadata": {"name": "spot"},
        "spec": {
            "nodeLabels": {"model-hosting/accelerator": "nvidia", "model-hosting/group": "spot"},
            "nodeTaints": [
                {"key": "nvidia.com/gpu", "value": "present", "effect": "NoSchedule"},
                {"key": "team", "value": "risk", "effect": "NoSchedule"},
            ],
            "tolerations": [
                {"key": "nvidia.com/gpu", "operator": "Exists", "effect": "NoSchedule"},
                {"key": "team", "operator": "Exists", "effect": "NoSchedule"},
            ],
        },
    }
    assert flavor["spec"]["nodeLabels"].items() <= spot.labels.items()
    (cluster_queue,) = found["ClusterQueue"]
    assert cluster_queue["apiVersion"] == "kueue.x-k8s.io/v1beta2"
    assert cluster_queue["spec"] == {
        "namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "batch"}},
        "queueingStrategy": "BestEffortFIFO",
        "resourceGroups": [
            {
                "coveredResources": ["cpu", "memory", "ephemeral-storage", "nvidia.com/gpu"],
                "flavors": [
                    {
                        "name": "spot",
                        # Four nodes with 4 GPUs, and what 48 processors and 192 GB leave for pods.
                        "resources": [
                            {"name": "cpu", "nominalQuota": "190.04"},
                            {"name": "memory", "nominalQuota": "691040Mi"},
                            {"name": "ephemeral-storage", "nominalQuota": "1Pi"},
                            {"name": "nvidia.com/gpu", "nominalQuota": 16},
                        ],
                    }
                ],
            }
        ],
    }
    (local_queue,) = found["LocalQueue"]
    assert local_queue["metadata"] == {"name": "batch", "namespace": "batch"}
    assert local_queue["spec"] == {"clusterQueue": cluster_queue["metadata"]["name"]}
    assert_valid(made.manifests(cluster))


def test_everything_that_a_pod_asks_for_has_a_quota() -> None:
    cluster = served()
    waiting = job(cluster=cluster, parallel=1, queue=queue(cluster))
    (container,) = of_kind(waiting, "Job")["spec"]["template"]["spec"]["containers"]
    (cluster_queue,) = rendered(cluster)["ClusterQueue"]
    (resources,) = cluster_queue["spec"]["resourceGroups"]
    assert set(resources["coveredResources"]) == container["resources"]["requests"].keys()
    for flavor in resources["flavors"]:
        assert [each["name"] for each in flavor["resources"]] == resources["coveredResources"]


def test_flavors_are_tried_in_order_and_queues_lend_each_other() -> None:
    cluster = served()
    second = QueueFlavor(nodes="on-demand", gpus=0, cpu=0.5, memory_mb=1024)
    queue(cluster, "Risk", flavors=[POOL, second], cohort="models")
    queue(cluster, "Ranking", flavors=[POOL], cohort="models", namespace="ranking")

    found = rendered(cluster)
    assert [each["metadata"]["name"] for each in found["ResourceFlavor"]] == ["pool", "on-demand"]
    (risk,) = (each["spec"] for each in found["ClusterQueue"] if each["metadata"]["name"] == "risk")
    assert [each["name"] for each in risk["resourceGroups"][0]["flavors"]] == ["pool", "on-demand"]
    assert {each["spec"]["cohortName"] for each in found["ClusterQueue"]} == {"models"}
    assert len(found["LocalQueue"]) == 2


def test_a_queue_for_neuron_devices() -> None:
    cluster = served()
    queue(cluster, flavors=[QueueFlavor(nodes="inf", gpus=2, cpu=8, memory_mb=1024, accelerator="neuron")])
    found = rendered(cluster)
    assert found["ClusterQueue"][0]["spec"]["resourceGroups"][0]["coveredResources"][-1] == "aws.amazon.com/neuron"
    assert found["ResourceFlavor"][0]["spec"]["nodeTaints"][0]["key"] == "aws.amazon.com/neuron"


def test_what_comes_before_what() -> None:
    cluster = served()
    stack = cdk.Stack.of(cluster)
    Kueue(stack, "Kueue", cluster=cluster)
    namespace = ModelNamespace(stack, "Models", cluster=cluster, name="batch")
    waiting = queue(cluster, namespace=namespace)
    job(cluster=cluster, namespace=namespace, queue=waiting, parallel=1)

    (chart,) = (name for name in made.template(stack)["Resources"] if name.startswith("KueueChart"))
    flavor, cluster_queue, local_queue = (
        made.applied(stack, each) for each in ("ResourceFlavor", "ClusterQueue", "LocalQueue")
    )
    assert {chart, made.applied(stack, "Namespace")} <= made.awaited(stack, flavor)
    assert flavor in made.awaited(stack, cluster_queue)
    assert cluster_queue in made.awaited(stack, local_queue)
    assert local_queue in made.awaited(stack, made.applied(stack, "Job"))


# Jobs in it


def test_a_job_waits_until_it_is_let_go() -> None:
    cluster = served()
    found = of_kind(job(cluster=cluster, queue=queue(cluster)), "Job")
    assert found["metadata"]["labels"] == {"model-hosting/job": "score", "kueue.x-k8s.io/queue-name": "batch"}
    assert found["spec"]["suspend"] is True
    # The pods are the job's, and wait in no queue by themselves.
    assert found["spec"]["template"]["metadata"]["labels"] == {"model-hosting/job": "score"}
    assert_valid(made.manifests(cluster))


def test_jobs_of_a_schedule_wait_and_the_schedule_does_not() -> None:
    cluster = served()
    found = of_kind(job(cluster=cluster, queue=queue(cluster), start=JobStart.by_hand()), "CronJob")
    assert "kueue.x-k8s.io/queue-name" not in found["metadata"]["labels"]
    template = found["spec"]["jobTemplate"]
    assert template["metadata"]["labels"]["kueue.x-k8s.io/queue-name"] == "batch"
    assert template["spec"]["suspend"] is True


def test_another_queue_is_another_job() -> None:
    cluster = served()
    one = job("One", cluster=cluster, name="one", queue=queue(cluster, "First"))
    other = served()
    two = job("One", cluster=other, name="one", queue=queue(other, "Second"))
    assert one.resource_name != two.resource_name


@pytest.mark.parametrize(
    ("flavors", "options", "message"),
    [
        (
            [POOL],
            {"parallel": 3, "pod": PodSize(gpus=2)},
            (
                "GpuBatchJob parallel must ask for no more than the 4 devices of flavor 'pool', got 3 pods with 6: Kueue lets all pods of a "
                "job go at once, on nodes of one flavor"
            ),
        ),
        (
            [POOL],
            {"parallel": 2, "pod": PodSize(cpu="16500m")},
            (
                "GpuBatchJob parallel must ask for no more than the 32 processors of flavor 'pool', got 2 pods with 33: Kueue lets all pods "
                "of a job go at once, on nodes of one flavor"
            ),
        ),
        (
            [POOL],
            {"parallel": 2, "pod": PodSize(memory_mb=65_537)},
            (
                "GpuBatchJob parallel must ask for no more than the 131072 MB of memory of flavor 'pool', got 2 pods with 131074: Kueue lets "
                "all pods of a job go at once, on nodes of one flavor"
            ),
        ),
        (
            [POOL],
            {"namespace": "other"},
            "GpuBatchJob queue must be of the job's namespace 'other', got 'batch' of 'batch': queues serve their own alone",
        ),
        (
            [POOL],
            {"pod": PodSize(accelerator="neuron")},
            "GpuBatchJob queue must have neuron devices, got 'batch' with nvidia: no job would have room",
        ),
        (
            [POOL],
            {"pod": PodSize(group="other")},
            "GpuBatchJob queue must take jobs to the pods' group 'other', got pool: no job would have room",
        ),
    ],
)
def test_fails_when_a_job_would_wait_for_ever(
    flavors: list[QueueFlavor], options: dict[str, Any], message: str
) -> None:
    cluster = served()
    with refused(message):
        job(cluster=cluster, queue=queue(cluster, flavors=flavors), **options)


def test_fails_when_the_queue_is_of_another_cluster() -> None:
    with refused(
        "GpuBatchJob queue must be of the job's cluster, got 'batch' of another one: nobody would let the job go"
    ):
        job(cluster=served(), queue=queue(served(attributes={"cluster_name": "other"})))


def test_a_queue_may_come_by_another_import_of_the_cluster() -> None:
    stack = new_stack()
    assert job(cluster=served(stack), queue=queue(served(stack, "Again"))).name == "score"


def test_the_largest_flavor_decides_and_a_cohort_may_lend() -> None:
    large = QueueFlavor(nodes="large", gpus=8, cpu=64, memory_mb=262_144)
    cluster = served()
    assert job(cluster=cluster, pod=PodSize(gpus=2), queue=queue(cluster, flavors=[POOL, large])).name == "score"
    lent = served()
    assert job(cluster=lent, pod=PodSize(gpus=2), queue=queue(lent, cohort="models")).name == "score"


# What is refused


def test_fails_when_a_queue_is_made_twice() -> None:
    cluster = served()
    queue(cluster, "One", name="batch")
    with refused(
        "Stack/Two must not own the Kueue queue batch of a cluster, got one that Stack/One owns: a cluster has one"
    ):
        queue(cluster, "Two", name="batch")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (
            {"flavors": []},
            "KueueQueue flavors must have 1-64 flavors, got 0: Kueue looks through no more for a resource",
        ),
        (
            {"flavors": ["pool"]},
            "KueueQueue flavors element must be a QueueFlavor, got 'pool': nothing else is understood there",
        ),
        (
            {"flavors": [POOL, POOL]},
            "KueueQueue flavors must name each group once, got 'pool' again: it has one quota",
        ),
        (
            {"flavors": [POOL, QueueFlavor(nodes="inf", gpus=1, cpu=1, memory_mb=1, accelerator="neuron")]},
            (
                "KueueQueue flavors must have devices of one kind, got neuron, nvidia: a job asks for one, and a queue counts one; make two"
            ),
        ),
        (
            {"cohort": "Models"},
            (
                "KueueQueue cohort must be 1-253 characters (lower case letters, digits, hyphens and dots, beginning and ending with a "
                "letter or digit), got 'Models': Kubernetes takes no other name"
            ),
        ),
        (
            {"name": "Batch"},
            (
                "KueueQueue name must be 1-63 characters (lower case letters, digits and hyphens, beginning and ending with a letter or "
                "digit), got 'Batch': Kubernetes takes no other name"
            ),
        ),
        (
            {"namespace": 1},
            "KueueQueue namespace must be a ModelNamespace or str, got 1: nothing else is understood there",
        ),
    ],
)
def test_fails_when_a_queue_is_none(options: dict[str, Any], message: str) -> None:
    with refused(message):
        queue(served(), **options)


def test_fails_when_the_cluster_is_none() -> None:
    with refused("KueueQueue cluster must be a ServingCluster, got 'models': nothing else is understood there"):
        KueueQueue(new_stack(), "Batch", cluster="models", namespace="batch", flavors=[POOL])  # type: ignore[arg-type] # no types


def test_tokens_pass() -> None:
    stack = new_stack()
    cluster = served(stack)
    text, number = text_token(stack), number_token(stack)
    flavor = QueueFlavor(nodes=text, gpus=number, cpu=number, memory_mb=number)  # type: ignore[arg-type] # floats
    waiting = queue(cluster, namespace=text, flavors=[flavor], cohort=text, name=text)
    job(cluster=cluster, queue=waiting, pod=PodSize(gpus=number))  # type: ignore[arg-type] # a float

    (manifest,) = (
        each["Properties"]["Manifest"]["Fn::Join"][1]
        for name, each in made.template(stack)["Resources"].items()
        if name.startswith("BatchManifestClusterQueue")
    )
    assert manifest.count({"Ref": "Number"}) == 3
    (memory,) = (each for each in manifest if isinstance(each, str) and each.startswith('Mi"'))
    assert manifest[manifest.index(memory) - 1] == {"Ref": "Number"}


def test_queues_and_jobs_stand_in_another_stack_than_their_cluster() -> None:
    app = cdk.App()
    cluster = served(cdk.Stack(app, "One"))
    Kueue(cdk.Stack.of(cluster), "Kueue", cluster=cluster)
    stack = cdk.Stack(app, "Two")
    waiting = KueueQueue(stack, "Batch", cluster=cluster, namespace="batch", flavors=[POOL])
    GpuBatchJob(
        stack,
        "Score",
        cluster=cluster,
        namespace="batch",
        image=IMAGE,
        command=["run"],
        shards=JobShards.below(bucket(stack), "input/", count=4),
        output=JobOutput(bucket=bucket(stack, "answers")),
        time_limit=cdk.Duration.hours(1),
        queue=waiting,
    )

    kinds = [each["kind"] for each in made.manifests(stack)]
    assert sorted(kinds) == ["ClusterQueue", "Job", "LocalQueue", "ResourceFlavor", "ServiceAccount"]
    assert [each.stack_name for each in stack.dependencies] == ["One"]


def test_two_syntheses_are_equal() -> None:
    def synthesis() -> dict[str, Any]:
        cluster = served()
        return made.template(job(cluster=cluster, queue=queue(cluster)))

    assert synthesis() == synthesis()
