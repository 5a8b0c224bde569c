"""Where Lambda enters: an event is CloudFormation's, or goes on with a watch."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from . import endpoint_rollout, scaling_registration, scaling_release, watch
from .failures import GuardError, OutOfTimeError, explain
from .log import log, log_failure
from .protocol import Request, answer
from .surroundings import MARGIN_SECONDS, Surroundings, client

# CloudFormation waits for an hour unless told otherwise.
_LONGEST_SECONDS = 55 * 60.0
_DEADLINE = "GuardDeadline"

_HANDLERS: Mapping[str, Callable[[Request, Surroundings], None]] = {
    endpoint_rollout.RESOURCE_TYPE: endpoint_rollout.handle,
    scaling_release.RESOURCE_TYPE: scaling_release.handle,
    scaling_registration.RESOURCE_TYPE: scaling_registration.handle,
}


def handler(event: Mapping[str, Any], context: Any) -> None:
    """Handle an event.

    Args:
        event: CloudFormation's, or this function's own.
        context: Lambda's.
    """
    surroundings = Surroundings(
        function=context.invoked_function_arn,
        clients=client,
        remaining=lambda: context.get_remaining_time_in_millis() / 1000,
    )
    handle(event, surroundings)


def handle(event: Mapping[str, Any], surroundings: Surroundings) -> None:
    """Handle an event in given surroundings.

    Args:
        event: CloudFormation's, or this function's own.
        surroundings: The world.
    """
    if watch.KEY in event:
        watch.Watch(**event[watch.KEY]).run(surroundings)
        return
    request = Request.of(event)
    log("handling", kind=request.kind, resource=request.resource_type, logical_id=request.logical_id)
    deadline = event.get(_DEADLINE) or surroundings.now() + _LONGEST_SECONDS
    bounded = replace(surroundings, remaining=lambda: min(surroundings.remaining(), deadline - surroundings.now()))
    try:
        _handle(request, bounded)
    except OutOfTimeError as error:
        _go_on_later(request, surroundings, error, deadline)
    except Exception as error:  # noqa: BLE001 - CloudFormation would wait for an hour for the answer
        log_failure("failed", error)
        answer(request, surroundings, explain(error))
    else:
        answer(request, surroundings)


def _handle(request: Request, surroundings: Surroundings) -> None:
    known = _HANDLERS.get(request.resource_type)
    if known is None:
        raise GuardError(f"the endpoint guard has no {request.resource_type}, only {', '.join(sorted(_HANDLERS))}")
    known(request, surroundings)


def _go_on_later(request: Request, surroundings: Surroundings, reason: OutOfTimeError, deadline: float) -> None:
    """Leave the rest to another invocation, unless CloudFormation's patience ends first."""
    if surroundings.now() + MARGIN_SECONDS >= deadline:
        answer(
            request,
            surroundings,
            f"{reason} after {_LONGEST_SECONDS / 60:.0f} minutes: the check ends before CloudFormation does",
        )
        return
    try:
        surroundings.invoke_again({**request.event, _DEADLINE: deadline})
    except Exception as error:  # noqa: BLE001 - the same
        log_failure("this function cannot invoke itself", error)
        answer(request, surroundings, explain(error))
