"""What DescribeEndpoint and ListEndpoints tell about an endpoint."""

import hashlib
from typing import Any

from tests.local_aws.server.sagemaker.state import Document, Endpoint, Variant


def describe(endpoint: Endpoint) -> Document:
    """Describe an endpoint in the shape of DescribeEndpointOutput."""
    config = endpoint.fleet.config.request
    answer: Document = {
        **summarize(endpoint),
        "EndpointConfigName": endpoint.fleet.config.name,
        **{key: config[key] for key in ("AsyncInferenceConfig", "ExplainerConfig", "MetricsConfig") if key in config},
    }
    if endpoint.status not in {"Creating", "Failed"}:
        answer["ProductionVariants"] = [_variant(variant) for variant in endpoint.fleet.variants.values()]
        if endpoint.fleet.shadows:
            answer["ShadowProductionVariants"] = [_variant(variant) for variant in endpoint.fleet.shadows.values()]
    if endpoint.failure_reason:
        answer["FailureReason"] = endpoint.failure_reason
    if endpoint.deployment is not None:
        answer["LastDeploymentConfig"] = endpoint.deployment
    if "DataCaptureConfig" in config:
        answer["DataCaptureConfig"] = _capture(config["DataCaptureConfig"])
    if endpoint.pending is not None:
        answer["PendingDeploymentSummary"] = {
            "EndpointConfigName": endpoint.pending.config.name,
            "StartTime": endpoint.pending_since,
            "ProductionVariants": [
                _pending(variant, endpoint.pending_stage) for variant in endpoint.pending.variants.values()
            ],
        }
        if endpoint.pending.shadows:
            answer["PendingDeploymentSummary"]["ShadowProductionVariants"] = [
                _pending(variant, endpoint.pending_stage) for variant in endpoint.pending.shadows.values()
            ]
    return answer


def summarize(endpoint: Endpoint) -> Document:
    """Describe an endpoint in the shape of EndpointSummary."""
    return {
        "EndpointName": endpoint.name,
        "EndpointArn": endpoint.arn,
        "CreationTime": endpoint.created,
        "LastModifiedTime": endpoint.modified,
        "EndpointStatus": endpoint.status,
    }


def deployed_image(image: str) -> Document:
    """Describe an image with a digest that is made up: the registry's own would need an account."""
    digest = hashlib.sha256(image.encode()).hexdigest()
    return {"SpecifiedImage": image, "ResolvedImage": f"{image.rsplit(':', 1)[0]}@sha256:{digest}"}


def _variant(variant: Variant) -> Document:
    answer: Document = {
        "VariantName": variant.name,
        "CurrentWeight": variant.weight,
        "DesiredWeight": variant.weight,
        **_images(variant),
        **{
            key: variant.settings[key] for key in ("ManagedInstanceScaling", "RoutingConfig") if key in variant.settings
        },
    }
    if variant.is_serverless:
        answer["CurrentServerlessConfig"] = answer["DesiredServerlessConfig"] = variant.settings["ServerlessConfig"]
    else:
        answer["CurrentInstanceCount"] = answer["DesiredInstanceCount"] = variant.instance_count
    return answer


def _pending(variant: Variant, stage: str) -> Document:
    known = {key: value for key, value in _variant(variant).items() if key != "CurrentInstanceCount"}
    return {
        **known,
        **({} if variant.is_serverless else {"CurrentInstanceCount": variant.instance_count}),
        **({"InstanceType": variant.instance_type} if variant.instance_type else {}),
        "VariantStatus": [{"Status": stage}],
    }


def _images(variant: Variant) -> Document:
    images = (
        [container["Image"] for container in variant.model.containers if "Image" in container] if variant.model else []
    )
    deployed = [deployed_image(image) for image in images]
    return {"DeployedImages": deployed} if deployed else {}


def _capture(config: Document) -> dict[str, Any]:
    enabled = config.get("EnableCapture", True)
    return {
        "EnableCapture": enabled,
        "CaptureStatus": "Started" if enabled else "Stopped",
        "CurrentSamplingPercentage": config["InitialSamplingPercentage"],
        "DestinationS3Uri": config["DestinationS3Uri"],
        "KmsKeyId": config.get("KmsKeyId", ""),
    }
