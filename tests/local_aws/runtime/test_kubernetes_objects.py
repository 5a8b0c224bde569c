"""Kubernetes objects and Helm charts in clusters of the local AWS: what stacks put there, and what a cluster refuses."""

from typing import Any

import pytest

from tests.local_aws.kubernetes import Kubernetes
from tests.local_aws.lifecycle import LocalAws
from tests.local_aws.runtime import clustered
from tests.local_aws.runtime.clustered import resource
from tests.local_aws.stacks import Stack

CLUSTER = "objects"


@pytest.fixture(scope="module")
def outputs(local_aws: LocalAws) -> dict[str, str]:
    """Deploy a cluster that the tests put objects into; return what they refer to."""
    stack = Stack(local_aws, "ClusterOfObjects")
    assert stack.apply(clustered.template(CLUSTER)) == "CREATE_COMPLETE", stack.log()
    return stack.outputs()


@pytest.fixture
def cluster(local_aws: LocalAws, outputs: dict[str, str]) -> Kubernetes:
    assert outputs
    return Kubernetes(local_aws, CLUSTER)


def one(kind: str, name: str, *, api: str = "v1", namespace: str | None = None, **rest: Any) -> dict[str, Any]:
    """An object."""
    metadata = {"name": name, **({"namespace": namespace} if namespace else {})}
    return {"apiVersion": api, "kind": kind, "metadata": metadata, **rest}


def config(name: str, text: str = "text", *, namespace: str | None = None) -> dict[str, Any]:
    """A ConfigMap."""
    return one("ConfigMap", name, namespace=namespace, data={"key": text})


def job(name: str, image: str, *, parallelism: int = 1) -> dict[str, Any]:
    """A Job."""
    pod = {"restartPolicy": "Never", "containers": [{"name": "main", "image": image}]}
    return one("Job", name, api="batch/v1", spec={"parallelism": parallelism, "template": {"spec": pod}})


def with_objects(outputs: dict[str, str], *manifests: dict[str, Any], **properties: Any) -> dict[str, Any]:
    """A template with one custom resource."""
    return {"Resources": {"Objects": clustered.objects(outputs, CLUSTER, *manifests, **properties)}}


def why_refused(stack: Stack, template: dict[str, Any]) -> str:
    """Return why a stack with objects cannot be created."""
    assert stack.apply(template) == "ROLLBACK_COMPLETE", stack.log()
    why = stack.reasons("CREATE_FAILED")["Objects"]
    assert stack.delete() == "DELETE_COMPLETE"
    return why


def test_objects_are_created_changed_and_deleted(cluster: Kubernetes, outputs: dict[str, str]) -> None:
    stack = Stack(cluster.local, "ObjectsOfLife")
    objects = (one("Namespace", "life"), config("settings", namespace="life"))
    assert stack.apply(with_objects(outputs, *objects)) == "CREATE_COMPLETE", stack.log()
    assert "life" in cluster.told()["namespaces"]
    assert cluster.object("ConfigMap", "settings")["data"] == {"key": "text"}
    changed = (one("Namespace", "life"), config("settings", "other", namespace="life"))
    assert stack.apply(with_objects(outputs, *changed)) == "UPDATE_COMPLETE", stack.log()
    assert cluster.object("ConfigMap", "settings")["data"] == {"key": "other"}
    assert stack.delete() == "DELETE_COMPLETE"
    assert "settings" not in cluster.names("ConfigMap")
    assert "life" not in cluster.told()["namespaces"]


def test_only_some_kinds_are_pruned_and_only_where_something_is_applied(
    cluster: Kubernetes, outputs: dict[str, str]
) -> None:
    stack = Stack(cluster.local, "ObjectsPruned")
    before = (
        one("Namespace", "pruned"),
        config("stays"),
        config("goes"),
        config("elsewhere", namespace="pruned"),
        one("ServiceAccount", "account"),
    )
    assert stack.apply(with_objects(outputs, *before)) == "CREATE_COMPLETE", stack.log()
    assert stack.apply(with_objects(outputs, *before[:2])) == "UPDATE_COMPLETE", stack.log()
    names = cluster.names("ConfigMap")
    assert {"stays", "elsewhere"} <= set(names)
    assert "goes" not in names
    assert "account" in cluster.names("ServiceAccount")
    assert stack.delete() == "DELETE_COMPLETE"


