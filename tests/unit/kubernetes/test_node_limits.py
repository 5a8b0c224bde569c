"""The limits of node groups against EKS's own model."""

from __future__ import annotations

from typing import Any

import botocore.session
import pytest

from cdk_model_hosting.limits import nodes
from cdk_model_hosting.limits.kinds import Limit, Rule, TextLimit

COUNTERPARTS = {
    "NODE_GROUP_MINIMUM": "ZeroCapacity",
    "NODE_GROUP_MAXIMUM": "Capacity",
    "NODE_LABEL_KEY": "labelKey",
}


def shape(name: str) -> dict[str, Any]:
    model = botocore.session.get_session().get_service_model("eks")
    found: dict[str, Any] = model.shape_for(name).metadata
    return found


@pytest.mark.parametrize(("name", "counterpart"), COUNTERPARTS.items())
def test_a_limit_is_that_of_the_service(name: str, counterpart: str) -> None:
    rule = getattr(nodes, name)
    assert isinstance(rule, Limit | TextLimit)
    found = shape(counterpart)
    assert (rule.low, rule.high) == (found["min"], found.get("max"))


def test_keys_and_values_of_taints_are_those_of_labels() -> None:
    assert shape("taintKey") == shape("labelKey")
    assert shape("taintValue")["max"] == shape("labelValue")["max"] == nodes.NODE_LABEL_VALUE.high


def test_effects_are_those_of_the_service_in_the_words_of_kubernetes() -> None:
    theirs = {each.replace("_", "").lower() for each in shape("TaintEffect")["enum"]}
    assert {str(each).lower() for each in nodes.TAINT_EFFECT.allowed} == theirs


def test_a_group_and_its_digest_fit_into_the_name_that_eks_takes() -> None:
    assert nodes.NODE_GROUP_NAME.high + len("-01234567") == 63


def test_every_limit_says_where_it_is_from() -> None:
    rules = [each for each in vars(nodes).values() if isinstance(each, Rule)]
    assert len(rules) > 10
    for rule in rules:
        assert rule.source.startswith("https://")
        assert rule.why
