"""Taking registrations away that would make SageMaker refuse an update, and remembering them."""

from collections.abc import Mapping
from typing import Any

from . import endpoints
from .declaration import Declaration, Registration
from .log import log
from .protocol import Request
from .scalable_target import ScalableTarget
from .surroundings import Surroundings
from .watch import Watch, declared_candidates


def in_the_way(
    surroundings: Surroundings, declaration: Declaration, types: Mapping[str, str | None]
) -> dict[str, Registration]:
    """The registrations of variants that run otherwise than declared, or are not declared at all.

    Args:
        surroundings: The world.
        declaration: What is declared.
        types: The instance types that run.
    """
    found = {}
    for variant, running in types.items():
        if variant in declaration.types and declaration.types[variant] == running:
            continue
        registration = ScalableTarget(surroundings, declaration.endpoint, variant).read()
        if registration is not None:
            found[variant] = registration
    return found


def release(
    surroundings: Surroundings,
    request: Request,
    declaration: Declaration,
    types: Mapping[str, str | None],
    *,
    rolling_back: bool,
) -> bool:
    """Deregister what is in the way, after starting a watch that knows it.

    Args:
        surroundings: The world.
        request: What CloudFormation asks for.
        declaration: What is declared.
        types: The instance types that run.
        rolling_back: Whether the stack is on its way back. Then the watch sees to all that is declared.

    Returns:
        Whether anything was deregistered.
    """
    held = in_the_way(surroundings, declaration, types)
    read: dict[str, list[dict[str, Any]]] = {
        variant: [{"InstanceType": types[variant], "Registration": registration}]
        for variant, registration in held.items()
    }
    declared = declared_candidates(declaration)
    if held or (rolling_back and declared):
        goals = {"rolled_back": declared, "stranded": read} if rolling_back else {"done": declared, "rolled_back": read}
        Watch.starting(
            surroundings,
            stack_id=request.stack_id,
            logical_id=request.logical_id,
            endpoint=declaration.endpoint,
            **goals,
        )
    for variant, registration in held.items():
        log("releasing", endpoint=declaration.endpoint, variant=variant, registration=registration)
        ScalableTarget(surroundings, declaration.endpoint, variant).deregister()
    return bool(held)


def describe_types(types: Mapping[str, str | None]) -> str:
    """Instance types by variant, for a message.

    Args:
        types: The instance types.
    """
    return ", ".join(f"{name} on {kind or 'no single type'}" for name, kind in sorted(types.items())) or "no variant"


def running_types(surroundings: Surroundings, endpoint: str) -> Mapping[str, str | None] | None:
    """The instance types that an endpoint runs on; None when there is no such endpoint.

    Args:
        surroundings: The world.
        endpoint: Its name.
    """
    live = endpoints.describe(surroundings, endpoint)
    return None if live is None else endpoints.instance_types(surroundings, live)