def test_what_could_be_created_stays_behind_and_is_in_the_way(cluster: Kubernetes, outputs: dict[str, str]) -> None:
    stack = Stack(cluster.local, "ObjectsInTheWay")
    objects = (config("behind"), config("lost", namespace="nowhere"))
    why = why_refused(stack, with_objects(outputs, *objects))
    assert 'Error from server (NotFound): error when creating "manifest.yaml": namespaces "nowhere" not found' in why
    assert "behind" in cluster.names("ConfigMap")
    assert 'configmaps "behind" already exists' in why_refused(stack, with_objects(outputs, config("behind")))
    taken_over = with_objects(outputs, config("behind", "mine"), Overwrite=True)
    assert stack.apply(taken_over) == "CREATE_COMPLETE", stack.log()
    assert cluster.object("ConfigMap", "behind")["data"] == {"key": "mine"}
    assert stack.delete() == "DELETE_COMPLETE"


@pytest.mark.parametrize(
    ("what", "manifest", "words"),
    [
        (
            "Field",
            one("ConfigMap", "x", dta={}),
            "cannot be handled as a ConfigMap: strict decoding error: the object: Additional properties are not allowed ('dta' ",
        ),
        ("Type", one("ConfigMap", "x", data={"key": 1}), "strict decoding error: data.key: 1 is not of type"),
        ("Kind", one("Nothing", "x"), 'no matches for kind "Nothing" in version "v1"'),
        ("Name", config("Upper"), 'The ConfigMap "Upper" is invalid: metadata.name: Invalid value: "Upper"'),
        (
            "Label",
            {**config("x"), "metadata": {"name": "x", "labels": {"a": "b" * 64}}},
            "label a must be at most 63 letters",
        ),
        (
            "Custom",
            one("ScaledObject", "x", api="keda.sh/v1alpha1"),
            'no matches for kind "ScaledObject" in version "keda.sh/v1alpha1"',
        ),
    ],
)
def test_an_object_that_a_cluster_refuses(
    cluster: Kubernetes, outputs: dict[str, str], what: str, manifest: dict[str, Any], words: str
) -> None:
    assert words in why_refused(Stack(cluster.local, f"ObjectsRefused{what}"), with_objects(outputs, manifest))


def test_what_may_not_change_under_one_name(cluster: Kubernetes, outputs: dict[str, str]) -> None:
    stack = Stack(cluster.local, "ObjectsFixed")
    assert stack.apply(with_objects(outputs, job("score", "first"))) == "CREATE_COMPLETE", stack.log()
    more = with_objects(outputs, job("score", "first", parallelism=2))
    assert stack.apply(more) == "UPDATE_COMPLETE", stack.log()
    other = with_objects(outputs, job("score", "second", parallelism=2))
    assert stack.apply(other) == "UPDATE_ROLLBACK_COMPLETE"
    why = stack.reasons("UPDATE_FAILED")["Objects"]
    assert 'The Job "score" is invalid: spec.template: Invalid value: field is immutable' in why
    renamed = with_objects(outputs, job("score-2", "second"))
    assert stack.apply(renamed) == "UPDATE_COMPLETE", stack.log()
    assert cluster.names("Job") == ["score-2"]
    assert stack.delete() == "DELETE_COMPLETE"


def test_charts_are_installed_upgraded_and_bring_kinds(cluster: Kubernetes, outputs: dict[str, str]) -> None:
    stack = Stack(cluster.local, "ObjectsAndCharts")
    scaled = clustered.objects(outputs, CLUSTER, one("ScaledObject", "scaled", api="keda.sh/v1alpha1", spec={}))

    def template(values: dict[str, Any], **more: Any) -> dict[str, Any]:
        chart = clustered.chart(outputs, CLUSTER, "keda", values, **more)
        return {"Resources": {"Chart": chart, "Objects": {**scaled, "DependsOn": ["Chart"]}}}

    assert stack.apply(template({"replicas": 1})) == "CREATE_COMPLETE", stack.log()
    installed = cluster.releases()["keda"]
    assert (installed["chart"], installed["version"], installed["namespace"]) == ("keda", "1.0.0", "keda")
    assert (installed["values"], installed["wait"], installed["revision"]) == ({"replicas": 1}, True, 1)
    assert "keda" in cluster.told()["namespaces"]
    assert cluster.names("ScaledObject") == ["scaled"]
    assert stack.apply(template({"replicas": 2}, Version="1.1.0")) == "UPDATE_COMPLETE", stack.log()
    upgraded = cluster.releases()["keda"]
    assert (upgraded["values"], upgraded["version"], upgraded["revision"]) == ({"replicas": 2}, "1.1.0", 2)
    assert stack.delete() == "DELETE_COMPLETE"
    assert cluster.releases() == {}
    assert cluster.names("ScaledObject") == []


