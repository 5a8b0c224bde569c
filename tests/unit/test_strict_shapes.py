"""The walker finds what botocore's own validator leaves to the service."""

from datetime import UTC, datetime
from typing import Any

import pytest

from tests.strict_shapes import compiled, service_model, violations

VARIANT = {"VariantName": "Main", "ModelName": "m", "InstanceType": "ml.c7g.large", "InitialInstanceCount": 1}


def config(variant: dict[str, Any] | None = None, **rest: Any) -> dict[str, Any]:
    return {"EndpointConfigName": "c", "ProductionVariants": [{**VARIANT, **(variant or {})}], **rest}


def test_what_the_service_takes_has_no_violations() -> None:
    tags = [{"Key": "Überschrift", "Value": ""}]

    assert violations("sagemaker", "CreateEndpointConfigInput", config({"InitialVariantWeight": 0.5}, Tags=tags)) == []


@pytest.mark.parametrize(
    ("request_", "where", "rule"),
    [
        (config({"InstanceType": "ml.x"}), "ProductionVariants.1.member.InstanceType", "enum value set: [ml."),
        (config({"InitialInstanceCount": 0}), "ProductionVariants.1.member.InitialInstanceCount", "equal to 1"),
        (config({"VolumeSizeInGB": 513}), "ProductionVariants.1.member.VolumeSizeInGB", "less than or equal to 512"),
        (config({"InitialInstanceCount": True}), "ProductionVariants.1.member.InitialInstanceCount", "an integer"),
        (config({"InitialVariantWeight": "1"}), "ProductionVariants.1.member.InitialVariantWeight", "a number"),
        (config({"EnableSSMAccess": "yes"}), "ProductionVariants.1.member.EnableSSMAccess", "a boolean"),
        (config({"Surprise": 1}), "ProductionVariants.1.member.Surprise", "unknown to ProductionVariant"),
        (config(EndpointConfigName="a_b"), "EndpointConfigName", "regular expression pattern"),
        (config(EndpointConfigName="a" * 64), "EndpointConfigName", "length less than or equal to 63"),
        (config(EndpointConfigName="trailing\n"), "EndpointConfigName", "regular expression pattern"),
        (config(EndpointConfigName=None), "EndpointConfigName", "must not be null"),
        (config(ProductionVariants=[]), "ProductionVariants", "length greater than or equal to 1"),
        (config(ProductionVariants={}), "ProductionVariants", "must be a list"),
        (config(ProductionVariants=["x"]), "ProductionVariants.1.member", "must be a structure"),
        (config(Tags=[{"Key": "k"}]), "Tags.1.member.Value", "must not be null"),
        (config(KmsKeyId=5), "KmsKeyId", "must be a string"),
    ],
)
def test_what_the_service_refuses_is_found_where_it_is(request_: dict[str, Any], where: str, rule: str) -> None:
    found = violations("sagemaker", "CreateEndpointConfigInput", request_)

    assert found
    assert all(f"at '{where}'" in violation for violation in found)
    assert any(rule in violation for violation in found)


def test_maps_are_walked_by_key_and_value() -> None:
    container = {"Image": "i", "Environment": {"1bad": "x", "GOOD": "x" * 1025}}

    found = violations("sagemaker", "ContainerDefinition", container)

    assert len(found) == 2
    assert "Environment.key" in found[0]
    assert "Environment.GOOD" in found[1]


def test_unresolved_values_pass() -> None:
    reference = {"Fn::GetAtt": ["Model", "ModelName"]}
    request = config({"ModelName": reference, "InitialInstanceCount": {"Ref": "Count"}})

    assert violations("sagemaker", "CreateEndpointConfigInput", request)
    assert (
        violations(
            "sagemaker", "CreateEndpointConfigInput", request, opaque=lambda v: isinstance(v, dict) and len(v) == 1
        )
        == []
    )


def test_timestamps_pass_in_any_spelling() -> None:
    for moment in (datetime.now(UTC), "2026-01-01T00:00:00Z", 1.5):
        assert violations("sagemaker", "ListEndpointsInput", {"CreationTimeAfter": moment}) == []


@pytest.mark.parametrize("service", ["sagemaker", "sagemaker-runtime", "application-autoscaling"])
def test_every_pattern_of_the_services_can_be_read(service: str) -> None:
    model = service_model(service)
    patterns = {model.shape_for(name).metadata.get("pattern") for name in model.shape_names} - {None}

    assert patterns
    for pattern in patterns:
        compiled(pattern)


def test_a_pattern_in_the_dialect_of_java_takes_supplementary_characters() -> None:
    request = {"ServiceNamespace": "sagemaker", "ResourceId": "endpoint/\U0001f600", "ScalableDimension": "x"}

    found = violations("application-autoscaling", "RegisterScalableTargetRequest", request)

    assert [violation for violation in found if "ResourceId" in violation] == []
