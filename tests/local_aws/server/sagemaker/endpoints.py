"""CreateEndpoint, UpdateEndpoint and their kin."""

import time
from collections.abc import Iterator

from tests.local_aws.server.sagemaker import (
    backlog,
    cloud,
    component_rollouts,
    concurrency,
    configs,
    deployment_rules,
    fleets,
    instances,
    models,
    rollouts,
    scaling_state,
    tags,
    update_rules,
)
from tests.local_aws.server.sagemaker.describing import describe, summarize
from tests.local_aws.server.sagemaker.errors import ServiceError
from tests.local_aws.server.sagemaker.listing import page
from tests.local_aws.server.sagemaker.state import LOCK, Document, Endpoint, EndpointConfig, Variant, store
from tests.local_aws.server.sagemaker.validation import refuse_unless, validate

_POLL_SECONDS = 0.05


def create_endpoint(request: Document) -> Document:
    """Create an endpoint; it is Creating until its containers answer /ping."""
    validate("sagemaker", "CreateEndpoint", request)
    deployment_rules.check(request.get("DeploymentConfig", {}))
    name = request["EndpointName"]
    with LOCK:
        # Names differ in more than case when they are created, while a caller must spell them exactly.
        taken = {known.lower(): known for known in store().endpoints}
        arn = cloud.arn("sagemaker", f"endpoint/{taken.get(name.lower(), name)}")
        refuse_unless(name.lower() not in taken, f'Cannot create already existing endpoint "{arn}".')
        config = _config(request)
        endpoint = Endpoint(name, arn, fleets.plan(config), deployment=request.get("DeploymentConfig"))
        store().endpoints[name] = endpoint
        tags.put(arn, request.get("Tags", []))
    if config.is_async:
        backlog.open_for(endpoint)
    cloud.in_background(rollouts.create, endpoint, name=f"create-{name}")
    return {"EndpointArn": arn}


def describe_endpoint(request: Document) -> Document:
    """Describe an endpoint."""
    validate("sagemaker", "DescribeEndpoint", request)
    with LOCK:
        return describe(find(request["EndpointName"]))


def list_endpoints(request: Document) -> Document:
    """List the endpoints of this account and region."""
    validate("sagemaker", "ListEndpoints", request)
    with LOCK:
        summaries = [summarize(endpoint) for endpoint in store().endpoints.values()]
    return page(summaries, request, name_key="EndpointName", result_key="Endpoints")


def update_endpoint(request: Document) -> Document:
    """Deploy another configuration to an endpoint, beside the one that runs until the new one is well."""
    validate("sagemaker", "UpdateEndpoint", request)
    with LOCK:
        endpoint = _idle(request["EndpointName"])
        config = _config(request)
        excluded = {entry["VariantPropertyType"] for entry in request.get("ExcludeRetainedVariantProperties", [])}
        retains = request.get("RetainAllVariantProperties", False)
        refuse_unless(
            retains or not excluded, "ExcludeRetainedVariantProperties requires RetainAllVariantProperties to be true."
        )
        kept = frozenset({"DesiredInstanceCount", "DesiredWeight"} - excluded) if retains else frozenset()
        new = fleets.plan(config, endpoint.fleet, kept)
        update_rules.check(endpoint, new, scaling_state.registered_variants(endpoint.name))
        deployment = request.get("DeploymentConfig")
        if deployment is None and request.get("RetainDeploymentConfig"):
            deployment = endpoint.deployment
        counts = {variant.name: variant.instance_count for variant in new.variants.values()}
        deployment_rules.check_update(deployment or {}, endpoint.fleet, config, counts)
        endpoint.deployment = deployment
        rollouts.prepare(endpoint, new)
    cloud.in_background(rollouts.update, endpoint, name=f"update-{endpoint.name}")
    return {"EndpointArn": endpoint.arn}


