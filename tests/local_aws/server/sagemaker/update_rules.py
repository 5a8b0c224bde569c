"""What UpdateEndpoint refuses because of the endpoint that already runs."""

from tests.local_aws.server.sagemaker import component_state
from tests.local_aws.server.sagemaker.state import Endpoint, Fleet
from tests.local_aws.server.sagemaker.validation import refuse_unless


def check(endpoint: Endpoint, new: Fleet, registered: frozenset[str]) -> None:
    """Check the fleet that is to replace an endpoint's.

    Args:
        endpoint: The endpoint as it runs.
        new: The fleet that is asked for.
        registered: The variants that Application Auto Scaling scales.

    Raises:
        ServiceError: The service would refuse the update.
    """
    old = endpoint.fleet
    touched = sorted(
        name
        for name in registered & set(old.everyone)
        if name not in new.everyone or new.everyone[name].instance_type != old.everyone[name].instance_type
    )
    names = ", ".join(f'"{name}"' for name in touched)
    refuse_unless(
        not touched,
        f"The variant(s) {names} must be deregistered as scalable targets with AWS Auto Scaling before they can be"
        " removed or have their instance type updated.",
    )
    for name, variant in new.variants.items():
        before = old.variants.get(name)
        refuse_unless(
            before is None or before.is_serverless or not variant.is_serverless,
            f"Variant {name} cannot be updated from instances to serverless.",
        )
    hosting = {component.variant_name for component in component_state.on(endpoint.name)}
    lost = sorted(name for name in hosting if name not in new.variants or new.variants[name].model is not None)
    refuse_unless(not lost, f"Variant(s) {', '.join(lost)} host inference components, which have to be deleted first.")
    refuse_unless(
        new.config.is_async or not old.config.is_async,
        f"The AsyncInferenceConfig parameter cannot be removed from this endpoint {endpoint.name}.",
    )
    refuse_unless(
        old.config.is_async or not new.config.is_async,
        f"The AsyncInferenceConfig parameter cannot be added to this endpoint {endpoint.name}.",
    )
