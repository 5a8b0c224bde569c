"""Whether an inference component runs the model that was deployed to it.

After a rollback a component is in service again, with the model before. CloudFormation may take that for success, and
delete the model that serves.
"""

from collections.abc import Mapping

from . import components, stack
from .alarms import in_alarm
from .failures import GuardError
from .log import log
from .protocol import Request
from .surroundings import Surroundings


def check(request: Request, surroundings: Surroundings, entry: Mapping[str, str]) -> None:
    """Check one inference component.

    Args:
        request: What CloudFormation asks for.
        surroundings: The world.
        entry: The component's name, and the name of the model that was deployed to it.

    Raises:
        GuardError: When it does not run that model.
        OutOfTimeError: When it is still being updated.
    """
    name, model = entry["Name"], entry["Model"]
    live = components.settled(surroundings, name)
    if live is None:
        raise GuardError(f"inference component {name} does not exist: {model} was deployed to it")
    if live.status == components.IN_SERVICE and live.model == model:
        log("the component runs what was deployed", component=name, model=model)
        return
    if _comes_later(request, surroundings, name):
        log("the rollback has not come to the component yet", component=name, runs=live.model, model=model)
        return
    raise GuardError(_verdict(surroundings, live, model))


def _comes_later(request: Request, surroundings: Surroundings, name: str) -> bool:
    """Whether the component's own turn in a rollback is still to come: CloudFormation promises no order."""
    rolling_back = stack.rolls_back(stack.status(surroundings, request.stack_id))
    return rolling_back and not stack.restored(surroundings, request.stack_id, stack.COMPONENT, name)


def _verdict(surroundings: Surroundings, live: components.LiveComponent, model: str) -> str:
    alarms = in_alarm(surroundings, live.rollback_alarms)
    hints = [
        *([live.failure.rstrip(".")] if live.failure else []),
        *([f"in ALARM now: {', '.join(alarms)}"] if alarms else []),
        f"see the logs in /aws/sagemaker/InferenceComponents/{live.name}",
    ]
    if live.status != components.IN_SERVICE:
        return f"inference component {live.name} is {live.status} after {model} was deployed: {'; '.join(hints)}"
    return (
        f"inference component {live.name} runs {live.model} where {model} was deployed: SageMaker has rolled the update "
        f"back; {'; '.join(hints)}"
    )
