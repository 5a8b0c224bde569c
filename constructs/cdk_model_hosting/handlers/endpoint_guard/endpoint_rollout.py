"""Custom::EndpointRollout stands after the endpoints: it fails a deployment that SageMaker rolled back in silence.

After a rollback by alarm an endpoint is in service again, on its old configuration. CloudFormation would take that for
success, and delete the configuration that serves. The same goes for inference components and their models.
"""

from collections.abc import Mapping

from . import component_rollout, endpoints, stack
from .alarms import in_alarm
from .failures import GuardError
from .log import log
from .protocol import Request
from .surroundings import Surroundings

RESOURCE_TYPE = "Custom::EndpointRollout"


def handle(request: Request, surroundings: Surroundings) -> None:
    """Check every endpoint and every inference component that this deployment changed.

    Args:
        request: What CloudFormation asks for.
        surroundings: The world.

    Raises:
        GuardError: When one does not run what was deployed.
        OutOfTimeError: When one is still being updated.
    """
    if request.kind == "Delete":
        return
    for entry in _changed(request, "Endpoints"):
        _check(request, surroundings, entry)
    for entry in _changed(request, "Components"):
        component_rollout.check(request, surroundings, entry)


def _changed(request: Request, kind: str) -> list[Mapping[str, str]]:
    before = request.old_properties.get(kind) or {}
    now = request.properties.get(kind) or {}
    return [entry for key, entry in sorted(now.items()) if before.get(key) != entry]


def _check(request: Request, surroundings: Surroundings, entry: Mapping[str, str]) -> None:
    name, config = entry["Name"], entry["Config"]
    live = endpoints.settled(surroundings, name)
    if live is None:
        raise GuardError(f"endpoint {name} does not exist: {config} was deployed to it")
    if live.status == endpoints.IN_SERVICE and live.config == config:
        log("the endpoint runs what was deployed", endpoint=name, config=config)
        return
    if _comes_later(request, surroundings, name):
        log("the rollback has not come to the endpoint yet", endpoint=name, runs=live.config, config=config)
        return
    raise GuardError(_verdict(surroundings, live, config))


def _comes_later(request: Request, surroundings: Surroundings, name: str) -> bool:
    """Whether the endpoint's own turn in a rollback is still to come: CloudFormation promises no order."""
    rolling_back = stack.rolls_back(stack.status(surroundings, request.stack_id))
    return rolling_back and not stack.restored(surroundings, request.stack_id, stack.ENDPOINT, name)


def _verdict(surroundings: Surroundings, live: endpoints.LiveEndpoint, config: str) -> str:
    alarms = in_alarm(surroundings, live.rollback_alarms)
    hints = [
        *([live.failure.rstrip(".")] if live.failure else []),
        *([f"in ALARM now: {', '.join(alarms)}"] if alarms else []),
        f"see the logs in /aws/sagemaker/Endpoints/{live.name}",
    ]
    if live.status != endpoints.IN_SERVICE:
        return f"endpoint {live.name} is {live.status} after {config} was deployed: {'; '.join(hints)}"
    return (
        f"endpoint {live.name} runs {live.config} where {config} was deployed: SageMaker has rolled the update back; "
        f"{'; '.join(hints)}"
    )