def update_endpoint_weights_and_capacities(request: Document) -> Document:
    """Change weights and instance counts of the variants that run."""
    validate("sagemaker", "UpdateEndpointWeightsAndCapacities", request)
    with LOCK:
        endpoint = _idle(request["EndpointName"])
        wanted = request["DesiredWeightsAndCapacities"]
        for change in wanted:
            variant = _variant(endpoint, change["VariantName"])
            refuse_unless(
                change.get("DesiredInstanceCount", 1) > 0 or endpoint.fleet.config.is_async,
                f"DesiredInstanceCount of variant {variant.name} must be at least 1.",
            )
            concurrency.changed(variant, change)
        weights = {name: variant.weight for name, variant in endpoint.fleet.variants.items()}
        weights |= {
            change["VariantName"]: change["DesiredWeight"]
            for change in wanted
            if "DesiredWeight" in change and change["VariantName"] in weights
        }
        refuse_unless(sum(weights.values()) > 0, "At least one production variant must have a weight above 0.")
        for change in wanted:
            variant = endpoint.fleet.everyone[change["VariantName"]]
            variant.settings = concurrency.changed(variant, change)
            variant.weight = change.get("DesiredWeight", variant.weight)
            variant.instance_count = change.get("DesiredInstanceCount", variant.instance_count)
        endpoint.becomes("Updating")
    cloud.in_background(_settle, endpoint, name=f"scale-{endpoint.name}")
    return {"EndpointArn": endpoint.arn}


def delete_endpoint(request: Document) -> Document:
    """Delete an endpoint, its containers and its scalable targets; it is Deleting until the containers are gone."""
    validate("sagemaker", "DeleteEndpoint", request)
    with LOCK:
        endpoint = find(request["EndpointName"])
        refuse_unless(not endpoint.is_busy, f'Cannot update in-progress endpoint "{endpoint.arn}".')
        endpoint.becomes("Deleting")
        scaling_state.forget_endpoint(endpoint.name)
    cloud.in_background(_remove, endpoint, name=f"delete-{endpoint.name}")
    return {}


def wait_until_settled(name: str, seconds: float) -> Document | None:
    """Wait until no operation on an endpoint is under way.

    Args:
        name: The endpoint.
        seconds: How long to wait at most.

    Returns:
        What DescribeEndpoint answers, or None when the endpoint is gone.

    Raises:
        TimeoutError: The endpoint is still busy.
    """
    deadline = time.monotonic() + seconds
    while True:
        with LOCK:
            endpoint = store().endpoints.get(name)
            if endpoint is None:
                return None
            if not endpoint.is_busy:
                return describe(endpoint)
        if time.monotonic() > deadline:
            raise TimeoutError(f"endpoint {name} is still {endpoint.status} after {seconds:g} seconds")
        time.sleep(_POLL_SECONDS)


def find(name: str) -> Endpoint:
    """Return an endpoint of this account and region.

    Raises:
        ServiceError: There is none of this name.
    """
    with LOCK:
        endpoint = store().endpoints.get(name)
    if endpoint is None:
        arn = cloud.arn("sagemaker", f"endpoint/{name}")
        raise ServiceError("ValidationException", f'Could not find endpoint "{arn}".')
    return endpoint


def _config(request: Document) -> EndpointConfig:
    """Return the configuration of a request, whose models must still be there."""
    config = configs.find(request["EndpointConfigName"])
    for name in _model_names(config):
        models.find(name)
    return config


def _model_names(config: EndpointConfig) -> Iterator[str]:
    for variant in config.variants.values():
        if "ModelName" in variant:
            yield variant["ModelName"]


def _idle(name: str) -> Endpoint:
    endpoint = find(name)
    refuse_unless(not endpoint.is_busy, f'Cannot update in-progress endpoint "{endpoint.arn}".')
    refuse_unless(endpoint.status != "Failed", f'Cannot update failed endpoint "{endpoint.arn}", only delete it.')
    return endpoint


def _variant(endpoint: Endpoint, name: str) -> Variant:
    variant = endpoint.fleet.everyone.get(name)
    if variant is None:
        raise ServiceError("ValidationException", f'Could not find variant "{name}" of endpoint "{endpoint.arn}".')
    return variant


def _settle(endpoint: Endpoint) -> None:
    for variant in endpoint.fleet.variants.values():
        concurrency.follow(variant)
    instances.settle(endpoint)


def _remove(endpoint: Endpoint) -> None:
    component_rollouts.orphan(endpoint.name)
    fleets.stop(endpoint.fleet)
    with LOCK:
        if store().endpoints.get(endpoint.name) is endpoint:
            del store().endpoints[endpoint.name]
            tags.forget(endpoint.arn)
