"""What Application Auto Scaling can scale here, by scalable dimension: how much there is, and how it is changed."""

from collections.abc import Callable
from dataclasses import dataclass

from tests.local_aws.server.sagemaker import components, endpoints
from tests.local_aws.server.sagemaker.scaling_state import CONCURRENCY, COPIES, INSTANCES, component_of, variant_of
from tests.local_aws.server.sagemaker.state import LOCK, Variant, store


@dataclass(frozen=True, slots=True, kw_only=True)
class Capacity:
    """One kind of capacity.

    Args:
        noun: What activities call it.
        read: Returns how much a resource has, or None when it is gone, has none of this kind, or is being changed.
        change: Asks the service to change it.
        settle: Waits until the service has changed it, for so many seconds at most; raises TimeoutError after that.
    """

    noun: str
    read: Callable[[str], int | None]
    change: Callable[[str, int], None]
    settle: Callable[[str, float], None]


def of(dimension: str) -> Capacity | None:
    """Return how a dimension is scaled, or None when it is only kept."""
    return _CAPACITIES.get(dimension)


def _variant(resource_id: str) -> Variant | None:
    """Return a variant that can be scaled now: nothing is scaled during an update of its endpoint."""
    named = variant_of(resource_id)
    endpoint = store().endpoints.get(named[0]) if named else None
    if named is None or endpoint is None or endpoint.status != "InService":
        return None
    return endpoint.fleet.everyone.get(named[1])


def _instances(resource_id: str) -> int | None:
    with LOCK:
        variant = _variant(resource_id)
        return variant.instance_count if variant is not None else None


def _set_instances(resource_id: str, wanted: int) -> None:
    _update_variant(resource_id, {"DesiredInstanceCount": wanted})


def _concurrency(resource_id: str) -> int | None:
    with LOCK:
        variant = _variant(resource_id)
        settings = variant.settings.get("ServerlessConfig", {}) if variant is not None else {}
        found: int | None = settings.get("ProvisionedConcurrency")
        return found


def _set_concurrency(resource_id: str, wanted: int) -> None:
    _update_variant(resource_id, {"ServerlessUpdateConfig": {"ProvisionedConcurrency": wanted}})


def _update_variant(resource_id: str, change: dict[str, object]) -> None:
    named = variant_of(resource_id) or ("", "")
    request = {"EndpointName": named[0], "DesiredWeightsAndCapacities": [{"VariantName": named[1], **change}]}
    endpoints.update_endpoint_weights_and_capacities(request)


def _settle_endpoint(resource_id: str, seconds: float) -> None:
    named = variant_of(resource_id) or ("", "")
    endpoints.wait_until_settled(named[0], seconds)


def _copies(resource_id: str) -> int | None:
    return components.copies_of(component_of(resource_id))


def _set_copies(resource_id: str, wanted: int) -> None:
    components.set_copies(component_of(resource_id), wanted)


def _settle_component(resource_id: str, seconds: float) -> None:
    components.wait_until_settled(component_of(resource_id), seconds)


_CAPACITIES = {
    COPIES: Capacity(noun="desired copy count", read=_copies, change=_set_copies, settle=_settle_component),
    INSTANCES: Capacity(noun="desired instance count", read=_instances, change=_set_instances, settle=_settle_endpoint),
    CONCURRENCY: Capacity(
        noun="desired provisioned concurrency", read=_concurrency, change=_set_concurrency, settle=_settle_endpoint
    ),
}
