"""What a caller of an endpoint may ask for: everything, or some of its models or containers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cdk_model_hosting.arguments import require_several
from cdk_model_hosting.errors import ConfigurationError
from cdk_model_hosting.limits import CONTAINER_HOSTNAME, TARGET_MODEL
from cdk_model_hosting.patterns import Pattern
from cdk_model_hosting.tokens import is_token

if TYPE_CHECKING:
    from collections.abc import Sequence

_CHOOSES_MODELS = (Pattern.MULTI_MODEL, Pattern.PIPELINE)


def restrictions(
    pattern: Pattern,
    hostnames: Sequence[str],
    models: Sequence[str] | None,
    containers: Sequence[str] | None,
) -> dict[str, Any] | None:
    """The conditions under which somebody may invoke an endpoint; None for all that it answers.

    Args:
        pattern: How the endpoint hosts its models.
        hostnames: Host names of its containers, where they are known.
        models: Target models that may be asked for; ``*`` and ``?`` stand for any text and any character.
        containers: Host names of the containers that may be asked.

    Raises:
        ConfigurationError: When the endpoint has no such target.
    """
    conditions: dict[str, Any] = {}
    if models is not None:
        require_several("grant_invoke models", models, str)
        if pattern not in _CHOOSES_MODELS:
            raise ConfigurationError(
                f"grant_invoke models must be omitted for a {pattern.value} endpoint, got {list(models)}: its requests name "
                "no target model"
            )
        for model in _some("models", models):
            TARGET_MODEL.check("grant_invoke model", model)
        conditions["StringLike"] = {"sagemaker:TargetModel": list(models)}
    if containers is not None:
        require_several("grant_invoke containers", containers, str)
        if pattern is not Pattern.MULTI_CONTAINER:
            raise ConfigurationError(
                f"grant_invoke containers must be omitted for a {pattern.value} endpoint, got {list(containers)}: its "
                "requests name no target container"
            )
        for container in _some("containers", containers):
            CONTAINER_HOSTNAME.check("grant_invoke container", container)
            if hostnames and not is_token(container) and container not in hostnames:
                raise ConfigurationError(
                    f"grant_invoke containers must be among {', '.join(hostnames)}, got {container!r}: the endpoint has no "
                    "other"
                )
        conditions["StringEquals"] = {"sagemaker:TargetContainerHostname": list(containers)}
    return conditions or None


def _some(what: str, targets: Sequence[str]) -> Sequence[str]:
    if not targets:
        raise ConfigurationError(
            f"grant_invoke {what} must name at least one, got none: leave it out to allow all of them"
        )
    return targets
