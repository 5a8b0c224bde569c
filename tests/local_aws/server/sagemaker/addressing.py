"""What a request must and must not name: a model, a container."""

import uuid
from collections.abc import Mapping

from tests.local_aws.server.sagemaker.forwarding import TARGET_COMPONENT, TARGET_CONTAINER, TARGET_MODEL
from tests.local_aws.server.sagemaker.invocation_errors import invalid
from tests.local_aws.server.sagemaker.state import Model

_NO_COMPONENTS = (
    "Inference Component Name header is not allowed for endpoints to which you dont plan to deploy inference components."
    " Please remove the Inference Component Name header and try again."
)


def check(endpoint_name: str, model: Model, headers: Mapping[str, str]) -> None:
    """Refuse a request that names what a model does not have, or does not name what it needs.

    The words about target models and components are the service's; those about containers are ours, since it documents no
    more than that it refuses.

    Raises:
        ServiceError: The service would refuse the request.
    """
    if TARGET_COMPONENT in headers:
        raise invalid(_NO_COMPONENTS)
    _check_model(endpoint_name, model, headers)
    _check_container(endpoint_name, model, headers)


def _check_model(endpoint_name: str, model: Model, headers: Mapping[str, str]) -> None:
    if model.is_multi_model and TARGET_MODEL not in headers:
        raise invalid(f"Request {uuid.uuid4()} is missing a target model header.")
    if not model.is_multi_model and TARGET_MODEL in headers:
        raise invalid(
            f"Endpoint {endpoint_name} is not a multi-model endpoint and does not support target model header."
        )


def _check_container(endpoint_name: str, model: Model, headers: Mapping[str, str]) -> None:
    wanted = headers.get(TARGET_CONTAINER)
    if not model.is_direct:
        if wanted is not None:
            raise invalid(
                f"Endpoint {endpoint_name} is not a multi-container endpoint with direct invocation and does not support"
                " target container hostname header."
            )
        return
    if wanted is None:
        raise invalid(f"Request {uuid.uuid4()} is missing a target container hostname header.")
    if wanted not in model.container_names:
        raise invalid(
            f"Target container hostname {wanted} does not exist in endpoint {endpoint_name}, only"
            f" {', '.join(model.container_names)}."
        )
