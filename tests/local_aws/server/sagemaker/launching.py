"""Builds what answers for a model: its containers, with their artifacts, as local processes."""

import itertools
import re
from pathlib import Path

from tests.local_aws import images
from tests.local_aws.images import Image
from tests.local_aws.server.sagemaker import artifacts, cloud, triton
from tests.local_aws.server.sagemaker.containers import Container
from tests.local_aws.server.sagemaker.meters import Meter
from tests.local_aws.server.sagemaker.multi_container import MultiContainer
from tests.local_aws.server.sagemaker.multi_model import MultiModel
from tests.local_aws.server.sagemaker.pipeline import Pipeline
from tests.local_aws.server.sagemaker.serving import Serving
from tests.local_aws.server.sagemaker.single import SingleContainer
from tests.local_aws.server.sagemaker.state import Document, Model

_numbers = itertools.count(1)


def why_unplayable(model: Model) -> str:
    """Say why a model cannot answer here, although the control plane is content with it; empty when it can."""
    for container in model.containers:
        reason = _why_not(container.get("Image", "")) or artifacts.beyond_reach(container)
        if reason:
            return reason
    return ""


def build(model: Model, *, meter: Meter, label: str) -> Serving:
    """Lay out what answers for a model, with its artifacts in place but nothing started.

    Args:
        model: The model, about which `why_unplayable` says nothing.
        meter: The metrics of what answers; its endpoint's folder gets the logs.
        label: What the logs and the folders are named after, such as the variant; a number makes it unique.

    Raises:
        ArtifactError: The model data cannot be used.
        OSError: There is no room for it on this machine.
    """
    name = re.sub(r"[^A-Za-z0-9-]", "-", f"{label}-{next(_numbers)}")
    place = cloud.scratch() / "endpoints" / f"{cloud.account()}-{cloud.region()}" / meter.endpoint_name / name
    containers = [
        _container(model, definition, container_name, place)
        for definition, container_name in zip(model.containers, model.container_names, strict=True)
    ]
    if model.is_direct:
        return MultiContainer(containers, meter)
    stages = [_stage(*pair, meter) for pair in zip(model.containers, containers, strict=True)]
    return stages[0] if len(stages) == 1 else Pipeline(stages, meter)


def _stage(definition: Document, container: Container, meter: Meter) -> Serving:
    if definition.get("Mode") != "MultiModel":
        return SingleContainer(container)
    caches = definition.get("MultiModelConfig", {}).get("ModelCacheSetting", "Enabled") == "Enabled"
    return MultiModel(container, definition["ModelDataUrl"], caches=caches, meter=meter)


def _container(model: Model, definition: Document, name: str, place: Path) -> Container:
    image = _image(definition["Image"])
    if image is None:  # checked just before, by the same name
        raise artifacts.ArtifactError(f"image {definition['Image']} is gone")
    base = place / name / "ml"
    artifacts.fetch(definition, base / "model")
    environment = {**_credentials(model.request), **definition.get("Environment", {})}
    if definition.get("Mode") == "MultiModel":
        environment["SAGEMAKER_MULTI_MODEL"] = "true"
    return Container(image, environment, base, place / f"{name}.log", name, shares_instance=len(model.containers) > 1)


def _why_not(image: str) -> str:
    if images.find(cloud.scratch(), image) is not None:
        return ""
    if triton.plays(image):
        return triton.why_unplayable(image)
    return f"image {image} was not built here: the local AWS runs only images built from a folder"


def _image(name: str) -> Image | None:
    built = images.find(cloud.scratch(), name)
    return triton.image(cloud.scratch()) if built is None and triton.plays(name) else built


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
