from typing import Any

import aws_cdk as cdk
import pytest

from cdk_model_hosting.kubernetes.gpu_cluster import GpuCluster
from cdk_model_hosting.kubernetes.inference_server import InferenceServer
from cdk_model_hosting.kubernetes.pod_alarm import PodAlarm
from cdk_model_hosting.kubernetes.pod_scaling import PodScaling
from cdk_model_hosting.kubernetes.prometheus import Prometheus
from cdk_model_hosting.kubernetes.servers.model_server import ModelServer
from cdk_model_hosting.rollout.rollout import Rollout
from tests.unit.builders import new_stack, number_token, refused, resources
from tests.unit.kubernetes import made
from tests.unit.kubernetes.custom import assert_valid_custom
from tests.unit.kubernetes.groups import group
from tests.unit.kubernetes.serving import VLLM, objects, own, pod, serving, warnings

FIVE = cdk.Duration.minutes(5)
TEN = PodScaling.fixed(10)
LLM = ModelServer.vllm(image=VLLM, model="org/model")


def canary(**options: Any) -> Rollout:
    return Rollout.canary(**{"percent": 10, "bake": FIVE, **options})


def strategy(server: InferenceServer) -> dict[str, Any]:
    found = objects(server)
    assert_valid_custom([each for each in found.values() if each["kind"] in {"Rollout", "AnalysisTemplate"}])
    assert "Deployment" not in found
    one: dict[str, Any] = found["Rollout"]["spec"]["strategy"]["canary"]
    return one


def test_a_canary() -> None:
    server = serving(server=LLM, scaling=TEN, rollout=canary())

    assert strategy(server) == {
        "maxSurge": "10%",
        "maxUnavailable": 0,
        "steps": [{"setWeight": 10}, {"pause": {"duration": 300}}],
        "analysis": {
            "templates": [{"templateName": "ranker"}],
            "startingStep": 1,
            "args": [{"name": "canary", "valueFrom": {"podTemplateHashValue": "Latest"}}],
        },
    }
    found = objects(server)["Rollout"]
    assert found["apiVersion"] == "argoproj.io/v1alpha1"
    assert found["metadata"]["namespace"] == "models"
    spec = found["spec"]
    assert (spec["replicas"], spec["revisionHistoryLimit"]) == (10, 3)
    # Half an hour for the model, and twenty minutes for a node and the image.
    assert (spec["progressDeadlineSeconds"], spec["progressDeadlineAbort"]) == (3000, True)
    assert spec["selector"] == {"matchLabels": {"model-hosting/server": "ranker"}}
    labels = pod(server)["topologySpreadConstraints"][0]["matchLabelKeys"]
    assert labels == ["rollouts-pod-template-hash"]


def test_a_canary_by_its_number() -> None:
    found = strategy(serving(scaling=PodScaling.fixed(6), rollout=canary(percent=None, instances=2)))
    # A third and a bit: two pods of six.
    assert found["steps"][0] == {"setWeight": 34}


def test_a_last_look_before_the_rollout_is_over() -> None:
    found = strategy(serving(server=LLM, scaling=TEN, rollout=canary(final_bake=cdk.Duration.minutes(2))))
    assert found["steps"] == [
        {"setWeight": 10},
        {"pause": {"duration": 300}},
        {"setWeight": 100},
        {"pause": {"duration": 120}},
    ]


def test_steps_of_one_size() -> None:
    found = strategy(serving(server=LLM, scaling=TEN, rollout=Rollout.linear(percent=30, bake=FIVE)))
    pause = {"pause": {"duration": 300}}
    assert found["steps"] == [{"setWeight": 30}, pause, {"setWeight": 60}, pause, {"setWeight": 90}, pause]
    assert found["maxSurge"] == "30%"

    halves = strategy(serving(server=LLM, scaling=TEN, rollout=Rollout.linear(percent=50, bake=FIVE)))
    assert halves["steps"] == [{"setWeight": 50}, pause]


