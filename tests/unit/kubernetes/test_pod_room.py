from typing import Any

import aws_cdk as cdk
import pytest

from cdk_model_hosting.kubernetes.model_namespace import ModelNamespace
from cdk_model_hosting.kubernetes.node_scaling import NodeScaling
from cdk_model_hosting.kubernetes.pod_scaling import PodScaling
from cdk_model_hosting.kubernetes.pod_size import PodSize
from cdk_model_hosting.rollout.rollout import Rollout
from tests.unit.builders import number_token, refused
from tests.unit.kubernetes import made
from tests.unit.kubernetes.jobs import job
from tests.unit.kubernetes.serving import add_ons, objects, serving, warnings

IN_QUOTA = "there is room for 4 pods in the quota of namespace 'models'"


def namespace(**quota: Any) -> dict[str, Any]:
    """A cluster that makes nodes without end, and a namespace with a quota."""
    cluster = made.cluster(node_scaling=NodeScaling.KARPENTER)
    add_ons(cluster)
    return {
        "cluster": cluster,
        "namespace": ModelNamespace(cluster, "Namespace", cluster=cluster, name="models", **quota),
    }


def bounds(server: Any) -> dict[str, Any]:
    found = objects(server)
    if "Rollout" in found:
        canary = found["Rollout"]["spec"]["strategy"]["canary"]
        return {name: canary[name] for name in ("maxSurge", "maxUnavailable")}
    return dict(found["Deployment"]["spec"]["strategy"]["rollingUpdate"])


def test_a_full_quota_lets_old_pods_go_first() -> None:
    server = serving(scaling=PodScaling.fixed(4), **namespace(gpus=4))

    assert warnings(server) == [
        (
            f"{IN_QUOTA}, which 4 may fill: an old pod goes before new ones come, and fewer answer until those are "
            "ready; room for 5 avoids it"
        )
    ]
    assert bounds(server) == {"maxSurge": 0, "maxUnavailable": 1}


def test_a_full_quota_of_a_canary() -> None:
    rollout = Rollout.canary(percent=50, bake=cdk.Duration.minutes(5))
    server = serving(scaling=PodScaling.fixed(2), pod=PodSize(gpus=2), rollout=rollout, **namespace(gpus=4))
    assert bounds(server) == {"maxSurge": 0, "maxUnavailable": "50%"}
    assert warnings(server)[0] == (
        "there is room for 2 pods in the quota of namespace 'models', which 2 may fill: 50% of the old pods go before new ones come, and "
        "fewer answer until those are ready; room for 3 avoids it"
    )


def test_half_of_the_pods_go_on_answering_whatever_the_step() -> None:
    rollout = Rollout.canary(percent=90, bake=cdk.Duration.minutes(5))
    server = serving(scaling=PodScaling.fixed(10), rollout=rollout, **namespace(gpus=10))
    assert bounds(server) == {"maxSurge": 0, "maxUnavailable": "50%"}
    assert any("50% of the old pods go before new ones come" in each for each in warnings(server))
    assert objects(server)["Rollout"]["spec"]["strategy"]["canary"]["steps"][0] == {"setWeight": 90}


@pytest.mark.parametrize(("gpus", "surge"), [(9, 1), (10, 2), (11, 2), (12, "50%")])
def test_room_for_a_part_of_the_step(gpus: int, surge: int | str) -> None:
    rollout = Rollout.canary(percent=50, bake=cdk.Duration.minutes(5))
    # Of the fewest pods a step is two.
    scaling = PodScaling.on_gpu_use(percent=70, between=(4, 8))
    server = serving(scaling=scaling, rollout=rollout, **namespace(gpus=gpus))
    assert bounds(server) == {"maxSurge": surge, "maxUnavailable": 0}
    assert not any("avoids it" in each for each in warnings(server))


def test_room_for_a_part_of_a_number() -> None:
    rollout = Rollout.rolling(instances=3, bake=cdk.Duration.minutes(1))
    server = serving(scaling=PodScaling.fixed(6), rollout=rollout, **namespace(gpus=8))
    assert bounds(server) == {"maxSurge": 2, "maxUnavailable": 0}


@pytest.mark.parametrize("quota", [{"gpus": 5}, {}, {"neuron_devices": 1}])
def test_room_in_the_quota(quota: dict[str, int]) -> None:
    server = serving(scaling=PodScaling.fixed(4), **namespace(**quota))
    assert warnings(server) == []
    assert bounds(server) == {"maxSurge": 1, "maxUnavailable": 0}


def test_more_pods_than_the_quota_when_there_is_much_to_do() -> None:
    server = serving(scaling=PodScaling.on_gpu_use(percent=70, between=(1, 9)), **namespace(gpus=4))
    assert warnings(server) == [f"{IN_QUOTA}, and scaling may ask for 9: the others wait"]


@pytest.mark.parametrize(
    ("quota", "gpus", "scaling", "message"),
    [
        (
            {"gpus": 3},
            1,
            PodScaling.fixed(4),
            "the 3 pods that there is room for in the quota of namespace 'models', got 4 with 1 devices each",
        ),
        (
            {"gpus": 7},
            4,
            PodScaling.on_gpu_use(percent=70, between=(2, 3)),
            "the 1 pods that there is room for in the quota of namespace 'models', got 2 with 4 devices each",
        ),
        (
            {"gpus": 0},
            1,
            None,
            "the 0 pods that there is room for in the quota of namespace 'models', got 1 with 1 devices each",
        ),
    ],
)
def test_fails_when_the_quota_is_too_small(
    quota: dict[str, int], gpus: int, scaling: PodScaling | None, message: str
) -> None:
    with refused(f"InferenceServer scaling must be for at most {message}: Kubernetes makes no pod beyond a quota"):
        serving(scaling=scaling, pod=PodSize(gpus=gpus), **namespace(**quota))


def test_fails_when_no_pod_of_a_job_has_room() -> None:
    with refused(
        "GpuBatchJob pod must be for at most the 0 pods that there is room for in the quota of namespace 'models', got 1 with 2 devices "
        "each: Kubernetes makes no pod beyond a quota"
    ):
        job(pod=PodSize(gpus=2), **namespace(gpus=1))


def test_a_job_gets_on_with_fewer_pods() -> None:
    assert warnings(job(parallel=3, **namespace(gpus=1))) == []


def test_tokens_pass() -> None:
    for what in ("quota", "gpus", "pods"):
        cluster = made.cluster()
        told: Any = number_token(cluster)
        quota = told if what == "quota" else 1
        place = ModelNamespace(cluster, "Namespace", cluster=cluster, name="models", gpus=quota)
        size = PodSize(gpus=told if what == "gpus" else 1)
        pods = {"quota": 4, "gpus": 4, "pods": told}[what]
        server = serving(cluster=cluster, namespace=place, pod=size, scaling=PodScaling.fixed(pods))
        assert warnings(server) == []
