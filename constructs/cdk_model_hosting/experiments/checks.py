"""What an experiment can test, and what it cannot."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cdk_model_hosting.arguments import require
from cdk_model_hosting.endpoints.capture import BOTH, DataCapture
from cdk_model_hosting.endpoints.endpoint import Endpoint
from cdk_model_hosting.endpoints.shadow import Shadow
from cdk_model_hosting.endpoints.variant import Variant
from cdk_model_hosting.errors import ConfigurationError
from cdk_model_hosting.limits import EXPERIMENT_PERCENT, SHADOW_VARIANTS
from cdk_model_hosting.patterns import MATRIX, Feature, Pattern
from cdk_model_hosting.tokens import is_token

if TYPE_CHECKING:
    from cdk_model_hosting.endpoints.fleet import Fleet

_EVERYTHING = 100


def check_endpoint(endpoint: Endpoint, production: Variant) -> None:
    """Refuse an endpoint that cannot be shadowed, or a variant that it does not have.

    Args:
        endpoint: The endpoint.
        production: The variant whose requests are copied.

    Raises:
        ConfigurationError: When it is of another pattern, has several variants, none of that name, or a shadow already.
    """
    require("ShadowExperiment endpoint", endpoint, Endpoint)
    require("ShadowExperiment production", production, Variant)
    if endpoint.pattern is not Pattern.REALTIME:
        why = MATRIX[Feature.SHADOW][endpoint.pattern].why
        raise ConfigurationError(
            f"ShadowExperiment endpoint must be a single-model real-time one, got a {endpoint.pattern.value} one: {why}"
        )
    names = endpoint.variant_names
    if not SHADOW_VARIANTS.contains(len(names)):
        raise ConfigurationError(
            f"ShadowExperiment endpoint must have exactly one variant, got {list(names)}: {SHADOW_VARIANTS.why}"
        )
    if endpoint.shadow_names:
        raise ConfigurationError(
            f"ShadowExperiment endpoint must be without a shadow of its own, got {endpoint.shadow_names[0]!r}: "
            f"{SHADOW_VARIANTS.why}"
        )
    if not is_token(names[0]) and not is_token(production.name) and names[0] != production.name:
        raise ConfigurationError(
            f"ShadowExperiment production must be the endpoint's variant {names[0]!r}, got {production.name!r}: the "
            "experiment copies the requests of a variant that exists"
        )


def check_shadow(shadow: Shadow, production: Variant) -> None:
    """Refuse a shadow that an experiment cannot make.

    Args:
        shadow: The shadow.
        production: The variant whose requests it gets.

    Raises:
        ConfigurationError: When it scales, or says more of its fleet than an experiment is told.
    """
    require("ShadowExperiment shadow", shadow, Shadow)
    EXPERIMENT_PERCENT.check("ShadowExperiment shadow percent", shadow.percent)
    shadow.check_production(production)
    if shadow.scaling is not None:
        raise ConfigurationError(
            "ShadowExperiment shadow scaling must be omitted, got one: its fleet is there only while the experiment runs, and "
            "cannot be registered in a deployment"
        )
    beyond = beyond_type_and_count(shadow.fleet)
    if beyond:
        raise ConfigurationError(
            f"ShadowExperiment shadow fleet must have an instance type and a count alone, got {' and '.join(beyond)}: an "
            "experiment is told nothing else of it"
        )


def check_capture(capture: DataCapture) -> None:
    """Refuse captures that an experiment cannot make.

    Args:
        capture: What is kept.

    Raises:
        ConfigurationError: When it is not all of both sides.
    """
    require("ShadowExperiment capture", capture, DataCapture)
    if not is_token(capture.percent) and capture.percent != _EVERYTHING:
        raise ConfigurationError(
            f"ShadowExperiment capture percent must be {_EVERYTHING}, got {capture.percent}: an experiment is not told of "
            "shares"
        )
    if set(capture.modes) != set(BOTH):
        raise ConfigurationError(
            f"ShadowExperiment capture modes must be both, got {list(capture.modes)}: an experiment keeps requests together "
            "with their answers"
        )


def beyond_type_and_count(fleet: Fleet) -> list[str]:
    """What is said of a fleet, and an experiment is not told.

    Args:
        fleet: The fleet.
    """
    names = ("volume_gb", "startup_timeout", "download_timeout", "ami_version", "routing")
    return [name for name in names if getattr(fleet, name) is not None]
