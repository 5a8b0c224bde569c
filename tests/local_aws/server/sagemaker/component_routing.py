"""Which copies answer a request that names an inference component."""

import random
from collections.abc import Mapping

from tests.local_aws.server.cloudwatch import alarms
from tests.local_aws.server.sagemaker import cloud, component_state
from tests.local_aws.server.sagemaker.component_state import NO_CAPACITY, Component, Copies
from tests.local_aws.server.sagemaker.forwarding import TARGET_COMPONENT
from tests.local_aws.server.sagemaker.invocation_errors import invalid
from tests.local_aws.server.sagemaker.state import Endpoint

_MISSING = (
    "Inference Component Name header is required for endpoints to which you plan to deploy inference components. Please"
    " include Inference Component Name header or consider using SageMaker models."
)
_NO_CAPACITY = (
    "Inference Component has no capacity to process this request. ApplicationAutoScaling may be in-progress (if configured)"
    " or try to increase the capacity by invoking UpdateInferenceComponentRuntimeConfig API."
)

_dice = random.Random()  # noqa: S311 - traffic is split, nothing is kept secret


def copies(endpoint: Endpoint, headers: Mapping[str, str]) -> Copies:
    """Choose the copies that answer a request; an adapter's are those of its base.

    Args:
        endpoint: The endpoint, whose variants have no models.
        headers: The headers of the request, in lower case.

    Raises:
        ServiceError: The request names no component, an unknown one, or one without copies.
    """
    name = headers.get(TARGET_COMPONENT)
    if name is None:
        raise invalid(_MISSING)
    component = component_state.components().get(name)
    if component is None or component.endpoint_name != endpoint.name or component.status == "Deleting":
        raise invalid(f"Inference Component {name} of account {cloud.account()} not found.")
    chosen = _version(component)
    chosen.host = endpoint.fleet.variants.get(component.variant_name)
    if component.status == "Creating" or not chosen.instance_count:
        chosen.meter.put_own(NO_CAPACITY, 1.0, "Count")
        alarms.watch()
        raise invalid(_NO_CAPACITY)
    chosen.meter.put_own("ConcurrentRequestsPerCopy", _concurrency(chosen), "Count")
    return chosen


def _version(component: Component) -> Copies:
    base = component_state.components().get(component.base_name, component)
    if component.pending is not None and _dice.random() < base.pending_share:
        return component.pending
    return component.current


def _concurrency(chosen: Copies) -> float:
    """Return how many requests each copy is answering once this one is among them."""
    others = chosen.serving.in_flight if chosen.serving is not None else 0
    return (others + 1) / chosen.instance_count
