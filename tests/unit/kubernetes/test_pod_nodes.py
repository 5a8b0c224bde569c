from typing import Any

import aws_cdk as cdk
import pytest

from cdk_model_hosting.kubernetes.device_plugin import DevicePlugin
from cdk_model_hosting.kubernetes.gpu_sharing import GpuSharing
from cdk_model_hosting.kubernetes.jobs.flavor import QueueFlavor
from cdk_model_hosting.kubernetes.jobs.queue import KueueQueue
from cdk_model_hosting.kubernetes.model_namespace import ModelNamespace
from cdk_model_hosting.kubernetes.node_image import NodeImage
from cdk_model_hosting.kubernetes.node_update import NodeUpdate
from cdk_model_hosting.kubernetes.pod_scaling import PodScaling
from cdk_model_hosting.kubernetes.pod_size import PodSize
from cdk_model_hosting.kubernetes.scheduling import Taint
from tests.unit.builders import new_stack, number_token, refused, text_token
from tests.unit.kubernetes import made
from tests.unit.kubernetes.groups import group
from tests.unit.kubernetes.jobs import job
from tests.unit.kubernetes.pools import auto_mode, cluster_with_karpenter, pool
from tests.unit.kubernetes.serving import add_ons, serving, warnings

OTHER = "{what} must be of the cluster Stack/Cluster, got {name!r} of Stack/Other: pods would look for it in their own cluster"
TAINTED = "a pod tolerates the taint nvidia.com/gpu alone, and 'gpu' has team too: it waits for other nodes; give PodSize the group itself"
MEASURED = (
    "PodScaling.on_gpu_use must be for GPUs that pods do not share, got a DevicePlugin with sharing: the use of a GPU would count for each "
    "pod on it; use on_server_queue"
)
TEAM = Taint(key="team", value="search")
SLICES = GpuSharing.time_slicing(replicas=4)


def two_clusters() -> tuple[Any, Any]:
    stack = new_stack()
    return made.cluster(stack), made.cluster(stack, "Other", attributes={"cluster_name": "other"})


def shared(sharing: GpuSharing, **options: Any) -> Any:
    cluster = made.cluster()
    group(cluster=cluster, **options)
    DevicePlugin(cluster, "Plugin", cluster=cluster, sharing=sharing)
    return cluster


def test_fails_when_the_namespace_is_of_another_cluster() -> None:
    cluster, other = two_clusters()
    namespace = ModelNamespace(other, "Namespace", cluster=other, name="models")
    with refused(OTHER.format(what="InferenceServer namespace", name="models")):
        serving(cluster=cluster, namespace=namespace)
    with refused(OTHER.format(what="GpuBatchJob namespace", name="models")):
        job(cluster=cluster, namespace=namespace)
    with refused(OTHER.format(what="KueueQueue namespace", name="models")):
        KueueQueue(cluster, "Queue", cluster=cluster, namespace=namespace, flavors=[QueueFlavor(nodes=group())])


def test_fails_when_the_nodes_of_a_queue_are_of_another_cluster() -> None:
    cluster, other = two_clusters()
    elsewhere = group(cluster=other)
    with refused(OTHER.format(what="QueueFlavor nodes", name="gpu")):
        KueueQueue(cluster, "Queue", cluster=cluster, namespace="jobs", flavors=[QueueFlavor(nodes=elsewhere)])


def test_one_cluster_may_be_imported_twice() -> None:
    stack = new_stack()
    cluster, again = made.cluster(stack), made.cluster(stack, "Again")
    namespace = ModelNamespace(again, "Namespace", cluster=again, name="models")
    assert warnings(serving(cluster=cluster, namespace=namespace, pod=PodSize(group=group(cluster=again)))) == []


def test_a_cluster_whose_name_is_told_later_may_be_the_same() -> None:
    stack = new_stack()
    cluster, told = (
        made.cluster(stack),
        made.cluster(stack, "Told", attributes={"cluster_name": text_token(stack, "Name")}),
    )
    namespace = ModelNamespace(told, "Namespace", cluster=told, name="models")
    assert warnings(serving(cluster=cluster, namespace=namespace)) == []


@pytest.mark.parametrize("named", [None, "gpu"])
def test_taints_that_keep_a_pod_away(named: str | None) -> None:
    cluster = made.cluster()
    own = group(cluster=cluster, taints=[TEAM])

    assert warnings(serving(cluster=cluster, pod=PodSize(group=named))) == [TAINTED]
    assert warnings(serving("Welcome", cluster=cluster, pod=PodSize(group=own))) == []
    group("Free", cluster=cluster)
    expected = [] if named is None else [TAINTED]
    assert warnings(serving("Next", cluster=cluster, pod=PodSize(group=named))) == expected


def test_a_taint_that_asks_no_more_than_a_preference() -> None:
    cluster = made.cluster()
    group(cluster=cluster, taints=[Taint(key="team", effect="PreferNoSchedule")])
    assert warnings(serving(cluster=cluster)) == []


def test_a_queue_sends_its_jobs_to_nodes_with_any_taint() -> None:
    cluster = made.cluster()
    nodes = group(cluster=cluster, taints=[TEAM])
    queue = KueueQueue(cluster, "Queue", cluster=cluster, namespace="batch", flavors=[QueueFlavor(nodes=nodes)])

    assert warnings(job("Alone", cluster=cluster)) == [TAINTED]
    assert warnings(job("Queued", cluster=cluster, queue=queue)) == []