def test_an_object_goes_before_the_controller_that_lets_it_go(cluster: Kubernetes, outputs: dict[str, str]) -> None:
    stack = Stack(cluster.local, "ObjectsAfterCharts")
    scaled = clustered.objects(outputs, CLUSTER, one("ScaledObject", "left", api="keda.sh/v1alpha1", spec={}))
    chart = clustered.chart(outputs, CLUSTER, "keda", {})
    both = {"Resources": {"Chart": chart, "Objects": {**scaled, "DependsOn": ["Chart"]}}}
    assert stack.apply(both) == "CREATE_COMPLETE", stack.log()
    assert stack.apply({"Resources": {"Objects": scaled}}) == "UPDATE_COMPLETE", stack.log()
    assert stack.delete() == "DELETE_FAILED"
    assert "ScaledObject left has a finalizer" in stack.reasons("DELETE_FAILED")["Objects"]
    again = Stack(cluster.local, "ObjectsOfChartAgain")
    assert again.apply({"Resources": {"Chart": chart}}) == "CREATE_COMPLETE", again.log()
    assert stack.delete() == "DELETE_COMPLETE"
    assert again.delete() == "DELETE_COMPLETE"


def test_a_chart_needs_its_namespace(cluster: Kubernetes, outputs: dict[str, str]) -> None:
    chart = clustered.chart(outputs, CLUSTER, "lonely", {}, CreateNamespace=False)
    why = why_refused(Stack(cluster.local, "ObjectsLonelyChart"), {"Resources": {"Objects": chart}})
    assert 'create: failed to create: namespaces "lonely" not found' in why


@pytest.mark.parametrize(
    ("name", "template", "words"),
    [
        ("stranger", {"entry": False}, "error: You must be logged in to the server (Unauthorized)."),
        (
            "private",
            {
                "ResourcesVpcConfig": {
                    "SubnetIds": [{"Ref": "Subnet0"}, {"Ref": "Subnet1"}],
                    "EndpointPublicAccess": False,
                    "EndpointPrivateAccess": True,
                }
            },
            "Unable to connect to the server: dial tcp: i/o timeout.",
        ),
    ],
)
def test_kubectl_must_reach_the_cluster(local_aws: LocalAws, name: str, template: dict[str, Any], words: str) -> None:
    cluster, objects = Stack(local_aws, f"Objects-{name}-cluster"), Stack(local_aws, f"Objects-{name}")
    assert cluster.apply(clustered.template(name, **template)) == "CREATE_COMPLETE", cluster.log()
    made = clustered.objects(cluster.outputs(), name, config("x"))
    assert words in why_refused(objects, {"Resources": {"Objects": made}})
    assert cluster.delete() == "DELETE_COMPLETE"


def test_a_cluster_that_is_not_there(cluster: Kubernetes, outputs: dict[str, str]) -> None:
    made = clustered.objects(outputs, "nobody", config("x"))
    why = why_refused(Stack(cluster.local, "ObjectsOfNobody"), {"Resources": {"Objects": made}})
    assert "No cluster found for name: nobody." in why


def test_what_is_not_played_says_so(cluster: Kubernetes, outputs: dict[str, str]) -> None:
    patch = resource("Custom::AWSCDK-EKS-KubernetesPatch", ServiceToken=outputs["Framework"], ClusterName=CLUSTER)
    why = why_refused(Stack(cluster.local, "ObjectsPatched"), {"Resources": {"Objects": patch}})
    assert "Custom::AWSCDK-EKS-KubernetesPatch is not played by the local AWS." in why
