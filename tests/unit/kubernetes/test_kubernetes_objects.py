from __future__ import annotations

from typing import TYPE_CHECKING, Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_sqs as sqs

from cdk_model_hosting.kubernetes.exposure import Exposure
from cdk_model_hosting.kubernetes.jobs.start import JobStart
from cdk_model_hosting.kubernetes.model_namespace import ModelNamespace
from cdk_model_hosting.kubernetes.network_policies import TrafficSource
from cdk_model_hosting.kubernetes.pod_scaling import PodScaling
from cdk_model_hosting.kubernetes.servers.model_server import ModelServer
from cdk_model_hosting.rollout.rollout import Rollout
from tests.unit.builders import new_stack, refused, resources, text_token
from tests.unit.kubernetes import made
from tests.unit.kubernetes.jobs import job
from tests.unit.kubernetes.pools import cluster_with_karpenter, pool
from tests.unit.kubernetes.serving import VLLM, serving

if TYPE_CHECKING:
    from constructs import Construct


def config(name: str, namespace: str | None = "models", **rest: Any) -> dict[str, Any]:
    metadata = {"name": name} if namespace is None else {"name": name, "namespace": namespace}
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, **rest}


def applied(*manifests: dict[str, Any], **options: Any) -> dict[str, dict[str, Any]]:
    """The custom resources that some objects become, by logical ID."""
    cluster = made.cluster()
    cluster.apply(cluster, "Objects", manifests, **options)
    return resources(cluster, made.MANIFEST)


def test_each_object_is_made_by_a_custom_resource_of_its_own() -> None:
    first, second = applied(config("a"), config("b")).values()

    assert first["Properties"]["ClusterName"] == "models"
    assert first["Properties"]["ServiceToken"] == made.SERVICE_TOKEN
    assert '"name":"a"' in first["Properties"]["Manifest"]
    assert '"name":"b"' in second["Properties"]["Manifest"]
    # A deployment fails rather than taking over what somebody else has made.
    assert not any("Overwrite" in each["Properties"] for each in (first, second))


def test_they_are_made_one_after_the_other() -> None:
    found = applied(config("a"), config("b"), config("c"))
    a, b, _ = found
    assert [each.get("DependsOn") for each in found.values()] == [None, [a], [b]]


def test_what_makes_them_is_known() -> None:
    cluster = made.cluster()
    objects = cluster.apply(cluster, "Objects", [config("a"), config("b")])
    stack = cdk.Stack.of(cluster)
    ids = [stack.resolve(each.node.default_child.logical_id) for each in objects.manifests]  # type: ignore[union-attr] # it has one
    assert ids == list(resources(cluster, made.MANIFEST))


def test_objects_of_others_are_taken_over_where_asked() -> None:
    found = applied(config("a"), config("b"), overwrite=True)
    assert [each["Properties"]["Overwrite"] for each in found.values()] == [True, True]


@pytest.mark.parametrize(
    "other",
    [config("b"), config("a", "other"), config("a", None), {**config("a"), "kind": "Secret"}],
    ids=["name", "namespace", "no namespace", "kind"],
)
def test_another_object_is_another_resource(other: dict[str, Any]) -> None:
    assert applied(config("a")).keys().isdisjoint(applied(other).keys())


def test_a_changed_object_is_the_same_resource() -> None:
    changed = applied({**config("a", data={"key": "value"}), "apiVersion": "v2"})
    assert applied(config("a")).keys() == changed.keys()


def test_what_is_left_out_touches_no_other() -> None:
    assert applied(config("a"), config("b"), config("c")).keys() > applied(config("a"), config("c")).keys()


def test_names_that_are_known_later_are_told_apart() -> None:
    stack = new_stack()
    cluster = made.cluster(stack)
    one, two = text_token(stack, "One"), text_token(stack, "Two")
    cluster.apply(stack, "Objects", [config(one), config(two), config("a", one), config("a", two)])
    assert len(resources(stack, made.MANIFEST)) == 4


def test_fails_when_an_object_is_there_twice() -> None:
    with refused(
        "ServingCluster.apply manifests must name each object once, got ConfigMap models a twice: the latter would change the former"
    ):
        applied(config("a"), config("b"), config("a"))


@pytest.mark.parametrize(
    ("manifest", "shown"),
    [
        ({"kind": "ConfigMap"}, "'ConfigMap' and None"),
        ({"kind": "ConfigMap", "metadata": {"generateName": "a-"}}, "'ConfigMap' and None"),
        ({"metadata": {"name": "a"}}, "None and 'a'"),
    ],
)
def test_fails_when_an_object_could_not_be_found_again(manifest: dict[str, Any], shown: str) -> None:
    with refused(
        f"ServingCluster.apply manifests element must have a kind and a metadata name, got {shown}: nobody could find the object again"
    ):
        applied(manifest)