def test_what_is_watched_when_nothing_is_said() -> None:
    server = serving(server=LLM, scaling=TEN, rollout=canary())
    template = objects(server)["AnalysisTemplate"]

    pods = 'namespace="models",pod=~"ranker-{{args.canary}}-.+"'
    everything = f"sum(rate(http_requests_total{{{pods}}}[2m]))"
    failed = f'sum(rate(http_requests_total{{status=~"5..",{pods}}}[2m]))'
    assert template["spec"] == {
        "args": [{"name": "canary"}],
        "metrics": [
            {
                "name": "errors",
                "interval": "60s",
                "successCondition": "result[0] <= 1",
                "failureLimit": 1,
                "provider": {
                    "prometheus": {
                        "address": "http://prometheus-server.prometheus.svc",
                        "query": f"(100 * ({failed} or vector(0)) / ({everything} > 0)) or vector(0)",
                    }
                },
            }
        ],
    }
    assert warnings(server) == []


def test_nothing_is_watched() -> None:
    for server in (
        serving(server=LLM, scaling=TEN, rollout=canary(), rollback_on=[]),
        # Nobody knows what it publishes.
        serving(server=own(), scaling=TEN, rollout=canary()),
    ):
        assert "analysis" not in strategy(server)
        assert "AnalysisTemplate" not in objects(server)
        assert warnings(server) == [
            "Rollout.canary has no rollback_on: it goes back only when pods do not become ready"
        ]


def test_a_bake_that_is_over_before_anything_is_seen() -> None:
    server = serving(
        server=LLM,
        scaling=TEN,
        rollout=canary(bake=cdk.Duration.minutes(1), final_bake=cdk.Duration.minutes(3)),
        rollback_on=[PodAlarm.errors(minutes=3), PodAlarm.slow_answers(above=FIVE, minutes=4)],
    )
    assert warnings(server) == [
        (
            "Rollout.canary bakes for 180 seconds at most, in which latency cannot take it back: let it bake longer, or give the alarm fewer "
            "minutes"
        )
    ]


def test_the_rollout_comes_after_what_runs_it() -> None:
    server = serving(scaling=TEN, rollout=canary())
    (rollout,) = [
        each for each in resources(server, made.MANIFEST).values() if '"Rollout"' in str(each["Properties"]["Manifest"])
    ]
    waits = " ".join(rollout["DependsOn"])
    assert "ArgoRolloutsChart" in waits
    assert "RankerManifest" in waits
    assert server.workload is not server.manifest


def test_no_room_for_new_pods() -> None:
    cluster = GpuCluster(new_stack(), "Cluster")
    group(cluster=cluster, between=(0, 10))
    rolling = serving(cluster=cluster, scaling=TEN, rollout=Rollout.rolling(percent=20, bake=cdk.Duration.seconds(30)))
    assert objects(rolling)["Deployment"]["spec"]["strategy"]["rollingUpdate"] == {
        "maxSurge": 0,
        "maxUnavailable": "20%",
    }


@pytest.mark.parametrize(("size", "bounds"), [({"percent": 25}, "25%"), ({"instances": 2}, 2)])
def test_a_rolling_update(size: dict[str, Any], bounds: str | int) -> None:
    server = serving(
        cluster=made.cluster(), scaling=TEN, rollout=Rollout.rolling(**size, bake=cdk.Duration.seconds(90))
    )
    spec = objects(server)["Deployment"]["spec"]

    assert spec["strategy"]["rollingUpdate"] == {"maxSurge": bounds, "maxUnavailable": 0}
    assert spec["minReadySeconds"] == 90
    # Pods must be well that long before they count.
    assert spec["progressDeadlineSeconds"] == 1890


