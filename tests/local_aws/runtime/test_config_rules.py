"""CreateEndpointConfig refuses what its patterns exclude."""

from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.local_aws.runtime.hosting import BUCKET, Hosting

ASYNCHRONOUS = {"AsyncInferenceConfig": {"OutputConfig": {"S3OutputPath": f"s3://{BUCKET}/out"}}}


@pytest.mark.parametrize(
    ("variant", "rest", "message"),
    [
        (
            {"ManagedInstanceScaling": {"Status": "ENABLED", "MinInstanceCount": 3, "MaxInstanceCount": 2}},
            {},
            "MinInstanceCount 3 of variant Main must not exceed MaxInstanceCount 2",
        ),
        ({}, ASYNCHRONOUS, "Asynchronous endpoints need a ModelName on every variant"),
    ],
)
def test_variants_without_a_model_are_refused(
    hosting: Hosting, variant: dict[str, Any], rest: dict[str, Any], message: str
) -> None:
    with pytest.raises(ClientError, match=message):
        hosting.config(variant, ExecutionRoleArn=hosting.role, **rest)


def test_inf1_is_for_real_time_endpoints_alone(hosting: Hosting) -> None:
    inferentia = {"ModelName": hosting.model("1"), "InstanceType": "ml.inf1.xlarge"}

    assert hosting.config(inferentia)
    with pytest.raises(ClientError, match="Inf1 instances support real-time endpoints with one container"):
        hosting.config(inferentia, **ASYNCHRONOUS)
