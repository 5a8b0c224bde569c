"""What the templates ask of SageMaker, Application Auto Scaling and CloudWatch is what those services accept."""

from __future__ import annotations

from typing import Any

import pytest

from tests.stacks.service_requests import REQUESTS, judged, refusals
from tests.strict_shapes import service_model

CONFIG = {
    "ProductionVariants": [
        {"VariantName": "AllTraffic", "ModelName": {"Ref": "Model"}, "InstanceType": "ml.c7i.large"},
    ]
}
TARGET = {
    "MinCapacity": 1,
    "MaxCapacity": 2,
    "ResourceId": {"Fn::Sub": "endpoint/${Endpoint}/variant/AllTraffic"},
    "ScalableDimension": "sagemaker:variant:DesiredInstanceCount",
    "ServiceNamespace": "sagemaker",
}


def template_of(resource_type: str, properties: dict[str, Any]) -> dict[str, Any]:
    """A template of one resource."""
    return {"Resources": {"It": {"Type": resource_type, "Properties": properties}}}


def test_every_request_is_accepted(templates: dict[str, dict[str, Any]]) -> None:
    for name, template in templates.items():
        assert judged(template), name
        assert refusals(template) == {}, name


def test_what_is_right_is_accepted() -> None:
    assert refusals(template_of("AWS::SageMaker::EndpointConfig", CONFIG)) == {}
    assert refusals(template_of("AWS::ApplicationAutoScaling::ScalableTarget", TARGET)) == {}


@pytest.mark.parametrize(
    ("member", "wrong", "rule"),
    [
        ("InstanceType", "ml.nonsense", "enum value set"),
        ("VariantName", "a b", "regular expression"),
        ("ContainerStartupHealthCheckTimeoutInSeconds", 3601, "less than or equal to 3600"),
        ("Nonsense", 1, "unknown"),
    ],
)
def test_what_is_wrong_is_refused(member: str, wrong: object, rule: str) -> None:
    variant = CONFIG["ProductionVariants"][0] | {member: wrong}

    found = refusals(template_of("AWS::SageMaker::EndpointConfig", {"ProductionVariants": [variant]}))

    assert len(found["It"]) == 1
    assert rule in found["It"][0]


@pytest.mark.parametrize("missing", ["ResourceId", "ScalableDimension", "ServiceNamespace"])
def test_what_is_missing_is_refused(missing: str) -> None:
    target = {name: value for name, value in TARGET.items() if name != missing}

    found = refusals(template_of("AWS::ApplicationAutoScaling::ScalableTarget", target))

    assert len(found["It"]) == 1
    assert missing in found["It"][0]


def test_an_unknown_resource_is_refused() -> None:
    found = refusals(template_of("AWS::SageMaker::Novelty", {}))

    assert "say which request it becomes" in found["It"][0]


def test_every_exception_is_one() -> None:
    """A property is left out of a call only while that call does not take it."""
    for requests in REQUESTS.values():
        for request in requests:
            members = service_model(request.service).shape_for(request.shape).members
            assert members.keys().isdisjoint(map(request.spelled, request.without)), request.shape
            assert members.keys() >= request.added.keys(), request.shape
