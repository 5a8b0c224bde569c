"""What an inference component is refused for before anything of it is made."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cdk_model_hosting.arguments import require
from cdk_model_hosting.endpoints.component_resources import ComponentResources
from cdk_model_hosting.endpoints.components import ComponentEndpoint
from cdk_model_hosting.errors import ConfigurationError
from cdk_model_hosting.models.container import Container, check_environments
from cdk_model_hosting.models.image import Architecture
from cdk_model_hosting.tokens import is_token

if TYPE_CHECKING:
    from cdk_model_hosting.scaling.scaling import Scaling


def check_kinds(endpoint: ComponentEndpoint, container: Container, resources: ComponentResources) -> None:
    """Refuse what no component can be made of.

    Args:
        endpoint: Whose instances it is to run on.
        container: What it is to run.
        resources: What each copy is to get.

    Raises:
        ConfigurationError: When one is of another type, the container loads models on request, or its environment is too
            large.
    """
    require("InferenceComponent endpoint", endpoint, ComponentEndpoint)
    require("InferenceComponent container", container, Container)
    require("InferenceComponent resources", resources, ComponentResources)
    if container.models is not None:
        raise ConfigurationError(
            "InferenceComponent container must have an artifact, got models of a store: each copy serves one model; make a "
            "component for each"
        )
    check_environments((container,))


def check_image(endpoint: ComponentEndpoint, architecture: Architecture | None, *, private: bool) -> None:
    """Refuse an image that the endpoint's instances could not run.

    Args:
        endpoint: The endpoint.
        architecture: What the image is built for, as far as that is known.
        private: Whether it is in a private registry.

    Raises:
        ConfigurationError: When they could not.
    """
    machine = endpoint.fleet.machine
    if private and endpoint.network is None:
        raise ConfigurationError(
            "ComponentEndpoint network must be given with an image from a private registry, got none: SageMaker reaches that "
            "registry through the VPC"
        )
    runs = Architecture.ARM64 if machine.arm else Architecture.X86_64
    if architecture is not None and machine.resolved and architecture is not runs:
        raise ConfigurationError(
            f"InferenceComponent container must be built for the endpoint's {machine.name} which runs {runs.value}, got "
            f"{architecture.value}: the container would not start"
        )


def check_bounds(scaling: Scaling, copies: int | None) -> None:
    """Refuse copies to start with that scaling would not let be.

    Args:
        scaling: How the component scales.
        copies: What was asked for.

    Raises:
        ConfigurationError: When they lie outside its bounds.
    """
    bounds = (scaling.minimum, scaling.maximum)
    if copies is None or any(is_token(each) for each in (copies, *bounds)) or bounds[0] <= copies <= bounds[1]:
        return
    raise ConfigurationError(
        f"InferenceComponent copies must lie between the scaling's bounds {bounds[0]} and {bounds[1]}, got {copies}: scaling "
        "would change it at once"
    )


def kept_copies(first: int, scaling: Scaling | None) -> int:
    """Copies that must find room: those to start with, or the scaling's minimum where that is more.

    Args:
        first: Copies that the component starts with.
        scaling: How it scales.
    """
    if scaling is None or is_token(first) or is_token(scaling.minimum):
        return first
    return max(first, scaling.minimum)


def first_copies(copies: int | None) -> int:
    """Copies that a component starts with.

    A component that scales starts with one as well: registration raises it to the minimum at once. The minimum itself must not
    stand there, for a changed number in the template sets the number of copies, whatever scaling has reached.

    Args:
        copies: What was asked for.
    """
    return 1 if copies is None else copies
