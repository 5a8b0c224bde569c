"""Which copies of components find room on the instances of their variant, and how many instances that takes.

With managed instance scaling the instances follow the copies at once, between the bounds of the variant. SageMaker takes
minutes to add one, and releases one only after a cooldown.
"""

from tests.local_aws.server.sagemaker import component_state
from tests.local_aws.server.sagemaker.component_state import Component
from tests.local_aws.server.sagemaker.instance_shapes import shape_of
from tests.local_aws.server.sagemaker.placement import Placement, need_of, place
from tests.local_aws.server.sagemaker.state import LOCK, Document, Variant, store

NO_ROOM = "There is not enough hardware resources on the instances for this endpoint to create a copy of the inference component."


def host_of(component: Component) -> Variant | None:
    """Return the variant that hosts a component, unless its endpoint is gone."""
    endpoint = store().endpoints.get(component.endpoint_name)
    return endpoint.fleet.variants.get(component.variant_name) if endpoint is not None else None


def instance_type(host: Variant) -> str:
    """Return the type of a variant's instances: of several pools, the one that SageMaker tries first."""
    pools = sorted(host.settings.get("InstancePools", []), key=lambda pool: int(pool["Priority"]))
    return host.instance_type or (pools[0]["InstanceType"] if pools else "")


def room_for(component: Component, copies: int) -> int:
    """Return how many of so many copies of a component find room beside the copies of the others."""
    with LOCK:
        host = host_of(component)
        return _placed(host, component, copies).copies[-1] if host is not None else 0


def follow(endpoint_name: str, variant_name: str) -> None:
    """Bring the instance count of a variant to what the copies on it need, where SageMaker manages it."""
    with LOCK:
        endpoint = store().endpoints.get(endpoint_name)
        host = endpoint.fleet.variants.get(variant_name) if endpoint is not None else None
        managed = _managed(host) if host is not None else None
        if host is None or managed is None:
            return
        used = _placed(host, None, 0).instances
        host.instance_count = min(max(used, managed.get("MinInstanceCount", 0)), _most(host, managed))


def _placed(host: Variant, newcomer: Component | None, copies: int) -> Placement:
    kind = instance_type(host)
    others = [c for c in component_state.on(host.endpoint_name, host.name) if c is not newcomer and not c.base_name]
    wanted = [(c, c.current.instance_count) for c in others] + ([(newcomer, copies)] if newcomer is not None else [])
    needs = [
        (need_of(component.specification(kind).get("ComputeResourceRequirements", {})), count)
        for component, count in wanted
    ]
    managed = _managed(host)
    return place(needs, shape_of(kind), host.instance_count if managed is None else _most(host, managed))


def _managed(host: Variant) -> Document | None:
    settings: Document = host.settings.get("ManagedInstanceScaling", {})
    return settings if settings.get("Status") == "ENABLED" else None


def _most(host: Variant, managed: Document) -> int:
    return int(managed.get("MaxInstanceCount", max(host.instance_count, host.settings.get("InitialInstanceCount", 1))))