@pytest.mark.parametrize(
    ("rollout", "message"),
    [
        (
            Rollout.all_at_once(),
            (
                "InferenceServer rollout must be rolling, canary or linear, got Rollout.all_at_once: a whole second fleet would need every "
                "device twice"
            ),
        ),
        (
            canary(timeout=cdk.Duration.hours(1)),
            (
                "Rollout.canary timeout must not be given for pods, got 3600: each pod has the time that ModelServer startup gives it"
            ),
        ),
        (
            Rollout.rolling(percent=20, bake=FIVE, timeout=cdk.Duration.hours(1)),
            (
                "Rollout.rolling timeout must not be given for pods, got 3600: each pod has the time that ModelServer startup gives it"
            ),
        ),
        (
            Rollout.rolling(percent=20, bake=FIVE, rollback_percent=50),
            (
                "Rollout.rolling rollback_percent or rollback_instances must not be given for pods, got 50: Kubernetes brings no pods back "
                "by itself"
            ),
        ),
        (
            canary(percent=9),
            (
                "Rollout.canary percent must be at least 10 for 10 pods, got 9: requests are shared by the number of pods, and the least "
                "that can go first is one"
            ),
        ),
        (
            canary(percent=None, instances=6),
            (
                "Rollout.canary instances must be at most half of the 10 pods, got 6: the version that serves keeps the others"
            ),
        ),
    ],
)
def test_fails_when_a_word_means_nothing(rollout: Rollout, message: str) -> None:
    with refused(message):
        serving(scaling=TEN, rollout=rollout)


def test_fails_when_there_are_too_few_pods() -> None:
    with refused(
        "InferenceServer scaling must keep at least 2 pods for Rollout.linear, got 1: one pod has no part that could go first; use "
        "Rollout.rolling"
    ):
        serving(rollout=Rollout.linear(percent=50, bake=FIVE))


def test_fails_when_a_number_of_pods_moves_under_a_canary() -> None:
    with refused(
        "Rollout.canary instances must not be given where the number of pods moves, got 1: Argo Rollouts counts in shares; give percent"
    ):
        serving(scaling=PodScaling.on_gpu_use(percent=70, between=(10, 20)), rollout=canary(percent=None, instances=1))


def test_fails_when_a_rolling_update_should_watch() -> None:
    with refused(
        "InferenceServer rollback_on must be given with Rollout.canary or Rollout.linear, got 1 without: Kubernetes' own rolling update "
        "watches nothing, and does not go back"
    ):
        serving(rollback_on=[PodAlarm.errors()])


def test_fails_when_an_add_on_is_missing() -> None:
    cluster = GpuCluster(new_stack(), "Cluster")
    with refused(
        "InferenceServer prometheus must be given where the cluster has no Prometheus, got None: rollback_on asks it; make "
        "Prometheus(...) before the server"
    ):
        serving(cluster=cluster, server=LLM, scaling=TEN, rollout=canary())
    Prometheus(cluster, "Prometheus", cluster=cluster)
    with refused(
        "InferenceServer rollout must have ArgoRollouts in the cluster, got none: nothing would come of it; make ArgoRollouts(...) before "
        "the server"
    ):
        serving(cluster=cluster, server=LLM, scaling=TEN, rollout=canary())


def test_fails_when_a_share_is_known_too_late() -> None:
    with refused(
        "Rollout.canary percent or instances must be a literal number, got one that is known only at deploy time: CloudFormation cannot "
        "compute with it"
    ):
        serving(scaling=TEN, rollout=canary(percent=number_token(new_stack())))


def test_tokens_pass() -> None:
    stack = new_stack()
    cluster = made.cluster(stack)
    pods: Any = number_token(stack, "Pods")
    times = {name: cdk.Duration.seconds(number_token(stack, name.replace("_", ""))) for name in ("bake", "final_bake")}
    serving(cluster=cluster, scaling=PodScaling.fixed(pods), rollout=canary(**times), rollback_on=[])

    (rollout,) = [
        each["Properties"]["Manifest"]["Fn::Join"][1]
        for each in made.template(stack)["Resources"].values()
        if each["Type"] == made.MANIFEST and '"Rollout"' in str(each["Properties"]["Manifest"])
    ]
    for name in ("Pods", "bake", "finalbake"):
        assert {"Ref": name} in rollout
