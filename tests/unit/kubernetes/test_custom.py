from typing import Any

import pytest

from tests.unit.kubernetes.custom import assert_valid_custom, faults, is_known


def pool(**spec: Any) -> dict[str, Any]:
    template = {"spec": {"nodeClassRef": {"group": "g", "kind": "k", "name": "n"}, "requirements": []}}
    return {
        "apiVersion": "karpenter.sh/v1",
        "kind": "NodePool",
        "metadata": {"name": "gpu"},
        "spec": {"template": template, **spec},
    }


def test_what_follows_its_schema_is_valid() -> None:
    assert_valid_custom([pool(weight=100), {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "models"}}])


def test_what_does_not_is_told() -> None:
    assert faults([pool(weight=101), pool(template={}), {**pool(), "kind": "NodePond"}]) == [
        "NodePool gpu: data/spec/weight must be <= 100",
        "NodePool gpu: data/spec/template must have required property spec",
        "NodePond is no kind of karpenter.sh/v1",
    ]


def test_fields_that_nobody_knows_are_told() -> None:
    container = {"name": "one", "image": "serve:1", "comand": ["serve"], "env": [{"name": "A", "valu": "1"}]}
    rollout = {
        "apiVersion": "argoproj.io/v1alpha1",
        "kind": "Rollout",
        "metadata": {"name": "one", "label": {}, "labels": {"whatever": "yes"}},
        "spec": {
            "strategy": {"canary": {"steps": [{"setWeight": 10}, {"setWait": 1}]}},
            "template": {"metadata": {}, "spec": {"containers": [container]}},
        },
    }

    assert faults([pool(limit={}), rollout]) == [
        "NodePool gpu: data/spec/limit is no field",
        "Rollout one: data/metadata/label is no field",
        "Rollout one: data/spec/strategy/canary/steps/1/setWait is no field",
        "Rollout one: data/spec/template/spec/containers/0/comand is no field",
        "Rollout one: data/spec/template/spec/containers/0/env/0/valu is no field",
    ]


@pytest.mark.parametrize("kind", ["ScaledObject", "TriggerAuthentication"])
def test_kinds_of_keda(kind: str) -> None:
    (fault,) = faults([{"apiVersion": "keda.sh/v1alpha1", "kind": kind, "metadata": {"name": "one"}, "spec": 1}])

    assert fault.startswith(f"{kind} one: data/spec must be object")


def test_kinds_of_argo_rollouts() -> None:
    (fault,) = faults(
        [{"apiVersion": "argoproj.io/v1alpha1", "kind": "Rollout", "metadata": {"name": "one"}, "spec": 1}]
    )

    assert fault.startswith("Rollout one: data/spec must be object")


def test_objects_without_a_schema_are_not_known() -> None:
    assert not is_known({"apiVersion": "eks.amazonaws.com/v1"})


def test_fails_when_there_is_nothing_to_validate() -> None:
    with pytest.raises(AssertionError, match="no object of a kind with a schema"):
        assert_valid_custom([])
