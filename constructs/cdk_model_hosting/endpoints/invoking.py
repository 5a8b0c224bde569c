"""What a caller of an endpoint may ask for: everything, or some of its models or containers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cdk_model_hosting.arguments import require_several
from cdk_model_hosting.errors import ConfigurationError
from cdk_model_hosting.limits import CONTAINER_HOSTNAME, GRANTED_TARGET_MODEL
from cdk_model_hosting.patterns import Pattern
from cdk_model_hosting.tokens import is_token

if TYPE_CHECKING:
    from collections.abc import Sequence

_ENDING = ".tar.gz"
_CHOOSES_MODELS = (Pattern.MULTI_MODEL, Pattern.PIPELINE)


def restrictions(
    pattern: Pattern,
    hostnames: Sequence[str],
    models: Sequence[str] | None,
    containers: Sequence[str] | None,
    *,
    loads_models: bool = True,
    what: str = "grant_invoke",
) -> dict[str, Any] | None:
    """The conditions under which somebody may invoke an endpoint; None for all that it answers.

    Args:
        pattern: How the endpoint hosts its models.
        hostnames: Host names of its containers, where they are known.
        models: Target models that may be asked for; ``*`` and ``?`` stand for any text and any character.
        containers: Host names of the containers that may be asked.
        loads_models: Whether any of its containers loads models on request, as far as known.
        what: What the user called, for the messages.

    Raises:
        ConfigurationError: When the endpoint has no such target.
    """
    conditions: dict[str, Any] = {}
    if models is not None:
        require_several(f"{what} models", models, str)
        if pattern not in _CHOOSES_MODELS:
            raise ConfigurationError(
                f"{what} models must be omitted for {pattern.noun}, got {list(models)}: its requests name "
                "no target model"
            )
        if not loads_models:
            raise ConfigurationError(
                f"{what} models must be omitted where no container loads models, got {list(models)}: its requests name no "
                "target model, so none would be allowed"
            )
        for model in _some(f"{what} models", models):
            _check_target(f"{what} models", model)
        conditions["StringLike"] = {"sagemaker:TargetModel": list(models)}
    if containers is not None:
        require_several(f"{what} containers", containers, str)
        if pattern is not Pattern.MULTI_CONTAINER:
            raise ConfigurationError(
                f"{what} containers must be omitted for {pattern.noun}, got {list(containers)}: its "
                "requests name no target container"
            )
        for container in _some(f"{what} containers", containers):
            CONTAINER_HOSTNAME.check(f"{what} container", container)
            known = hostnames and not any(is_token(each) for each in (container, *hostnames))
            if known and container not in hostnames:
                raise ConfigurationError(
                    f"{what} containers must be among {', '.join(hostnames)}, got {container!r}: the endpoint has no "
                    "other"
                )
        conditions["StringEquals"] = {"sagemaker:TargetContainerHostname": list(containers)}
    return conditions or None


def _check_target(what: str, model: str) -> None:
    GRANTED_TARGET_MODEL.check(what, model)
    if not is_token(model) and not any(wildcard in model for wildcard in "*?") and not model.endswith(_ENDING):
        raise ConfigurationError(
            f"{what} must name archives, such as {model}-* for all versions that add_model makes of it, got {model!r}: "
            f"requests name a model by the whole name of its {_ENDING} archive"
        )


def _some(what: str, targets: Sequence[str]) -> Sequence[str]:
    if not targets:
        raise ConfigurationError(f"{what} must name at least one, got none: leave it out to allow all of them")
    return targets
