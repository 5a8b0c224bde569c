"""CreateEndpointConfig and its kin."""

from tests.local_aws.server.sagemaker import cloud, config_rules, models, tags
from tests.local_aws.server.sagemaker.errors import ServiceError
from tests.local_aws.server.sagemaker.listing import page
from tests.local_aws.server.sagemaker.state import LOCK, Document, EndpointConfig, store
from tests.local_aws.server.sagemaker.validation import refuse_unless, validate


def create_endpoint_config(request: Document) -> Document:
    """Create an endpoint configuration."""
    validate("sagemaker", "CreateEndpointConfig", request)
    name = request["EndpointConfigName"]
    arn = cloud.arn("sagemaker", f"endpoint-config/{name}")
    with LOCK:
        variants = [*request["ProductionVariants"], *request.get("ShadowProductionVariants", [])]
        named = {
            variant["ModelName"]: models.find(variant["ModelName"]) for variant in variants if "ModelName" in variant
        }
        config_rules.check(request, named)
        configs = store().configs
        refuse_unless(name not in configs, f'Cannot create already existing endpoint configuration "{arn}".')
        configs[name] = EndpointConfig(name, arn, {key: value for key, value in request.items() if key != "Tags"})
        tags.put(arn, request.get("Tags", []))
    return {"EndpointConfigArn": arn}


def describe_endpoint_config(request: Document) -> Document:
    """Describe an endpoint configuration."""
    validate("sagemaker", "DescribeEndpointConfig", request)
    config = find(request["EndpointConfigName"])
    defaults: Document = {"EnableNetworkIsolation": False}
    return {**defaults, **config.request, "EndpointConfigArn": config.arn, "CreationTime": config.created}


def list_endpoint_configs(request: Document) -> Document:
    """List the endpoint configurations of this account and region."""
    validate("sagemaker", "ListEndpointConfigs", request)
    with LOCK:
        summaries = [
            {"EndpointConfigName": config.name, "EndpointConfigArn": config.arn, "CreationTime": config.created}
            for config in store().configs.values()
        ]
    return page(summaries, request, name_key="EndpointConfigName", result_key="EndpointConfigs")


def delete_endpoint_config(request: Document) -> Document:
    """Delete a configuration's entry.

    The service lets it happen even while an endpoint runs the configuration, and only warns against it in its
    documentation: the endpoint goes on, and can no longer be looked through.
    """
    validate("sagemaker", "DeleteEndpointConfig", request)
    with LOCK:
        config = find(request["EndpointConfigName"])
        del store().configs[config.name]
        tags.forget(config.arn)
    return {}


def find(name: str) -> EndpointConfig:
    """Return an endpoint configuration of this account and region.

    Raises:
        ServiceError: There is none of this name.
    """
    with LOCK:
        config = store().configs.get(name)
    if config is None:
        arn = cloud.arn("sagemaker", f"endpoint-config/{name}")
        raise ServiceError("ValidationException", f'Could not find endpoint configuration "{arn}".')
    return config
