"""Builds the fleet of an endpoint configuration: what answers for each variant, until all of it answers /ping."""

import functools
from collections.abc import Callable

from tests.local_aws.server.sagemaker import artifacts, launching
from tests.local_aws.server.sagemaker.serverless import Serverless
from tests.local_aws.server.sagemaker.serving import Serving
from tests.local_aws.server.sagemaker.state import Document, EndpointConfig, Fleet, Variant, store

_HEALTH_SECONDS = 60.0


def plan(config: EndpointConfig, kept: Fleet | None = None, kept_properties: frozenset[str] = frozenset()) -> Fleet:
    """Lay out the fleet of a configuration, without starting anything.

    Args:
        config: The endpoint configuration.
        kept: The fleet whose properties are kept for variants of the same name.
        kept_properties: Which of them: DesiredInstanceCount, DesiredWeight.
    """
    variants = {}
    for name, settings in {**config.variants, **config.shadows}.items():
        count, weight = settings.get("InitialInstanceCount", 0), settings.get("InitialVariantWeight", 1.0)
        old = kept.everyone.get(name) if kept is not None else None
        if old is not None and "DesiredInstanceCount" in kept_properties and not old.is_serverless:
            count = old.instance_count
        if old is not None and "DesiredWeight" in kept_properties:
            weight = old.weight
        model = store().models[settings["ModelName"]] if "ModelName" in settings else None
        variants[name] = Variant(name, settings, model, count, weight, config_name=config.name)
    shadows = {name: variants.pop(name) for name in config.shadows}
    return Fleet(config, variants, shadows)


def start(fleet: Fleet, endpoint_name: str) -> str:
    """Start the containers of a fleet; return why it failed, or nothing when it is well.

    A variant whose image was not built here, or whose artifact lies in a bucket of someone else, is well for the control
    plane; it says so when it is invoked.
    """
    for variant in fleet.everyone.values():
        variant.endpoint_name = endpoint_name
        try:
            _start(variant)
        except artifacts.ArtifactError as error:
            return f"The model data of production variant {variant.name} could not be used: {error}."
        except OSError as error:
            return f"A container for production variant {variant.name} could not be started: {error}."
    for variant in fleet.everyone.values():
        if variant.serving is None:
            continue
        sick = variant.serving.wait_until_healthy(_patience(variant.settings))
        if sick is not None:
            return (
                f"The {sick.name} container for production variant {variant.name} did not pass the ping health check."
                f" Please check CloudWatch logs for this endpoint. (The local AWS keeps them in {sick.log})"
            )
    return ""


def stop(fleet: Fleet) -> None:
    """End all containers of a fleet and wait until they are gone."""
    for variant in fleet.everyone.values():
        serving, variant.serving = variant.serving, None
        if serving is not None:
            serving.stop()


def _start(variant: Variant) -> None:
    """Start what answers for a variant, or note why nothing can."""
    if variant.model is None:  # the components that it hosts have models
        return
    variant.unplayable = launching.why_unplayable(variant.model)
    if not variant.unplayable:
        launch = functools.partial(launching.build, variant.model, meter=variant.meter, label=variant.name)
        variant.serving = _serverless(variant, launch) if variant.is_serverless else launch()
        variant.serving.start()


def _serverless(variant: Variant, launch: Callable[[], Serving]) -> Serverless:
    settings = variant.settings["ServerlessConfig"]
    provisioned = settings.get("ProvisionedConcurrency", 0)
    return Serverless(launch, variant.meter, most=settings["MaxConcurrency"], provisioned=provisioned)


def _patience(settings: Document) -> float:
    """How long a container may take until it is well: what the variant says, but no longer than we care to wait."""
    return min(float(settings.get("ContainerStartupHealthCheckTimeoutInSeconds", _HEALTH_SECONDS)), _HEALTH_SECONDS)