def test_fails_when_the_use_of_shared_gpus_is_measured() -> None:
    cluster = shared(SLICES)
    add_ons(cluster)
    with refused(MEASURED):
        serving(scaling=PodScaling.on_gpu_use(percent=70, between=(1, 4)), cluster=cluster)


def test_the_use_of_whole_gpus_is_measured_beside_shared_ones() -> None:
    cluster = made.cluster()
    whole = group("Whole", cluster=cluster, image=NodeImage.bottlerocket())
    group(cluster=cluster)
    DevicePlugin(cluster, "Plugin", cluster=cluster, sharing=SLICES)
    add_ons(cluster)
    scaling = PodScaling.on_gpu_use(percent=70, between=(1, 4))
    assert warnings(serving(cluster=cluster, scaling=scaling, pod=PodSize(group=whole))) == []


def test_the_use_of_gpus_that_cannot_be_cut_is_measured_beside_parts() -> None:
    cluster = made.cluster()
    group("Parts", cluster=cluster, instance_types=["p5.48xlarge"], parts="1g.10gb")
    by_hand = group("ByHand", cluster=cluster, instance_types=["p4d.24xlarge"])
    whole = group("Whole", cluster=cluster)
    DevicePlugin(cluster, "Plugin", cluster=cluster, sharing=GpuSharing.mig("single"))
    add_ons(cluster)
    scaling = PodScaling.on_gpu_use(percent=70, between=(1, 4))
    assert warnings(serving(cluster=cluster, scaling=scaling, pod=PodSize(group=whole))) == []
    for nodes in (by_hand, "of-somebody-else"):
        with refused(MEASURED):
            serving("Other", cluster=cluster, scaling=scaling, pod=PodSize(group=nodes))


@pytest.mark.parametrize("named", [True, False])
def test_pods_go_before_their_pool(*, named: bool) -> None:
    cluster = auto_mode()
    one = pool(cluster)
    other = pool(cluster, "Neuron", instance_families=["inf2"])
    size = PodSize(group=one if named else None)
    serving(cluster=cluster, pod=size)
    job(cluster=cluster, pod=size)

    for kind in ("Deployment", "Job"):
        waits = " ".join(made.awaited(cluster, made.applied(cluster, kind)))
        assert "GpuSpotManifest" in waits
        assert "NeuronManifest" not in waits
    assert other.accelerator == "neuron"


# How long nodes wait for pods

DRAINED = (
    "a try may take {seconds} seconds, and 'gpu-spot' waits {drain} for pods on a node that is to be replaced: it begins anew then; give the "
    "pool a longer drain_for, or the job a shorter shard_time_limit"
)


def drained(cluster: Any, hours: int, **options: Any) -> list[str]:
    times = {"time_limit": cdk.Duration.hours(hours)}
    told = warnings(job(cluster=cluster, **{**times, **options}))
    return [each for each in told if each.startswith("a try")]


def test_says_when_a_node_is_replaced_before_a_shard_must_have_ended() -> None:
    cluster = cluster_with_karpenter()
    waits = pool(cluster, drain_for=cdk.Duration.hours(2))
    text = DRAINED.format(seconds=10_800, drain=7200)

    assert drained(cluster, 3) == drained(cluster, 3, construct_id="Pinned", pod=PodSize(group=waits)) == [text]
    assert drained(cluster, 2, construct_id="Short") == []
    assert drained(cluster, 3, construct_id="Tries", shard_time_limit=cdk.Duration.hours(1)) == []
    later = cdk.Duration.seconds(number_token(cluster, "Later"))
    assert drained(cluster, 3, construct_id="Later", time_limit=later) == []


def test_nodes_of_eks_wait_a_day() -> None:
    cluster = auto_mode()
    pool(cluster)
    assert drained(cluster, 24) == []
    assert drained(cluster, 25, construct_id="Long") == [DRAINED.format(seconds=90_000, drain=86_400)]


def test_nodes_that_wait_for_ever_let_every_shard_end() -> None:
    cluster = cluster_with_karpenter()
    pool(cluster)
    pool(cluster, "Told", drain_for=cdk.Duration.seconds(number_token(cluster, "Later")))
    assert drained(cluster, 700) == []


# How long pods may take to go


def stays(cluster: Any, minutes: float, **options: Any) -> list[str]:
    server = serving(cluster=cluster, longest_request=cdk.Duration.seconds(minutes * 60), **options)
    return [each for each in warnings(server) if each.startswith("a pod may take")]


def test_says_when_a_node_is_replaced_before_a_pod_can_have_gone() -> None:
    cluster = made.cluster()
    group(cluster=cluster)
    group("Other", cluster=cluster, update=NodeUpdate(force=True))
    text = (
        "a pod may take {seconds} seconds to go, and EKS waits 900 when it replaces a node: an update of 'gpu' may fail; give it "
        "NodeUpdate(force=True), or the server a shorter longest_request"
    )

    assert stays(cluster, 14.5) == []
    assert stays(cluster, 15, construct_id="Long") == [text.format(seconds=930)]
    assert stays(cluster, 60, construct_id="Forced", pod=PodSize(group="other")) == []


def test_pools_wait_as_long_as_pods_need() -> None:
    cluster = cluster_with_karpenter()
    pool(cluster)
    assert stays(cluster, 60) == []