# What constructs make: each object goes by itself

LLM = ModelServer.vllm(image=VLLM, model="org/model")
TEN = PodScaling.fixed(10)
CANARY = Rollout.canary(percent=10, bake=cdk.Duration.minutes(5))
MONITORING = TrafficSource.from_namespace("monitoring")


def known_as(scope: Construct) -> dict[str, tuple[str, str, str]]:
    """Kind, namespace and name of the one object that each custom resource makes, by logical ID."""
    return {
        name: (each["kind"], each["metadata"].get("namespace", ""), each["metadata"]["name"])
        for name, each in made.objects(scope).items()
    }


def gone(before: dict[str, tuple[str, str, str]], after: dict[str, tuple[str, str, str]]) -> set[tuple[str, str, str]]:
    """The objects that an update deletes; all others are the same resources as they were."""
    for name, each in before.items():
        assert after.get(name, each) == each
    assert {each for name, each in before.items() if name in after} == set(before.values()) & set(after.values())
    return {each for name, each in before.items() if name not in after}


def server(**options: Any) -> dict[str, tuple[str, str, str]]:
    return known_as(serving(server=LLM, **{"scaling": TEN, **options}))


def namespace(**options: Any) -> dict[str, tuple[str, str, str]]:
    cluster = made.cluster()
    ModelNamespace(cluster, "Models", cluster=cluster, **{"name": "models", **options})
    return known_as(cluster)


def queued() -> PodScaling:
    queue = sqs.Queue.from_queue_arn(new_stack(), "Queue", "arn:aws:sqs:eu-west-1:111122223333:asked")
    return PodScaling.on_sqs(queue, per_replica=10, between=(10, 20))


def test_a_quota_that_is_lifted() -> None:
    assert gone(namespace(gpus=4), namespace()) == {("ResourceQuota", "models", "devices")}


def test_sources_that_may_no_longer_ask() -> None:
    before, after = namespace(allow_from=[MONITORING]), namespace()
    assert gone(before, after) == set()
    # The policy stays, with fewer rules.
    assert ("NetworkPolicy", "models", "who-may-ask") in after.values()
    assert gone(server(allow_from=[MONITORING]), server()) == set()


def test_a_grant_that_is_taken_back() -> None:
    granted = serving(server=LLM, scaling=TEN)
    granted.grant_ask(MONITORING)
    assert gone(known_as(granted), server()) == {("NetworkPolicy", "models", "ranker-from-monitoring")}


def test_scaling_that_is_given_up() -> None:
    assert gone(server(scaling=queued()), server()) == {
        ("ScaledObject", "models", "ranker"),
        ("TriggerAuthentication", "models", "ranker"),
    }


def test_a_canary_that_becomes_a_rolling_update_and_back() -> None:
    assert gone(server(rollout=CANARY), server()) == {
        ("Rollout", "models", "ranker"),
        ("AnalysisTemplate", "models", "ranker"),
    }
    assert gone(server(), server(rollout=CANARY)) == {("Deployment", "models", "ranker")}


def test_a_canary_that_nothing_takes_back() -> None:
    watched, alone = server(rollout=CANARY), server(rollout=CANARY, rollback_on=[])
    assert gone(watched, alone) == {("AnalysisTemplate", "models", "ranker")}


def test_a_server_that_is_no_longer_exposed() -> None:
    exposed = server(exposure=Exposure.internal_load_balancer(from_addresses=["10.0.0.0/16"]))
    assert gone(exposed, server()) == set()


@pytest.mark.parametrize("other", [{"name": "sorter"}, {"namespace": "others"}], ids=["name", "namespace"])
def test_a_server_that_moves_leaves_nothing(other: dict[str, str]) -> None:
    before, after = (server(scaling=queued(), rollout=CANARY, **each) for each in ({}, other))
    assert gone(before, after) == set(before.values())


def test_a_pool_of_another_name_leaves_nothing_that_launches_nodes() -> None:
    before, after = (known_as(pool(cluster_with_karpenter(), name=name)) for name in ("one", "two"))
    assert gone(before, after) == {("EC2NodeClass", "", "one"), ("NodePool", "", "one")}


def test_a_job_of_another_namespace_leaves_no_schedule() -> None:
    start = JobStart.on_schedule("0 3 * * *")
    before, after = (known_as(job(start=start, namespace=name)) for name in ("one", "two"))
    assert {kind for kind, _, _ in before.values()} == {"ServiceAccount", "ConfigMap", "CronJob"}
    assert gone(before, after) == set(before.values())
