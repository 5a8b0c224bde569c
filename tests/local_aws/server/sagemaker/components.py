"""CreateInferenceComponent and its kin."""

import time

from tests.local_aws.server.sagemaker import cloud, component_rollouts, component_rules, endpoints, models, tags
from tests.local_aws.server.sagemaker.component_capacity import host_of, instance_type
from tests.local_aws.server.sagemaker.component_describing import describe, summarize
from tests.local_aws.server.sagemaker.component_state import Component, Copies, components
from tests.local_aws.server.sagemaker.errors import ServiceError
from tests.local_aws.server.sagemaker.listing import page
from tests.local_aws.server.sagemaker.state import LOCK, Document, Model, Variant
from tests.local_aws.server.sagemaker.validation import refuse_unless, validate

_DEFAULT_PAGE = 10
_POLL_SECONDS = 0.05


def create_inference_component(request: Document) -> Document:
    """Create a component; it is Creating until its container answers /ping."""
    validate("sagemaker", "CreateInferenceComponent", request)
    name = request["InferenceComponentName"]
    arn = cloud.arn("sagemaker", f"inference-component/{name}")
    with LOCK:
        refuse_unless(name not in components(), f'Cannot create already existing inference component "{arn}".')
        endpoint = endpoints.find(request["EndpointName"])
        host = component_rules.host(endpoint, request)
        specifications = _specifications(request)
        refuse_unless(specifications, "Exactly one of Specification and Specifications must be specified.")
        component_rules.check_new(request, specifications, host)
        component = Component(
            name,
            arn,
            endpoint.name,
            endpoint.arn,
            host.name,
            specifications,
            is_listed="Specifications" in request,
            wanted=request.get("RuntimeConfig", {}).get("CopyCount", 1),
            current=_copies(name, host, specifications),
        )
        components()[name] = component
        tags.put(arn, request.get("Tags", []))
    cloud.in_background(component_rollouts.create, component, name=f"create-{name}")
    return {"InferenceComponentArn": arn}


def describe_inference_component(request: Document) -> Document:
    """Describe a component."""
    validate("sagemaker", "DescribeInferenceComponent", request)
    with LOCK:
        return describe(find(request["InferenceComponentName"]))


def list_inference_components(request: Document) -> Document:
    """List the components of this account and region."""
    validate("sagemaker", "ListInferenceComponents", request)
    with LOCK:
        summaries = [
            summarize(component)
            for component in components().values()
            if request.get("EndpointNameEquals") in {None, component.endpoint_name}
            and request.get("VariantNameEquals") in {None, component.variant_name}
        ]
    return page(
        summaries,
        {"MaxResults": _DEFAULT_PAGE, **request},
        name_key="InferenceComponentName",
        result_key="InferenceComponents",
        status_key="InferenceComponentStatus",
    )


def update_inference_component(request: Document) -> Document:
    """Change what a component runs, or how many copies there are, or both."""
    validate("sagemaker", "UpdateInferenceComponent", request)
    with LOCK:
        component = find(request["InferenceComponentName"])
        host = _host(component)
        specifications = _specifications(request)
        component_rules.check_update(component, request, specifications, host)
        component.wanted = request.get("RuntimeConfig", {}).get("CopyCount", component.wanted)
        component.deployment = request.get("DeploymentConfig", component.deployment)
        component.becomes("Updating", changes_copies=not specifications)
        new = _copies(component.name, host, specifications) if specifications else None
    if new is None:
        cloud.in_background(component_rollouts.rescale, component, name=f"rescale-{component.name}")
    else:
        cloud.in_background(component_rollouts.update, component, specifications, new, name=f"update-{component.name}")
    return {"InferenceComponentArn": component.arn}


def update_inference_component_runtime_config(request: Document) -> Document:
    """Change how many copies of a component there are."""
    validate("sagemaker", "UpdateInferenceComponentRuntimeConfig", request)
    name = request["InferenceComponentName"]
    set_copies(name, request["DesiredRuntimeConfig"]["CopyCount"])
    return {"InferenceComponentArn": find(name).arn}


def set_copies(name: str, count: int) -> None:
    """Change how many copies of a component there are, as a scaling action does it too.

    Raises:
        ServiceError: There is no such component, it is an adapter, or something else is under way.
    """
    with LOCK:
        component = find(name)
        component_rules.check_idle(component, "update")
        refuse_unless(not component.base_name, "The copies of an adapter are its base's.")
        component.wanted = count
        component.becomes("Updating", changes_copies=True)
    cloud.in_background(component_rollouts.rescale, component, name=f"rescale-{name}")


def copies_of(name: str) -> int | None:
    """Return how many copies of a component there are; None while it is changed, or when there is no such component."""
    with LOCK:
        component = components().get(name)
        return component.current.instance_count if component is not None and component.status == "InService" else None


def wait_until_settled(name: str, seconds: float) -> None:
    """Wait until nothing about a component is under way.

    Raises:
        TimeoutError: Something still is.
    """
    deadline = time.monotonic() + seconds
    while (component := components().get(name)) is not None and component.progress:
        if time.monotonic() > deadline:
            raise TimeoutError(f"inference component {name} is still {component.status} after {seconds:g} seconds")
        time.sleep(_POLL_SECONDS)


def delete_inference_component(request: Document) -> Document:
    """Delete a component; it is Deleting until its container is gone."""
    validate("sagemaker", "DeleteInferenceComponent", request)
    with LOCK:
        component = find(request["InferenceComponentName"])
        component_rules.check_delete(component)
        component.becomes("Deleting")
    cloud.in_background(component_rollouts.remove, component, name=f"delete-{component.name}")
    return {}


def find(name: str) -> Component:
    """Return a component of this account and region.

    Raises:
        ServiceError: There is none of this name.
    """
    with LOCK:
        component = components().get(name)
    if component is None:
        arn = cloud.arn("sagemaker", f"inference-component/{name}")
        raise ServiceError("ValidationException", f'Could not find inference component "{arn}".')
    return component


def _host(component: Component) -> Variant:
    host = host_of(component)
    if host is None:
        raise ServiceError("ValidationException", f'Could not find endpoint "{component.endpoint_arn}".')
    return host


def _specifications(request: Document) -> list[Document]:
    """Return what a component runs, one for each instance type or one for all."""
    given = [key for key in ("Specification", "Specifications") if key in request]
    refuse_unless(len(given) <= 1, "Specification and Specifications cannot both be specified.")
    if "Specification" in request:
        return [request["Specification"]]
    return list(request.get("Specifications", []))


def _copies(name: str, host: Variant, specifications: list[Document]) -> Copies:
    """Return the copies of a component, of which none is up yet."""
    kind = instance_type(host)
    specification = next((s for s in specifications if s.get("InstanceType") == kind), specifications[0])
    is_adapter = "BaseInferenceComponentName" in specification
    model = None if is_adapter else _model(name, specification, host.endpoint_name)
    settings = specification.get("StartupParameters", {})
    return Copies(host.name, settings, model, 0, 1.0, host.endpoint_name, component_name=name)


def _model(name: str, specification: Document, endpoint_name: str) -> Model:
    if "ModelName" in specification:
        return models.find(specification["ModelName"])
    given = specification["Container"]
    named = {"Image": "Image", "ArtifactUrl": "ModelDataUrl", "Environment": "Environment"}
    container = {theirs: given[ours] for ours, theirs in named.items() if ours in given}
    isolated = endpoints.find(endpoint_name).fleet.config.request.get("EnableNetworkIsolation", False)
    return Model(name, "", {"PrimaryContainer": container, "EnableNetworkIsolation": isolated})
