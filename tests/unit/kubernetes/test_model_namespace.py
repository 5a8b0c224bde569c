from typing import Any

import pytest

from cdk_model_hosting.kubernetes.model_namespace import ModelNamespace, PodSecurity
from cdk_model_hosting.kubernetes.network_policies import TrafficSource
from tests.unit.builders import new_stack, number_token, refused, resources, text_token
from tests.unit.kubernetes import made
from tests.unit.kubernetes.schemas import VERSIONS, assert_valid


def rendered(version: str = "1.36", **options: Any) -> list[dict[str, Any]]:
    cluster = made.cluster(version=version)
    ModelNamespace(cluster, "Models", cluster=cluster, **{"name": "models", **options})
    return made.manifests(cluster)


@pytest.mark.parametrize("version", VERSIONS)
def test_a_namespace_on_its_own(version: str) -> None:
    found = rendered(version)

    assert_valid(found, version)
    assert [each["kind"] for each in found] == ["Namespace", "NetworkPolicy"]
    assert found[0]["metadata"] == {
        "name": "models",
        "labels": {
            "pod-security.kubernetes.io/enforce": "baseline",
            "pod-security.kubernetes.io/enforce-version": f"v{version}",
            "pod-security.kubernetes.io/warn": "restricted",
            "pod-security.kubernetes.io/warn-version": f"v{version}",
        },
    }
    assert found[1]["metadata"] == {"name": "who-may-ask", "namespace": "models"}
    assert found[1]["spec"] == {
        "podSelector": {},
        "policyTypes": ["Ingress"],
        "ingress": [{"from": [{"podSelector": {}}]}],
    }


@pytest.mark.parametrize("version", VERSIONS)
def test_everything_of_a_namespace(version: str) -> None:
    found = rendered(
        version,
        pod_security=PodSecurity.RESTRICTED,
        gpus=4,
        neuron_devices=0,
        allow_from=[TrafficSource.from_namespace("monitoring", ports=[8002])],
    )

    assert_valid(found, version)
    assert found[0]["metadata"]["labels"]["pod-security.kubernetes.io/enforce"] == "restricted"
    assert found[1]["spec"] == {"hard": {"requests.aws.amazon.com/neuron": 0, "requests.nvidia.com/gpu": 4}}
    assert [each["from"] for each in found[2]["spec"]["ingress"]] == [
        [{"podSelector": {}}],
        [
            {
                "namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "monitoring"}},
                "podSelector": {},
            }
        ],
    ]


def test_what_is_in_it_waits_for_it() -> None:
    cluster = made.cluster()
    namespace = ModelNamespace(cluster, "Models", cluster=cluster, name="models")
    cluster.service_account(cluster, "Account", namespace=namespace.name, name="triton", after=namespace.after)

    account = made.applied(cluster, "ServiceAccount")
    first = {made.applied(cluster, each) for each in ("Namespace", "NetworkPolicy")}
    assert first <= set(resources(cluster, made.MANIFEST)[account]["DependsOn"])


@pytest.mark.parametrize("name", ["default", "kube-system", "kube-flannel"])
def test_fails_when_the_name_is_kubernetes_own(name: str) -> None:
    with refused(
        "ModelNamespace name must not be default, kube-node-lease, kube-public, kube-system or begin with kube-, got "
        f"{name!r}: those are Kubernetes' own"
    ):
        rendered(name=name)


def test_fails_when_a_namespace_is_made_twice() -> None:
    cluster = made.cluster()
    ModelNamespace(cluster, "One", cluster=cluster, name="models")
    with refused(
        "Stack/Cluster/Two must not own the namespace models of a cluster, got one that Stack/Cluster/One owns: a cluster has one"
    ):
        ModelNamespace(cluster, "Two", cluster=cluster, name="models")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"gpus": -1}, "ModelNamespace gpus must be at least 0 devices, got -1: a quota counts whole devices"),
        (
            {"neuron_devices": 0.5},
            "ModelNamespace neuron_devices must be at least 0 devices, got 0.5: it must be a whole number",
        ),
        (
            {"pod_security": "baseline"},
            "ModelNamespace pod_security must be a PodSecurity, got 'baseline': nothing else is understood there",
        ),
        (
            {"allow_from": ["monitoring"]},
            "ModelNamespace allow_from element must be a TrafficSource, got 'monitoring': nothing else is understood there",
        ),
        (
            {"name": "Models"},
            (
                "ModelNamespace name must be 1-63 characters (lower case letters, digits and hyphens, beginning and ending with a letter or "
                "digit), got 'Models': Kubernetes takes no other name"
            ),
        ),
    ],
)
def test_fails_when_kubernetes_would_refuse(options: dict[str, Any], message: str) -> None:
    with refused(message):
        rendered(**options)


def test_fails_when_the_cluster_is_none() -> None:
    with refused("ModelNamespace cluster must be a ServingCluster, got 'models': nothing else is understood there"):
        ModelNamespace(new_stack(), "Models", cluster="models", name="models")  # type: ignore[arg-type] # no types


def test_tokens_pass() -> None:
    stack = new_stack()
    cluster = made.cluster(stack)
    gpus = number_token(stack, "Gpus")
    ModelNamespace(stack, "Models", cluster=cluster, name=text_token(stack, "Name"), gpus=gpus)  # type: ignore[arg-type] # a float

    found = made.template(stack)["Resources"]
    parts = [each["Properties"]["Manifest"]["Fn::Join"][1] for each in found.values() if each["Type"] == made.MANIFEST]
    assert all({"Ref": "Name"} in each for each in parts)
    assert [{"Ref": "Gpus"} in each for each in parts] == [False, True, False]
