import json

import pytest
from cdk8s_plus_36 import k8s

from cdk_model_hosting.kubernetes.manifests import Manifests
from tests.unit.builders import new_stack, number_token, text_token
from tests.unit.kubernetes import made
from tests.unit.kubernetes.schemas import VERSIONS, assert_valid


def test_objects_come_in_the_order_in_which_they_are_made() -> None:
    with Manifests() as m:
        k8s.KubeNamespace(m.chart, "Z", metadata=k8s.ObjectMeta(name="models"))
        m.custom(
            "karpenter.sh/v1",
            "NodePool",
            {"name": "gpu", "labels": {"a": "b"}},
            {"weight": 10, "gone": None, "none": {}},
        )
        k8s.KubeConfigMap(m.chart, "A", metadata=k8s.ObjectMeta(name="x", namespace="models"), data={"a": "b"})

    assert m.rendered() == [
        {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "models"}},
        {
            "apiVersion": "karpenter.sh/v1",
            "kind": "NodePool",
            "metadata": {"labels": {"a": "b"}, "name": "gpu"},
            "spec": {"weight": 10, "none": {}},
        },
        {"apiVersion": "v1", "data": {"a": "b"}, "kind": "ConfigMap", "metadata": {"name": "x", "namespace": "models"}},
    ]


def test_custom_objects_of_one_name_in_two_namespaces() -> None:
    with Manifests() as m:
        for namespace in ("one", "two"):
            m.custom("keda.sh/v1alpha1", "ScaledObject", {"name": "triton", "namespace": namespace})

    assert [each["metadata"]["namespace"] for each in m.rendered()] == ["one", "two"]
    assert "spec" not in m.rendered()[0]


def test_tokens_reach_the_template() -> None:
    stack = new_stack()
    cluster = made.cluster(stack)
    with Manifests() as m:
        labels = {"team": text_token(stack, "Team")}
        k8s.KubeNamespace(m.chart, "Namespace", metadata=k8s.ObjectMeta(name="models", labels=labels))
        m.custom("x.io/v1", "X", {"name": "x"}, {"count": number_token(stack, "Count")})
    cluster.apply(stack, "Manifests", m.rendered())

    parts = [
        each["Properties"]["Manifest"]["Fn::Join"][1]
        for each in made.template(stack)["Resources"].values()
        if each["Type"] == made.MANIFEST
    ]
    (labelled,) = (each for each in parts if {"Ref": "Team"} in each)
    # A number stays one: no quotes around it.
    (counted,) = (each for each in parts if {"Ref": "Count"} in each)
    assert labelled is not counted
    before = counted[counted.index({"Ref": "Count"}) - 1]
    assert before.endswith('"count":')


@pytest.mark.parametrize("version", VERSIONS)
def test_the_schema_check_knows_right_from_wrong(version: str) -> None:
    with Manifests() as m:
        k8s.KubeNamespace(m.chart, "Namespace", metadata=k8s.ObjectMeta(name="models"))
        m.custom("karpenter.sh/v1", "NodePool", {"name": "gpu"})
    good = m.rendered()
    assert_valid(good, version)

    for wrong in (
        {"apiVersion": "v1", "kind": "Namespace", "metadata": {"nom": "models"}},
        {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "x"}, "spec": {"replicas": "two"}},
        {"apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy", "spec": {"podSelektor": {}}},
        {"apiVersion": "karpenter.sh/v1", "kind": "NodePool", "metadata": {"name": ""}},
    ):
        with pytest.raises(Exception, match=r".") as refusal:
            assert_valid([wrong], version)
        assert type(refusal.value).__name__ in {"ValidationError", "AssertionError"}, json.dumps(wrong)
