"""The SageMaker control API of the local AWS: one function an operation, from request document to response document.

Documents have the shapes of botocore's service model, as they travel in JSON: times are seconds since 1970. A refusal is
a `ServiceError`. The account and the region are those of the request, or of the thread that ministack runs on its behalf.
"""

from tests.local_aws.server.sagemaker.configs import (
    create_endpoint_config,
    delete_endpoint_config,
    describe_endpoint_config,
    list_endpoint_configs,
)
from tests.local_aws.server.sagemaker.endpoints import (
    create_endpoint,
    delete_endpoint,
    describe_endpoint,
    list_endpoints,
    update_endpoint,
    update_endpoint_weights_and_capacities,
    wait_until_settled,
)
from tests.local_aws.server.sagemaker.models import create_model, delete_model, describe_model, list_models
from tests.local_aws.server.sagemaker.tags import add_tags, delete_tags, list_tags

__all__ = [
    "add_tags",
    "create_endpoint",
    "create_endpoint_config",
    "create_model",
    "delete_endpoint",
    "delete_endpoint_config",
    "delete_model",
    "delete_tags",
    "describe_endpoint",
    "describe_endpoint_config",
    "describe_model",
    "list_endpoint_configs",
    "list_endpoints",
    "list_models",
    "list_tags",
    "update_endpoint",
    "update_endpoint_weights_and_capacities",
    "wait_until_settled",
]
