"""Builds the fleet of an endpoint configuration: one process a variant, with its model, until it answers /ping."""

import itertools
import os
import re

from tests.local_aws import images
from tests.local_aws.server.sagemaker import artifacts, cloud
from tests.local_aws.server.sagemaker.containers import Container
from tests.local_aws.server.sagemaker.state import Document, EndpointConfig, Fleet, Model, Variant, store

_HEALTH_SECONDS = 60.0
_numbers = itertools.count(1)


def plan(config: EndpointConfig, kept: Fleet | None = None, kept_properties: frozenset[str] = frozenset()) -> Fleet:
    """Lay out the fleet of a configuration, without starting anything.

    Args:
        config: The endpoint configuration.
        kept: The fleet whose properties are kept for variants of the same name.
        kept_properties: Which of them: DesiredInstanceCount, DesiredWeight.
    """
    variants = {}
    for name, settings in config.variants.items():
        count, weight = settings.get("InitialInstanceCount", 0), settings.get("InitialVariantWeight", 1.0)
        old = kept.variants.get(name) if kept is not None else None
        if old is not None and "DesiredInstanceCount" in kept_properties and not old.is_serverless:
            count = old.instance_count
        if old is not None and "DesiredWeight" in kept_properties:
            weight = old.weight
        model = store().models[settings["ModelName"]] if "ModelName" in settings else None
        variants[name] = Variant(name, settings, model, count, weight)
    return Fleet(config, variants)


def start(fleet: Fleet, endpoint_name: str) -> str:
    """Start the containers of a fleet; return why it failed, or nothing when it is well.

    A variant whose image was not built here, or whose artifact lies in a bucket of someone else, is well for the control
    plane; it says so when it is invoked.
    """
    started: list[Variant] = []
    for variant in fleet.variants.values():
        try:
            variant.unplayable = _why_unplayable(variant.model)
            if not variant.unplayable and variant.model is not None:
                variant.container = _container(variant, variant.model, endpoint_name)
                variant.container.start()
                started.append(variant)
        except artifacts.ArtifactError as error:
            return f"The model data of production variant {variant.name} could not be used: {error}."
        except OSError as error:
            return f"The primary container for production variant {variant.name} could not be started: {error}."
    for variant in started:
        if variant.container is not None and not variant.container.wait_until_healthy(_patience(variant.settings)):
            return (
                f"The primary container for production variant {variant.name} did not pass the ping health check."
                f" Please check CloudWatch logs for this endpoint. (The local AWS keeps them in {variant.container.log})"
            )
    return ""


def stop(fleet: Fleet) -> None:
    """End all containers of a fleet and wait until they are gone."""
    for variant in fleet.variants.values():
        container, variant.container = variant.container, None
        if container is not None:
            container.stop()


def _why_unplayable(model: Model | None) -> str:
    if model is None:
        return "inference components are not played by the local AWS"
    if len(model.containers) > 1:
        return f"model {model.name} has several containers, which the local AWS does not play"
    container = model.containers[0]
    if container.get("Mode") == "MultiModel":
        return f"model {model.name} is multi-model, which the local AWS does not play"
    image = container.get("Image", "")
    if images.find(cloud.scratch(), image) is None:
        return f"image {image} was not built here: the local AWS runs only images built from a folder"
    return artifacts.beyond_reach(container)


def _container(variant: Variant, model: Model, endpoint_name: str) -> Container:
    definition = model.containers[0]
    image = images.find(cloud.scratch(), definition["Image"])
    if image is None:  # checked just before, by the same name
        raise artifacts.ArtifactError(f"image {definition['Image']} is gone")
    name = re.sub(r"[^A-Za-z0-9-]", "-", f"{variant.name}-{next(_numbers)}")
    place = cloud.scratch() / "endpoints" / f"{cloud.account()}-{cloud.region()}" / endpoint_name
    base = place / name / "ml"
    artifacts.fetch(definition, base / "model")
    environment = {**_credentials(model.request), **definition.get("Environment", {})}
    return Container(image, environment, base, place / f"{name}.log")


def _credentials(model: Document) -> dict[str, str]:
    """What a container needs to call AWS, which one in network isolation does not get."""
    if model.get("EnableNetworkIsolation"):
        return {}
    return {
        "AWS_REGION": cloud.region(),
        "AWS_DEFAULT_REGION": cloud.region(),
        "AWS_ACCESS_KEY_ID": cloud.account(),
        "AWS_SECRET_ACCESS_KEY": "local",
        "AWS_ENDPOINT_URL": cloud.endpoint_url(),
    }


def _patience(settings: Document) -> float:
    """How long a container may take until it is well: what the variant says, but no longer than we care to wait."""
    most = float(os.environ.get("LOCAL_AWS_HEALTH_SECONDS", _HEALTH_SECONDS))
    return min(float(settings.get("ContainerStartupHealthCheckTimeoutInSeconds", most)), most)
