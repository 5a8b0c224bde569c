"""An endpoint configuration with one of the options of an endpoint, and what SageMaker says of it."""

from typing import Any

import aws_cdk as cdk
from aws_cdk import aws_sagemaker as sagemaker

from tests.stacks.service_requests import is_intrinsic
from tests.strict_shapes import violations
from tests.unit.builders import only

_VARIANT = {
    "variantName": "AllTraffic",
    "modelName": "fraud",
    "instanceType": "ml.c6i.large",
    "initialInstanceCount": 1,
}


def configured(stack: cdk.Stack, **options: Any) -> dict[str, Any]:
    """The configuration as the template has it, which SageMaker must accept."""
    sagemaker.CfnEndpointConfig(stack, "Config", production_variants=[_VARIANT], **options)
    properties = only(stack, "AWS::SageMaker::EndpointConfig")
    request = {"EndpointConfigName": "made-up", **properties}
    assert violations("sagemaker", "CreateEndpointConfigInput", request, opaque=is_intrinsic) == []
    return properties
