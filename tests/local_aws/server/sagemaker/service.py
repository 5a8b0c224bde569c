"""The SageMaker control API of the local AWS: one function an operation, from request document to response document.

Documents have the shapes of botocore's service model, as they travel in JSON: times are seconds since 1970. A refusal is
a `ServiceError`. The account and the region are those of the request, or of the thread that ministack runs on its behalf.
"""

from tests.local_aws.server.sagemaker.components import (
    create_inference_component,
    delete_inference_component,
    describe_inference_component,
    list_inference_components,
    update_inference_component,
    update_inference_component_runtime_config,
)
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
from tests.local_aws.server.sagemaker.experiments import (
    create_inference_experiment,
    delete_inference_experiment,
    describe_inference_experiment,
    list_inference_experiments,
    start_inference_experiment,
    stop_inference_experiment,
    update_inference_experiment,
)
from tests.local_aws.server.sagemaker.models import create_model, delete_model, describe_model, list_models
from tests.local_aws.server.sagemaker.tags import add_tags, delete_tags, list_tags
from tests.local_aws.server.sagemaker.transform_jobs import (
    create_transform_job,
    describe_transform_job,
    list_transform_jobs,
    stop_transform_job,
)

__all__ = [
    "add_tags",
    "create_endpoint",
    "create_endpoint_config",
    "create_inference_component",
    "create_inference_experiment",
    "create_model",
    "create_transform_job",
    "delete_endpoint",
    "delete_endpoint_config",
    "delete_inference_component",
    "delete_inference_experiment",
    "delete_model",
    "delete_tags",
    "describe_endpoint",
    "describe_endpoint_config",
    "describe_inference_component",
    "describe_inference_experiment",
    "describe_model",
    "describe_transform_job",
    "list_endpoint_configs",
    "list_endpoints",
    "list_inference_components",
    "list_inference_experiments",
    "list_models",
    "list_tags",
    "list_transform_jobs",
    "start_inference_experiment",
    "stop_inference_experiment",
    "stop_transform_job",
    "update_endpoint",
    "update_endpoint_weights_and_capacities",
    "update_inference_component",
    "update_inference_component_runtime_config",
    "update_inference_experiment",
    "wait_until_settled",
]
