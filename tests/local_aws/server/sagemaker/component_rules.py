"""The rules of inference components that the service model does not state."""

from tests.local_aws.server.sagemaker import artifacts, component_capacity, deployment_rules, models
from tests.local_aws.server.sagemaker.component_state import Component, adapters_of, components
from tests.local_aws.server.sagemaker.state import Document, Endpoint, Variant
from tests.local_aws.server.sagemaker.validation import refuse_unless

_MOST_VARIABLES = 16
_SECONDS_WITHOUT_LIMIT = 28800
_SMALLEST_BATCH, _LARGEST_BATCH = 0.05, 0.5


def host(endpoint: Endpoint, request: Document) -> Variant:
    """Return the variant that a new component goes to.

    Raises:
        ServiceError: The endpoint cannot host it there, or hosts no components at all.
    """
    refuse_unless(
        endpoint.status == "InService",
        f'Endpoint "{endpoint.arn}" must be InService to host an inference component, it is {endpoint.status}.',
    )
    variants = endpoint.fleet.variants
    name = request.get("VariantName", next(iter(variants)) if len(variants) == 1 else None)
    refuse_unless(
        name is not None, f"VariantName must be specified: endpoint {endpoint.name} has {', '.join(variants)}."
    )
    refuse_unless(name in variants, f'Could not find variant "{name}" of endpoint "{endpoint.arn}".')
    found = variants[str(name)]
    refuse_unless(
        found.model is None,
        f"Variant {name} of endpoint {endpoint.name} has a model of its own: inference components need a variant without.",
    )
    return found


def check_new(request: Document, specifications: list[Document], hosting: Variant) -> None:
    """Check a component that is to be created.

    Raises:
        ServiceError: The service would refuse it.
    """
    _check_specifications(specifications, hosting)
    base_name = specifications[0].get("BaseInferenceComponentName")
    if base_name is None:
        copies = request.get("RuntimeConfig", {}).get("CopyCount", 1)
        refuse_unless(
            copies >= 1, f"CopyCount must be at least 1 when an inference component is created, got {copies}."
        )
        return
    base = components().get(base_name)
    refuse_unless(base is not None, f'Could not find inference component "{base_name}".')
    if base is not None:
        refuse_unless(not base.base_name, f"{base_name} is an adapter and cannot be the base of another one.")
        refuse_unless(
            base.endpoint_name == hosting.endpoint_name, f"{base_name} is not on endpoint {hosting.endpoint_name}."
        )
        refuse_unless(base.status == "InService", f"{base_name} must be InService, it is {base.status}.")


def check_update(component: Component, request: Document, specifications: list[Document], hosting: Variant) -> None:
    """Check what a component is to become.

    Raises:
        ServiceError: The service would refuse it.
    """
    changes = {"Specification", "Specifications", "RuntimeConfig"} & set(request)
    refuse_unless(changes, "UpdateInferenceComponent needs a Specification, Specifications or a RuntimeConfig.")
    check_idle(component, "update")
    if specifications:
        _check_specifications(specifications, hosting)
        refuse_unless(
            specifications[0].get("BaseInferenceComponentName", "") == component.base_name,
            f"BaseInferenceComponentName of {component.name} cannot be changed.",
        )
    copies = request.get("RuntimeConfig", {}).get("CopyCount", component.wanted)
    refuse_unless(not component.base_name or "RuntimeConfig" not in request, "The copies of an adapter are its base's.")
    if "DeploymentConfig" in request:
        _check_deployment(request["DeploymentConfig"], copies)


def check_idle(component: Component, verb: str) -> None:
    """Refuse to touch a component while something is under way.

    Raises:
        ServiceError: Something is.
    """
    refuse_unless(
        not component.progress,
        f'Cannot {verb} inference component "{component.arn}" while it is in state {component.progress}.',
    )


def check_delete(component: Component) -> None:
    """Check that a component can be deleted.

    Raises:
        ServiceError: It cannot.
    """
    check_idle(component, "delete")
    names = ", ".join(adapter.name for adapter in adapters_of(component))
    refuse_unless(
        not names,
        f'Inference component "{component.arn}" is a base inference component for one or more associated adapter inference'
        f" components: {names}. Delete them first.",
    )


def _check_specifications(specifications: list[Document], hosting: Variant) -> None:
    kinds = [specification.get("InstanceType") for specification in specifications]
    several = len(specifications) > 1
    refuse_unless(not several or None not in kinds, "Each of several Specifications needs an InstanceType.")
    refuse_unless(len(set(kinds)) == len(kinds), f"The InstanceTypes of Specifications must be unique, got {kinds}.")
    own = {component_capacity.instance_type(hosting)}
    own |= {pool["InstanceType"] for pool in hosting.settings.get("InstancePools", [])}
    strangers = sorted({kind for kind in kinds if kind is not None} - own)
    refuse_unless(not strangers, f"Variant {hosting.name} has no instances of type {', '.join(strangers)}.")
    for specification in specifications:
        if "BaseInferenceComponentName" in specification:
            refuse_unless(not several, "An adapter inference component takes one Specification.")
            _check_adapter(specification)
        else:
            _check_model(specification)


def _check_model(specification: Document) -> None:
    container = specification.get("Container", {})
    refuse_unless(
        ("ModelName" in specification) != ("Image" in container),
        "A Specification needs either ModelName or a Container with an Image.",
    )
    variables = len(container.get("Environment", {}))
    refuse_unless(
        variables <= _MOST_VARIABLES, f"Environment takes at most {_MOST_VARIABLES} entries, got {variables}."
    )
    if "ModelName" in specification:
        models.find(specification["ModelName"])
    elif "ArtifactUrl" in container:
        artifacts.check({"Image": container["Image"], "ModelDataUrl": container["ArtifactUrl"]})
    needs = specification.get("ComputeResourceRequirements")
    refuse_unless(needs is not None, "ComputeResourceRequirements must be specified, except for an adapter.")
    if needs is not None:
        least, most = needs["MinMemoryRequiredInMb"], needs.get("MaxMemoryRequiredInMb")
        refuse_unless(
            most is None or most >= least,
            f"MaxMemoryRequiredInMb {most} cannot be less than MinMemoryRequiredInMb {least}.",
        )


def _check_adapter(specification: Document) -> None:
    odd = sorted({"ModelName", "ComputeResourceRequirements"} & set(specification))
    odd += sorted({"Image", "Environment"} & set(specification.get("Container", {})))
    refuse_unless(not odd, f"{', '.join(odd)} cannot be specified for an adapter inference component.")
    location = specification.get("Container", {}).get("ArtifactUrl")
    refuse_unless(location is not None, "An adapter inference component needs a Container with an ArtifactUrl.")
    artifacts.check({"ModelDataUrl": location})


def _check_deployment(deployment: Document, copies: int) -> None:
    policy = deployment["RollingUpdatePolicy"]
    share = deployment_rules.share_of(policy["MaximumBatchSize"], copies)
    refuse_unless(
        _SMALLEST_BATCH <= share <= _LARGEST_BATCH,
        f"MaximumBatchSize must be 5-50% of the copy count, got {share:.0%} of {copies}.",
    )
    limit = policy.get("MaximumExecutionTimeoutInSeconds", _SECONDS_WITHOUT_LIMIT)
    waits = deployment_rules.seconds_waited(deployment, copies)
    refuse_unless(
        limit > waits, f"MaximumExecutionTimeoutInSeconds {limit} must exceed the {waits} seconds that are waited."
    )
